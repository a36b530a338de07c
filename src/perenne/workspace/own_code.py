"""What tells the code that computes snapshots from any other, releases and commits alike."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import perenne

_COMPUTING = (
    "cleaning",
    "core",
    "identity",
    "metrics",
    "models",
    "segments",
    "warehouse",
    "workspace",
)
"""Parts on which tables of a snapshot hang."""
_KINDS = (".py", ".yaml")


@cache
def code_print() -> str:
    """Changes when any file does that computes: what was computed before is computed again."""
    root = Path(perenne.__file__).parent
    found = hashlib.sha256(perenne.__version__.encode())
    for part in _COMPUTING:
        for path in sorted((root / part).rglob("*")):
            if path.suffix in _KINDS:
                found.update(path.relative_to(root).as_posix().encode() + b"\0")
                found.update(path.read_bytes())
    return found.hexdigest()
