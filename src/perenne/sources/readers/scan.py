"""One pass over a text file: count its records, copy it to UTF-8 when needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from perenne.sources.bounds import check_line
from perenne.sources.readers.bytes_in import TextFacts, chunks, is_gzip, is_utf8, utf8_blocks
from perenne.sources.readers.foreign import null_byte

_NEWLINE, _RETURN, _QUOTE = 10, 13, 34


@dataclass
class _Counter:
    """Counts records: lines whose end lies outside quotes. Carries its state between blocks.

    Raises PerenneError at a null byte: the head of a text has none, what follows may.
    """

    name: str
    lines: int = 0
    records: int = 0
    blank_inside: bool = False
    multiline: bool = False
    returns: int = 0
    _open: bool = False
    _trailing_blank: bool = False
    _pending: bool = False

    def add(self, block: bytes) -> None:
        if (place := block.find(0)) >= 0:
            raise null_byte(self.lines + block.count(b"\n", 0, place) + 1, name=self.name)
        data = np.frombuffer(block, dtype=np.uint8)
        ends = np.flatnonzero(data == _NEWLINE)
        if not len(ends):
            self.returns += block.count(b"\r")
            self._pending = self._pending or bool(block)
            return
        self.lines += len(ends)
        self._count(data, ends)
        self._pending = int(ends[-1]) + 1 < len(data)

    def _count(self, data: npt.NDArray[np.uint8], ends: npt.NDArray[np.intp]) -> None:
        quotes = np.flatnonzero(data == _QUOTE)
        inside = (np.searchsorted(quotes, ends) + int(self._open)) % 2 == 1
        self._open = (len(quotes) + int(self._open)) % 2 == 1
        self.multiline = self.multiline or bool(inside.any())
        starts = np.concatenate(([0], ends[:-1] + 1))
        lengths = ends - starts
        returns = data[np.maximum(ends - 1, 0)] == _RETURN
        blank = ~inside & ((lengths == 0) | ((lengths == 1) & returns))
        blank[0] = blank[0] and not self._pending
        full = ~inside & ~blank
        self.records += int(full.sum())
        self._note_blank(blank, full)

    def _note_blank(self, blank: npt.NDArray[np.bool_], full: npt.NDArray[np.bool_]) -> None:
        """Blank lines at the very end matter to nobody; between rows they shift line numbers."""
        last_full = int(np.flatnonzero(full)[-1]) if full.any() else -1
        if last_full >= 0 and (self._trailing_blank or bool(blank[:last_full].any())):
            self.blank_inside = True
        self._trailing_blank = bool(blank[last_full + 1 :].any()) or (
            self._trailing_blank and last_full < 0
        )

    def facts(self) -> TextFacts:
        if self._pending and self._trailing_blank:
            self.blank_inside = True
        return TextFacts(
            records=self.records + int(self._pending),
            blank_inside=self.blank_inside,
            multiline=self.multiline,
            carriage_only=self.records == 0 and self.returns > 0,
        )


def scan(path: Path, encoding: str, *, copy: Path) -> tuple[Path, TextFacts]:
    """Return a UTF-8 file with the text of `path` (itself when it is one already) and its facts.

    Memory is bounded by one block of 4 MiB. The copy is written only when bytes change.
    """
    if encoding == "utf-8" and not is_gzip(path):
        counter = _Counter(path.name)
        if _count_plain(path, counter):
            return path, counter.facts()
    counter = _Counter(path.name)
    with copy.open("wb") as out:
        for block in utf8_blocks(path, encoding):
            counter.add(block)
            out.write(block)
    return copy, counter.facts()


def _count_plain(path: Path, counter: _Counter) -> bool:
    """Count a file that looks like UTF-8; False at the first line that is not."""
    rest = b""
    for chunk in chunks(path):
        block = rest + chunk
        cut = block.rfind(b"\n") + 1
        rest = block[cut:]
        check_line(len(rest), name=path.name)
        if not is_utf8(block[:cut]):
            return False
        counter.add(block[:cut])
    counter.add(rest)
    return is_utf8(rest)
