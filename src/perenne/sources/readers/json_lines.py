"""JSON Lines as text: one object per line; nested objects one level deep become `outer.inner`."""

from __future__ import annotations

import json
from pathlib import Path

from perenne.core import PerenneError
from perenne.sources.layout import Layout, Loaded, Place, Sample, Unreadable, unique_names
from perenne.sources.numbers import is_bare
from perenne.sources.readers import json_values
from perenne.sources.readers.bytes_in import chunks, is_gzip, tell_encoding
from perenne.sources.readers.delimited import lines
from perenne.sources.readers.halves import Halves, mended_escapes
from perenne.sources.readers.scan import scan
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine, quote_name, quote_text

SAMPLE_ROWS = 2000


def is_flat(head: bytes) -> bool:
    """Is the first line a flat object? Documents over several lines and objects that hold lists of
    objects are none."""
    line, newline, _rest = head.partition(b"\n")
    try:
        row = json.loads(line)
    except ValueError:
        return bool(newline) and not line.rstrip().endswith((b"{", b"[", b","))
    if any(isinstance(v, list) and v and isinstance(v[0], dict) for v in row.values()):
        return False
    return bool(row) and not json_values.wrapped(row)


def look(path: Path, *, engine: DuckEngine) -> Sample:
    """Return the keys found in the first rows, in order of first appearance, and those rows."""
    head = next(chunks(path))
    encoding = tell_encoding(head, name=path.name)
    text = mended_escapes(head.decode(encoding, errors="replace").removeprefix("\ufeff"))
    whole = len(head) < (4 << 20)
    texts = text.splitlines() if whole else text.splitlines()[:-1]
    objects = [flat for t in texts[: SAMPLE_ROWS + 1] if (flat := _flat(t)) is not None]
    if not objects:
        raise PerenneError(
            _("No line of {file} is a JSON object.").format(file=path.name),
            given=text[:40],
            next_step=_("Export it again as JSON Lines, one object per line, or as CSV."),
        )
    keys = list(dict.fromkeys(key for row in objects for key in row))
    names, repeated = unique_names(keys, file=path.name)
    layout = Layout(
        "jsonl",
        names,
        encoding=encoding,
        archive="gzip" if is_gzip(path) else None,
        machine_numbers=frozenset(k for k in keys if _all_numbers(objects, k)),
        duplicated=repeated,
    )
    rows = tuple(tuple(_text(row.get(key)) for key in keys) for row in objects[:SAMPLE_ROWS])
    return Sample(layout, rows, complete=whole and len(texts) <= SAMPLE_ROWS)


def load(path: Path, layout: Layout, *, engine: DuckEngine, place: Place) -> Loaded:
    """Return every line as text columns; lines that are no object are listed."""
    text, _facts = scan(path, str(layout.encoding), copy=place.file("text.jsonl"))
    halves = Halves()
    file = halves.mend_lines(text, copy=place.file("mended.jsonl"))
    source = f"(SELECT * FROM {lines(file)} WHERE trim(_text) <> '')"
    sound = "coalesce(try(json_type(_text) = 'OBJECT'), false)"
    aside = quote_text(str(place.file("unreadable.parquet")))
    unread = (
        f"SELECT _line AS line, _text AS value, {quote_text(_('not a JSON object'))} AS reason "
        f"FROM {source} WHERE NOT {sound}"
    )
    bad = engine.duck.execute(f"COPY ({unread}) TO {aside} (FORMAT parquet)").fetchall()[0][0]
    cells = ", ".join(
        f"nullif(json_extract_string(_text, {quote_text(_pointer(name))}), '') "
        f"AS {quote_name(name)}"
        for name in layout.columns
    )
    return Loaded(
        f"(SELECT _line, {cells} FROM {source} WHERE {sound})",
        Unreadable(f"read_parquet({aside})", bad) if bad else None,
        notes=halves.told(),
    )


def _flat(text: str) -> dict[str, object] | None:
    try:
        row = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    return _one_level(row) if isinstance(row, dict) else None


def _one_level(row: dict[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": v for inner, v in value.items()}
        else:
            flat[key] = value
    return flat


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value, ensure_ascii=False)


def _all_numbers(objects: list[dict[str, object]], key: str) -> bool:
    """A number was read as text above, written with a dot by JSON's rule."""
    values = [row[key] for row in objects if row.get(key) not in (None, "")]
    return all(isinstance(value, str) and is_bare(value) for value in values)


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace(".", "/")
