"""Files that are replaced in one step, and a redo log for replacing many of them as if in one."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from perenne.core import PerenneError
from perenne.text import gettext as _
from perenne.warehouse import Lake

_LOG = "journal.json"


def write_atomically(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace `path` in one step: a reader sees the old text or the new, never half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: object) -> None:
    write_atomically(path, json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def read_json(path: Path, *, needed: Iterable[str] = ()) -> dict[str, Any]:
    """The object in a JSON file, with the keys `needed`. PerenneError when the file is damaged."""
    try:
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(value, dict):
            raise ValueError("not an object")
        if missing := [name for name in needed if name not in value]:
            raise ValueError(f"without {', '.join(missing)}")
    except (OSError, ValueError) as error:
        raise PerenneError(
            _("{file} cannot be read: {reason}.").format(file=path, reason=error),
            given=str(path),
            next_step=_("Run perenne doctor to see what else is damaged."),
        ) from error
    return value


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashed(files: Mapping[str, Path]) -> dict[str, str]:
    """The hash of each file; as many at once as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(files, pool.map(sha256, files.values()), strict=True))


def changed(folder: Path, signed: Mapping[str, str], *, lake: Lake) -> list[str]:
    """Files of a folder that are missing or no longer have the hash that was written down, or name
    an object of the lake of which that is true."""
    there = {name: folder / name for name in signed if (folder / name).is_file()}
    unsound = lake.unsound(there.values())
    sound = {name: path for name, path in there.items() if path not in unsound}
    found = hashed(sound)
    return [name for name, digest in signed.items() if found.get(name) != digest]


def flush(path: Path) -> None:
    """Bring a file or the entries of a folder onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_all(root: Path, folder: Path, moves: Mapping[Path, Path]) -> None:
    """Put each file of `moves` (prepared in `folder`, to a place under `root`) in its place.

    The list of moves is written first. Stopped before that, nothing has happened; stopped after it,
    `finish` does the rest: each file is the old one or the new one, never half of it.
    """
    for prepared in moves:
        flush(prepared)
    listed = [
        [str(prepared.relative_to(root)), str(place.relative_to(root))]
        for prepared, place in moves.items()
    ]
    write_json(folder / _LOG, {"moves": listed})
    flush(folder)
    flush(root)
    finish(root, folder)


def under_way(folder: Path) -> bool:
    """Was a `replace_all` stopped after its list of moves was written?"""
    return (folder / _LOG).is_file()


def finish(root: Path, folder: Path) -> bool:
    """End what a stopped `replace_all` began, else sweep what it had prepared. Was it under way?"""
    if not folder.exists():
        return False
    going = under_way(folder)
    if going:
        moves = read_json(folder / _LOG)["moves"]
        places = [(root / prepared, root / place) for prepared, place in moves]
        for prepared, place in places:
            if prepared.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                prepared.replace(place)
        _flush_folders(place for _prepared, place in places)
        (folder / _LOG).unlink()
    shutil.rmtree(folder)
    return going


def _flush_folders(places: Iterable[Path]) -> None:
    for folder in {place.parent for place in places}:
        flush(folder)
