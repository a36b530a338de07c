"""Which preset a file fits: header names first, then what stands in the cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perenne.core import PerenneError
from perenne.sources import headers
from perenne.sources.layout import Sample
from perenne.sources.presets import Preset, preset, preset_names
from perenne.sources.presets.model import FieldSpec
from perenne.sources.recognition import applicable
from perenne.text import gettext as _

# Two presets closer than this are not told apart.
_MARGIN = 0.1


@dataclass(frozen=True)
class Match:
    """A preset that a file fits, the columns of its fields, and how sure that is."""

    preset: Preset
    columns: dict[str, str]
    confidence: float
    reasons: tuple[str, ...]


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


def named(name: str, sample: Sample, *, mapping: Mapping[str, str], path: Path) -> Match:
    """The match of a preset that was named; PerenneError when a column it needs is missing."""
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
    return Match(kind, columns, 1.0, (_("The preset was named, not detected."),))


def best(sample: Sample, *, mapping: Mapping[str, str], path: Path) -> Match:
    """The preset that fits best; PerenneError when none does, or two do equally well."""
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


def _match(kind: Preset, sample: Sample, mapping: Mapping[str, str]) -> Match | None:
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
    return Match(kind, columns, round(confidence, 3), _reasons(kind, columns, sample))


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
