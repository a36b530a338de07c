"""Who the customer is and what they allow: contact, records, consents, subscriptions, answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from perenne.reports.html.blocks import Block, Cell, Column, Row, Table, Text, filled
from perenne.reports.html.words import Words, count
from perenne.reports.person import words
from perenne.reports.person.record import Answer, Consent, ContactField, Person, Subscription, Told
from perenne.text import format_date, format_number, ngettext
from perenne.text import gettext as _

Names = Mapping[str, str]


def who(person: Person) -> Iterator[Block]:
    if person.asked_id:
        yield Text(
            _("{former} is a former id: its record is part of customer {id} today.").format(
                former=person.asked_id, id=person.customer_id
            )
        )
    erased = any(one.rule == "source_erased" for one in person.identity.records)
    if erased:
        yield Text(
            _(
                "This person was erased. Orders, amounts and dates stay under a pseudonym, so that "
                "every figure of the shop is as it was; nothing says who it is."
            )
        )
    if person.contact or not erased:
        yield _contact(person) if person.contact else Text(why(person, "contact"))
    yield _records(person)


def why(person: Person, part: str) -> str:
    return words.missing_label(part, person.missing.get(part, "not_told"))


def _contact(person: Person) -> Table:
    rows = [_field(one) for one in person.contact]
    columns = [
        Column(_("Field"), is_text=True),
        Column(_("Value"), is_text=True),
        source_column(),
        Column(_("Last told"), is_text=True),
        Column(_("Told otherwise"), is_text=True),
    ]
    notes = [_("The source read last gives the value; what others say otherwise stands beside it.")]
    if not person.personal:
        notes.append(_("Masked: --personal shows names, addresses and ids in full."))
    return filled(
        Table(_("Contact, and which source says it"), columns, rows, notes, css="stacked")
    )


def _field(one: ContactField) -> Row:
    others = "; ".join(f"{other.value} ({other.source})" for other in one.others)
    return Row(
        Cell(words.field_label(one.name)),
        [Cell(one.told.value), Cell(one.told.source), Cell(_when(one.told)), Cell(others)],
    )


def _when(told: Told) -> str:
    if told.told_at is None:
        return ""
    day = format_date(told.told_at.date(), "medium")
    return _("{day}, {file} row {row}").format(day=day, file=told.file, row=format_number(told.row))


def _records(person: Person) -> Table:
    rows = [
        Row(
            Cell(f"{one.source}: {one.source_id}"),
            [
                Cell(words.link_label(one.rule)),
                Cell(format_number(one.probability, decimals=0 if one.probability == 1 else 3)),
                Cell(_refresh(one.seen_since)),
                Cell(_refresh(one.linked_since)),
            ],
        )
        for one in person.identity.records
    ]
    columns = [
        Column(_("Record"), is_text=True),
        Column(_("Linked by"), is_text=True),
        Column(_("Probability")),
        Column(_("First seen"), is_text=True),
        Column(_("Linked since"), is_text=True),
    ]
    return Table(
        _("Records that make up this customer"),
        columns,
        rows,
        list(_identity(person)),
        css="stacked",
    )


def _refresh(number: int | None) -> str:
    return _("refresh {n}").format(n=number) if number else ""


def _identity(person: Person) -> Iterator[str]:
    found = person.identity
    if found.known_since:
        yield _("A source knows this person since {day}.").format(
            day=format_date(found.known_since)
        )
    if found.former_ids:
        yield _("Former ids that lead here: {ids}.").format(ids=", ".join(found.former_ids))
    if found.pairs_to_review:
        yield _(
            "Pairs that wait for your decision: {n} (perenne identity review --customer {id})."
        ).format(n=count(found.pairs_to_review), id=person.customer_id)
    for text, value in ((_("Account: {name}."), found.account), (_("Tags: {name}."), found.tags)):
        if value:
            yield text.format(name=value)


def consents(person: Person, *, names: Names | None = None) -> Iterator[Block]:
    waiting = _waiting(person)
    if not person.consents:
        yield Text(" ".join([why(person, "consents"), *waiting]))
        return
    columns, rows = _with_contact(
        names,
        _("Channel and purpose"),
        [(one.customer_id, _consent(one)) for one in person.consents],
    )
    titles = (_("Status"), _("Source"), _("Said on"), _("Where"), _("Proof"))
    columns += [Column(title, is_text=True) for title in titles]
    note = _(
        "A suppression wins over everything. Where there is no row, nothing is known, and nothing "
        "is inferred from a purchase."
    )
    yield filled(
        Table(_("Consents per channel and purpose"), columns, rows, [note, *waiting], css="stacked")
    )


def _waiting(person: Person) -> list[str]:
    """What was said of consents after the day of the record."""
    day = format_date(person.as_of)
    notes = []
    if any(one.said_on and one.said_on > person.as_of for one in person.consents):
        notes.append(
            _("A refusal counts from the day it is read, also one after {day}.").format(day=day)
        )
    if person.consents_waiting:
        notes.append(
            ngettext(
                "{n} permission was said after {day} and does not count: refresh --as-of DATE.",
                "{n} permissions were said after {day} and do not count: refresh --as-of DATE.",
                person.consents_waiting,
            ).format(n=count(person.consents_waiting), day=day)
        )
    return notes


def _consent(one: Consent) -> Row:
    return Row(
        Cell(channel_and_purpose(one)),
        [
            Cell(
                words.consent_label(one.status, suppressed=one.suppressed),
                css="yes" if may_be_sent(one) else "no",
            ),
            Cell(one.source),
            Cell(format_date(one.said_on, "medium") if one.said_on else _("day not told")),
            Cell(one.origin or ""),
            Cell(one.proof or ""),
        ],
    )


def may_be_sent(one: Consent) -> bool:
    return one.status == "subscribed" and not one.suppressed


def channel_and_purpose(one: Consent) -> str:
    return f"{words.channel_label(one.channel)} · {words.purpose_label(one.purpose)}"


def _with_contact(
    names: Names | None, title: str, rows: list[tuple[str | None, Row]]
) -> tuple[list[Column], list[Row]]:
    """The first columns of a table, and its rows: of an account, each says whose it is."""
    if names is None:
        return [Column(title, is_text=True)], [row for _whose, row in rows]
    told = [
        Row(Cell(names.get(whose or "", whose or "")), [row.header, *row.cells])
        for whose, row in rows
    ]
    return [Column(_("Contact"), is_text=True), Column(title, is_text=True)], told


def relation(person: Person, *, names: Names | None = None) -> Iterator[Block]:
    """`names`: of an account, what its customers are called; a table then says whose a row is."""
    yield (
        _subscriptions(person, names)
        if person.subscriptions
        else Text(why(person, "subscriptions"))
    )
    yield _answers(person, names) if person.surveys else Text(why(person, "surveys"))


def _subscriptions(person: Person, names: Names | None) -> Table:
    told = [(one.customer_id, _subscription(one, person.currency)) for one in person.subscriptions]
    columns, rows = _with_contact(names, _("Subscription"), told)
    texts = (_("Begun"), _("Ended"), _("Next charge"), _("Source"))
    columns += [
        Column(_("Status"), is_text=True),
        Column(_("Price")),
        Column(_("Charged"), is_text=True),
        *(Column(title, is_text=True) for title in texts),
    ]
    return filled(Table(_("Subscriptions"), columns, rows, css="stacked"))


def _subscription(one: Subscription, currency: str) -> Row:
    return Row(
        Cell(one.plan or one.product_id or one.subscription_id),
        [
            Cell(words.subscription_label(one.status)),
            Cell(Words(one.currency or currency).cents(one.price)),
            Cell(words.interval_label(one.interval_unit, one.interval_count)),
            Cell(format_date(one.started_on, "medium")),
            Cell(format_date(one.ended_on or one.cancelled_on, "medium")),
            Cell(format_date(one.next_charge_on, "medium")),
            Cell(one.source),
        ],
    )


def _answers(person: Person, names: Names | None) -> Table:
    told = [(one.customer_id, _answer(one)) for one in person.surveys]
    columns, rows = _with_contact(names, _("Survey"), told)
    texts = (_("Answered on"), _("Subject"), _("Comment"), _("Source"))
    columns += [Column(_("Score")), *(Column(title, is_text=True) for title in texts)]
    return filled(Table(_("Survey answers"), columns, rows, css="stacked"))


def _answer(one: Answer) -> Row:
    score = format_number(one.score)
    return Row(
        Cell(words.survey_label(one.kind), hint=one.survey or ""),
        [
            Cell(f"{score}/{one.scale_max}" if one.scale_max else score),
            Cell(format_date(one.answered_on, "medium")),
            Cell(one.topic or ""),
            Cell(one.comment or ""),
            Cell(one.source),
        ],
    )


def source_column() -> Column:
    return Column(_("Source"), is_text=True)
