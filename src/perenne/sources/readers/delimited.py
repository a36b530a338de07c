"""CSV, TSV and columns aligned by spaces, in any encoding, as text.

DuckDB reads a file that is sound; its rows must then be as many as a separate count of the bytes
found. A file that is not sound is read record by record (`careful`), so that a bad row is set
aside with its line number and takes no other row with it.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from perenne.core import PerenneError
from perenne.sources.bounds import check_line
from perenne.sources.layout import Layout, Lines, Loaded, Place, Sample, unique_names
from perenne.sources.readers import careful
from perenne.sources.readers.bytes_in import TextFacts, chunks, is_gzip, is_utf8, tell_encoding
from perenne.sources.readers.foreign import no_data, refuse_page
from perenne.sources.readers.header import find_header
from perenne.sources.readers.scan import scan
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine, quote_name, quote_text

SAMPLE_ROWS = 2000
SPACES = "spaces"
_DELIMITERS = (",", ";", "\t", "|")
# Stands in no text: makes DuckDB hand over whole lines.
_NEVER = "\x01"


def look(path: Path, *, engine: DuckEngine) -> Sample:
    """Return encoding, delimiter, header and first rows.

    Raises PerenneError when no delimiter gives more than one column.
    """
    head = next(chunks(path))
    encoding = tell_encoding(head, name=path.name)
    text, whole = _head_text(head, encoding), len(head) < (4 << 20)
    if not text.strip():
        raise no_data(path)
    if "\n" not in text:
        text = text.replace("\r", "\n")
    delimiter = _tell_delimiter(text, name=path.name)
    rows, lines = _sample_rows(text, delimiter, whole=whole)
    if not rows:
        check_line(len(head), name=path.name, longest=0 if whole else len(head) - 1)
    position = find_header(rows)
    names, repeated = unique_names([cell or "" for cell in rows[position]], file=path.name)
    layout = Layout(
        "csv",
        names,
        header_line=lines[position],
        encoding="mixed" if encoding == "utf-8" and not _reads_as_utf8(head) else encoding,
        delimiter=delimiter,
        archive="gzip" if is_gzip(path) else None,
        duplicated=repeated,
        above="\n".join(delimiter.join(row) for row in rows[:position]),
    )
    body = [row for row in rows[position + 1 :] if len(row) == len(names)]
    if not body and len(rows) > position + 1:
        body = [_fit(row, len(names)) for row in rows[position + 1 :]]
    cells = tuple(tuple(cell or None for cell in row) for row in body[:SAMPLE_ROWS])
    return Sample(layout, cells, complete=whole and len(body) <= SAMPLE_ROWS)


def load(path: Path, layout: Layout, *, engine: DuckEngine, place: Place) -> Loaded:
    """Return every row as text with its line number; unreadable rows are listed, none is lost."""
    encoding = "utf-8" if layout.encoding == "mixed" else str(layout.encoding)
    file, facts = scan(path, encoding, copy=place.file("text.csv"))
    if layout.delimiter == SPACES:
        return Loaded(_aligned(file, layout))
    if not facts.blank_inside and not facts.carriage_only:
        source = _fast(file, layout)
        if _count(engine, source) == _expected(file, layout, facts):
            plain = not facts.multiline and "file_row_number" not in map(
                str.casefold, layout.columns
            )
            return Loaded(
                _numbered(source, layout, multiline=facts.multiline),
                lines=Lines(source, above=layout.header_line) if plain else None,
            )
    return careful.load(file, layout, place=place)


def _expected(file: Path, layout: Layout, facts: TextFacts) -> int:
    """Records below the header. Title lines above it are records of the count as well."""
    with file.open("rb") as stream:
        above = b"".join(islice(stream, layout.header_line))
    text = above.decode("utf-8", errors="replace")
    return facts.records - len([row for row in csv.reader(io.StringIO(text)) if row])


def _count(engine: DuckEngine, relation: str) -> int:
    """Rows that DuckDB reads from `relation`; -1 when it refuses the file."""
    try:
        found = engine.duck.execute(f"SELECT count(*) FROM {relation}").fetchall()
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("duckdb", "_duckdb"):
            raise
        return -1
    return int(found[0][0])


def _fast(file: Path, layout: Layout) -> str:
    columns = ", ".join(f"{quote_text(name)}: 'VARCHAR'" for name in layout.columns)
    return (
        f"read_csv({quote_text(str(file))}, auto_detect = false, header = false, "
        f"skip = {layout.header_line}, columns = {{{columns}}}, "
        f"delim = {quote_text(str(layout.delimiter))}, quote = '\"', escape = '\"', "
        f"strict_mode = true, null_padding = false, max_line_size = 16777216, "
        f"compression = 'none')"
    )


def _numbered(source: str, layout: Layout, *, multiline: bool) -> str:
    if not multiline:
        line = f"row_number() OVER () + {layout.header_line}"
        return f"(SELECT {line} AS _line, * FROM {source})"
    # A cell with n newlines moves every later row n lines down.
    cells = ", ".join(f"coalesce({quote_name(name)}, '')" for name in layout.columns)
    breaks = f"length(concat({cells})) - length(replace(concat({cells}), chr(10), ''))"
    before = f"sum({breaks}) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - ({breaks})"
    line = f"CAST(row_number() OVER () + {layout.header_line} + {before} AS BIGINT)"
    return f"(SELECT {line} AS _line, * FROM {source})"


def _aligned(file: Path, layout: Layout) -> str:
    cells = ", ".join(
        f"nullif(_cells[{i}], '') AS {quote_name(name)}"
        for i, name in enumerate(layout.columns, start=1)
    )
    words = r"regexp_split_to_array(trim(_text, chr(32) || chr(9) || chr(13)), '\s+')"
    return (
        f"(SELECT _line, {cells} FROM (SELECT _line, {words} AS _cells "
        f"FROM {lines(file)} WHERE _line > {layout.header_line} AND trim(_text) <> ''))"
    )


def lines(file: Path) -> str:
    """Return an SQL relation of whole lines: `_line` from 1, `_text`."""
    source = (
        f"read_csv({quote_text(str(file))}, auto_detect = false, header = false, "
        f"columns = {{'_text': 'VARCHAR'}}, delim = {quote_text(_NEVER)}, quote = '', "
        f"escape = '', max_line_size = 16777216, compression = 'none')"
    )
    return f"(SELECT row_number() OVER () AS _line, _text FROM {source})"


def _head_text(head: bytes, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)
    if encoding == "utf-8" and not _reads_as_utf8(head):
        encoding = "cp1252"
        decoder = codecs.getincrementaldecoder(encoding)
    text = decoder(errors="replace").decode(head)
    return text.removeprefix("\ufeff")


def _reads_as_utf8(head: bytes) -> bool:
    return any(is_utf8(head[: len(head) - cut]) for cut in range(4))


def _tell_delimiter(text: str, *, name: str) -> str:
    found = {mark: _regularity(text, mark) for mark in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda mark: found[mark])
    if found[best][0] > 0:
        return best
    if _is_aligned(text):
        return SPACES
    if _is_address_list(text):
        return ","
    refuse_page(text, name=name)
    first = text.splitlines()[0][:120] if text.splitlines() else ""
    raise PerenneError(
        _("{file} has one column only: “{header}”.").format(file=name, header=first),
        given=first,
        allowed=("comma", "semicolon", "tab", "|"),
        next_step=_("Save it with commas, semicolons, tabs or | between columns."),
    )


def _is_address_list(text: str) -> bool:
    """A header and e-mail addresses below it: the one table that makes sense in one column."""
    rows = [line for line in text[: 1 << 18].splitlines()[1:] if line.strip()]
    return bool(rows) and 2 * sum(row.count("@") == 1 for row in rows) > len(rows)


def _regularity(text: str, delimiter: str) -> tuple[float, int]:
    """(share of rows as wide as most rows, width) when split at `delimiter`; 0 for one column."""
    rows = [row for row, _line in islice(_records(text[: 1 << 18], delimiter), 200)]
    widths = [len(row) for row in rows]
    if not widths:
        return (0.0, 0)
    # Titles above the header and cut rows are narrower; the table is what is widest and frequent.
    usual = max(set(widths), key=lambda width: (widths.count(width) * (width > 1), width))
    if usual < 2:
        return (0.0, 0)
    return (round(widths.count(usual) / len(widths), 1), usual)


def _is_aligned(text: str) -> bool:
    rows = [line.split() for line in text.splitlines()[:200] if line.strip()]
    return len(rows) > 1 and len(rows[0]) > 2 and len({len(row) for row in rows}) == 1


def _records(text: str, delimiter: str) -> Iterator[tuple[list[str], int]]:
    """Records that hold something, with the line each starts on."""
    csv.field_size_limit(1 << 24)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    last = 0
    for row in reader:
        if row:
            yield row, last + 1
        last = reader.line_num


def _sample_rows(text: str, delimiter: str, *, whole: bool) -> tuple[list[list[str]], list[int]]:
    """Return the first rows and the line each starts on (blank lines left out)."""
    if delimiter == SPACES:
        pairs = [(re.split(r"\s+", t.strip()), n) for n, t in enumerate(text.splitlines(), 1)]
        kept = [(row, n) for row, n in pairs if any(row)][: SAMPLE_ROWS + 2]
        return [row for row, _n in kept], [n for _row, n in kept]
    if not whole:
        text = text[: text.rfind("\n") + 1]
    found = list(islice(_records(text, delimiter), SAMPLE_ROWS + 40))
    return [row for row, _line in found], [line for _row, line in found]


def _fit(row: list[str], width: int) -> list[str]:
    return (row + [""] * width)[:width]
