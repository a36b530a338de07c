"""Files that appear whole or not at all: written beside their place, then moved onto it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perenne.core import PerenneError
from perenne.text import gettext as _


@contextmanager
def written_whole(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Give the place to write to; when the block ends well, `path` becomes that file.

    An existing file is replaced and keeps its permissions; a link keeps pointing where it did. A
    device or a pipe is written directly. A `private` file may be read by its owner alone, from
    its first byte on. Raises `PerenneError` when the place is a folder, its
    folder is missing, or the system refuses.
    """
    target = _target(path)
    if target.exists() and not target.is_file():
        with _explained(path):
            yield target
        return
    draft = target.parent / f".perenne-{secrets.token_hex(6)}.part"
    try:
        with _explained(path):
            if private:
                draft.touch(mode=0o600)
            yield draft
            _publish(draft, target, private=private)
    finally:
        draft.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a text that speaks of persons: whole or not at all, for its owner alone."""
    with written_whole(path, private=True) as place:
        place.write_text(text, encoding="utf-8")


def _target(path: Path) -> Path:
    with _explained(path):
        target = _resolved(path)
        is_folder, has_folder = target.is_dir(), target.parent.is_dir()
    if is_folder:
        raise _refused(
            _("“{path}” is a folder.").format(path=path),
            path=path,
            next_step=_("Name a file inside it, for example {path}.").format(path=path / "export"),
        )
    if not has_folder:
        raise _refused(
            _("The folder “{path}” does not exist.").format(path=target.parent),
            path=path,
            next_step=_("Create it, or choose another place."),
        )
    return target


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (RuntimeError, ValueError) as error:  # a loop of links, or a NUL in the name
        raise OSError(0, str(error)) from error


def _publish(draft: Path, target: Path, *, private: bool) -> None:
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    if target.exists() and not private:
        draft.chmod(target.stat().st_mode & 0o777)
    draft.replace(target)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # the reader of a pipe has left: the door decides what that means
    except OSError as error:
        reason = error.strerror or str(error)
        raise _refused(
            _("“{path}” cannot be written: {reason}.").format(path=path, reason=reason),
            path=path,
            next_step=_("Check the rights and the free space there, or choose another place."),
        ) from error


def _refused(what: str, *, path: Path, next_step: str) -> PerenneError:
    return PerenneError(what, given=str(path), next_step=next_step)
