"""Which reader reads a file: told by its first bytes, never by its name alone."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

from perenne.core import PerenneError
from perenne.sources.layout import Kind, Layout, Loaded, Place, Sample
from perenne.sources.readers import delimited, excel, json_lines, objects, parquet, sections
from perenne.sources.readers.bytes_in import chunks
from perenne.sources.readers.foreign import no_data
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine

_READERS: dict[Kind, ModuleType] = {
    "csv": delimited,
    "sections": sections,
    "excel": excel,
    "parquet": parquet,
    "jsonl": json_lines,
    "objects": objects,
}


def look(path: Path, *, engine: DuckEngine) -> Sample:
    """Return the layout and first rows of `path`; none where it has a header alone.

    Raises PerenneError for a missing file, a directory, an empty or unreadable file.
    """
    sample: Sample = _READERS[_kind(path)].look(path, engine=engine)
    return sample


def load(path: Path, layout: Layout, *, engine: DuckEngine, place: Place) -> Loaded:
    """Return every row of `path` as text, laid out as `layout` says."""
    loaded: Loaded = _READERS[layout.kind].load(path, layout, engine=engine, place=place)
    return loaded


def _kind(path: Path) -> Kind:
    head = _head(path)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "excel"
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    named = ".json" in path.suffixes and text.startswith(b"[")
    if text.startswith((b"<?xml", b"<prestashop")) or named or _is_array(text):
        return "objects"
    if text.startswith(b"{"):
        return "jsonl" if json_lines.is_flat(text) else "objects"
    return "sections" if sections.is_commented(head) else "csv"


def _is_array(text: bytes) -> bool:
    """A list that begins with an object, or with a list of objects (pages)."""
    return re.match(rb"\[\s*(\[\s*)?\{", text) is not None


def _head(path: Path) -> bytes:
    if not path.exists():
        raise PerenneError(
            _("There is no file {path}.").format(path=path),
            given=str(path),
            next_step=_("Check the path and the spelling."),
        )
    if path.is_dir():
        raise PerenneError(
            _("{path} is a folder, not a file.").format(path=path),
            given=str(path),
            allowed=sorted(file.name for file in path.iterdir() if file.is_file())[:20],
            next_step=_("Name the files that stand in it."),
        )
    head = next(chunks(path), b"")
    if not head.strip():
        raise no_data(path)
    return head
