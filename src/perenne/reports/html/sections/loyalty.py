"""Loyalty: from the first order to the next ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perenne.charts import Caption, Step, funnel
from perenne.metrics import Request
from perenne.reports.html.blocks import (
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
from perenne.reports.html.words import count, share
from perenne.text import gettext as _

_STEPS = 8
_LARGE_ENOUGH = 30


@dataclass(frozen=True)
class Rank:
    """How many customers placed an n-th order, and the share of them that placed one more."""

    n: int
    customers: int
    share: float | None


def ranks(measured: Measured) -> list[Rank]:
    """The order funnel: each rank's customers follow from the share that reached it."""
    figures = measured.data.figures(Request(("order_n_to_next",), by=("order_number",)))
    reached = measured.value("customers") or 0
    found = []
    for figure in figures:
        number = (figure.group or {}).get("order_number")
        going_on = None if figure.value is None else float(figure.value)
        found.append(Rank(int(number or 0), round(reached), going_on))
        reached *= going_on or 0
    return found


def largest_drop(found: Sequence[Rank]) -> Rank | None:
    """The rank that the lowest share goes beyond, among those with enough customers."""
    large = [rank for rank in found if rank.customers >= _LARGE_ENOUGH and rank.share is not None]
    return min(large, key=lambda rank: (rank.share or 0, rank.n), default=None)


def section(measured: Measured, found: Sequence[Rank]) -> Section:
    names = ("days_to_second_order", "days_between_orders", "one_and_done_share")
    facts = [
        Fact(measured.label(name), measured.written(name), _fact_note(measured, name))
        for name in ("repeat_purchase_rate", *names)
        if name in measured.figures
    ]
    return Section(
        "loyalty",
        _("From one order to the next"),
        _("How many customers come back, after how long, and where most of them stop."),
        [Facts(facts), _funnel(found)],
        short=_("Loyalty"),
    )


def _fact_note(measured: Measured, name: str) -> str:
    if name == "days_between_orders" and measured.value("days_between_orders_mean") is not None:
        mean = measured.written("days_between_orders_mean")
        return _("mean {value}").format(value=mean)
    if name == "one_and_done_share":
        return _("one order, and none for more than {days} days").format(
            days=count(measured.context.inactivity_days)
        )
    return ""


def order_name(n: int) -> str:
    """Name an order by its rank: `1st order`, `12th order`."""
    if n == 1:
        return _("1st order")
    if n == 2:
        return _("2nd order")
    if n == 3:
        return _("3rd order")
    if n % 10 in _ORDINALS and n % 100 // 10 != 1:
        return _ORDINALS[n % 10]().format(n=n)
    return _("{n}th order").format(n=n)


_ORDINALS = {
    1: lambda: _("{n}st order"),
    2: lambda: _("{n}nd order"),
    3: lambda: _("{n}rd order"),
}


def drop_sentence(drop: Rank | None) -> str:
    if drop is None or drop.share is None:
        return ""
    return _(
        "The largest drop comes after the {order}: {share} of those customers place another one."
    ).format(order=order_name(drop.n), share=share(drop.share))


def _funnel(found: Sequence[Rank]) -> Chart:
    title = _("Order funnel")
    shown = [rank for rank in found if rank.customers][:_STEPS]
    drop = largest_drop(shown)
    lead = drop_sentence(drop)
    svg = funnel(
        [Step(order_name(rank.n), rank.customers) for rank in shown],
        caption=Caption(title, lead, _("No known customer has ordered yet.")),
        format_count=count,
        format_share=share,
        largest_drop=_("largest drop"),
        drop=shown.index(drop) + 1 if drop and drop in shown[:-1] else None,
    )
    return Chart(title, svg, lead, table=_table(shown) if shown else None)


def _table(shown: Sequence[Rank]) -> Table:
    first = shown[0].customers
    rows = [
        Row(
            Cell(order_name(rank.n)),
            [
                Cell(count(rank.customers)),
                Cell(share(rank.customers / first)),
                Cell(share(rank.share)),
            ],
        )
        for rank in shown
    ]
    columns = [
        Column(_("Rank"), is_text=True),
        Column(_("Customers who placed it")),
        Column(_("Share of all customers")),
        Column(_("Of these, placed one more")),
    ]
    return Table(_("From one order to the next, by rank"), columns, rows)
