"""The account as chapters of blocks, all words and figures written: for page and terminal."""

from __future__ import annotations

from collections.abc import Iterator

from perenne.reports.account.record import Account, Expectation, Member
from perenne.reports.html.blocks import Block, Cell, Column, Fact, Row, Table, Text, filled
from perenne.reports.html.words import Words, share
from perenne.reports.person import words
from perenne.reports.person.known import relation
from perenne.reports.person.sections import Chapter, happened, highlights_of, so_far
from perenne.reports.person.story import Story
from perenne.segments import status_label
from perenne.text import format_date, format_number, ngettext
from perenne.text import gettext as _


def chapters(account: Account) -> list[Chapter]:
    """Every part, an empty one with the reason."""
    whole = account.together()
    note = _("Each figure is the shop’s own, asked of the customers of this account alone.")
    return [
        Chapter("contacts", _("Its contacts"), list(_contacts(account))),
        Chapter("expected", _("What is expected"), list(_expected(account))),
        Chapter("so-far", _("What was"), list(so_far(whole, note))),
        Chapter("relation", _("Subscriptions and answers"), list(relation(whole))),
        Chapter("timeline", _("What happened"), list(_happened(account))),
    ]


def highlights(account: Account) -> list[Fact]:
    """What is read first: value to come, and what was."""
    writes = Words(account.currency)
    found = []
    if account.expectations and account.expectations[0].value is not None:
        note = _("sum of {n} contacts").format(n=format_number(account.predicted))
        value = writes.money(account.expectations[0].value)
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
    columns = [
        Column(_("Within"), is_text=True),
        Column(_("Expected value")),
        Column(_("Expected margin")),
        Column(_("Chance of an order")),
        Column(_("Orders expected")),
    ]
    rows = [_outlook(one, writes) for one in account.expectations]
    notes = [
        _("Revenue after returns, without tax and shipping, discounted to today."),
        _(
            "The sum of what is expected of each contact. Intervals of persons do not add up to "
            "one of their sum: there is none. The chance of an order takes each to decide alone."
        ),
    ]
    left = len(account.members) - account.predicted
    if left:
        notes.append(
            ngettext(
                "Of {n} contact nothing is predicted: no order yet.",
                "Of {n} contacts nothing is predicted: no order yet.",
                left,
            ).format(n=format_number(left))
        )
    yield filled(Table(_("Expected value, by horizon"), columns, rows, notes, css="stacked"))


def _outlook(one: Expectation, writes: Words) -> Row:
    return Row(
        Cell(_("{n} months").format(n=one.months)),
        [
            Cell(writes.money(one.value) if one.value is not None else "—"),
            Cell(writes.money(one.margin) if one.margin is not None else "—"),
            Cell(share(one.p_order) if one.p_order is not None else "—"),
            Cell(format_number(one.orders, decimals=1) if one.orders is not None else "—"),
        ],
    )


def _happened(account: Account) -> Iterator[Block | Story]:
    whole = account.together()
    if whole.timeline.entries:
        yield Text(_("What all contacts did, newest first."))
    yield from happened(whole)
