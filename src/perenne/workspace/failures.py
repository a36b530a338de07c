"""A disk that is full or read-only, memory that does not suffice, a file that is damaged: told in
words that name the thing and the next step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perenne.core import PerenneError
from perenne.text import format_number
from perenne.text import gettext as _
from perenne.warehouse import failure_of
from perenne.workspace import snapshots
from perenne.workspace.batches import list_imports, require_sound
from perenne.workspace.layout import Layout


@contextmanager
def explained(layout: Layout) -> Iterator[None]:
    """Turn failures of disk and memory while the workspace is written into PerenneError."""
    try:
        yield
    except Exception as error:
        told = explain(error, layout)
        if told is None:
            raise
        raise told from error


def explain(
    error: Exception, layout: Layout, snapshot: snapshots.Snapshot | None = None
) -> PerenneError | None:
    """The error in words; None where it is no failure of disk, memory or a file, or says enough.

    What could not be read is compared with its signature: `snapshot`, or else the imports.
    """
    failure = failure_of(error)
    if isinstance(error, PerenneError) and failure not in ("full", "read_only"):
        return None  # else a reader blames its file for what the disk did
    if failure == "unread":
        return _damage(layout, snapshot)
    return _TOLD[failure](layout.root, error) if failure else None


def _damage(layout: Layout, snapshot: snapshots.Snapshot | None) -> PerenneError | None:
    try:
        if snapshot is not None:
            lost = snapshots.damaged(snapshot)
            return snapshots.harmed(layout, snapshot, lost) if lost else None
        require_sound(layout, list_imports(layout))
    except PerenneError as told:
        return told
    return None


def _full(root: Path, error: Exception) -> PerenneError:
    import shutil

    free = format_number(shutil.disk_usage(root).free / 1e6)
    return PerenneError(
        _("The disk of {folder} is full: {n} MB are free.").format(folder=root, n=free),
        given=str(error),
        next_step=_(
            "Free some space: a refresh needs about three times the size of the raw files. What "
            "was published is unchanged; then run this again."
        ),
    )


def _read_only(root: Path, error: Exception) -> PerenneError:
    return PerenneError(
        _("The disk of {folder} is read-only.").format(folder=root),
        given=str(error),
        next_step=_(
            "Make it writable, or copy the workspace elsewhere. Nothing was changed; figures and "
            "exports can still be read from it."
        ),
    )


def _refused(root: Path, error: Exception) -> PerenneError:
    name = getattr(error, "filename", None) or root
    return PerenneError(
        _("{file} cannot be read or written: {reason}.").format(
            file=name, reason=getattr(error, "strerror", None) or error
        ),
        given=str(name),
        next_step=_("Give the user who runs Perenne the right to it, then run this again."),
    )


def _memory(root: Path, error: Exception) -> PerenneError:
    return PerenneError(
        _("There is not enough memory for this."),
        given=str(error),
        next_step=_(
            "Close other programs, or set engine.memory_limit in perenne.toml to about half of the "
            "machine’s memory: what does not fit goes to the disk."
        ),
    )


_TOLD = {"full": _full, "read_only": _read_only, "refused": _refused, "memory": _memory}
