"""Refusals of some of several pieces of work, told together once the others are done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from perenne.core import PerenneError
from perenne.text import format_number, ngettext
from perenne.workspace.batches import ImportResult
from perenne.workspace.syncs import Synced


class SomeRefused(PerenneError):
    """Some pieces of work were refused, each for a reason in `refusals`; the others are done."""

    def __init__(
        self, refusals: Mapping[Any, PerenneError], what: str, *, of: int, next_step: str
    ) -> None:
        self.refusals = dict(refusals)
        names = [one.name if isinstance(one, Path) else str(one) for one in refusals]
        super().__init__(
            what.format(n=format_number(len(names)), all=format_number(of), names=", ".join(names)),
            given=names,
            next_step=next_step,
        )

    def __str__(self) -> str:
        reasons = dict.fromkeys(map(str, self.refusals.values()))
        return " ".join([self.what, *reasons, self.next_step])


class FilesRefused(SomeRefused):
    """Some of several files were refused; `imported` are the others."""

    def __init__(
        self,
        refusals: Mapping[Path, PerenneError],
        imported: Iterable[ImportResult] = (),
        *,
        of: int,
        next_step: str = "",
    ) -> None:
        self.imported = list(imported)
        what = ngettext(
            "{n} of {all} files is refused: {names}.",
            "{n} of {all} files are refused: {names}.",
            len(refusals),
        )
        super().__init__(refusals, what, of=of, next_step=next_step)


class StreamsRefused(SomeRefused):
    """Some of several streams of live sources could not be read to their end; `synced` are the
    others. `refusals` by connection and stream."""

    def __init__(
        self,
        refusals: Mapping[str, PerenneError],
        synced: Iterable[Synced] = (),
        *,
        of: int,
        next_step: str = "",
    ) -> None:
        self.synced = list(synced)
        what = ngettext(
            "{n} of {all} streams could not be read: {names}.",
            "{n} of {all} streams could not be read: {names}.",
            len(refusals),
        )
        super().__init__(refusals, what, of=of, next_step=next_step)
