"""Bytes of a text file: archive, encoding, and a copy in UTF-8 when it is anything else."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from perenne.core import PerenneError
from perenne.sources.bounds import check_line, check_unpacked
from perenne.sources.readers.foreign import is_utf32, no_text
from perenne.text import gettext as _

CHUNK = 4 << 20
# What a gzip archive that is cut short or altered raises.
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)
_GZIP = b"\x1f\x8b"
_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(frozen=True)
class TextFacts:
    """What one pass over a text file found. Records end at a newline outside quotes."""

    records: int
    blank_inside: bool
    multiline: bool
    carriage_only: bool


def open_bytes(path: Path) -> BinaryIO:
    """Open `path`, decompressed when it is a gzip archive."""
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP
    return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]  # GzipFile reads like one


def is_gzip(path: Path) -> bool:
    """Is `path` a gzip archive? Told by its first bytes, not by its name."""
    with path.open("rb") as stream:
        return stream.read(2) == _GZIP


def chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of `path` by 4 MiB; a damaged archive is refused."""
    try:
        with open_bytes(path) as stream:
            unpacked, packed = 0, path.stat().st_size
            while chunk := stream.read(CHUNK):
                unpacked += len(chunk)
                check_unpacked(unpacked, packed, name=path.name)
                yield chunk
    except DAMAGED as error:
        raise PerenneError(
            _("The archive {file} is cut short or damaged.").format(file=path.name),
            given=str(path),
            next_step=_("Download or export it again, then import the new file."),
        ) from error


def tell_encoding(head: bytes, *, name: str) -> str:
    """Tell the encoding from the first bytes: `utf-8`, `utf-8-sig`, `utf-16-le/be` or `cp1252`.

    Raises PerenneError when the bytes are not text.
    """
    if is_utf32(head):
        raise no_text(head, name=name)
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    if b"\x00" in head:
        return _wide_encoding(head, name=name)
    if _is_utf8(head):
        return "utf-8"
    return "cp1252"


def utf8_blocks(path: Path, encoding: str) -> Iterator[bytes]:
    """Yield the text of `path` as UTF-8 without byte-order mark, cut at ends of lines.

    A line that is not UTF-8 in a file that says it is, is read as cp1252: a file glued together
    from two tools loses nothing.
    """
    rest = b""
    wide = encoding.startswith("utf-16")
    newline = "\n".encode(encoding) if wide else b"\n"
    first = True
    for chunk in chunks(path):
        block = rest + chunk
        cut = _last_line_end(block, newline)
        if not cut:
            rest = block
            check_line(len(rest), name=path.name)
            continue
        yield _as_utf8(block[:cut], encoding, first=first)
        first, rest = False, block[cut:]
    if rest:
        yield _as_utf8(rest, encoding, first=first)


def text_blocks(path: Path, encoding: str) -> Iterator[str]:
    """Yield the text of `path` without byte-order mark, cut anywhere: for texts whose lines may
    have any length."""
    if encoding.startswith("utf-16"):
        wide = codecs.getincrementaldecoder(encoding)(errors="replace")
        for place, chunk in enumerate(chunks(path)):
            text = wide.decode(chunk)
            yield text if place else text.removeprefix("\ufeff")
        yield wide.decode(b"", final=True)
        return
    rest, first = b"", True
    for chunk in chunks(path):
        block = rest + chunk
        cut = _last_character_end(block)
        yield _as_utf8(block[:cut], encoding, first=first).decode()
        first, rest = False, block[cut:]
    yield _as_utf8(rest, encoding, first=first).decode()


def _last_character_end(block: bytes) -> int:
    """Where a UTF-8 character starts that the end of `block` cuts; its length when none does."""
    for back in range(1, min(3, len(block)) + 1):
        byte = block[-back]
        if byte >= 0xC0:
            length = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2
            return len(block) - back if back < length else len(block)
        if byte < 0x80:
            break
    return len(block)


def _last_line_end(block: bytes, newline: bytes) -> int:
    """Index just after the last newline of `block`, on a character boundary; 0 without one."""
    end = block.rfind(newline)
    while end > 0 and end % len(newline):
        end = block.rfind(newline, 0, end + len(newline) - 1)
    return end + len(newline) if end >= 0 else 0


def _as_utf8(block: bytes, encoding: str, *, first: bool) -> bytes:
    if encoding.startswith("utf-16"):
        text = block.decode(encoding, errors="replace")
        return (text.removeprefix("\ufeff") if first else text).encode()
    if first:
        block = block.removeprefix(b"\xef\xbb\xbf")
    if is_utf8(block):
        return block
    return b"".join(_line_as_utf8(line) for line in block.splitlines(keepends=True))


def _line_as_utf8(line: bytes) -> bytes:
    if is_utf8(line):
        return line
    try:
        return line.decode("cp1252").encode()
    except UnicodeDecodeError:
        return line.decode("latin-1").encode()


def is_utf8(block: bytes) -> bool:
    """Is every byte of `block` part of a UTF-8 character?"""
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_utf8(head: bytes) -> bool:
    """Is `head` UTF-8? Its last character may be cut."""
    return any(is_utf8(head[: len(head) - cut]) for cut in range(4))


def _wide_encoding(head: bytes, *, name: str) -> str:
    pairs = max(len(head) // 2, 1)
    even, odd = head[0::2].count(0) / pairs, head[1::2].count(0) / pairs
    if odd > 0.3 and even < 0.1:
        return "utf-16-le"
    if even > 0.3 and odd < 0.1:
        return "utf-16-be"
    raise no_text(head, name=name)
