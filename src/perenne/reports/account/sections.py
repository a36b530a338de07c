"""The account as chapters of blocks, all words and figures written: for page and terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from perenne.metrics import tax_exception
from perenne.reports.account.record import Account, Expectation, Member, Part
from perenne.reports.html.blocks import Block, Cell, Column, Fact, Facts, Row, Table, Text, filled
from perenne.reports.html.words import Words, share
from perenne.reports.person import words
from perenne.reports.person.expected import between
from perenne.reports.person.known import channel_and_purpose, consents, may_be_sent, relation
from perenne.reports.person.sections import Chapter, happened, highlights_of, so_far
from perenne.reports.person.story import Story
from perenne.segments import status_label
from perenne.text import current_language, format_date, format_number, ngettext
from perenne.text import gettext as _


def chapters(account: Account) -> list[Chapter]:
    """Every part, an empty one with the reason."""
    whole = account.together()
    note = _("Each figure is the shop’s own, asked of the customers of this account alone.")
    return [
        Chapter("contacts", _("Its contacts"), list(_contacts(account))),
        Chapter("expected", _("What is expected"), list(_expected(account))),
        Chapter("so-far", _("What was"), list(so_far(whole, note))),
        Chapter("segments", _("Where it stands"), list(_segments(account))),
        Chapter("consents", _("What may be sent"), list(_consents(account))),
        Chapter("relation", _("Subscriptions and answers"), list(_relation(account))),
        Chapter("timeline", _("What happened"), list(_happened(account))),
    ]


def highlights(account: Account) -> list[Fact]:
    """What is read first: value to come, and what was."""
    writes = Words(account.currency)
    found = []
    if account.expectations and account.expectations[0].value is not None:
        year = account.expectations[0]
        ends = between(year.low90, year.high90, writes)
        note = (
            _("9 times in 10 {between}").format(between=ends)
            if ends != "—"
            else _("sum of {n} contacts").format(n=format_number(account.predicted))
        )
        value = writes.money(year.value)
        found.append(Fact(_("Expected in 12 months"), value, note))
    return [*found, *highlights_of(account.together())]


def sources(account: Account) -> str:
    """The ids that sources give the account."""
    return ", ".join(account.source_ids) or _("none names it")


def _contacts(account: Account) -> Iterator[Block]:
    writes = Words(account.currency)
    columns = [
        Column(_("Contact"), is_text=True),
        Column(_("Name"), is_text=True),
        Column(_("Orders")),
        Column(_("Revenue")),
        Column(_("Share")),
        Column(_("Last order"), is_text=True),
        Column(_("Status"), is_text=True),
        Column(_("Expected in 12 months")),
    ]
    rows = [_contact(one, writes) for one in account.members]
    notes = [_("One contact in full: perenne person ID.")]
    if account.name_hidden:
        notes.append(
            _(
                "The name of the account is masked: one contact alone tells it, or it bears the "
                "name of a contact, so that it may be that of a person. --personal shows it."
            )
        )
    elif not account.personal:
        notes.append(_("Masked: --personal shows names and ids in full."))
    yield filled(Table(_("Contacts of the account"), columns, rows, notes, css="stacked"))


def _contact(one: Member, writes: Words) -> Row:
    bought = one.orders > 0
    return Row(
        Cell(one.customer_id),
        [
            Cell(one.name or ""),
            Cell(format_number(one.orders)),
            Cell(writes.cents(one.revenue) if bought else "—"),
            Cell(share(one.share) if bought else "—"),
            Cell(format_date(one.last_order_on, "medium") if bought else _("no order yet")),
            Cell(status_label(one.status) if one.status else ""),
            Cell(writes.money(one.expected) if one.expected is not None else "—"),
        ],
    )


def _expected(account: Account) -> Iterator[Block]:
    if not account.expectations:
        code = account.missing.get("prediction", "not_computed")
        yield Text(words.missing_label("prediction", code))
        return
    writes = Words(account.currency)
    titles = (
        _("Expected value"), _("Median"), _("50% interval"), _("90% interval"),
        _("Expected margin"), _("Margin less retention cost"), _("Chance of an order"),
        _("Orders expected"),
    )  # fmt: skip
    columns = [Column(_("Within"), is_text=True), *map(Column, titles)]
    rows = [_outlook(one, writes) for one in account.expectations]
    notes = [_("Revenue after returns, without tax and shipping, discounted to today.")]
    notes += [*filter(None, [tax_exception(account.with_tax)]), *_how_sure(account)]
    left = len(account.members) - account.predicted
    if left:
        notes.append(
            ngettext(
                "Of {n} contact nothing is predicted: no order yet.",
                "Of {n} contacts nothing is predicted: no order yet.",
                left,
            ).format(n=format_number(left))
        )
    caption = _("Expected value, by horizon")
    yield filled(Table(caption, columns, rows, notes, css="stacked horizons"))


def _how_sure(account: Account) -> Iterator[str]:
    year = account.expectations[0]
    if year.low90 is not None and account.predicted > 1:
        yield _(
            "Intervals are those of all contacts together, from futures drawn for them at once. "
            "The chance of an order takes each to decide alone."
        )
    elif year.low90 is None:
        yield _(
            "The sum of what is expected of each contact, without an interval: the data are too "
            "few for a model that draws futures, or the shop has more accounts than it draws for."
        )
    if year.margin_low90 is not None:
        yield _("Beneath a margin: its own 90% interval.")


def _outlook(one: Expectation, writes: Words) -> Row:
    return Row(
        Cell(_("{n} months").format(n=one.months)),
        [
            Cell(writes.money(one.value) if one.value is not None else "—"),
            Cell(writes.money(one.median) if one.median is not None else "—"),
            Cell(between(one.low50, one.high50, writes)),
            Cell(between(one.low90, one.high90, writes)),
            Cell(
                writes.money(one.margin) if one.margin is not None else "—",
                hint=_margin_ends(one, writes),
            ),
            Cell(writes.money(one.net) if one.net is not None else "—"),
            Cell(words.nearly(one.p_order) if one.p_order is not None else "—"),
            Cell(format_number(one.orders, decimals=1) if one.orders is not None else "—"),
        ],
    )


def _margin_ends(one: Expectation, writes: Words) -> str:
    ends = between(one.margin_low90, one.margin_high90, writes)
    return "" if ends == "—" else ends


def _segments(account: Account) -> Iterator[Block]:
    if account.status is None or not account.segments:
        yield Text(words.missing_label("standing", account.missing.get("standing", "not_ordered")))
        return
    since = _("since {day}, as that of the contact who bought last").format(
        day=format_date(account.status_since, "medium")
    )
    yield Facts([Fact(_("Status"), status_label(account.status), since)])
    writes = Words(account.currency)
    titles = (_("Contacts"), _("Revenue"), _("Share"), _("Expected in 12 months"))
    columns = [Column(_("Segment"), is_text=True), *map(Column, titles)]
    rows = [_part(one, writes) for one in account.segments]
    notes = [_("Each contact is in the segment that it has as a customer of its own.")]
    yield filled(Table(_("Segments of its contacts"), columns, rows, notes, css="stacked"))


def _part(one: Part, writes: Words) -> Row:
    return Row(
        Cell(one.segment_names.get(current_language(), one.segment)),
        [
            Cell(format_number(one.members)),
            Cell(writes.cents(one.revenue)),
            Cell(share(one.share) if one.share is not None else "—"),
            Cell(writes.money(one.expected) if one.expected is not None else "—"),
        ],
    )


def _consents(account: Account) -> Iterator[Block]:
    if account.consents:
        yield Facts(list(_reachable(account)))
    yield from consents(account.together(), names=_names(account))


def _reachable(account: Account) -> Iterator[Fact]:
    """How many contacts each channel and purpose reaches."""
    told = set(map(channel_and_purpose, account.consents))
    yes = Counter(channel_and_purpose(one) for one in account.consents if may_be_sent(one))
    for name in sorted(told):
        reached = _("{n} of {all}").format(
            n=format_number(yes[name]), all=format_number(len(account.members))
        )
        yield Fact(name, reached, _("contacts have given their consent"))


def _relation(account: Account) -> Iterator[Block]:
    yield from relation(account.together(), names=_names(account))


def _names(account: Account) -> dict[str, str] | None:
    """What its contacts are called, or their ids; None where there is one alone."""
    if len(account.members) == 1:
        return None
    return {one.customer_id: one.name or one.customer_id for one in account.members}


def _happened(account: Account) -> Iterator[Block | Story]:
    whole = account.together()
    if whole.timeline.entries:
        yield Text(_("What all contacts did, newest first."))
    yield from happened(whole, names=_names(account))
