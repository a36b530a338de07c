"""Where everything stands in a workspace folder, and the lock that lets one writer in."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from perenne.core import PerenneError, new_key
from perenne.text import gettext as _
from perenne.workspace.access import PRIVATE, as_open_as, make_private
from perenne.workspace.files import finish
from perenne.workspace.files import read_json as read_json
from perenne.workspace.files import write_atomically as write_atomically
from perenne.workspace.files import write_json as write_json

SETTINGS_FILE = "perenne.toml"
SPILL = ".spill-"
_OWN = secrets.token_hex(4)
"""Tells this process from an earlier one of the same number."""
LAYOUT_VERSION = 2
"""Of imports and snapshots on disk. A manifest without a number is of version 1, which is still
read; a change that older versions of Perenne cannot read raises the number."""


@dataclass(frozen=True)
class Layout:
    """The paths of one workspace. Nothing is read or written here."""

    root: Path

    @property
    def settings(self) -> Path:
        return self.root / SETTINGS_FILE

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def quality(self) -> Path:
        """Quality reports of the imports: counts, no one's data."""
        return self.root / "quality"

    @property
    def snapshots(self) -> Path:
        return self.root / "snapshots"

    @property
    def current(self) -> Path:
        return self.root / "current"

    @property
    def scratch(self) -> Path:
        """Work in progress; whatever a killed run left here is swept by the next one."""
        return self.root / ".scratch"

    @property
    def spill(self) -> Path:
        """Where the engine of this process puts what does not fit into memory. One level below the
        root: DuckDB makes no more, and only when it needs it."""
        return self.root / f"{SPILL}{os.getpid()}-{_OWN}"

    @property
    def key(self) -> Path:
        return self.root / ".key"

    @property
    def decisions(self) -> Path:
        """What the owner decided about pairs of records; only ever added to."""
        return self.root / "identity-decisions.jsonl"

    @property
    def lock(self) -> Path:
        return self.root / ".lock"

    @property
    def forgotten(self) -> Path:
        """Ids of the imports that were taken back; any other that is gone is lost."""
        return self.root / "forgotten.txt"

    @property
    def erasing(self) -> Path:
        """What an erasure has prepared; the next run that writes ends what a killed one began."""
        return self.root / ".erasing"

    @property
    def suppressed(self) -> Path:
        """Keyed hashes of who was erased, so that no import brings them back."""
        return self.root / "suppressed.parquet"

    @property
    def erasures(self) -> Path:
        """The record of erasures, without personal data; only ever added to."""
        return self.root / "erasures.jsonl"

    @property
    def syncing(self) -> Path:
        """What a sync has read of a live source and not kept yet."""
        return self.root / ".sync"

    @property
    def sync_lock(self) -> Path:
        return self.root / ".sync.lock"

    def report(self, language: str) -> Path:
        return self.root / f"report-{language}.html"


def key_of(layout: Layout) -> str:
    """The key of the customer ids. Raises PerenneError when it is missing or damaged."""
    try:
        key = layout.key.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        key = ""
    if len(key) < 16 or not key.isascii() or not key.isprintable():
        raise lost_key(layout)
    return key


def lost_key(layout: Layout) -> PerenneError:
    return PerenneError(
        _("The key of the customer ids, {file}, is missing or damaged.").format(file=layout.key),
        given=str(layout.key),
        next_step=_(
            "Bring the file back from a backup: with another key every customer would get another "
            "id. Nothing was changed."
        ),
    )


_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_SECRET = re.compile(r"(:/+)[^/]*(@)|(?<=\?).*", re.DOTALL)
"""Of an address, who signs in, and a query, which may sign it."""


def require_local(path: str | Path) -> None:
    """Raise PerenneError for an address such as s3://bucket/shop: a path would make a folder `s3:`
    of it, beside the one that was meant."""
    if _ADDRESS.match(str(path)):
        shown = _SECRET.sub(r"\1…\2", str(path))
        raise PerenneError(
            _("{address} is an address, not a path of this machine.").format(address=shown),
            given=shown,
            allowed=("shop", "/data/shop"),
            next_step=_(
                "Workspaces and files are read and written where the operating system can open "
                "them: mount the bucket or copy the file, then name its path."
            ),
        )


def find(start: Path) -> Layout:
    """The workspace that `start` is or stands in. Raises PerenneError when there is none."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file():
            return Layout(folder)
    raise PerenneError(
        _("There is no Perenne workspace in {folder} or above it.").format(folder=start),
        given=str(start),
        next_step=_("Create one with: perenne init DIR, or name one with --workspace DIR."),
    )


def create(root: Path, settings_text: str) -> Layout:
    """Make an empty workspace. An existing one is refused, so that no setting is overwritten."""
    require_local(root)
    layout = Layout(root)
    if layout.settings.exists():
        raise PerenneError(
            _("{folder} is a Perenne workspace already.").format(folder=root),
            given=str(root),
            next_step=_("Import files into it: perenne import FILE --workspace {folder}").format(
                folder=quote(str(root))
            ),
        )
    if root.is_file():
        raise PerenneError(
            _("{folder} is a file, not a folder.").format(folder=root),
            given=str(root),
            next_step=_("Name a folder that does not exist yet, or an empty one."),
        )
    try:
        make_private(root)
        write_atomically(layout.key, new_key() + "\n", mode=0o600)
        write_atomically(layout.settings, settings_text)
    except OSError as error:
        raise PerenneError(
            _("The workspace {folder} cannot be written: {reason}.").format(
                folder=root, reason=error.strerror or str(error)
            ),
            given=str(root),
            next_step=_("Choose a folder you may write to."),
        ) from error
    return layout


def shown(layout: Layout) -> int:
    """The mode that tells who may read what the workspace knows of persons: that of the imports.
    Before the first one, its owner, and a group to whom the whole folder was opened."""
    if layout.raw.is_dir():
        return layout.raw.stat().st_mode
    mode = layout.root.stat().st_mode
    return mode & ~0o007 if mode & 0o020 else PRIVATE


def of_this_layout(manifest: Mapping[str, Any], thing: str) -> None:
    """Raise PerenneError for an import or snapshot that only a newer Perenne understands."""
    found = manifest.get("layout", 1)
    if not isinstance(found, int) or found > LAYOUT_VERSION:
        raise PerenneError(
            _("{thing} was written by a newer version of Perenne.").format(thing=thing),
            given=found,
            allowed=range(1, LAYOUT_VERSION + 1),
            next_step=_("Update Perenne (pip install --upgrade perenne); nothing was changed."),
        )


@contextmanager
def writing(
    layout: Layout,
    *,
    lock: Path | None = None,
    wait_seconds: float = 60.0,
    on_wait: Callable[[], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold the workspace's write lock, or another `lock` of it; wait for another run, refuse when
    it takes too long.

    The lock is the operating system's: it falls with the process that held it, however it ends.
    An erasure that was stopped under way is ended first. Who may read what is written there is who
    may read the imports.
    """
    with as_open_as(shown(layout)), (lock or layout.lock).open("a") as file:
        waited = 0.0
        while not _try_lock(file.fileno()):
            if waited == 0.0 and on_wait:
                on_wait()
            if waited >= wait_seconds:
                raise PerenneError(
                    _("Another Perenne run is writing to {folder}.").format(folder=layout.root),
                    given=str(layout.root),
                    next_step=_("Wait until it has ended, then run this again."),
                )
            sleep(0.5)
            waited += 0.5
        if lock is None:
            finish(layout.root, layout.erasing)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
