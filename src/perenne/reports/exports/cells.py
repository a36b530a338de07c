"""Columns as plain text: no exponent, no local habit, nothing that a spreadsheet would run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

Dialect = Literal["international", "french"]

# A cell that starts so is read as a formula; the wide signs are, too, in East Asian settings.
# Apostrophes in front are counted in, so that taking one away always gives the text back.
_DANGEROUS: Final = r"^'*[=+\-@\t\r\n＝＋－＠]"
# Up to this scale Arrow writes every decimal without an exponent.
_PLAIN_SCALE: Final = 6
# What ends a number without adding to it: 12.50 is 12.5, 12.00 is 12.
_USELESS_ZEROS: Final = r"(\.\d*[1-9])0+$|\.0*$"


def csv_column(column: pa.Array, dialect: Dialect) -> list[str | None]:
    """Return a column's cells for a CSV: None where empty, text safe from formula injection."""
    texts = plain_column(column)
    kind = _plain_type(column.type)
    if _is_number(kind):
        return with_decimal_comma(texts) if dialect == "french" else _listed(texts)
    return _listed(texts if _is_safe(kind) else safe_text(texts))


def json_column(column: pa.Array) -> list[str]:
    """Return a column's values as JSON: numbers with all their digits, `null` where empty."""
    kind = _plain_type(column.type)
    texts = _listed(plain_column(column))
    if _is_number(kind) or pa.types.is_boolean(kind) or _is_nested(kind):
        return ["null" if text is None else text for text in texts]
    return ["null" if text is None else _quoted(text) for text in texts]


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


def with_decimal_comma(texts: pa.Array) -> list[str | None]:
    """Write the decimal point of plain numbers as a comma."""
    return _listed(pc.replace_substring(texts, ".", ","))


def _writer(kind: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    if pa.types.is_decimal(kind):
        return _plain_decimals
    if pa.types.is_floating(kind):
        return _plain_floats
    if pa.types.is_timestamp(kind):
        return _plain_instants
    return _plain_nested if _is_nested(kind) else _cast


def _plain_decimals(values: pa.Array) -> pa.Array:
    if 0 <= values.type.scale <= _PLAIN_SCALE:
        return _trimmed(_cast(values)) if values.type.scale else _cast(values)
    return _trimmed(_each(values, lambda value: format(value, "f")))


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
    texts = _trimmed(texts)
    return pc.binary_join_element_wise(texts, "Z", "") if aware else texts


def _plain_nested(values: pa.Array) -> pa.Array:
    return _each(values, lambda value: json.dumps(value, ensure_ascii=False, default=str))


def _trimmed(texts: pa.Array) -> pa.Array:
    """Drop the zeros at the end of a fraction."""
    return pc.replace_substring_regex(texts, _USELESS_ZEROS, r"\1")


def _cast(values: pa.Array) -> pa.Array:
    return values.cast(pa.string())


def _each(values: pa.Array, write: Callable[[Any], str]) -> pa.Array:
    written = [None if value is None else write(value) for value in values.to_pylist()]
    return pa.array(written, pa.string())


def _listed(texts: pa.Array) -> list[str | None]:
    listed: list[str | None] = texts.to_pylist()
    return listed


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


_NEEDS_ESCAPE: Final = re.compile(r'["\\\x00-\x1f]')


def _quoted(text: str) -> str:
    if _NEEDS_ESCAPE.search(text):
        return json.dumps(text, ensure_ascii=False)
    return f'"{text}"'
