"""What is said beside figures of surveys, subscriptions, events and first steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from perenne.metrics.arithmetic import Number
from perenne.metrics.expressions import Aggregate
from perenne.metrics.plan import REACHED, SPENT, UNOBSERVED, UNPRICED, UNREAD, UNSCALED
from perenne.metrics.results import Evaluator
from perenne.metrics.settings import Context
from perenne.text import format_date, format_money, format_number, ngettext
from perenne.text import gettext as _

SMALL_PART = 0.005
"""Of spend that reached nobody nothing is said below this share."""


@dataclass(frozen=True)
class Said:
    """What notes are made from besides the figure itself."""

    context: Context
    drop: tuple[int, float] | None = None


def not_told(needs: Iterable[str], context: Context) -> str | None:
    """Which of the tables beside orders a metric lacks, and what to import."""
    wanted = set(needs)
    if "subscriptions" in wanted and not context.subscriptions:
        return _("No subscription is known: import them (perenne import FILE).")
    if "consents" in wanted and not context.consents:
        return _("No consent is known: import those of your e-mailing tool (perenne import FILE).")
    for kind in ("nps", "csat"):
        if kind in wanted and kind not in context.surveys:
            return _(
                "No {kind} answer is known: import the answers of a survey (perenne import FILE)."
            ).format(kind=kind.upper())
    if "interactions" in wanted and not context.has_interactions:
        return _(
            "No interaction is known beside orders: import events of your site, app or e-mailing "
            "tool (perenne import FILE)."
        )
    return _without_events(wanted, context)


def _without_events(wanted: set[str], context: Context) -> str | None:
    words = {
        "email_sent": _("No e-mail sent is known: import the events of your e-mailing tool."),
        "email_open": _("No opening of an e-mail is known: import the events of that tool."),
        "email_click": _("No click in an e-mail is known: import the events of that tool."),
        "session": _("No visit is known: import the sessions or page views of your site."),
        "product_view": _("No view of a product is known: import the events of your site."),
        "cart": _("No basket is known: import the events of your site."),
        "purchase": _("No event tells which visit ended in a purchase: import those of your site."),
        "ticket": _("No ticket is known: import those of your support tool."),
    }
    for kind, said in words.items():
        if kind in wanted and not _VISIBLE.get(kind, {kind}) & set(context.events):
            return said
    return None


_VISIBLE = {
    "session": {"session", "page_view", "product_view", "search", "cart", "checkout", "login"},
    "cart": {"cart", "checkout"},
}
"""Kinds of events from which others are told."""


def _counted(here: Evaluator, atom: Aggregate) -> int:
    found = here.look_up(atom)
    return found if isinstance(found, int) else 0


def unobserved(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    if n := _counted(here, UNOBSERVED):
        yield ngettext(
            "Left out: {n} customer whose first {days} days are not over or not all observed.",
            "Left out: {n} customers whose first {days} days are not over or not all observed.",
            n,
        ).format(n=format_number(n), days=said.context.settings.activation_days)


def activation(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    if value is None:
        return
    yield _("Within {days} days after the day of the first purchase.").format(
        days=said.context.settings.activation_days
    )


def unscaled(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    if n := _counted(here, UNSCALED):
        yield ngettext(
            "Left out: {n} answer that is not on the scale from 0 to 10.",
            "Left out: {n} answers that are not on the scale from 0 to 10.",
            n,
        ).format(n=format_number(n))


def unpriced(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    if n := _counted(here, UNPRICED):
        yield ngettext(
            "Left out: {n} subscription in force without a price or an interval.",
            "Left out: {n} subscriptions in force without a price or an interval.",
            n,
        ).format(n=format_number(n))
    if n := _counted(here, UNREAD):
        yield ngettext(
            "Left out: {n} subscription whose status is not known.",
            "Left out: {n} subscriptions whose status is not known.",
            n,
        ).format(n=format_number(n))


def unreached(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    """Spend of a channel and month that won nobody is nobody's cost."""
    if value is None or not here.task.is_whole:
        return
    sums = [here.look_up(one) for one in (SPENT, REACHED)]
    spent, reached = (float(one) if isinstance(one, int | float | Decimal) else 0.0 for one in sums)
    if spent - reached > SMALL_PART * spent:
        yield _(
            "Of {spent} spent, {lost} are no customer's cost: they went to a channel in a month in "
            "which it won nobody, or is called otherwise than in the orders."
        ).format(
            spent=format_money(Decimal(str(round(spent, 2))), said.context.currency),
            lost=format_money(Decimal(str(round(spent - reached, 2))), said.context.currency),
        )


def machines(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    if value is None:
        return
    yield _(
        "Openings are counted as reported: mail programs that load images by themselves, such as "
        "Apple Mail, open too."
    )


def ahead(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    """The period beside such a figure is what it was learnt from."""
    if value is not None:
        yield _("A forecast for the 12 months after {day}.").format(
            day=format_date(said.context.as_of)
        )
