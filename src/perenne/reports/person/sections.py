"""The record as chapters of blocks, all words and figures written: for page and terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from perenne.metrics import load_catalogue
from perenne.reports.html.blocks import Cell, Column, Fact, Facts, Row, Table, Text, filled
from perenne.reports.html.blocks import Chart as Drawing
from perenne.reports.html.contenders import contender_label, contender_meaning
from perenne.reports.html.words import Words, count, share, whole_share
from perenne.reports.person import pictures, words
from perenne.reports.person.record import ContactField, Figure, Outlook, Person, Told
from perenne.reports.person.story import Story, story
from perenne.segments import reason_label, size_label, status_label
from perenne.text import current_language, format_date, format_days, format_number, format_value
from perenne.text import gettext as _

Block = Table | Text | Facts | Drawing | Story


@dataclass(frozen=True)
class Chapter:
    """One part of the record: `id` is its anchor."""

    id: str
    title: str
    blocks: Sequence[Block]


def chapters(person: Person) -> list[Chapter]:
    """Every part, an empty one with the reason."""
    return [
        Chapter("expected", _("What is expected"), list(_expected(person))),
        Chapter("so-far", _("What was"), list(_so_far(person))),
        Chapter("who", _("Who it is"), list(_who(person))),
        Chapter("consents", _("What may be sent"), list(_consents(person))),
        Chapter("relation", _("Subscriptions and answers"), list(_relation(person))),
        Chapter("timeline", _("What happened"), list(_timeline(person))),
    ]


def figure(person: Person, name: str) -> Figure | None:
    return next((one for one in (*person.facts, *person.costs) if one.name == name), None)


def figure_name(one: Figure) -> str:
    """The label of the catalogue, or ours."""
    catalogue = load_catalogue()
    metric = one.source.removeprefix("metric ")
    return str(catalogue[metric].label) if metric in catalogue else words.figure_label(one.name)


def figure_text(one: Figure, currency: str) -> str:
    if one.unit == "date":
        return format_date(one.value)  # type: ignore[arg-type] # a date, as its unit says
    if one.unit == "text" or isinstance(one.value, str):
        return str(one.value or _("unknown"))
    return format_value(one.value, one.unit, currency)  # type: ignore[arg-type] # a number


def standing(person: Person) -> list[Fact]:
    """Where the customer stands: status, segment, scores."""
    found = person.standing
    if found is None:
        return [Fact(_("Status"), _("Prospect"), words.missing_label("standing", "not_ordered"))]
    since = _("since {day}: {reason}").format(
        day=format_date(found.status_since, "medium"),
        reason=reason_label(found.status_reason, inactivity_days=found.inactivity_days),
    )
    high = [
        text
        for text, holds in (
            (_("high value"), found.is_high_value),
            (_("high potential"), found.is_high_potential),
        )
        if holds
    ]
    rfm = _("RFM {scores}").format(scores="-".join(map(str, found.rfm)))
    segment = found.segment_names.get(current_language(), found.segment)
    return [
        Fact(_("Status"), status_label(found.status), since),
        Fact(_("Segment"), segment, " · ".join([rfm, size_label(found.size), *high])),
    ]


def _expected(person: Person) -> Iterator[Block]:
    found = person.prediction
    if found is None:
        code = person.missing.get("prediction", "not_computed")
        yield Text(words.missing_label("prediction", code))
        return
    writes = Words(person.currency)
    if found.why:
        yield Text(found.why)
    yield pictures.outlook(person, found.outlooks)
    yield _outlooks(found.outlooks, writes)
    yield Facts(list(_chances(person)))
    yield Text(
        _(
            "Predicted by {model} ({version}), as of {day}. {meaning} A prediction is no fact: "
            "the intervals say how far it may be off."
        ).format(
            model=contender_label(found.model),
            version=_("Perenne {version}").format(version=found.version),
            day=format_date(found.made_as_of),
            meaning=contender_meaning(found.model),
        )
    )


def _outlooks(outlooks: Sequence[Outlook], writes: Words) -> Table:
    names = [
        _("Expected value"), _("Median"), _("50% interval"), _("90% interval"),
        _("Expected margin"), _("Chance of an order"), _("Orders expected"),
    ]  # fmt: skip
    rows = [
        Row(
            Cell(_("{n} months").format(n=one.months)),
            [
                Cell(writes.money(one.value)),
                Cell(writes.money(one.median)),
                Cell(_between(one.low50, one.high50, writes)),
                Cell(_between(one.low90, one.high90, writes)),
                Cell(writes.money(one.margin)),
                Cell(share(one.p_order)),
                Cell(format_number(one.orders, decimals=1)),
            ],
        )
        for one in outlooks
    ]
    columns = [Column(_("Within"), is_text=True), *map(Column, names)]
    note = _("Revenue after returns, without tax and shipping, discounted to today.")
    return filled(Table(_("Expected value, by horizon"), columns, rows, [note]))


def _between(low: Decimal | None, high: Decimal | None, writes: Words) -> str:
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
            whole_share(found.p_alive),
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
            _("It never becomes likelier than not."),
        )


def _so_far(person: Person) -> Iterator[Block]:
    if not person.facts:
        yield Text(words.missing_label("facts", person.missing.get("facts", "not_ordered")))
        return
    yield pictures.orders(person)
    plain = [one for one in person.facts if not one.name.startswith("historical_clv")]
    rows = [
        Row(
            Cell(figure_name(one), hint=one.note or ""),
            [Cell(figure_text(one, person.currency)), Cell(one.source)],
        )
        for one in (*plain, *person.costs)
    ]
    columns = [Column(_("Figure"), is_text=True), Column(_("Value")), _source_column()]
    notes = [_("Each figure is the shop’s own, asked of this customer alone.")]
    if "costs" in person.missing:
        notes.append(words.missing_label("costs", person.missing["costs"]))
    yield Table(_("Figures so far"), columns, rows, notes, css="figures-of-person")
    yield _values(person)


def _values(person: Person) -> Table:
    """Historical CLV: what it counts in rows, over how long in columns."""
    known = {one.name: one for one in person.facts}
    rows = [
        Row(
            Cell(label),
            [
                Cell(figure_text(known[stem + end], person.currency))
                for end in words.SPANS
                if stem + end in known
            ],
        )
        for stem, label in words.value_labels().items()
    ]
    columns = [Column(_("Value so far"), is_text=True), *map(Column, words.span_labels())]
    note = _("Source: customer_facts.historical_clv…, after returns, without tax and shipping.")
    return Table(_("Historical CLV"), columns, rows, [note])


def _source_column() -> Column:
    return Column(_("Source"), is_text=True)


def _who(person: Person) -> Iterator[Block]:
    if person.asked_id:
        yield Text(
            _("{former} is a former id: its record is part of customer {id} today.").format(
                former=person.asked_id, id=person.customer_id
            )
        )
    yield _contact(person) if person.contact else Text(_why(person, "contact"))
    yield _records(person)


def _why(person: Person, part: str) -> str:
    return words.missing_label(part, person.missing.get(part, "not_told"))


def _contact(person: Person) -> Table:
    rows = [_field(one) for one in person.contact]
    columns = [
        Column(_("Field"), is_text=True),
        Column(_("Value"), is_text=True),
        _source_column(),
        Column(_("Last told"), is_text=True),
        Column(_("Told otherwise"), is_text=True),
    ]
    notes = [_("The source read last gives the value; what others say otherwise stands beside it.")]
    if not person.personal:
        notes.append(_("Masked: --personal shows names, addresses and ids in full."))
    return filled(Table(_("Contact, and which source says it"), columns, rows, notes))


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
    return Table(_("Records that make up this customer"), columns, rows, list(_identity(person)))


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


def _consents(person: Person) -> Iterator[Block]:
    if not person.consents:
        yield Text(_why(person, "consents"))
        return
    rows = [
        Row(
            Cell(f"{words.channel_label(one.channel)} · {words.purpose_label(one.purpose)}"),
            [
                Cell(
                    words.consent_label(one.status, suppressed=one.suppressed),
                    css="yes" if one.status == "subscribed" and not one.suppressed else "no",
                ),
                Cell(one.source),
                Cell(format_date(one.said_on, "medium") if one.said_on else _("day not told")),
                Cell(one.origin or ""),
                Cell(one.proof or ""),
            ],
        )
        for one in person.consents
    ]
    titles = (_("Status"), _("Source"), _("Said on"), _("Where"), _("Proof"))
    columns = [
        Column(_("Channel and purpose"), is_text=True),
        *(Column(title, is_text=True) for title in titles),
    ]
    note = _(
        "A suppression wins over everything. Where there is no row, nothing is known, and nothing "
        "is inferred from a purchase."
    )
    yield filled(Table(_("Consents per channel and purpose"), columns, rows, [note]))


def _relation(person: Person) -> Iterator[Block]:
    yield _subscriptions(person) if person.subscriptions else Text(_why(person, "subscriptions"))
    yield _answers(person) if person.surveys else Text(_why(person, "surveys"))


def _subscriptions(person: Person) -> Table:
    rows = [
        Row(
            Cell(one.plan or one.product_id or one.subscription_id),
            [
                Cell(words.subscription_label(one.status)),
                Cell(Words(one.currency or person.currency).cents(one.price)),
                Cell(words.interval_label(one.interval_unit, one.interval_count)),
                Cell(format_date(one.started_on, "medium")),
                Cell(format_date(one.ended_on or one.cancelled_on, "medium")),
                Cell(format_date(one.next_charge_on, "medium")),
                Cell(one.source),
            ],
        )
        for one in person.subscriptions
    ]
    texts = (_("Begun"), _("Ended"), _("Next charge"), _("Source"))
    columns = [
        Column(_("Subscription"), is_text=True),
        Column(_("Status"), is_text=True),
        Column(_("Price")),
        Column(_("Charged"), is_text=True),
        *(Column(title, is_text=True) for title in texts),
    ]
    return filled(Table(_("Subscriptions"), columns, rows))


def _answers(person: Person) -> Table:
    rows = [
        Row(
            Cell(words.survey_label(one.kind), hint=one.survey or ""),
            [
                Cell(f"{format_number(one.score)}/{one.scale_max}" if one.scale_max else
                     format_number(one.score)),
                Cell(format_date(one.answered_on, "medium")),
                Cell(one.topic or ""),
                Cell(one.comment or ""),
                Cell(one.source),
            ],
        )
        for one in person.surveys
    ]  # fmt: skip
    texts = (_("Answered on"), _("Subject"), _("Comment"), _("Source"))
    columns = [
        Column(_("Survey"), is_text=True),
        Column(_("Score")),
        *(Column(title, is_text=True) for title in texts),
    ]
    return filled(Table(_("Survey answers"), columns, rows))


def _timeline(person: Person) -> Iterator[Block]:
    if person.timeline.entries:
        yield story(person)
    if "events" in person.missing:
        yield Text(_why(person, "events"))


def highlights(person: Person) -> list[Fact]:
    """What is read first: value to come with its interval, and what was."""
    writes = Words(person.currency)
    found = list(_headline(person, writes))
    for name in ("net_revenue", "orders", "average_order_value"):
        one = figure(person, name)
        if one:
            found.append(Fact(figure_name(one), figure_text(one, person.currency)))
    last, since = figure(person, "last_order_on"), figure(person, "days_since_last_order")
    if last and since:
        ago = _("{days} ago").format(days=format_days(since.value))  # type: ignore[arg-type] # days
        found.append(Fact(_("Last order"), ago, figure_text(last, person.currency)))
    return found


def _headline(person: Person, writes: Words) -> Iterator[Fact]:
    if person.prediction is None or person.prediction.outlooks[0].value is None:
        return
    year = person.prediction.outlooks[0]
    between = _between(year.low90, year.high90, writes)
    note = _("9 times in 10 {between}").format(between=between) if between != "—" else ""
    yield Fact(_("Expected in 12 months"), writes.money(year.value), note)
