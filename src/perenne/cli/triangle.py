"""A cohort table on the terminal, as JSON, and as rows to export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from perenne.cli.printing import print_table, tell
from perenne.text import format_money, format_number, format_percent
from perenne.text import gettext as _

if TYPE_CHECKING:
    import pyarrow as pa

    from perenne.metrics import CohortCell, CohortTable

INCOMPLETE = "*"


def show_triangle(table: CohortTable, currency: str) -> None:
    """One line per cohort; a star marks a period that is not over."""
    ages = max((len(row.cells) for row in table.rows), default=0)
    header = [_("Cohort"), _("Customers"), _("CAC"), *(str(age) for age in range(ages))]
    rows = [
        [
            row.cohort or "–",
            format_number(row.size),
            format_money(row.cac, currency) if row.cac is not None else "",
            *_texts(row.cells, table.unit, currency),
        ]
        for row in table.rows
    ]
    average = [_("Weighted average"), "", "", *_texts(table.average, table.unit, currency)]
    print_table(header, [*rows, average], right=range(1, ages + 3))
    tell(_("{mark} this period is not over; the average leaves it out.").format(mark=INCOMPLETE))
    if table.note:
        tell(table.note)


def _texts(cells: Iterable[CohortCell], unit: str, currency: str) -> list[str]:
    by_age = {cell.age: cell for cell in cells}
    ages = range(max(by_age, default=-1) + 1)
    return [_text(by_age.get(age), unit, currency) for age in ages]


def _text(cell: CohortCell | None, unit: str, currency: str) -> str:
    if cell is None or cell.value is None:
        return ""
    if unit == "percent":
        text = format_percent(cell.value)
    elif unit == "money":
        text = format_money(cell.value, currency, decimals=2)
    else:
        text = format_number(cell.value, decimals=2)
    return text if cell.complete else text + INCOMPLETE


def triangle_values(table: CohortTable) -> dict[str, Any]:
    """The whole table as plain values."""
    request = table.request
    return {
        "grain": request.grain,
        "dimension": request.dimension,
        "measure": request.measure,
        "unit": table.unit,
        "cohorts": [
            {
                "cohort": row.cohort,
                "size": row.size,
                "cac": row.cac,
                "payback": row.payback,
                "cells": [vars(cell) for cell in row.cells],
            }
            for row in table.rows
        ],
        "average": [vars(cell) for cell in table.average],
        "note": table.note,
    }


def triangle_arrow(tables: Mapping[str, CohortTable]) -> pa.Table:
    """One row per cohort and age, one column per measure."""
    import pyarrow as pa

    rows: dict[tuple[str | None, int], dict[str, Any]] = {}
    for measure, table in tables.items():
        for row in table.rows:
            for cell in row.cells:
                values = rows.setdefault(
                    (row.cohort, cell.age),
                    {"cohort": row.cohort, "size": row.size, "cac": row.cac, "age": cell.age},
                )
                values |= {"complete": cell.complete, "active": cell.active, measure: cell.value}
    schema = pa.schema(
        [
            ("cohort", pa.string()),
            ("size", pa.int64()),
            ("cac", pa.float64()),
            ("age", pa.int64()),
            ("complete", pa.bool_()),
            ("active", pa.int64()),
            *((measure, pa.float64()) for measure in tables),
        ]
    )
    return pa.Table.from_pylist(list(rows.values()), schema=schema)
