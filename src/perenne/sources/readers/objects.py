"""JSON and XML documents that hold a list of objects, as web shops answer: orders with their lines.

An object becomes a row; what is nested in it becomes `outer.inner`. A list within it that some
preset asks for (`unnest`) becomes rows of its own below the object's, with the object's `id`; the
object's row keeps the list as JSON text. Rows are numbered from 1 in this order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perenne.core import PerenneError
from perenne.sources.bounds import check_columns
from perenne.sources.layout import Layout, Loaded, Place, Sample, unique_names
from perenne.sources.numbers import is_bare
from perenne.sources.presets import unnested
from perenne.sources.readers import json_values, xml_objects
from perenne.sources.readers.bytes_in import chunks, tell_encoding
from perenne.sources.readers.copies import Copy, SetAside, numbered
from perenne.sources.readers.halves import Halves
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine

SAMPLE_ROWS = 2000
Row = dict[str, str]
Stray = json_values.Stray


def look(path: Path, *, engine: DuckEngine) -> Sample:
    """Return every key of the document, in order of first appearance, and the first rows."""
    names: dict[str, bool] = {}
    rows: list[Row] = []
    count = 0
    for count, row in enumerate(rows_of(path), start=1):
        if isinstance(row, Stray):
            continue
        for name, cell in row.items():
            names[name] = names.get(name, True) and is_bare(cell)
        check_columns(len(names), name=path.name)
        if count <= SAMPLE_ROWS:
            rows.append(row)
    if not names:
        raise PerenneError(
            _("{file} holds no list of objects.").format(file=path.name),
            given=str(path),
            next_step=_("Export it again with its data."),
        )
    columns, repeated = unique_names(list(names), file=path.name)
    layout = Layout(
        "objects",
        columns,
        machine_numbers=frozenset(name for name, numeric in names.items() if numeric),
        duplicated=repeated,
    )
    cells = tuple(tuple(row.get(name) for name in columns) for row in rows)
    return Sample(layout, cells, complete=count <= SAMPLE_ROWS)


def load(path: Path, layout: Layout, *, engine: DuckEngine, place: Place) -> Loaded:
    """Copy every row as text to a Parquet file."""
    halves = Halves()
    with (
        Copy(place.file("objects.parquet"), numbered(layout)) as copy,
        SetAside(place.file("unreadable.parquet")) as aside,
    ):
        for line, row in enumerate(rows_of(path, halves), start=1):
            if isinstance(row, Stray):
                aside.note(line, row, _("not a JSON object"))
                continue
            cells = (line, *map(row.get, layout.columns))
            copy.add(cells, characters=sum(map(len, row.values())))
    return Loaded(copy.relation, aside.told(), notes=halves.told())


def rows_of(path: Path, halves: Halves | None = None) -> Iterator[Row | Stray]:
    """Every row of the document, its cells by name; cells that are empty are left out. What stands
    in the place of an object and is none takes a number too."""
    halves = halves or Halves()
    for row in _rows(path):
        yield Stray(halves.mend(row)) if isinstance(row, Stray) else halves.mend_row(row)


def _rows(path: Path) -> Iterator[Row | Stray]:
    wanted = unnested()
    for found in _objects(path):
        if isinstance(found, Stray):
            yield found
            continue
        head: Row = {}
        below: list[Row] = []
        _flatten(found, "", head, below, wanted)
        yield head
        own = {"id": head["id"]} if "id" in head else {}
        yield from ({**own, **row} for row in below)


def _flatten(
    value: dict[str, Any], prefix: str, head: Row, below: list[Row], wanted: frozenset[str]
) -> None:
    for key, inner in value.items():
        name = f"{prefix}{key}"
        if isinstance(inner, dict):
            _flatten(inner, f"{name}.", head, below, wanted)
            continue
        text = _text(inner)
        if text is not None:
            head[name] = text
        if isinstance(inner, list) and name in wanted:
            for entry in inner:
                row: Row = {}
                _flatten(entry if isinstance(entry, dict) else {}, f"{name}.", row, [], wanted)
                below.append(row)


def _text(value: object) -> str | None:
    if value is None or value == [] or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def _objects(path: Path) -> Iterator[dict[str, Any] | Stray]:
    """The objects of the document's list: a JSON array, the list within one object
    (`{"orders": [...]}`), objects one after the other, or the elements below an XML root."""
    head = next(chunks(path))
    encoding = tell_encoding(head, name=path.name)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        yield from xml_objects.objects(path)
        return
    try:
        yield from json_values.objects(path, encoding)
    except ValueError as error:
        raise PerenneError(
            _("{file} does not read as JSON.").format(file=path.name),
            given=str(error),
            next_step=_("Export it again, then import the new file."),
        ) from error
