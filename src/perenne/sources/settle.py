"""Settles what a file leaves open, on the data of whole columns; what stays open is a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from perenne.sources.context import DecimalMark, ReadContext
from perenne.sources.dates import DateLayout, date_layout
from perenne.sources.glance import Glance, glance
from perenne.sources.numbers import NumberEvidence, number_evidence
from perenne.sources.recognition import Question, Recognition
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine


def settle(
    recognition: Recognition, *, relation: str, engine: DuckEngine, context: ReadContext
) -> Recognition:
    """Return `recognition` with the date layouts, decimal mark and questions of `relation`.

    `relation` holds the columns of the file as text, under their names in the file.
    """
    seen = _seen(recognition, relation=relation, engine=engine, context=context)
    dates = {
        field: seen.dates.get(column)
        or date_layout(
            engine,
            relation=relation,
            column=column,
            answer=context.date_order,
            periods=recognition.preset.fields[field].periods,
        )
        for field, column in _fields(recognition, "date").items()
    }
    dates = _agreed(dates)
    numbers = seen.numbers or {
        column: number_evidence(engine, relation=relation, column=column)
        for column in _number_columns(recognition)
    }
    mark, doubt = _decimal_mark(recognition, numbers, context=context)
    return replace(
        recognition,
        dates=dates,
        decimal_mark=mark,
        bare_numbers=seen.bare,
        questions=(*_date_questions(recognition, dates), *doubt),
    )


def _seen(
    recognition: Recognition, *, relation: str, engine: DuckEngine, context: ReadContext
) -> Glance:
    """What one look at the whole file settles, where the sample told what to expect."""
    return glance(
        engine,
        relation=relation,
        dates={recognition.columns[field]: d for field, d in recognition.dates.items()},
        numbers=_number_columns(recognition),
        mark=recognition.decimal_mark,
        answer=context.date_order,
    )


def _number_columns(recognition: Recognition) -> list[str]:
    """Columns of numbers as people write them."""
    machine = recognition.layout.machine_numbers
    return [c for c in _fields(recognition, "number").values() if c not in machine]


def _agreed(dates: dict[str, DateLayout]) -> dict[str, DateLayout]:
    """One tool writes all dates of a file in one order: a settled column settles the others."""
    orders = {layout.order for layout in dates.values() if layout.order}
    if len(orders) != 1:
        return dates
    order = orders.pop()
    return {f: replace(d, order=order) if d.undecided else d for f, d in dates.items()}


def _fields(recognition: Recognition, kind: str) -> dict[str, str]:
    fields = recognition.preset.fields
    return {f: c for f, c in recognition.columns.items() if fields[f].type == kind}


def _decimal_mark(
    recognition: Recognition, evidence: Mapping[str, NumberEvidence], *, context: ReadContext
) -> tuple[DecimalMark, list[Question]]:
    if context.decimal_mark:
        return context.decimal_mark, []
    dot, comma = (sum(getattr(e, mark) for e in evidence.values()) for mark in ("dot", "comma"))
    if dot != comma:
        return ("." if dot > comma else ","), []
    return _by_format(recognition, evidence)


def _by_format(
    recognition: Recognition, evidence: Mapping[str, NumberEvidence]
) -> tuple[DecimalMark, list[Question]]:
    """No cell settles it: the delimiter may, as a comma cannot separate and be decimal at once."""
    unclear = [(c, e) for c, e in evidence.items() if e.unclear]
    delimiter = recognition.layout.delimiter
    if delimiter == ";":
        return ",", []
    if not unclear or all(e.unclear_mark == "." for _c, e in unclear):
        return ".", []
    column, first = unclear[0]
    text = _("Is {cell} in column “{column}” a thousand and more, or one and a fraction?").format(
        cell=first.unclear, column=column
    )
    return ".", [Question(text, "--decimal-mark", (".", ","))]


def _date_questions(recognition: Recognition, dates: dict[str, DateLayout]) -> list[Question]:
    return [
        Question(
            _(
                "Is {date} in column “{column}” day/month or month/day? No date of the file tells."
            ).format(date=layout.example, column=recognition.columns[field]),
            "--date-order",
            ("dmy", "mdy"),
        )
        for field, layout in dates.items()
        if layout.undecided
    ]
