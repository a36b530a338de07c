"""Segments: who the customers are, and where the next orders may come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from perenne.charts import Caption, RfmCell, Size, rfm_map
from perenne.reports.html.blocks import (
    Block,
    Cell,
    Chart,
    Column,
    Fact,
    Facts,
    Row,
    Section,
    Table,
)
from perenne.reports.html.measured import Measured
from perenne.reports.html.tables import best_customers, buyer_sizes, rfm_grid
from perenne.reports.html.words import count, share, times
from perenne.segments import SIZES, segment_description, segment_label, size_label, summary
from perenne.text import format_value
from perenne.text import gettext as _

Rows = Sequence[Mapping[str, Any]]

MORE_THAN_ASKED = 0.01


def rows(measured: Measured) -> Rows:
    """One row per segment that holds somebody."""
    tables = measured.data.tables
    if "segments" not in tables:
        return []
    return measured.data.rows("segments", summary(tables["segments"], tables["customer_facts"]))


def section(measured: Measured, found: Rows) -> Section | None:
    if not found:
        return None
    tables = measured.data.tables
    blocks: list[Block] = [
        _best(measured, measured.data.rows("segments", best_customers(tables))[0]),
        _map(measured, measured.data.rows("segments", rfm_grid(tables))),
        _table(measured, found),
        _sizes(measured, measured.data.rows("segments", buyer_sizes(tables))),
    ]
    return Section(
        "segments",
        _("Who the customers are: segments"),
        _(
            "Every customer has three scores from 1 to 5, 5 being best: recency of the last order, "
            "number of orders, revenue. Rules turn the scores into named segments."
        ),
        blocks,
        short=_("Segments"),
    )


def best_words(asked: float, real: float) -> str:
    """Who the customers of high value are; where many are equal, they are more than was asked."""
    if real <= asked + MORE_THAN_ASKED:
        return _("the top {share} by {value} of the last 12 months: {revenue_share} of revenue")
    return _(
        "{real} of customers: the top {share} by {value} of the last 12 months, and who equals "
        "them; {revenue_share} of revenue"
    )


def _best(measured: Measured, found: Mapping[str, Any]) -> Facts:
    words, customers = measured.words, found["customers"]
    revenue = found["revenue"]
    by = _("margin") if found["hvc_basis"] == "margin" else _("revenue")
    hvc_share = float(measured.data.segment_settings.hvc_share)
    items = [
        Fact(
            _("High-value customers"),
            count(found["hvc"]),
            best_words(hvc_share, found["hvc"] / customers if customers else hvc_share).format(
                share=share(hvc_share),
                real=_part(found["hvc"], customers),
                value=by,
                revenue_share=_part(found["hvc_revenue"], revenue),
            ),
        ),
        Fact(
            _("High-potential customers"),
            count(found["hpc"]),
            _("ahead of where those stood at the same age; {share} of customers").format(
                share=_part(found["hpc"], customers)
            ),
        ),
    ]
    if found["opportunity"] is not None:
        items.append(
            Fact(
                _("Largest opportunities"),
                count(found["top"]),
                _("customers with {value} of the {total} within reach").format(
                    value=words.money(found["top_opportunity"]),
                    total=words.money(found["opportunity"]),
                ),
            )
        )
    return Facts(items)


def _part(value: Any, total: Any) -> str:
    return share(float(value or 0) / float(total)) if total else "—"


def _map(measured: Measured, grid: Rows) -> Chart:
    title = _("RFM map")
    settings, words = measured.data.segment_settings, measured.words
    cells = list(_cells(grid, settings))
    lead = _("Recency from left to right, number of orders upwards; the darker, the more revenue.")
    svg = rfm_map(
        cells,
        caption=Caption(title, lead, _("No known customer has ordered yet.")),
        format_count=count,
        format_value=words.axis,
        recency_title=_("recency: 5 = ordered most recently"),
        frequency_title=_("frequency: 5 = most orders"),
        size=Size(820, 440),
    )
    notes = [_("Each tile bears the name of its largest segment, its customers and their revenue.")]
    return Chart(title, svg, lead, notes, table=_map_table(cells, words))


def _cells(grid: Rows, settings: Any) -> Iterable[RfmCell]:
    """One tile per pair of scores, named after its largest segment."""
    tiles: dict[tuple[int, int], list[Mapping[str, Any]]] = {}
    for row in grid:
        tiles.setdefault((row["recency"], row["frequency"]), []).append(row)
    for (recency, frequency), held in sorted(tiles.items()):
        largest = max(held, key=lambda row: (row["customers"], row["segment"]))
        yield RfmCell(
            recency,
            frequency,
            sum(row["customers"] for row in held),
            sum((row["revenue"] or 0 for row in held), 0),
            segment_label(largest["segment"], settings),
        )


def _map_table(cells: Iterable[RfmCell], words: Any) -> Table:
    rows = [
        Row(
            Cell(_("recency {r}, frequency {f}").format(r=cell.recency, f=cell.frequency)),
            [Cell(cell.segment), Cell(count(cell.customers)), Cell(words.money(cell.value))],
        )
        for cell in cells
    ]
    columns = [
        Column(_("Scores"), is_text=True),
        Column(_("Largest segment"), is_text=True),
        Column(_("Customers")),
        Column(_("Revenue")),
    ]
    return Table(_("Customers and revenue by score"), columns, rows)


def _table(measured: Measured, found: Rows) -> Table:
    settings, words = measured.data.segment_settings, measured.words
    rows = [
        Row(
            Cell(
                segment_label(row["segment"], settings),
                hint=segment_description(row["segment"], settings),
            ),
            [
                Cell(count(row["customers"])),
                Cell(share(row["share"])),
                Cell(share(row["revenue_share"])),
                Cell(times(row["mean_orders"])),
                Cell(_days(row["median_recency"])),
                Cell(words.money(row["opportunity"])),
            ],
        )
        for row in found
    ]
    columns = [
        Column(_("Segment"), is_text=True),
        Column(_("Customers")),
        Column(_("Share of customers")),
        Column(_("Share of revenue")),
        Column(_("Orders per customer")),
        Column(_("Last order, median")),
        Column(_("Opportunity")),
    ]
    notes = [
        _(
            "Opportunity: what is missing to the best quarter of the same first-order cohort, "
            "times the observed chance of another order."
        )
    ]
    return Table(_("Segments"), columns, rows, notes, css="segments")


def _days(value: float | None) -> str:
    if value is None:
        return "—"
    return _("{days} ago").format(days=format_value(round(value), "days"))


def _sizes(measured: Measured, found: Rows) -> Table:
    by_size = {row["size"]: row for row in found}
    customers = sum(row["customers"] for row in found)
    revenue = sum((row["revenue"] or 0 for row in found), 0)
    rows = [
        Row(
            Cell(size_label(size)),
            [
                Cell(count(by_size[size]["customers"])),
                Cell(_part(by_size[size]["customers"], customers)),
                Cell(measured.words.money(by_size[size]["revenue"])),
                Cell(_part(by_size[size]["revenue"], revenue)),
            ],
        )
        for size in reversed(SIZES)
        if size in by_size
    ]
    columns = [
        Column(_("Size"), is_text=True),
        Column(_("Customers")),
        Column(_("Share of customers")),
        Column(_("Revenue of 12 months")),
        Column(_("Share of revenue")),
    ]
    return Table(_("Buyers by size, last 12 months"), columns, rows)
