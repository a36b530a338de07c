"""A disk that is full or read-only, memory that does not suffice, a file that is damaged: told in
words that name the thing and the next step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from perenne.core import PerenneError
from perenne.text import format_number
from perenne.text import gettext as _
from perenne.warehouse import failure_of
from perenne.workspace import snapshots
from perenne.workspace.batches import list_imports, require_sound
from perenne.workspace.files import under_way
from perenne.workspace.layout import Layout


@contextmanager
def explained(layout: Layout) -> Iterator[None]:
    """Turn failures of disk and memory while the workspace is written into PerenneError. To what is
    no such failure, Ctrl-C too, a note is added: how the workspace was left."""
    before = Standing.of(layout)
    try:
        yield
    except BaseException as error:
        told = explain(error, layout, before=before) if isinstance(error, Exception) else None
        if told is None:
            if not getattr(error, "__notes__", ()):
                error.add_note(before.told(layout))
            raise
        raise told from error


@dataclass(frozen=True)
class Standing:
    """What of a workspace tells how a run left it that began with this."""

    erasing: bool
    erasures: bytes
    shown: bytes

    @staticmethod
    def of(layout: Layout) -> Standing:
        found = []
        for path in (layout.erasures, layout.current):
            found.append(b"")
            with suppress(OSError):
                found[-1] = path.read_bytes()
        return Standing(under_way(layout.erasing), *found)

    def same(self, layout: Layout) -> bool:
        return self == Standing.of(layout) and not self.erasing

    def told(self, layout: Layout) -> str:
        """One sentence on what became of the published snapshot since."""
        now = Standing.of(layout)
        if now.erasing:
            return _("An erasure has begun: the next run that writes to the workspace ends it.")
        if self.erasing or now.erasures != self.erasures:
            return _("What was to be erased has been taken out: run the same command again.")
        if now.shown != self.shown:
            return _("Snapshot {id} is published.").format(id=now.shown.decode().strip())
        return _("What was published is unchanged.")


def explain(
    error: Exception,
    layout: Layout,
    snapshot: snapshots.Snapshot | None = None,
    *,
    before: Standing | None = None,
) -> PerenneError | None:
    """The error in words; None where it is no failure of disk, memory or a file, or says enough.

    What could not be read is compared with its signature: `snapshot`, or else the imports.
    `before`: how the workspace was when the run began.
    """
    failure = failure_of(error)
    if isinstance(error, PerenneError) and failure not in ("full", "read_only"):
        return None  # else a reader blames its file for what the disk did
    match failure:
        case "unread":
            return _damage(layout, snapshot)
        case "full":
            return _full(layout, error, before or Standing.of(layout))
        case "read_only":
            return _read_only(layout, error, before or Standing.of(layout))
        case "refused":
            return _refused(layout.root, error)
        case "memory":
            return _memory(error)
    return None


def _damage(layout: Layout, snapshot: snapshots.Snapshot | None) -> PerenneError | None:
    try:
        if snapshot is not None:
            lost = snapshots.damaged(snapshot)
            return snapshots.harmed(layout, snapshot, lost) if lost else None
        require_sound(layout, list_imports(layout))
    except PerenneError as told:
        return told
    return None


def _full(layout: Layout, error: Exception, before: Standing) -> PerenneError:
    import shutil

    free = format_number(shutil.disk_usage(layout.root).free / 1e6)
    step = _(
        "Free some space: a refresh needs about three times the size of the raw files; then run "
        "this again."
    )
    return PerenneError(
        _("The disk of {folder} is full: {n} MB are free.").format(folder=layout.root, n=free),
        given=str(error),
        next_step=f"{step} {before.told(layout)}",
    )


def _read_only(layout: Layout, error: Exception, before: Standing) -> PerenneError:
    steps = [_("Make it writable, or copy the workspace elsewhere."), before.told(layout)]
    if before.same(layout):
        steps.append(_("Figures and exports can still be read from it."))
    return PerenneError(
        _("The disk of {folder} is read-only.").format(folder=layout.root),
        given=str(error),
        next_step=" ".join(steps),
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


def _memory(error: Exception) -> PerenneError:
    return PerenneError(
        _("There is not enough memory for this."),
        given=str(error),
        next_step=_(
            "Close other programs, or set engine.memory_limit in perenne.toml to about half of the "
            "machine’s memory: what does not fit goes to the disk."
        ),
    )
