"""Settles what a file leaves open, on the data of whole columns; what stays open is a question."""

from __future__ import annotations

from dataclasses import replace

from perenne.sources.context import DecimalMark, ReadContext
from perenne.sources.dates import DateLayout, date_layout
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
    dates = {
        field: date_layout(engine, relation=relation, column=column, answer=context.date_order)
        for field, column in _fields(recognition, "date").items()
    }
    dates = _agreed(dates)
    mark, doubt = _decimal_mark(recognition, relation=relation, engine=engine, context=context)
    questions = [*_date_questions(recognition, dates), *doubt]
    return replace(recognition, dates=dates, decimal_mark=mark, questions=tuple(questions))


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
    recognition: Recognition, *, relation: str, engine: DuckEngine, context: ReadContext
) -> tuple[DecimalMark, list[Question]]:
    layout = recognition.layout
    evidence = {
        column: number_evidence(engine, relation=relation, column=column)
        for column in _fields(recognition, "number").values()
        if column not in layout.machine_numbers
    }
    if context.decimal_mark:
        return context.decimal_mark, []
    dot, comma = (sum(getattr(e, mark) for e in evidence.values()) for mark in ("dot", "comma"))
    if dot != comma:
        return ("." if dot > comma else ","), []
    return _by_format(recognition, evidence)


def _by_format(
    recognition: Recognition, evidence: dict[str, NumberEvidence]
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
