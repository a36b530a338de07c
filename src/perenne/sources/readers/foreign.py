"""What a file is that no reader reads, told by its first bytes: its next step is its own."""

from __future__ import annotations

from pathlib import Path

from perenne.core import PerenneError
from perenne.text import gettext as _

_PACKED = {
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}
_PAGES = ("<!doctype html", "<html", "<head", "<body", "<table")
_UTF32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_CONTROLS = frozenset(range(1, 32)) - {9, 10, 12, 13}


def no_text(head: bytes, *, name: str) -> PerenneError:
    """Of a file that holds bytes which no text has."""
    for mark, kind in _PACKED.items():
        if head.startswith(mark):
            return PerenneError(
                _("{file} is packed ({kind}).").format(file=name, kind=kind),
                given=head[:16].hex(),
                next_step=_("Unpack it and import the file inside, or pack that with gzip."),
            )
    if is_utf32(head):
        return PerenneError(
            _("{file} is written in UTF-32.").format(file=name),
            given="UTF-32",
            allowed=("UTF-8", "UTF-16", "cp1252"),
            next_step=_("Save it as UTF-8, then import it again."),
        )
    if b"\n" in head and not set(head) & _CONTROLS:
        line = head[: head.index(0)].count(b"\n") + 1
        return null_byte(line, name=name)
    return PerenneError(
        _("{file} is not a text file that Perenne can read.").format(file=name),
        given=head[:16].hex(),
        allowed=("CSV", "TSV", "Excel", "Parquet", "JSON Lines"),
        next_step=_("Export it as CSV, Excel (.xlsx), Parquet or JSON Lines."),
    )


def null_byte(line: int, *, name: str) -> PerenneError:
    """Of a text that holds one in this line."""
    return PerenneError(
        _("{file} holds a null byte in line {line}, which no text has.").format(
            file=name, line=line
        ),
        given="\\x00",
        next_step=_("Export it again; if the byte comes back, take it out of that line."),
    )


def no_data(path: Path) -> PerenneError:
    """Of a file that holds spaces, ends of lines and a byte-order mark at most."""
    return PerenneError(
        _("{file} is empty.").format(file=path.name),
        given=str(path),
        next_step=_("Export it again with its data."),
    )


def is_utf32(head: bytes) -> bool:
    return head.startswith(_UTF32)


def refuse_page(text: str, *, name: str) -> None:
    """Refuse a web page: an error page or a login was saved, or a table that bears the name of a
    workbook."""
    if text.lstrip("\ufeff \r\n\t")[:20].lower().startswith(_PAGES):
        raise PerenneError(
            _("{file} is a web page, not an export.").format(file=name),
            given=text[:40],
            next_step=_(
                "If it shows a table, open it in a spreadsheet and save it as .xlsx; else log in "
                "and download the export again."
            ),
        )
