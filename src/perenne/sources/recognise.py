"""Tells what a file is, by its header and its content; never by its name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from perenne.core import PerenneError, closest
from perenne.sources import headers, readers
from perenne.sources.bounds import explained
from perenne.sources.context import ReadContext
from perenne.sources.layout import Layout, Place, Sample
from perenne.sources.macros import create_macros
from perenne.sources.matching import Match, best, named
from perenne.sources.plan import describe
from perenne.sources.presets import preset, preset_names
from perenne.sources.recognition import Recognition, applicable, with_constants
from perenne.sources.settle import settle
from perenne.sources.typing_sql import first_mapped
from perenne.text import gettext as _
from perenne.text import listed
from perenne.warehouse import DuckEngine

_SAMPLE = "perenne_sample"
# Dates that are read, and what more a field of periods may hold.
_READ = ("2025-10-07", "07/10/2025", "7 oct. 2025", "20251007")
_PERIODS = ("2025-10", "10/2025", "oct. 2025", "T4 2025", "2025")


def recognise(
    path: Path,
    *,
    engine: DuckEngine,
    context: ReadContext,
    preset: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Recognition:
    """Tell what `path` is and what importing it will do; nothing is written.

    `preset` names the preset instead of detecting it; `mapping` is {field: column of the file}.
    Raises PerenneError when the file cannot be read, is of no known kind, lacks a required column
    or fits two presets equally well.
    """
    with explained(path):
        return _recognised(path, engine=engine, context=context, preset=preset, mapping=mapping)


def _recognised(
    path: Path,
    *,
    engine: DuckEngine,
    context: ReadContext,
    preset: str | None,
    mapping: Mapping[str, str] | None,
) -> Recognition:
    create_macros(engine)
    sample = readers.look(path, engine=engine)
    mapping = _checked(mapping or {}, sample)
    match = (
        named(preset, sample, mapping=mapping, path=path)
        if preset
        else best(sample, mapping=mapping, path=path)
    )
    _refuse_duplicates(match, match.sample.layout, path)
    recognition = _recognition(path, match, match.sample.layout)
    _refuse_without_sales(recognition, match.sample)
    return _settled(recognition, match.sample, engine=engine, context=context)


def _recognition(path: Path, match: Match, layout: Layout) -> Recognition:
    tables = applicable(match.preset, match.columns)
    return Recognition(
        path=path,
        preset=match.preset,
        confidence=match.confidence,
        reasons=match.reasons,
        layout=layout,
        columns=match.columns,
        ignored=tuple(c for c in layout.columns if c not in match.columns.values()),
        tables=tuple(dict.fromkeys(table.table for table in tables)),
        constants=match.constants,
    )


def _refuse_without_sales(found: Recognition, sample: Sample) -> None:
    """A shop may have nobody to suppress or nothing to refund; an export of orders without any is
    one that went wrong."""
    if sample.rows or not {"orders", "order_lines"} & set(found.tables):
        return
    raise PerenneError(
        _("{file} has a header and no row.").format(file=found.path.name),
        given=list(sample.layout.columns),
        next_step=_("Export it again with its data."),
    )


def _settled(
    recognition: Recognition, sample: Sample, *, engine: DuckEngine, context: ReadContext
) -> Recognition:
    """Settle dates and decimal mark on the sample, on the whole file where that is not enough."""
    engine.duck.register(_SAMPLE, _arrow(sample))
    try:
        relation = with_constants(recognition, _SAMPLE)
        found = settle(recognition, relation=relation, engine=engine, context=context)
        if sample.rows:
            _refuse_without_dates(found)
    finally:
        engine.duck.unregister(_SAMPLE)
    if found.questions and not sample.complete:
        with _beside_spill(engine) as place:
            loaded = readers.load(recognition.path, sample.layout, engine=engine, place=place)
            relation = with_constants(recognition, loaded.relation)
            found = settle(found, relation=relation, engine=engine, context=context)
    return replace(found, plan=describe(found, context=context))


@contextmanager
def _beside_spill(engine: DuckEngine) -> Iterator[Place]:
    """Temporary files stand where the engine's do: in a workspace, where the next run sweeps what
    a killed one left; in the system's folder where there is none."""
    spill = engine.spill
    folder = spill.parent if spill and spill.parent.is_dir() else None
    prefix = f"{spill.name}-" if spill and folder else "perenne-"
    with tempfile.TemporaryDirectory(dir=folder, prefix=prefix) as name:
        yield Place(Path(name))


def _refuse_without_dates(found: Recognition) -> None:
    """A required date column without a single date is the wrong column; but it may be empty where
    its table takes only some rows of the file: a till that took nothing back."""
    for table in found.writes:
        for fields in table.required.values():
            field = first_mapped(fields, found) or fields
            layout = found.dates.get(field)
            if layout is None or layout.shapes:
                continue
            if layout.strays or table.only is None:
                raise PerenneError(
                    _("Column “{column}” of {file} holds no date that can be read.").format(
                        column=found.columns[field], file=found.path.name
                    ),
                    given=found.columns[field],
                    allowed=_READ + _PERIODS * found.preset.fields[field].periods,
                    next_step=_("Name another column with --map {field}=COLUMN.").format(
                        field=field
                    ),
                )


def _arrow(sample: Sample) -> pa.Table:
    names = list(sample.layout.columns)
    # One of several tables of a file may have no row.
    columns = list(zip(*sample.rows, strict=True)) or [()] * len(names)
    return pa.table([pa.array(c, pa.string()) for c in columns], names=names)


def _checked(mapping: Mapping[str, str], sample: Sample) -> dict[str, str]:
    """Refuse a hand-made mapping that names an unknown column or field."""
    known = sorted({f for name in preset_names() for f in preset(name).fields})
    tables = (sample, *sample.others)
    columns = tuple(dict.fromkeys(name for one in tables for name in one.layout.columns))
    by_key = {headers.key(column): column for column in columns}
    checked = {}
    for field, column in mapping.items():
        if field not in known:
            near = closest(field, known)
            raise PerenneError(
                _("There is no field “{field}” to map a column to.").format(field=field),
                given=field,
                allowed=known,
                next_step=_("Did you mean {near}?").format(near=near)
                if near
                else _("Choose one of: {names}.").format(names=", ".join(known)),
            )
        if headers.key(column) not in by_key:
            raise PerenneError(
                _("The file has no column “{column}”.").format(column=column),
                given=column,
                allowed=columns,
                next_step=_("Its columns are: {names}.").format(names=listed(columns)),
            )
        checked[field] = column if column in columns else by_key[headers.key(column)]
    return checked


def _refuse_duplicates(match: Match, layout: Layout, path: Path) -> None:
    doubtful = {c.casefold() for c in layout.duplicated}
    twice = [c for c in match.columns.values() if c.casefold() in doubtful]
    if twice:
        raise PerenneError(
            _("Column “{column}” stands more than once in the header of {file}.").format(
                column=twice[0], file=path.name
            ),
            given=twice,
            next_step=_("Keep one of them or rename the others, then import again."),
        )
