"""Who may read the files of a workspace: their owner, unless its folders are opened to a group."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE = 0o700
_GROUP, _OTHERS = 0o070, 0o007
_lock = threading.Lock()
_inside: list[int] = []
"""Of the blocks that are under way, the process's own mask: the last one puts it back."""


def make_private(folder: Path) -> None:
    """Make a folder for its owner alone; one that exists stays as it is."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=PRIVATE, exist_ok=True)


@contextmanager
def as_open_as(mode: int) -> Iterator[None]:
    """What is made within the block is open to nobody to whom a folder of this mode is closed;
    where a group may write there, it may in what is made too.

    By the mask of the process: engines make files of their own. Blocks of several threads may
    overlap; the mask is at its narrowest until the last one ends.
    """
    with _lock:
        now = os.umask(PRIVATE ^ 0o777)
        own = _inside[0] if _inside else now
        shared = own & ~_GROUP if mode & 0o020 else own
        closed = shared | (0o077 & ~mode)
        os.umask(now | closed if _inside else closed)
        _inside.append(own)
    try:
        yield
    finally:
        with _lock:
            own = _inside.pop()
            if not _inside:
                os.umask(own)


def readable_by_others(root: Path, folders: Iterable[Path]) -> bool:
    """May any user of this machine read one of the folders of a workspace?"""
    way = (root.resolve(), *root.resolve().parents)
    if not all(_mode(one) & 0o001 for one in way):
        return False
    return any(_mode(one) & _OTHERS for one in folders)


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return 0
