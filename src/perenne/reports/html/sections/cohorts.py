"""Cohorts: who comes back, and when a customer has paid for the acquisition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from perenne.charts import Caption, Reference, Series, heat_colour, line_chart
from perenne.core import Period
from perenne.metrics import CohortCell, CohortRequest, CohortRow, CohortTable, Request
from perenne.reports.html.blocks import Block, Cell, Chart, Column, Row, Section, Table, Text
from perenne.reports.html.measured import Measured
from perenne.reports.html.words import count, whole_share
from perenne.text import format_month, format_value, ngettext, pgettext
from perenne.text import gettext as _

Grain = Literal["month", "quarter"]
# Beyond so many months of history a triangle by quarter says more than one by month.
_MONTHS_BY_MONTH = 18
_COLUMNS = 16
_COHORTS = 24


def section(measured: Measured) -> Section:
    grain = _grain(measured)
    table = measured.data.cohorts(CohortRequest(grain=grain))
    blocks: list[Block] = []
    if len(table.rows) > 1:
        blocks = [
            _triangle(table, grain),
            _curves(table, grain),
            _payback(measured, grain),
        ]
    else:
        blocks = [Text(_("Cohorts need customers who began in two periods at least."))]
    return Section(
        "cohorts",
        _("Who comes back: cohorts"),
        _(
            "Customers who placed their first order in the same {period} are followed together. "
            "Each row is such a cohort, each column its age."
        ).format(period=_("month") if grain == "month" else _("quarter")),
        blocks,
        short=_("Cohorts"),
    )


def _grain(measured: Measured) -> Grain:
    first, last = measured.context.customers_from, measured.context.as_of
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    return "month" if months <= _MONTHS_BY_MONTH else "quarter"


def cohort_name(name: str | None) -> str:
    """`2025-03` as “March 2025”, `2025-Q1` as the language writes a quarter."""
    if name is None:
        return _("Unknown")
    if "-Q" in name:
        year, quarter = name.split("-Q")
        return pgettext("quarter", "Q{n} {year}").format(n=quarter, year=year)
    return format_month(name, short=True)


def _triangle(table: CohortTable, grain: Grain) -> Table:
    ages = range(min(max(len(row.cells) for row in table.rows), _COLUMNS))
    later = [cell.value for row in table.rows for cell in row.cells[1:] if cell.value is not None]
    highest = max(later, default=1.0)
    rows = [_triangle_row(row, ages, highest) for row in table.rows[-_COHORTS:]]
    average = {cell.age: cell for cell in table.average}
    rows.append(
        Row(
            Cell(_("Weighted average")),
            [Cell(""), *(_heated(average.get(age), highest) for age in ages)],
            css="total",
        )
    )
    unit = _("months") if grain == "month" else _("quarters")
    columns = [
        Column(_("First order"), is_text=True),
        Column(_("Customers")),
        *(Column(f"+{age}" if age else "0") for age in ages),
    ]
    return Table(
        _("Share of customers who order, by age in {unit}").format(unit=unit),
        columns,
        rows,
        _triangle_notes(table),
        css="triangle",
    )


def _triangle_notes(table: CohortTable) -> list[str]:
    notes = [_("The average weighs each cohort by its customers.")]
    if len(table.rows) > _COHORTS:
        latest = _("The latest {n} cohorts of {all}; the average takes in all of them.")
        notes.append(latest.format(n=_COHORTS, all=len(table.rows)))
    if all(cell.complete for row in table.rows for cell in row.cells):
        return notes
    hatched = _(
        "Hatched: the period is not over yet, the share can still grow; the average leaves it out."
    )
    return [hatched, *notes]


def _triangle_row(row: CohortRow, ages: range, highest: float) -> Row:
    cells = {cell.age: cell for cell in row.cells}
    return Row(
        Cell(cohort_name(row.cohort)),
        [Cell(count(row.size)), *(_heated(cells.get(age), highest) for age in ages)],
    )


def _heated(cell: CohortCell | None, highest: float) -> Cell:
    if cell is None or cell.value is None:
        return Cell("", css="heat-none")
    # Age 0 is 100% by definition: coloured, it would hide all the rest.
    heat = "start" if cell.age == 0 else heat_colour(cell.value, 0, highest).css_class
    return Cell(whole_share(cell.value), css=heat if cell.complete else f"{heat} incomplete")


def _curves(table: CohortTable, grain: Grain) -> Chart:
    title = _("Retention curves")
    over = {
        row: [cell for cell in row.cells[1:] if cell.complete] for row in table.rows[-_COHORTS:]
    }
    series = [_series(row, cells) for row, cells in over.items() if len(cells) > 1]
    average = {cell.age: cell.value for cell in table.average}
    lead = _average_sentence(average, grain)
    svg = line_chart(
        series,
        caption=Caption(title, lead, _("No cohort is old enough to be followed.")),
        format_x=lambda age: f"+{age:.0f}",
        format_y=whole_share,
        x_title=_age_title(grain),
        y_title=_("share of the cohort that orders"),
    )
    notes = [_("Only periods that are over; their figures stand in the table above.")]
    return Chart(title, svg, lead, notes if series else [])


def _average_sentence(average: dict[int, float | None], grain: Grain) -> str:
    said = [
        age
        for age in ((1, 3, 6, 12) if grain == "month" else (1, 2, 4, 8))
        if average.get(age) is not None
    ]
    if not said:
        return ""
    unit = "months" if grain == "month" else "quarters"
    parts = [
        _("{share} after {age}").format(
            share=whole_share(average[age]),
            age=format_value(age, "months") if unit == "months" else _quarters(age),
        )
        for age in said
    ]
    return _("On average, the share that orders is {shares}.").format(shares=", ".join(parts))


def _quarters(age: int) -> str:
    return ngettext("{n} quarter", "{n} quarters", age).format(n=age)


def _age_title(grain: Grain) -> str:
    if grain == "month":
        return _("months since the first order")
    return _("quarters since the first order")


def _series(row: CohortRow, cells: Sequence[CohortCell]) -> Series:
    growing = next((float(cell.age) for cell in cells if not cell.complete), None)
    points = [(float(cell.age), cell.value) for cell in cells]
    return Series(cohort_name(row.cohort), points, incomplete_from=growing)


def _payback(measured: Measured, grain: Grain) -> Chart:
    """Cumulative margin per customer against CAC; revenue where no margin is known."""
    has_margin = measured.value("historical_clv_margin") is not None
    measure: Literal["margin", "revenue"] = "margin" if has_margin else "revenue"
    table = measured.data.cohorts(CohortRequest(grain=grain, measure=measure))
    cac = _lifetime_cac(measured) if has_margin else None
    words = measured.words
    title = (
        _("Cumulative margin per customer") if has_margin else _("Cumulative revenue per customer")
    )
    lead = _payback_sentence(measured, table, cac=cac, has_margin=has_margin)
    references = [Reference(cac, _("CAC {value}").format(value=words.money(cac)))] if cac else []
    svg = line_chart(
        [_series(row, row.cells) for row in table.rows[-_COHORTS:] if len(row.cells) > 1],
        caption=Caption(title, lead, _("No cohort is old enough to be followed.")),
        format_x=lambda age: f"+{age:.0f}",
        format_y=words.axis,
        references=references,
        x_title=_age_title(grain),
        y_title=_("per customer of the cohort"),
    )
    return Chart(title, svg, lead, table=_payback_table(measured, table))


def _lifetime_cac(measured: Measured) -> float | None:
    """CAC over all history: what the payback is measured against."""
    context = measured.context
    if "cac" not in measured.data.catalogue or not context.acquisition.is_known:
        return None
    whole = Period(context.history_from, context.as_of)
    found = measured.data.figures(Request(("cac",), period=whole))
    return float(found[0].value) if found and found[0].value is not None else None


def _payback_sentence(
    measured: Measured, table: CohortTable, *, cac: float | None, has_margin: bool
) -> str:
    if not has_margin:
        return _("Margin is unknown here, so that the curves show revenue and no payback.")
    if cac is None:
        return _("Without acquisition spend there is no CAC to pay back.")
    months = measured.value("payback_months")
    if months is None:
        return _("So far, the margin of a customer does not cover the CAC of {cac}.").format(
            cac=measured.words.money(cac)
        )
    return _("The margin of a customer covers the CAC of {cac} within {months}.").format(
        cac=measured.words.money(cac), months=format_value(months, "months")
    )


def _payback_table(measured: Measured, table: CohortTable) -> Table:
    has_cac = any(row.cac is not None for row in table.rows)
    columns = [
        Column(_("First order"), is_text=True),
        Column(_("Customers")),
        Column(_("Per customer so far")),
    ]
    if has_cac:
        columns += [Column(_("CAC")), Column(_("CAC paid back at"))]
    rows = [
        Row(Cell(cohort_name(row.cohort)), _payback_cells(measured, row, has_cac=has_cac))
        for row in table.rows
    ]
    return Table(_("Cohorts so far"), columns, rows)


def _payback_cells(measured: Measured, row: CohortRow, *, has_cac: bool) -> list[Cell]:
    words = measured.words
    cells = [Cell(count(row.size)), Cell(words.money(_last_complete(row)))]
    if has_cac:
        at = "—" if row.payback is None else f"+{row.payback}"
        cells += [Cell(words.money(row.cac)), Cell(at)]
    return cells


def _last_complete(row: CohortRow) -> float | None:
    known = [cell.value for cell in row.cells if cell.complete and cell.value is not None]
    return known[-1] if known else None
