"""Which preset a file fits: header names first, then what stands in the cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from perenne.core import PerenneError
from perenne.sources import headers
from perenne.sources.layout import Sample
from perenne.sources.presets import Preset, preset, preset_names
from perenne.sources.presets.model import FieldSpec
from perenne.sources.recognition import applicable
from perenne.text import gettext as _
from perenne.text import listed

# Two presets closer than this are not told apart.
_MARGIN = 0.1
_SALES = frozenset({"orders", "order_lines", "refunds"})
_DAY = re.compile(
    r"\d[-/. ](?:\d{1,2}|[^\W\d_]{3,9}\.?)[-/. ,]+\d|\d{8}|[^\W\d_]{3,9}\.? \d{1,2},? \d{4}"
)
_VALUES = frozenset(
    f"{of}{tax}" for of in ("line_amount", "unit_price") for tax in ("", "_ht", "_ttc")
)


@dataclass(frozen=True)
class Match:
    """A preset that a table of a file fits, the columns of its fields, and how sure that is."""

    preset: Preset
    sample: Sample
    columns: dict[str, str]
    confidence: float
    reasons: tuple[str, ...]
    constants: Mapping[str, str] = field(default_factory=dict)


def map_columns(kind: Preset, sample: Sample, by_hand: Mapping[str, str]) -> dict[str, str]:
    """Give each field of `kind` the column with its best alias; each column serves one field."""
    columns = sample.layout.columns
    found = {
        name: column
        for name, column in by_hand.items()
        if name in kind.fields and column in columns
    }
    free = [column for column in columns if column not in found.values()]
    for name, spec in kind.fields.items():
        column = None if name in found else _column_for(spec, free)
        if column is None and name in kind.own_names and name in free and name not in found:
            column = name if _may_hold(spec, name, sample) else None
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
    if field.like is None:
        return None
    return next((c for c in free if re.search(field.like, c, re.IGNORECASE)), None)


def _may_hold(spec: FieldSpec, column: str, sample: Sample) -> bool:
    """`cancelled` may be a day, and it may be yes or no: of a date, a cell looks like one."""
    if spec.type != "date":
        return True
    cells = _cells(column, sample)
    return not cells or any(_DAY.search(cell) for cell in cells)


def _cells(column: str, sample: Sample) -> list[str]:
    """The filled cells of a column."""
    position = sample.layout.columns.index(column)
    return [text for row in sample.rows if row[position] and (text := str(row[position]).strip())]


def _missing(kind: Preset, columns: Mapping[str, str]) -> list[str]:
    return [
        need for need in kind.detect.require if not any(name in columns for name in need.split("|"))
    ]


def _columns(
    kind: Preset, sample: Sample, by_hand: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Columns by field, and the cells that hold for every row: told by the lines above."""
    columns = map_columns(kind, sample, by_hand)
    constants = {}
    for name, spec in kind.fields.items():
        if spec.above and name not in columns:
            told = re.search(spec.above, sample.layout.above, re.IGNORECASE | re.MULTILINE)
            if told:
                constants[name] = str(next(filter(None, told.groups()))).strip()
    return columns | {name: f"({name})" for name in constants}, constants


def named(name: str, sample: Sample, *, mapping: Mapping[str, str], path: Path) -> Match:
    """The match of a preset that was named; PerenneError when a column it needs is missing.

    Of a file with several tables the one that has most of its columns is meant.
    """
    kind = preset(name)
    _refuse(kind, path)
    tables = (sample, *sample.others)
    sample = max(tables, key=lambda one: len(_columns(kind, one, mapping)[0]))
    columns, constants = _columns(kind, sample, mapping)
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
                names=listed(sample.layout.columns), field=first
            ),
        )
    reasons = (_("The preset was named, not detected."),)
    return Match(kind, sample, columns, 1.0, reasons, constants)


def best(sample: Sample, *, mapping: Mapping[str, str], path: Path) -> Match:
    """The preset that fits best; PerenneError when none does, two do equally well, or the one
    that does says that such files are not imported."""
    tables = (sample, *sample.others)
    with_rows = any(table.rows for table in tables)
    matches = _heard(
        [
            match
            for table in tables
            for name in preset_names()
            if (match := _match(preset(name), table, mapping, with_rows=with_rows))
        ]
    )
    if not matches:
        raise PerenneError(
            _("Perenne does not recognise the columns of {file}: {names}.").format(
                file=path.name, names=listed(sample.layout.columns)
            ),
            given=list(sample.layout.columns),
            allowed=preset_names(),
            next_step=_(
                "Name the kind of file with --source ({presets}) and its columns with --map "
                "FIELD=COLUMN."
            ).format(presets=", ".join(n for n in preset_names() if preset(n).generic)),
        )
    _refuse(matches[0].preset, path)
    close = [m for m in matches if matches[0].confidence - m.confidence < _MARGIN - 1e-9]
    if len({match.preset.name for match in close}) > 1:
        names = [match.preset.name for match in close]
        raise PerenneError(
            _("{file} could be any of: {names}.").format(file=path.name, names=", ".join(names)),
            given=list(sample.layout.columns),
            allowed=names,
            next_step=_("Say which with --source {name}.").format(name=names[0]),
        )
    _ask(matches[0], mapping, path)
    _ask_of_columns(matches[0], path)
    return matches[0]


