"""Tells what a file is, by its header and its content; never by its name."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from perenne.core import PerenneError, closest
from perenne.sources import headers, readers
from perenne.sources.context import ReadContext
from perenne.sources.layout import Layout, Place, Sample
from perenne.sources.macros import create_macros
from perenne.sources.plan import describe
from perenne.sources.presets import Preset, preset, preset_names
from perenne.sources.presets.model import FieldSpec
from perenne.sources.recognition import Recognition, applicable
from perenne.sources.settle import settle
from perenne.sources.typing_sql import first_mapped
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine

# Two presets closer than this are not told apart.
_MARGIN = 0.1
_SAMPLE = "perenne_sample"


@dataclass(frozen=True)
class _Match:
    preset: Preset
    columns: dict[str, str]
    confidence: float
    reasons: tuple[str, ...]


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
    create_macros(engine)
    sample = readers.look(path, engine=engine)
    mapping = _checked(mapping or {}, sample.layout)
    match = _named(preset, sample, mapping, path) if preset else _best(sample, mapping, path)
    _refuse_duplicates(match, sample.layout, path)
    recognition = _recognition(path, match, sample.layout)
    return _settled(recognition, sample, engine=engine, context=context)


def _recognition(path: Path, match: _Match, layout: Layout) -> Recognition:
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
    )


def _settled(
    recognition: Recognition, sample: Sample, *, engine: DuckEngine, context: ReadContext
) -> Recognition:
    """Settle dates and decimal mark on the sample, on the whole file where that is not enough."""
    engine.duck.register(_SAMPLE, _arrow(sample))
    try:
        found = settle(recognition, relation=_SAMPLE, engine=engine, context=context)
        _refuse_without_dates(found)
    finally:
        engine.duck.unregister(_SAMPLE)
    if found.questions and not sample.complete:
        with tempfile.TemporaryDirectory() as folder:
            loaded = readers.load(
                recognition.path, sample.layout, engine=engine, place=Place(Path(folder))
            )
            found = settle(recognition, relation=loaded.relation, engine=engine, context=context)
    return replace(found, plan=describe(found, context=context))


def _refuse_without_dates(found: Recognition) -> None:
    """A required date column without a single date is the wrong column."""
    for table in found.writes:
        for fields in table.required.values():
            field = first_mapped(fields, found) or fields
            layout = found.dates.get(field)
            if layout is not None and not layout.shapes:
                raise PerenneError(
                    _("Column “{column}” of {file} holds no date that can be read.").format(
                        column=found.columns[field], file=found.path.name
                    ),
                    given=found.columns[field],
                    allowed=("2025-10-07", "07/10/2025", "7 oct. 2025", "20251007"),
                    next_step=_("Name another column with --map {field}=COLUMN.").format(
                        field=field
                    ),
                )


def _arrow(sample: Sample) -> pa.Table:
    columns = list(zip(*sample.rows, strict=True))
    names = list(sample.layout.columns)
    return pa.table([pa.array(c, pa.string()) for c in columns], names=names)


def _checked(mapping: Mapping[str, str], layout: Layout) -> dict[str, str]:
    """Refuse a hand-made mapping that names an unknown column or field."""
    known = sorted({f for name in preset_names() for f in preset(name).fields})
    by_key = {headers.key(column): column for column in layout.columns}
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
                allowed=layout.columns,
                next_step=_("Its columns are: {names}.").format(names=", ".join(layout.columns)),
            )
        checked[field] = column if column in layout.columns else by_key[headers.key(column)]
    return checked


def map_columns(
    kind: Preset, columns: tuple[str, ...], by_hand: Mapping[str, str]
) -> dict[str, str]:
    """Give each field of `kind` the column with its best alias; each column serves one field."""
    found = {field: column for field, column in by_hand.items() if field in kind.fields}
    free = [column for column in columns if column not in found.values()]
    for name, field in kind.fields.items():
        column = None if name in found else _column_for(field, free)
        if column is not None:
            found[name] = column
            free.remove(column)
    return {name: found[name] for name in kind.fields if name in found}


def _column_for(field: FieldSpec, free: list[str]) -> str | None:
    for position in (0, 1):  # names as they stand, then names without their currency
        by_key: dict[str, str] = {}
        for column in free:
            known = headers.keys(column)
            if position < len(known):
                by_key.setdefault(known[position], column)
        for alias in field.aliases:
            if headers.key(alias) in by_key:
                return by_key[headers.key(alias)]
    return None


def _missing(kind: Preset, columns: Mapping[str, str]) -> list[str]:
    return [
        need
        for need in kind.detect.require
        if not any(field in columns for field in need.split("|"))
    ]


def _named(name: str, sample: Sample, mapping: Mapping[str, str], path: Path) -> _Match:
    kind = preset(name)
    columns = map_columns(kind, sample.layout.columns, mapping)
    missing = _missing(kind, columns)
    if missing or not applicable(kind, columns):
        first = (missing or ["order_id"])[0].split("|")[0]
        raise PerenneError(
            _("{file} has no column for {fields}, which the preset {preset} needs.").format(
                file=path.name, fields=", ".join(m.replace("|", "/") for m in missing), preset=name
            ),
            given=list(sample.layout.columns),
            allowed=list(kind.fields),
            next_step=_("Its columns are: {names}. Map one with --map {field}=COLUMN.").format(
                names=", ".join(sample.layout.columns), field=first
            ),
        )
    return _Match(kind, columns, 1.0, (_("The preset was named, not detected."),))


def _best(sample: Sample, mapping: Mapping[str, str], path: Path) -> _Match:
    matches = [m for name in preset_names() if (m := _match(preset(name), sample, mapping))]
    matches.sort(key=lambda match: -match.confidence)
    if not matches:
        raise PerenneError(
            _("Perenne does not recognise the columns of {file}: {names}.").format(
                file=path.name, names=", ".join(sample.layout.columns)
            ),
            given=list(sample.layout.columns),
            allowed=preset_names(),
            next_step=_(
                "Name the kind of file with --source ({presets}) and its columns with --map "
                "FIELD=COLUMN."
            ).format(presets=", ".join(preset_names())),
        )
    close = [m for m in matches if matches[0].confidence - m.confidence < _MARGIN - 1e-9]
    if len(close) > 1:
        names = [match.preset.name for match in close]
        raise PerenneError(
            _("{file} could be any of: {names}.").format(file=path.name, names=", ".join(names)),
            given=list(sample.layout.columns),
            allowed=names,
            next_step=_("Say which with --source {name}.").format(name=names[0]),
        )
    return matches[0]


def _match(kind: Preset, sample: Sample, mapping: Mapping[str, str]) -> _Match | None:
    """How well a file fits a preset; None when it cannot be one."""
    columns = map_columns(kind, sample.layout.columns, mapping)
    if not set(mapping) <= set(kind.fields) or _missing(kind, columns):
        return None
    if any(field in columns for field in kind.detect.forbid) or not applicable(kind, columns):
        return None
    if not all(
        _holds(check.field, check.pattern, check.share, columns, sample)
        for check in kind.detect.content
    ):
        return None
    marks = kind.detect.distinctive or kind.detect.require
    present = [mark for mark in marks if any(f in columns for f in mark.split("|"))]
    share = len(present) / len(marks)
    used = len(columns) / len(sample.layout.columns)
    confidence = kind.detect.base + kind.detect.reach * (0.6 * share + 0.4 * min(used, 1))
    return _Match(kind, columns, round(confidence, 3), _reasons(kind, columns, sample))


def _holds(
    field: str, pattern: str, share: float, columns: Mapping[str, str], sample: Sample
) -> bool:
    if field not in columns:
        return True
    position = sample.layout.columns.index(columns[field])
    cells = [row[position] for row in sample.rows if row[position]]
    good = sum(1 for cell in cells if re.search(pattern, str(cell).strip()))
    return bool(cells) and good >= share * len(cells)


def _reasons(kind: Preset, columns: Mapping[str, str], sample: Sample) -> tuple[str, ...]:
    found = ", ".join(columns.values())
    said = [_("The header has {names}.").format(names=found)]
    if kind.detect.content:
        checked = ", ".join(columns[c.field] for c in kind.detect.content if c.field in columns)
        said.append(_("The content of {names} looks as expected.").format(names=checked))
    return tuple(said)


def _refuse_duplicates(match: _Match, layout: Layout, path: Path) -> None:
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
