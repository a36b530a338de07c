"""Judges an import: facts, plan, validation, one table after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import pyarrow as pa

from perenne.quality.checks import MAY_BE_EMPTY, Check, Facts, Surroundings, plan
from perenne.quality.results import ImportQuality, TableQuality
from perenne.quality.settings import QualitySettings
from perenne.quality.validation import require, validate
from perenne.quality.words import asked
from perenne.text import currency_codes
from perenne.text import gettext as _
from perenne.warehouse import Table

Fetch = Callable[[Table], pa.Table]


@dataclass(frozen=True)
class Subject:
    """One table of an import with what stands beside it.

    `earlier`: the same table of the source's earlier imports; `orders`: tables that know the
    source's order numbers; `counts`: rows read and refused.
    """

    name: str
    table: Table
    counts: tuple[int, int]
    earlier: Sequence[Table] = ()
    orders: Sequence[Table] = ()


@dataclass(frozen=True)
class Subjects:
    """A whole import, as the workspace hands it over."""

    batch: str
    file: str
    source: str
    preset: str
    title: str
    imported_on: date
    rows_read: int
    quarantined: int
    tables: Sequence[Subject]
    quarantine: Table | None = None
    earliest: date = field(default=date(1990, 1, 1))


def judge(subjects: Subjects, *, settings: QualitySettings, fetch: Fetch) -> ImportQuality:
    """Make every check of an import. Raises PerenneError where pointblank is missing."""
    require()
    return ImportQuality(
        subjects.batch,
        subjects.file,
        subjects.source,
        subjects.preset,
        subjects.title,
        subjects.imported_on,
        subjects.rows_read,
        subjects.quarantined,
        tuple(_judged(one, subjects, settings, fetch) for one in subjects.tables),
        _refused(subjects, fetch),
    )


def _judged(
    subject: Subject, subjects: Subjects, settings: QualitySettings, fetch: Fetch
) -> TableQuality:
    from perenne.quality import tables

    table = tables.completed(subject.table, subject.name)
    facts = read_facts(fetch(tables.facts(table, subject.name)).to_pylist()[0])
    read, refused = subject.counts
    around = Surroundings(
        earliest=subjects.earliest,
        today=subjects.imported_on,
        read=read,
        refused=refused,
        earlier=bool(subject.earlier),
        linked=bool(subject.orders),
    )
    view: Callable[[Check], Table] = partial(
        tables.view,
        table,
        name=subject.name,
        currencies=currency_codes(),
        orders=tables.order_ids(subject.orders) if subject.orders else None,
        earlier=subject.earlier,
        read=subject.counts,
    )
    checks = [
        check
        for check in plan(subject.name, facts, around, settings=settings)
        if check.view not in MAY_BE_EMPTY or fetch(view(check).limit(1)).num_rows
    ]
    outcomes, markup = validate(table, checks, name=subject.name, views=view, words=asked)
    return TableQuality(subject.name, facts, outcomes, markup)


def read_facts(row: Mapping[str, Any]) -> Facts:
    """Facts from the row that `tables.facts` gives."""
    quartiles = row["quartiles"]
    known = quartiles and None not in quartiles
    return Facts(
        rows=row["rows"],
        filled={
            name.removeprefix("filled_"): cells
            for name, cells in row.items()
            if name.startswith("filled_")
        },
        first=row["first"],
        last=row["last"],
        days=row["days"] or 0,
        quartiles=(quartiles[0], quartiles[1]) if known else None,
    )


def _refused(subjects: Subjects, fetch: Fetch) -> dict[str, int]:
    if subjects.quarantine is None:
        return {}
    from perenne.quality import tables

    rows = fetch(tables.refused_by_reason(subjects.quarantine)).to_pylist()
    found: dict[str, int] = {}
    for row in rows:
        why = _("{column}: {reason}").format(column=row["column"], reason=row["reason"])
        name = why if row["column"] else row["reason"]
        found[name] = found.get(name, 0) + row["rows"]
    return found