def _ask(match: Match, mapping: Mapping[str, str], path: Path) -> None:
    """Refuse a file whose name says more of it than its columns do, until somebody decides."""
    filled = {table.table for table in applicable(match.preset, match.columns)}
    if not match.preset.generic or filled & _SALES:
        return
    for name in preset_names():
        kind = preset(name)
        asked = kind.detect.file_name
        if not asked or kind.grain in filled or not re.search(asked, path.stem, re.IGNORECASE):
            continue
        if _missing(kind, _columns(kind, match.sample, mapping)[0]):
            continue
        raise PerenneError(
            _(
                "The name of {file} speaks of {kind}, its columns do not: they fit {other} as well."
            ).format(file=path.name, kind=_(kind.title), other=_(match.preset.title)),
            given=path.name,
            allowed=(name, match.preset.name),
            next_step=_("Say which with --source {name} or --source {other}.").format(
                name=name, other=match.preset.name
            ),
        )


def _ask_of_columns(match: Match, path: Path) -> None:
    """Refuse what would be order lines without an amount, where a column that nothing would read
    makes it another kind of file, until somebody decides."""
    lines = match.preset.generic and match.preset.grain == "order_lines"
    if not lines or _VALUES & match.columns.keys():
        return
    ignored = [c for c in match.sample.layout.columns if c not in match.columns.values()]
    for name in preset_names():
        kind = preset(name)
        spoken = (_column_for(kind.fields[field], ignored) for field in kind.detect.speaks)
        if column := next(filter(None, spoken), None):
            raise PerenneError(
                _("The column “{column}” of {file} speaks of {kind}, others of {other}.").format(
                    column=column, file=path.name, kind=_(kind.title), other=_(match.preset.title)
                ),
                given=column,
                allowed=(name, match.preset.name),
                next_step=_(
                    "Say which with --source {name} or --source {other}, and name columns that "
                    "are not found with --map FIELD=COLUMN."
                ).format(name=name, other=match.preset.name),
            )


def _heard(matches: list[Match]) -> list[Match]:
    """The matches by confidence: a platform's own preset is heard before a refusal, a refusal
    before the presets that fit any tool."""
    own = [m for m in matches if not m.preset.generic and m.preset.refuse is None]
    refusals = [m for m in matches if m.preset.refuse]
    heard = own or refusals or [m for m in matches if not _yields(m, matches)]
    return sorted(heard, key=lambda match: -match.confidence)


def _yields(match: Match, matches: list[Match]) -> bool:
    """Does another preset fit the same table that reads all that this one does, and more?"""
    return any(
        any(
            field in other.columns
            for field in match.preset.detect.yields[other.preset.name].split("|")
        )
        for other in matches
        if other.sample is match.sample and other.preset.name in match.preset.detect.yields
    )


def _refuse(kind: Preset, path: Path) -> None:
    if kind.refuse is not None:
        raise PerenneError(
            _("{file} is {kind}, which Perenne does not import: {reason}").format(
                file=path.name, kind=_(kind.title), reason=_(kind.refuse.reason)
            ),
            given=kind.name,
            next_step=_(kind.refuse.next_step),
        )


def _match(
    kind: Preset, sample: Sample, mapping: Mapping[str, str], *, with_rows: bool
) -> Match | None:
    """How well a file fits a preset; None when it cannot be one. A file without rows has its
    header alone to speak for it."""
    if kind.detect.file_name:
        return None
    columns, constants = _columns(kind, sample, mapping)
    if not set(mapping) <= set(kind.fields) or _missing(kind, columns):
        return None
    if any(name in columns for name in kind.detect.forbid):
        return None
    if kind.refuse is None and not _fills(kind, columns):
        return None
    if with_rows and not all(
        _holds(check.field, check.pattern, check.share, columns, sample)
        for check in kind.detect.content
    ):
        return None
    marks = kind.detect.distinctive or kind.detect.require
    present = [mark for mark in marks if any(f in columns for f in mark.split("|"))]
    share = len(present) / len(marks)
    used = len(columns) / len(sample.layout.columns)
    confidence = kind.detect.base + kind.detect.reach * (0.6 * share + 0.4 * min(used, 1))
    reasons = _reasons(kind, columns, sample, with_rows=with_rows)
    return Match(kind, sample, columns, round(confidence, 3), reasons, constants)


def _fills(kind: Preset, columns: Mapping[str, str]) -> bool:
    """Does it fill a table of its own, not that of the people alone whom the rows name?"""
    filled = {table.table for table in applicable(kind, columns)}
    return bool(filled - {"customers"} or kind.grain in filled)


def _holds(
    field: str, pattern: str, share: float, columns: Mapping[str, str], sample: Sample
) -> bool:
    if columns.get(field) not in sample.layout.columns:
        return True
    cells = _cells(columns[field], sample)
    good = sum(1 for cell in cells if re.search(pattern, cell))
    return bool(cells) and good >= share * len(cells)


def _reasons(
    kind: Preset, columns: Mapping[str, str], sample: Sample, *, with_rows: bool
) -> tuple[str, ...]:
    found = ", ".join(c for c in columns.values() if c in sample.layout.columns)
    said = [_("The header has {names}.").format(names=found)]
    if not with_rows:
        said.append(_("There is no row below it that could say more."))
    elif kind.detect.content:
        checked = ", ".join(columns[c.field] for c in kind.detect.content if c.field in columns)
        said.append(_("The content of {names} looks as expected.").format(names=checked))
    return tuple(said)
