"""The record as chapters of blocks, all words and figures written: for page and terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from perenne.metrics import load_catalogue, tax_exception
from perenne.reports.html.blocks import Block, Cell, Column, Fact, Row, Table, Text
from perenne.reports.html.words import Words
from perenne.reports.person import pictures, words
from perenne.reports.person.expected import between, expected
from perenne.reports.person.known import consents, relation, source_column, who, why
from perenne.reports.person.record import Figure, Person
from perenne.reports.person.story import Story, story
from perenne.segments import reason_label, size_label, status_label
from perenne.text import current_language, format_date, format_days, format_value
from perenne.text import gettext as _


@dataclass(frozen=True)
class Chapter:
    """One part of the record: `id` is its anchor."""

    id: str
    title: str
    blocks: Sequence[Block | Story]


def chapters(person: Person) -> list[Chapter]:
    """Every part, an empty one with the reason."""
    note = _("Each figure is the shop’s own, asked of this customer alone.")
    return [
        Chapter("expected", _("What is expected"), list(expected(person))),
        Chapter("so-far", _("What was"), list(so_far(person, note))),
        Chapter("who", _("Who it is"), list(who(person))),
        Chapter("consents", _("What may be sent"), list(consents(person))),
        Chapter("relation", _("Subscriptions and answers"), list(relation(person))),
        Chapter("timeline", _("What happened"), list(happened(person))),
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
    size = _("{size} over 12 months").format(size=size_label(found.size))
    segment = found.segment_names.get(current_language(), found.segment)
    return [
        Fact(_("Status"), status_label(found.status), since),
        Fact(_("Segment"), segment, " · ".join([rfm, size, *high])),
    ]


def so_far(person: Person, note: str) -> Iterator[Block | Story]:
    if not person.facts:
        yield Text(words.missing_label("facts", person.missing.get("facts", "not_ordered")))
        return
    yield pictures.orders(person)
    plain = [one for one in person.facts if not one.name.startswith("historical_clv")]
    rows = [
        Row(
            Cell(figure_name(one), hint=one.note or ""),
            [Cell(figure_text(one, person.currency)), Cell(words.figure_source(one.source))],
        )
        for one in (*plain, *person.costs)
    ]
    columns = [Column(_("Figure"), is_text=True), Column(_("Value")), source_column()]
    notes = [note]
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
    notes = list(filter(None, (note, tax_exception(person.with_tax))))
    return Table(_("Historical CLV"), columns, rows, notes, css="stacked")


def happened(person: Person, *, names: Mapping[str, str] | None = None) -> Iterator[Block | Story]:
    """`names`: of an account, what its customers are called."""
    if person.timeline.entries:
        yield story(person, names=names)
    if "events" in person.missing:
        yield Text(why(person, "events"))


def highlights(person: Person) -> list[Fact]:
    """What is read first: value to come with its interval, and what was."""
    return [*_headline(person, Words(person.currency)), *highlights_of(person)]


def highlights_of(person: Person) -> list[Fact]:
    """What was: revenue, orders, the last of them."""
    found, writes = [], Words(person.currency)
    for name in ("net_revenue", "orders", "average_order_value"):
        one = figure(person, name)
        if one:
            is_money = one.unit == "money"
            text = writes.money(one.value) if is_money else figure_text(one, person.currency)  # type: ignore[arg-type] # a number
            found.append(Fact(figure_name(one), text))
    last, since = figure(person, "last_order_on"), figure(person, "days_since_last_order")
    if last and since:
        days = format_days(since.value)  # type: ignore[arg-type] # days
        ago = _("{days} ago").format(days=days) if since.value else _("the same day")
        found.append(Fact(_("Last order"), ago, figure_text(last, person.currency)))
    return found


def _headline(person: Person, writes: Words) -> Iterator[Fact]:
    if person.prediction is None or person.prediction.outlooks[0].value is None:
        return
    year = person.prediction.outlooks[0]
    ends = between(year.low90, year.high90, writes)
    note = _("9 times in 10 {between}").format(between=ends) if ends != "—" else ""
    yield Fact(_("Expected in 12 months"), writes.money(year.value), note)
