"""What is expected of the customer, with how sure it is, and who says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from perenne.metrics import tax_exception
from perenne.reports.html.blocks import Block, Cell, Column, Fact, Facts, Row, Table, Text, filled
from perenne.reports.html.contenders import contender_label, contender_meaning
from perenne.reports.html.words import Words, share, whole_share
from perenne.reports.person import pictures, words
from perenne.reports.person.record import Outlook, Person
from perenne.text import format_date, format_number
from perenne.text import gettext as _

# Chances that differ by less are told alike.
ROUNDING = 0.005


def expected(person: Person) -> Iterator[Block]:
    found = person.prediction
    if found is None:
        code = person.missing.get("prediction", "not_computed")
        yield Text(words.missing_label("prediction", code))
        return
    writes = Words(person.currency)
    if found.instead:
        yield Text(found.instead)
    elif found.model == "simple_clv":
        yield Text(
            _(
                "The data of the shop are too few for a model that can be trusted: the simple CLV "
                "formula stands in, one figure without intervals."
            )
        )
    if found.why:
        yield Text(found.why)
    yield pictures.outlook(person, found.outlooks)
    yield _outlooks(found.outlooks, writes, taxes=tax_exception(person.with_tax))
    if found.margin_note:
        yield Text(found.margin_note)
    if chances := list(_chances(person)):
        yield Facts(chances)
    yield from _presence(person)
    how_far = (
        _("A prediction is no fact: the intervals say how far it may be off.")
        if any(one.has_interval for one in found.outlooks)
        else _("A prediction is no fact, and nothing says how far this one may be off.")
    )
    yield Text(
        _("Predicted by {model} ({version}), as of {day}. {meaning} {how_far}").format(
            how_far=how_far,
            model=contender_label(found.model),
            version=_("Perenne {version}").format(version=found.version),
            day=format_date(found.made_as_of),
            meaning=contender_meaning(found.model),
        )
    )


def _presence(person: Person) -> Iterator[Block]:
    """The chance of still being a customer through time, or why none is drawn."""
    found = person.prediction
    if found is None or found.alive_path is None:
        return
    path = found.alive_path
    if not path.points:
        yield Text(words.no_path_label(path.note or ""))
        return
    model = contender_label(path.model or "")
    told = _("Told by the model “{model}”.").format(model=model)
    if path.model != found.model:
        told = _(
            "Told by the model “{model}”, the best of the purchase models here. The value is "
            "predicted by “{other}”, which follows no customer through time."
        ).format(model=model, other=contender_label(found.model))
    notes = [told]
    if found.one_purchase:
        notes.append(_("One purchase only: it rests on what customers like this one did."))
    if found.p_alive is not None and found.p_alive > path.points[-1].chance + ROUNDING:
        notes.append(
            _(
                "“{other}” takes a further order within {months} months to be likelier than that; "
                "so the chance of still being a customer is told as {chance} today."
            ).format(
                other=contender_label(found.model),
                months=found.outlooks[-1].months,
                chance=words.nearly(found.p_alive),
            )
        )
    yield replace(pictures.presence(person, path), notes=notes)


def _outlooks(outlooks: Sequence[Outlook], writes: Words, *, taxes: str) -> Table:
    names = [
        _("Expected value"), _("Median"), _("50% interval"), _("90% interval"),
        _("Expected margin"), _("Margin less retention cost"), _("Chance of an order"),
        _("Orders expected"),
    ]  # fmt: skip
    rows = [
        Row(
            Cell(_("{n} months").format(n=one.months)),
            [
                Cell(writes.money(one.value)),
                Cell(writes.money(one.median)),
                Cell(between(one.low50, one.high50, writes)),
                Cell(between(one.low90, one.high90, writes)),
                Cell(writes.money(one.margin), hint=_margin_interval(one, writes)),
                Cell(writes.money(one.net), hint=_margin_interval(one, writes, net=True)),
                Cell(share(one.p_order)),
                Cell(format_number(one.orders, decimals=1)),
            ],
        )
        for one in outlooks
    ]
    columns = [Column(_("Within"), is_text=True), *map(Column, names)]
    notes = [_("Revenue after returns, without tax and shipping, discounted to today.")]
    if taxes:
        notes.append(taxes)
    if any(one.margin_low90 is not None for one in outlooks):
        notes.append(_("Beneath a margin: its own 90% interval."))
    caption = _("Expected value, by horizon")
    return filled(Table(caption, columns, rows, notes, css="stacked horizons"))


def _margin_interval(one: Outlook, writes: Words, *, net: bool = False) -> str:
    """The 90% interval of the margin; of what is left once keeping the customer is paid for."""
    low, high = one.margin_low90, one.margin_high90
    if low is None or high is None:
        return ""
    cost = Decimal(0) if not net or one.margin is None or one.net is None else one.margin - one.net
    return "" if net and one.net is None else writes.between(low - cost, high - cost)


def between(low: Decimal | None, high: Decimal | None, writes: Words) -> str:
    return "—" if low is None or high is None else writes.between(low, high)


def _chances(person: Person) -> Iterator[Fact]:
    found = person.prediction
    if found is None:
        return
    year = found.outlooks[0]
    if year.p_order is not None:
        yield Fact(
            _("Chance of a further order within 12 months"),
            whole_share(year.p_order),
            _("One purchase only: it rests on what customers like this one did.")
            if found.one_purchase
            else "",
        )
    if found.p_alive is not None and not found.one_purchase:
        yield Fact(
            _("Chance of still being a customer"),
            words.nearly(found.p_alive),
            _("As the model understands it: not gone for good."),
        )
    if found.next_order_by:
        yield Fact(
            _("A further order is as likely as not by"), format_date(found.next_order_by, "medium")
        )
    elif year.p_order is not None:
        yield Fact(
            _("A further order is as likely as not by"),
            "—",
            words.no_day_label(found.next_order_note, months=found.outlooks[-1].months),
        )
