"""Drawings: orders and refunds over time, whether the customer is still there, what is to come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from perenne.charts import (
    Caption,
    Expected,
    Moment,
    Series,
    Size,
    Stem,
    line_chart,
    range_chart,
    stem_chart,
)
from perenne.core import add_months
from perenne.reports.html.blocks import Chart
from perenne.reports.html.words import Words, whole_share
from perenne.reports.person import words
from perenne.reports.person.record import AlivePath, Outlook, Person
from perenne.text import format_date, format_month
from perenne.text import gettext as _

# Up to so many months every third is named, beyond it years.
_QUARTERS = 30
# Colour of a margin: that which it has in the monthly forecast of the report.
_MARGIN = 4


def orders(person: Person) -> Chart:
    """Each day with an order up, each refund down, and the day of the next order if one is told."""
    writes = Words(person.currency)
    days = person.timeline.days
    stems = [
        Stem(one.on.toordinal(), value, f"{format_date(one.on)} · {writes.cents(value)}")
        for one in days
        for value in (one.bought, -one.given_back)
        if value
    ]
    first = days[0].on if days else person.as_of
    end = _end(person)
    title = _("Orders and refunds over time")
    svg = stem_chart(
        stems,
        caption=Caption(title, _("One bar per day with an order."), _("No order to draw.")),
        marks=list(_marks(first, end)),
        format_y=writes.axis,
        names=(_("Orders"), _("Refunds")),
        moments=list(_moments(person, end)),
        span=(first.toordinal() - 6, end.toordinal() + 6),
        size=Size(860, 260),
    )
    return Chart(title, svg)


def _end(person: Person) -> date:
    """The day of the record, or a little more where the next order is near."""
    by = person.prediction.next_order_by if person.prediction else None
    near = person.as_of + timedelta(days=550)
    return min(by, near) if by and by > person.as_of else person.as_of


def _moments(person: Person, end: date) -> Iterator[Moment]:
    yield Moment(person.as_of.toordinal(), _("today"))
    by = person.prediction.next_order_by if person.prediction else None
    if by and by <= end:
        yield Moment(by.toordinal(), _("next order"))


def _marks(first: date, end: date) -> Iterator[tuple[float, str]]:
    months = (end.year - first.year) * 12 + end.month - first.month + 1
    step = 1 if months <= 10 else 3 if months <= _QUARTERS else 12
    start = first.replace(day=1)
    while step > 1 and (start.month - 1) % step:
        start = add_months(start, -1)
    while start <= end:
        text = str(start.year) if step == 12 else format_month(start, short=True)
        yield start.toordinal(), text
        start = add_months(start, step)


def presence(person: Person, path: AlivePath) -> Chart:
    """The chance of still being a customer, day by day; each order a tick at the foot."""
    first, last = path.points[0].on, path.points[-1]
    title = _("Still a customer? The chance through time")
    now = words.nearly(last.chance)
    said = _(
        "How likely it was, seen from each day, that this customer was not gone for good. It falls "
        "while they stay away longer than is usual for them, and rises with an order (the ticks at "
        "the foot). Today: {chance}."
    ).format(chance=now)
    svg = line_chart(
        [Series(now, [(one.on.toordinal(), one.chance) for one in path.points])],
        caption=Caption(title, said, ""),
        format_x=lambda x: format_date(date.fromordinal(round(x)), "medium"),
        format_y=lambda chance: whole_share(chance) if chance in (0, 1) else words.nearly(chance),
        moments=[Moment(one.on.toordinal()) for one in person.timeline.days if one.orders],
        marks=list(_marks(first, last.on)),
        size=Size(860, 260),
    )
    return Chart(title, svg, lead=said)


def outlook(person: Person, outlooks: Sequence[Outlook]) -> Chart:
    """Value and, where it is known, margin of each horizon, with their intervals."""
    writes = Words(person.currency)
    rows = [row for one in outlooks if one.value is not None for row in _rows(one, writes)]
    has_margin = any(one.margin is not None for one in outlooks)
    is_sure = any(one.has_interval for one in outlooks)
    title = {
        (True, True): _("Value and margin to come, and how sure they are"),
        (True, False): _("Value and margin to come"),
        (False, True): _("Value to come, and how sure it is"),
        (False, False): _("Value to come"),
    }[has_margin, is_sure]
    bare = _("The dot is the expected value.")
    said = _(
        "The dot is the expected value; in one case out of two the value lies in the dark bar, in "
        "nine out of ten in the light one."
    )
    if has_margin:
        said = f"{said} {_('The same of the margin that is left of it.')}"
    svg = range_chart(
        rows,
        caption=Caption(title, said if is_sure else bare, _("No value is predicted.")),
        format_value=writes.money,
        size=Size(860),
    )
    return Chart(title, svg, lead=said if is_sure else "")


def _rows(one: Outlook, writes: Words) -> Iterator[Expected]:
    label = _("{n} months").format(n=one.months)
    yield Expected(
        label,
        one.value or Decimal(0),
        inner=_ends(one.low50, one.high50),
        outer=_ends(one.low90, one.high90),
        said=f"{label} · {writes.money(one.value)}",
    )
    if one.margin is not None:
        name = _("margin")
        yield Expected(
            name,
            one.margin,
            inner=_ends(one.margin_low50, one.margin_high50),
            outer=_ends(one.margin_low90, one.margin_high90),
            said=f"{label}, {name} · {writes.money(one.margin)}",
            colour=_MARGIN,
        )


def _ends(low: Decimal | None, high: Decimal | None) -> tuple[Decimal, Decimal] | None:
    return None if low is None or high is None else (low, high)
