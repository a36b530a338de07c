"""Columns as plain text: no exponent, no local habit, nothing that a spreadsheet would run."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

Dialect = Literal["international", "french"]

SEPARATORS: Final[dict[Dialect, str]] = {"international": ",", "french": ";"}

# A cell that starts so is read as a formula; the wide signs are, too, in East Asian settings.
# Apostrophes in front are counted in, so that taking one away always gives the text back.
_DANGEROUS: Final = r"^'*[=+\-@\t\r\n＝＋－＠]"
_NEEDS_ESCAPE: Final = r'["\\\x00-\x1f]'
# Up to this scale Arrow writes every decimal without an exponent.
_PLAIN_SCALE: Final = 6


def csv_column(column: pa.Array, dialect: Dialect) -> pa.Array:
    """Return a column's cells as they stand in a CSV: quoted where needed, empty for null.

    Text is safe from formula injection.
    """
    texts, kind = plain_column(column), _plain_type(column.type)
    if _is_number(kind):
        comma = dialect == "french"
        return pc.fill_null(pc.replace_substring(texts, ".", ",") if comma else texts, "")
    guarded = texts if _is_safe(kind) else safe_text(texts)
    return pc.fill_null(_quoted_csv(guarded, dialect), "")


def json_column(column: pa.Array) -> pa.Array:
    """Return a column's values as JSON: numbers with all their digits, `null` where empty."""
    texts, kind = plain_column(column), _plain_type(column.type)
    bare = _is_number(kind) or pa.types.is_boolean(kind) or _is_nested(kind)
    return pc.fill_null(texts if bare else _quoted_json(texts), "null")


def safe_text(texts: pa.Array) -> pa.Array:
    """Put an apostrophe before text that a spreadsheet would run; the rest stays as it is."""
    risky = pc.match_substring_regex(texts, _DANGEROUS)
    return pc.if_else(risky, pc.binary_join_element_wise("'", texts, ""), texts)


def plain_column(column: pa.Array) -> pa.Array:
    """Return a column as text: dates ISO 8601, instants in UTC with `Z`, numbers in full.

    A float that is not finite is empty. Lists and structures become JSON.
    """
    kind = _plain_type(column.type)
    values = column.cast(kind) if kind != column.type else column
    return _writer(kind)(values)


def _writer(kind: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    if pa.types.is_decimal(kind):
        return _plain_decimals
    if pa.types.is_floating(kind):
        return _plain_floats
    if pa.types.is_timestamp(kind):
        return _plain_instants
    return _plain_nested if _is_nested(kind) else _cast


def _plain_decimals(values: pa.Array) -> pa.Array:
    scale = values.type.scale
    plain = 0 <= scale <= _PLAIN_SCALE
    texts = _cast(values) if plain else _each(values, lambda value: format(value, "f"))
    return _trimmed(texts) if scale > 0 else texts


def _plain_floats(values: pa.Array) -> pa.Array:
    wide = values.cast(pa.float64()) if pa.types.is_float16(values.type) else values
    finite = pc.if_else(pc.is_finite(wide), wide, pa.scalar(None, wide.type))
    texts = _cast(finite)
    if not pc.any(pc.match_substring(texts, "e")).as_py():
        return texts
    return _each(texts, lambda text: format(Decimal(text), "f"))


def _plain_instants(values: pa.Array) -> pa.Array:
    """Write `2025-03-01T09:00:00Z`; an instant without a zone is written without one."""
    aware = values.type.tz is not None
    unit = values.type.unit
    naive = values.cast(pa.timestamp(unit, "UTC")).cast(pa.timestamp(unit)) if aware else values
    texts = pc.replace_substring(_cast(naive), " ", "T")
    texts = texts if unit == "s" else _trimmed(texts)
    return pc.binary_join_element_wise(texts, "Z", "") if aware else texts


def _plain_nested(values: pa.Array) -> pa.Array:
    return _each(values, lambda value: json.dumps(value, ensure_ascii=False, default=str))


def _trimmed(texts: pa.Array) -> pa.Array:
    """Drop the zeros at the end of a fraction: 12.50 is 12.5, 12.00 is 12."""
    return pc.ascii_rtrim(pc.ascii_rtrim(texts, "0"), ".")


def _cast(values: pa.Array) -> pa.Array:
    return values.cast(pa.string())


def _each(values: pa.Array, write: Callable[[Any], str]) -> pa.Array:
    written = [None if value is None else write(value) for value in values.to_pylist()]
    return pa.array(written, pa.string())


def _plain_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _is_nested(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind))


def _is_safe(kind: pa.DataType) -> bool:
    return bool(pa.types.is_boolean(kind) or pa.types.is_temporal(kind))


def _quoted_csv(texts: pa.Array, dialect: Dialect) -> pa.Array:
    """Quote the texts that hold a separator, a quote or a line break, as RFC 4180 does."""
    doubled = pc.replace_substring(texts, '"', '""')
    quoted = pc.binary_join_element_wise('"', doubled, '"', "")
    needed = pc.match_substring_regex(texts, f'["\\r\\n{SEPARATORS[dialect]}]')
    return pc.if_else(needed, quoted, texts)


def _quoted_json(texts: pa.Array) -> pa.Array:
    special = pc.match_substring_regex(texts, _NEEDS_ESCAPE)
    if pc.any(special).as_py():
        return _each(texts, lambda text: json.dumps(text, ensure_ascii=False))
    return pc.binary_join_element_wise('"', texts, '"', "")
