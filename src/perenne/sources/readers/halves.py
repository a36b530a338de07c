r"""Half characters of JSON: `\ud83d` without its other half, as an emoji leaves that a platform
cut in two; and nulls, `\u0000`. No text can hold one: it becomes `�`, which is told, and its row is
kept."""

from __future__ import annotations

import re
from pathlib import Path

from perenne.sources.readers.bytes_in import utf8_blocks
from perenne.text import format_number, ngettext

# What is whole is taken first: two halves that belong together, or another escape (`\\`).
_ESCAPED = (
    r"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\[^u])"
    r"|\\u(?:[dD][89a-fA-F][0-9a-fA-F]{2}|0000)"
)
_IN_TEXT, _IN_BYTES = re.compile(_ESCAPED), re.compile(_ESCAPED.encode())
_HALF = re.compile("[\0\ud800-\udfff]")


class Halves:
    """Replaces half characters and nulls and counts them."""

    def __init__(self) -> None:
        self.found = 0

    def mend(self, text: str) -> str:
        """Of a value that has been read."""
        if _is_whole(text):
            return text
        text, found = _HALF.subn("�", text)
        self.found += found
        return text

    def mend_row(self, row: dict[str, str]) -> dict[str, str]:
        if _is_whole("".join((*row, *row.values()))):
            return row
        return {self.mend(name): self.mend(cell) for name, cell in row.items()}

    def mend_lines(self, file: Path, *, copy: Path) -> Path:
        """Of a UTF-8 file of JSON Lines: the file itself, or a copy where it holds any."""
        if not any(map(_is_suspect, utf8_blocks(file, "utf-8"))):
            return file
        with copy.open("wb") as out:
            for block in utf8_blocks(file, "utf-8"):
                out.write(_IN_BYTES.sub(self._whole, block) if _is_suspect(block) else block)
        return copy

    def _whole(self, found: re.Match[bytes]) -> bytes:
        if whole := found[1]:
            return whole
        self.found += 1
        return b"\\ufffd"

    def told(self) -> tuple[str, ...]:
        if not self.found:
            return ()
        text = ngettext(
            "{n} character that no text can hold (half of a cut emoji, a null) was read as “�”.",
            "{n} characters that no text can hold (half of a cut emoji, a null) were read as “�”.",
            self.found,
        )
        return (text.format(n=format_number(self.found)),)


def _is_whole(text: str) -> bool:
    if text.isascii():
        return "\0" not in text
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _is_suspect(block: bytes) -> bool:
    return b"\\ud" in block or b"\\uD" in block or b"\\u0000" in block


def mended_escapes(text: str) -> str:
    """JSON text without escapes of half characters and nulls."""
    return _IN_TEXT.sub(lambda found: found[1] or "\\ufffd", text)
