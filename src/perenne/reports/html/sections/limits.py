"""What could not be computed and why, the conventions, and the glossary."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from perenne.metrics import tax_exception
from perenne.reports.html.blocks import Block, Fact, Heading, Points, Section, Terms, Text
from perenne.reports.html.measured import Measured, reason
from perenne.reports.html.sections import kpis, relation, value
from perenne.reports.html.words import count, listed, share
from perenne.text import format_date
from perenne.text import gettext as _

# What metrics takes for the inactivity window while there are too few gaps to learn it from.
_DAYS_WHEN_UNKNOWN = 365


def section(measured: Measured, *, absent: Iterable[Fact]) -> Section:
    """`absent`: chapters left out, each after its reason."""
    points = [*_missing(measured), *absent]
    blocks: list[Block] = [Heading(_("What could not be computed, and why"))]
    blocks.append(Points(points) if points else Text(_("Every figure of the catalogue is known.")))
    blocks += [
        Heading(_("Conventions")),
        Points(list(_conventions(measured))),
        Terms(
            _("Glossary"), [kpis.term(measured.data.catalogue[one]) for one in _defined(measured)]
        ),
    ]
    return Section(
        "limits",
        _("Limits, conventions and glossary"),
        _("A figure that cannot be computed is left out and named here, never replaced."),
        blocks,
        short=_("Limits"),
    )


def _missing(measured: Measured) -> list[Fact]:
    """Metrics that lack the same thing, in one point."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for figure in measured.missing():
        why = reason(figure) or _("Nothing to compute it from.")
        by_reason[why].append(measured.label(figure.metric))
    return [Fact(why, "", f"{listed(names)}.") for why, names in by_reason.items()]


def _defined(measured: Measured) -> list[str]:
    """Metrics of the cards and of the CLV table that have a figure, in the catalogue's order."""
    terms = {name for name, _sign in value.clv_steps(measured)}
    named = {*kpis.shown(measured), *relation.shown(measured), *terms, "order_n_to_next"}
    return [name for name in measured.figures if name in named and measured.value(name) is not None]


def _conventions(measured: Measured) -> Iterable[Fact]:
    context, settings = measured.context, measured.context.settings
    yield Fact(
        _("As of"),
        "",
        _("{date}, end of the day, in the time zone {zone}.").format(
            date=format_date(context.as_of), zone=context.time_zone
        ),
    )
    yield Fact(
        _("Revenue"),
        "",
        _("Product lines after discount, without tax and shipping; {returns}.").format(
            returns=_("returns are taken off on the day of the return")
            if settings.returns_on == "return_day"
            else _("returns are taken off on the day of the order")
        )
        + _after(tax_exception(context.with_tax)),
    )
    yield Fact(_("Inactivity window"), "", _window(measured))
    yield Fact(_("Guests"), "", _guests(measured))
    yield Fact(_("Margin"), "", _margin(measured))
    if measured.shared_notes:
        yield Fact(_("Said of several figures"), "", " ".join(measured.shared_notes))


def _after(sentence: str) -> str:
    return f" {sentence}" if sentence else ""


def _window(measured: Measured) -> str:
    context = measured.context
    if context.settings.inactivity_days is not None:
        why = _("as the settings say")
    elif context.inactivity_days == _DAYS_WHEN_UNKNOWN:
        why = _("for want of enough repeat purchases to learn it from")
    else:
        why = _("nine gaps out of ten between two purchases are no longer than that")
    said = _("A customer is active for {days} days after an order: {why}.")
    return said.format(days=count(context.inactivity_days), why=why)


def _guests(measured: Measured) -> str:
    context = measured.context
    if not context.guest_orders:
        return _("Every order has a customer.")
    place = (
        _("They count in revenue, orders and average order value, and in no figure per customer.")
        if context.settings.include_guests
        else _("They are left out of every figure, as the settings say.")
    )
    said = _("{share} of orders have no customer.").format(share=share(context.guest_share))
    return f"{said} {place}"


def _margin(measured: Measured) -> str:
    context, settings = measured.context, measured.context.settings
    if not context.has_unknown_cost:
        return _("The cost of every product sold is known.")
    unknown = share(context.share_without_cost)
    if settings.margin_default_rate is not None:
        return _(
            "The cost of {share} of product revenue is unknown: a margin rate of {rate} stands in, "
            "as the settings say."
        ).format(share=unknown, rate=share(settings.margin_default_rate))
    if settings.missing_cost == "average":
        return _(
            "The cost of {share} of product revenue is unknown: the average margin rate of the "
            "rest stands in, as the settings say."
        ).format(share=unknown)
    return _("The cost of {share} of product revenue is unknown.").format(share=unknown)
