"""A workspace joined to a fake platform, and what the suite asks of it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from perenne.core import PerenneError
from perenne.sources.connectors import SECRETS_FILE
from perenne.testing.clock import FakeTime
from perenne.testing.server import FakePlatform
from perenne.workspace import Batch, Layout, Synced, connect, create, list_imports, sync
from perenne.workspace.settings import template

CONNECTION = "shop"


@dataclass
class Bench:
    """A workspace of its own with one connection, `shop`, to a fake platform."""

    place: Layout
    platform: FakePlatform
    time: FakeTime = field(default_factory=FakeTime)
    chunk: int = 1000
    """Records after which a batch is made."""
    columns: tuple[str, ...] = field(init=False)
    """The columns that are compared."""

    def __post_init__(self) -> None:
        self.columns = tuple(next(iter(self.platform.truth().values())))

    def sync(self, *, attempts: int = 4, chunk: int | None = None) -> list[Synced]:
        """One sync; what it did."""
        clock = self.time.clock(attempts=attempts)
        return sync(self.place, clock=clock, chunk=chunk or self.chunk)

    def refused(self, *, attempts: int = 2) -> PerenneError:
        """A sync that must be refused; with what words."""
        try:
            self.sync(attempts=attempts)
        except PerenneError as error:
            return error
        raise AssertionError("the sync was not refused")

    def batches(self) -> list[Batch]:
        return list_imports(self.place)

    def held(self) -> dict[str, dict[str, str]]:
        """By id, the compared columns as the last batch that has the record says them."""
        found: dict[str, dict[str, str]] = {}
        for row in self._rows(self.platform.table):
            key = str(row[self.platform.key])
            found[key] = {name: plain(row[name]) for name in self.columns}
        return found

    def wanted(self) -> dict[str, dict[str, str]]:
        """The same of the platform."""
        return {
            key: {name: plain(value) for name, value in row.items()}
            for key, row in self.platform.truth().items()
        }

    def doubles(self) -> list[str]:
        """Records that two batches hold with the same content."""
        seen = Counter(
            (str(row[self.platform.key]), str(row["row_hash"]))
            for row in self._rows(self.platform.table)
        )
        return [key for (key, _hash), times in seen.items() if times > 1]

    def quarantined(self) -> list[dict[str, Any]]:
        """Every refused row of every batch."""
        files = sorted(self.place.quarantine.glob("*.parquet"))
        return [row for file in files for row in pq.read_table(file).to_pylist()]

    def files_with(self, words: Iterable[str]) -> list[str]:
        """Files of the workspace, but for the secrets themselves, that hold one of `words`."""
        sought = [word.encode() for word in words]
        return [
            str(file)
            for file in self.place.root.rglob("*")
            if file.is_file() and file.name != SECRETS_FILE
            for content in [file.read_bytes()]
            if any(word in content for word in sought)
        ]

    def _rows(self, table: str) -> Iterable[dict[str, Any]]:
        for batch in self.batches():
            if table in batch.tables:
                yield from pq.read_table(self.place.raw / batch.id / f"{table}.parquet").to_pylist()


def bench(folder: Path, platform: FakePlatform, *, streams: Iterable[str] | None = None) -> Bench:
    """A new workspace in `folder`, connected to `platform`, which serves already."""
    text = template(name="Exemple", currency="EUR", time_zone="Europe/Paris", language="en")
    place = create(folder / "workspace", text)
    write_secrets(place.root / SECRETS_FILE, platform.secrets())
    made = Bench(place, platform)
    values = {"kind": platform.kind, **platform.connection()}
    connect(place, CONNECTION, values, clock=made.time.clock())
    chosen = [platform.stream] if streams is None else list(streams)
    if chosen:
        listed = ", ".join(f'"{name}"' for name in chosen)
        with place.settings.open("a", encoding="utf-8") as file:
            file.write(f"streams = [{listed}]\n")
    platform.reset()
    return made


def write_secrets(file: Path, secrets: dict[str, str], *, mode: int = 0o600) -> None:
    """A secrets.toml for the connection of the bench."""
    lines = [f"[{CONNECTION}]", *(f'{name} = "{value}"' for name, value in secrets.items())]
    with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, mode), "w") as target:
        target.write("\n".join(lines) + "\n")
    file.chmod(mode)


def plain(value: object) -> str:
    """A number without needless zeros, anything else as text: to compare two ways of writing."""
    text = "" if value is None else str(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return format(number.normalize() if number else Decimal(0), "f")
