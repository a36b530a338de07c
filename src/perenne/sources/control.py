"""Control totals: rows and amount per month and currency, straight from the text of the file.

They share nothing with the staging but the reading of numbers, so that the reconciliation at the
far end compares two different paths.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path

from perenne.sources import currencies
from perenne.sources.context import ReadContext
from perenne.sources.dates import PERIODS, DateLayout
from perenne.sources.groups import carried_rows
from perenne.sources.presets.model import ControlSpec
from perenne.sources.recognition import Recognition
from perenne.sources.staged import Control
from perenne.sources.typing_sql import currency_sql, first_mapped, number_cell, raw, words_of
from perenne.warehouse import DuckEngine, quote_text

_ZERO = Decimal(0)
# The month is cut out of each different text of a day, not out of each row.
_GROUPED = """
SELECT MONTH AS month, currency, sum(n), sum(amount), sum(refused), sum(refused_amount) FROM (
    SELECT day, currency, count(*) AS n, sum(amount) AS amount, count(line) AS refused,
           sum(amount) FILTER (line IS NOT NULL) AS refused_amount
    FROM (ROWS) GROUP BY ALL)
GROUP BY ALL ORDER BY month, currency
"""
_MARKED = "SELECT * FROM (ROWS) LEFT JOIN (LINES) ON line = _line"


def controls(
    recognition: Recognition,
    *,
    relation: str,
    quarantine: Path,
    refused: Collection[str],
    engine: DuckEngine,
    context: ReadContext,
) -> tuple[Control, ...]:
    """Return the control totals of every staged table that declares them.

    `refused` names the tables that `quarantine` holds rows of.
    """
    found: list[Control] = []
    for spec in recognition.writes:
        if spec.control is not None:
            control = spec.control
            rows_in = carried_rows(recognition, relation, fields=_dated(recognition, control))
            sql = _sql(recognition, control, relation=rows_in, context=context)
            lines = (
                f"SELECT DISTINCT line FROM read_parquet({quote_text(str(quarantine))}) "
                f'WHERE "table" = {quote_text(spec.table)}'
            )
            if spec.table in refused:
                sql = _MARKED.replace("LINES", lines).replace("ROWS", sql)
            else:
                sql = f"SELECT *, NULL AS line FROM ({sql})"
            _day, month = _dates(recognition, control, context)
            grouped = _GROUPED.replace("MONTH", month).replace("ROWS", sql)
            rows = engine.duck.execute(grouped)
            found += [_control(spec.table, row) for row in rows.fetchall()]
    return tuple(found)


def _dated(recognition: Recognition, control: ControlSpec) -> list[str]:
    """Fields that tell month and currency: in a group they stand on its head row."""
    named = (first_mapped(control.date or "", recognition), *(control.currency or "").split("|"))
    return [name for name in named if name in recognition.columns]


def _control(table: str, row: tuple[object, ...]) -> Control:
    month, currency, rows, amount, refused, refused_amount = row
    return Control(
        table,
        None if month is None else str(month),
        None if currency is None else str(currency),
        int(str(rows)),
        _decimal(amount),
        int(str(refused)),
        _decimal(refused_amount),
    )


def _decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else _ZERO


def _sql(
    recognition: Recognition, control: ControlSpec, *, relation: str, context: ReadContext
) -> str:
    """One row per row of the file: `_line`, `day`, `currency`, `amount`."""
    numbers = [f"{_number(recognition, name)} AS {name}" for name in _numbers(recognition, control)]
    day, _month_of_day = _dates(recognition, control, context)
    currency = _currency(recognition, control, context)
    where = f"WHERE {control.where}" if control.where else ""
    amount = _amount(recognition, control)
    return (
        f"SELECT _line, {day} AS day, {currency} AS currency, {amount} AS amount "
        f"FROM (SELECT {', '.join(['*', *numbers])} FROM {relation}) {where}"
    )


def _numbers(recognition: Recognition, control: ControlSpec) -> list[str]:
    """Fields that are numbers in the amount of the control total."""
    words = words_of(control.amount)
    return [
        name
        for name, field in recognition.preset.fields.items()
        if field.type in ("number", "decimal") and name in words
    ]


def _amount(recognition: Recognition, control: ControlSpec) -> str:
    """The amount of a row. DuckDB refuses a product that 64 bits do not hold, as of many pieces at
    the price of a car in dong; such a row alone is counted in 128."""
    names = "|".join(_numbers(recognition, control))
    if not names:
        return f"try({control.amount})"
    wide = re.sub(rf"\b({names})\b", r"CAST(\1 AS DECIMAL(38, 4))", control.amount)
    return f"coalesce(try({control.amount}), try({wide}))"


def _number(recognition: Recognition, name: str) -> str:
    if name not in recognition.columns:
        return "CAST(NULL AS DECIMAL(18, 4))"
    if recognition.preset.fields[name].type == "decimal":
        return f"try_cast({raw(name)} AS DECIMAL(18, 4))"
    return number_cell(recognition, name)


def _currency(recognition: Recognition, control: ControlSpec, context: ReadContext) -> str:
    named = [name for name in (control.currency or "").split("|") if name in recognition.columns]
    if named:
        cells = ", ".join(f"nullif(trim({raw(name)}), '')" for name in named)
        return currencies.code_sql(f"coalesce({cells})", shop=context.currency)
    return currency_sql(recognition, context=context)


def _dates(recognition: Recognition, control: ControlSpec, context: ReadContext) -> tuple[str, str]:
    """SQL of what rows are first added up by, and of the month of that `day`."""
    date = first_mapped(control.date or "", recognition)
    layout = recognition.dates[date] if date else None
    if date is None or layout is None or not _written_first(layout):
        return _month(recognition, control, context), "day"
    if layout.timed and recognition.preset.fields[date].zone not in (None, context.time_zone):
        return _month(recognition, control, context), "day"
    return f"left(trim({raw(date)}), 10)", _local_month("day", layout, context)


def _written_first(layout: DateLayout) -> bool:
    """Do the first ten characters tell the local month? So they do where a date without zone
    stands before its time."""
    known = layout.shapes in (("iso",), ("numeric",))
    return known and not layout.strays and not layout.zoned


def _month(recognition: Recognition, control: ControlSpec, context: ReadContext) -> str:
    """`YYYY-MM` cut out of the text; only a text with an offset is converted to local time."""
    date = first_mapped(control.date or "", recognition)
    if date is None:
        return "CAST(NULL AS VARCHAR)"
    layout = recognition.dates[date]
    cell = f"trim({raw(date)})"
    month = _local_month(cell, layout, context)
    here = quote_text(context.time_zone)
    there = recognition.preset.fields[date].zone
    if there and layout.timed and there != context.time_zone:
        local = f"timezone({quote_text(there)}, try_cast({cell} AS TIMESTAMP))"
        moved = f"strftime(timezone({here}, {local}), '%Y-%m')"
        month = f"CASE WHEN contains({cell}, ':') THEN coalesce({moved}, {month}) ELSE {month} END"
    if not layout.zoned:
        return month
    glued = f"regexp_replace({cell}, ' ?([+-]\\d\\d):?(\\d\\d)$', '\\1:\\2')"
    instant = f"try_cast({glued} AS TIMESTAMPTZ)"
    return (
        f"CASE WHEN zone_text({cell}) = '' THEN {month} "
        f"ELSE strftime(timezone({here}, {instant}), '%Y-%m') END"
    )


def _local_month(cell: str, layout: DateLayout, context: ReadContext) -> str:
    cuts = {shape: _cut(shape, cell, layout, context) for shape in layout.shapes}
    if not cuts:
        return "CAST(NULL AS VARCHAR)"
    cases = " ".join(f"WHEN '{shape}' THEN {cut}" for shape, cut in cuts.items())
    return f"CASE date_shape({cell}) {cases} END"


def _cut(shape: str, cell: str, layout: DateLayout, context: ReadContext) -> str:
    if shape == "iso":
        year, month = f"{cell}[1:4]", f"regexp_extract({cell}, '^\\d+\\D(\\d+)', 1)"
    elif shape == "compact":
        year, month = f"{cell}[1:4]", f"{cell}[5:6]"
    elif shape == "serial":
        return f"strftime(DATE '1899-12-30' + try_cast({cell} AS DOUBLE)::INTEGER, '%Y-%m')"
    elif shape in PERIODS:
        return _cut_period(shape, cell, context)
    elif shape == "named":
        year, month = f"named_year({cell})", f"CAST(month_number(month_word({cell})) AS VARCHAR)"
    else:
        places = {"dmy": (3, 2), "mdy": (3, 1), "ymd": (1, 2)}[layout.order or "dmy"]
        part = f"regexp_extract({cell}, '^(\\d+)\\D(\\d+)\\D(\\d+)', {{}})"
        year, month = (part.replace("{}", str(place)) for place in places)
    top = context.imported_at.year + 1
    return f"full_year({year}, {top}) || '-' || lpad({month}, 2, '0')"


def _cut_period(shape: str, cell: str, context: ReadContext) -> str:
    """First month of a month, quarter or year."""
    year = f"regexp_extract({cell}, '(\\d{{4}})', 1)"
    if shape == "year":
        return f"{year} || '-01'"
    if shape == "quarter":
        number = f"translate(replace({cell}, {year}, ''), translate({cell}, '1234', ''), '')"
        return (
            f"{year} || '-' || lpad(CAST(3 * try_cast({number} AS INTEGER) - 2 AS VARCHAR), 2, '0')"
        )
    figures = f"regexp_replace({cell}, '\\D', '', 'g')"
    short = f"full_year({figures}, {context.imported_at.year + 1})"
    named = f"month_number(month_word({cell}))"
    number = f"replace({figures}, {year}, '')"
    return (
        f"coalesce(nullif({year}, ''), {short}) || '-' || "
        f"lpad(coalesce(CAST({named} AS VARCHAR), {number}), 2, '0')"
    )
