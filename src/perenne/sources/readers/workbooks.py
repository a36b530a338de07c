"""Whether a workbook can be opened at all: an alleged size, or one far cell, makes the reader
reserve memory for every cell up to it, and the process ends without a word.

What writes a sheet as Excel does (`<c r="B2"` for every cell) is measured in one quick pass over
its bytes. Any other workbook is opened first in a process of its own with bounded memory.
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from perenne.core import PerenneError
from perenne.sources import bounds
from perenne.text import gettext as _
from perenne.text import listed

MEMORY = 3 << 30
"""Of the process that opens a workbook first."""
_SECONDS = 600
_READ = 4 << 20
_AFTER_NAME = (b" ", b">", b"/", b"\n", b"\t", b"\r")
_PLAIN = re.compile(rb'[<:]c r="([A-Z]{1,3})(\d{1,7})"')
_LONGEST_TAG = 64
_COPIED_FREELY = 2 << 30
_SHEETS = "xl/worksheets/"
_PARTS = ("[Content_Types].xml", "mimetype", "content.xml")


def check_workbook(path: Path) -> None:
    """Refuse a workbook that unpacks to too much or spans too many cells, whatever its directory
    says. Nothing is unpacked to disk: names of members do not matter."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"PK"
    if not (packed and _as_excel_writes(path)):
        _open_apart(path)


def damaged_workbook(path: Path, error: object) -> PerenneError:
    return PerenneError(
        _("{file} does not read as an Excel workbook.").format(file=path.name),
        given=str(error),
        next_step=_("Save it again as .xlsx without a password, or as CSV."),
    )


def _as_excel_writes(path: Path) -> bool:
    """Does every cell name its place as Excel does? Then they are not too many."""
    try:
        with zipfile.ZipFile(path) as book:
            _refuse_other_archives(book, path)
            size, all_seen = 0, []
            for member in book.infolist():
                size, seen = _measure(book, member, size, name=path.name)
                all_seen.append(seen)
    except PerenneError:
        raise
    except Exception as error:  # zipfile raises some ten kinds on damaged directories
        raise damaged_workbook(path, error) from error
    # Each cell gets a copy of its text.
    most = sum(one.cells for one in all_seen) * max(one.longest for one in all_seen)
    return (
        any(one.name.startswith(_SHEETS) and one.plain for one in all_seen)
        and all(one.readable and one.cells == one.plain for one in all_seen)
        and most < _COPIED_FREELY
    )


def _refuse_other_archives(book: zipfile.ZipFile, path: Path) -> None:
    names = [one.filename for one in book.infolist() if not one.is_dir()]
    if set(names) & set(_PARTS) or any(name.startswith("xl/") for name in names):
        return
    raise PerenneError(
        _("{file} is an archive of files, not a workbook.").format(file=path.name),
        given=names[:5],
        next_step=_("Unpack it and import the files inside: {names}.").format(
            names=listed(names, most=5)
        ),
    )


@dataclass
class _Seen:
    """What the bytes of one member hold; a block may end anywhere."""

    name: str
    row: int = 0
    column: int = 0
    cells: int = 0
    plain: int = 0
    texts: int = 0
    longest: int = 0
    readable: bool = True
    _rest: bytes = b""

    def add(self, block: bytes) -> None:
        text, self._rest = _cut(self._rest + block)
        self._count(text)
        self.readable = self.readable and not (self.name.endswith("xml") and b"\0" in block)

    def end(self) -> None:
        self._count(self._rest)
        self.readable = self.readable and not self.name.endswith(".bin")

    def _count(self, text: bytes) -> None:
        if b"c" not in text and b"s" not in text:
            return
        places = _PLAIN.findall(text) if b'c r="' in text else []
        self.cells += _tags(text, b"c", atleast=len(places))
        self.plain += len(places)
        if places:
            self.row = max(self.row, *(int(digits) for _letters, digits in places))
            self.column = max(self.column, *map(_number, {letters for letters, _d in places}))
        if texts := _tags(text, b"si"):
            self.texts += texts
            self.longest = max(self.longest, *map(len, text.split(b"<")))

    def too_many(self) -> bool:
        return max(self.row * self.column, self.cells, self.texts) > bounds.MOST_CELLS


def _measure(
    book: zipfile.ZipFile, member: zipfile.ZipInfo, before: int, *, name: str
) -> tuple[int, _Seen]:
    """Bytes unpacked so far, and what the member holds."""
    seen = _Seen(member.filename)
    member.file_size = 1 << 62  # read to the true end: the directory may lie
    with book.open(member) as stream:
        while block := stream.read(_READ):
            before += len(block)
            seen.add(block)
            if before > bounds.LARGEST_WORKBOOK or seen.too_many():
                raise too_large(name)
    seen.end()
    if seen.too_many():
        raise too_large(name)
    return before, seen


def _tags(text: bytes, name: bytes, *, atleast: int = 0) -> int:
    """Tags of this name, with a prefix or without: `<c ` or `<x:c>`."""
    starts = (b"<" + name, b":" + name)
    if sum(map(text.count, starts)) == atleast:
        return atleast
    return sum(text.count(start + after) for start in starts for after in _AFTER_NAME)


def _cut(text: bytes) -> tuple[bytes, bytes]:
    """Cut before a tag that the end of the block may have cut."""
    near = max(len(text) - _LONGEST_TAG, 0)
    cut = max(text.rfind(b"<", near), text.rfind(b":", near))
    return (text, b"") if cut < 0 else (text[:cut], text[cut:])


def _number(letters: bytes) -> int:
    value = 0
    for letter in letters:
        value = value * 26 + letter - 64
    return value


def too_large(name: str) -> PerenneError:
    return PerenneError(
        _("The workbook {file} is larger than can be read: {cells} cells or {size} MB.").format(
            file=name, cells=bounds.MOST_CELLS, size=bounds.LARGEST_WORKBOOK // bounds.MIB
        ),
        given=name,
        next_step=_("Save the sheet with the data as CSV and import that."),
    )


_OPENING = """
import resource, sys
path, most, memory = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
hard = resource.getrlimit(resource.RLIMIT_AS)[1]
memory = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
resource.setrlimit(resource.RLIMIT_AS, (memory, hard))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from python_calamine import load_workbook
book = load_workbook(open(path, 'rb'))
for name in book.sheet_names:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height * sheet.total_width > most:
        sys.exit("larger")
    if sheet.height > 1 and sheet.width > 1:
        break
"""


def _open_apart(path: Path) -> None:
    """Open the workbook in a process of its own. If that process runs out of memory or finds too
    many cells, the workbook is too large; what else it cannot read is told by the reader."""
    told = [str(path), str(bounds.MOST_CELLS), str(MEMORY)]
    command = [sys.executable, "-P", "-c", _OPENING, *told]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise too_large(path.name) from error
    said = done.stderr.decode(errors="replace")
    if done.returncode < 0 or any(sign in said for sign in ("larger", "capacity", "MemoryError")):
        raise too_large(path.name)
    if done.returncode:
        raise damaged_workbook(path, said.strip().splitlines()[-1] if said else done.returncode)
