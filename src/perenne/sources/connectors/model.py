"""Words of live sources: a connector has streams, a stream gives pages of records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from perenne.sources.connectors.pace import Clock
from perenne.sources.connectors.vault import Secret, Secrets

Row = tuple[str, Mapping[str, object]]
"""A staged table and its cells by column: text, numbers, true or false, or nothing."""


EVER = datetime(1970, 1, 2, tzinfo=UTC)
"""Before anything that a platform holds."""
_STANDING = frozenset({"customers", "consents", "products", "subscriptions"})


class ConnectorSettings(BaseModel):
    """What every kind of connection asks of `[connections.<name>]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: date = Field(
        date(2011, 1, 1),
        description="First day, in the shop's time zone, of what happens on a day: orders, "
        "payments, refunds, events. Customers, consents, products and subscriptions are read "
        "whole.",
    )


@dataclass(frozen=True)
class Fault:
    """Why a record is refused: the field, what stood there, and the reason in words."""

    field: str
    value: str
    reason: str


@dataclass(frozen=True)
class Record:
    """One thing of the platform: its id there, and the staged rows it makes.

    `unread` fields could not be read and are left empty; a `fault` refuses the record.
    """

    key: str
    rows: tuple[Row, ...]
    fault: Fault | None = None
    unread: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Page:
    """Some records. Once they are kept, the next sync may start at `position`; None: not yet."""

    records: tuple[Record, ...]
    position: str | None = None


@dataclass(frozen=True)
class Span:
    """What a sync asks a stream for: changes from `start` on (a position of the stream, the first
    day that the settings name, or `EVER`), as of the instant `until`."""

    start: datetime
    until: datetime


class Client(Protocol):
    """A connection to a platform, authorised and patient."""

    def check(self) -> str:
        """Ask for next to nothing; return the name of the shop or account that answers."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class Stream:
    """One kind of record: which staged tables it fills and how it is read, oldest change first.

    `overlap` seconds before the last position are asked for again: what has not changed is not
    kept twice. `read` must give every record changed in the span, in pages whose position never
    goes back.
    """

    name: str
    endpoint: str
    tables: tuple[str, ...]
    read: Callable[[Any, Span], Iterator[Page]]
    overlap: int = 0

    @property
    def stands(self) -> bool:
        """Is it what stands whenever it was last changed (customers, consents, products,
        subscriptions), and not what happened on a day? Its first sync reads it whole: an old
        refusal holds as much as a new one."""
        return _STANDING.issuperset(self.tables)


@dataclass(frozen=True)
class Opening:
    """What a connector needs to open a client."""

    settings: Any
    secrets: Secrets
    clock: Clock
    folder: Path | None = None
    """For temporary files; the system's own where there is none."""


@dataclass(frozen=True)
class Connector:
    """One kind of platform. `open` imports what it needs only when it is called."""

    kind: str
    title: str
    system: str
    """Name of the source that the rows belong to, as in presets."""
    settings: type[ConnectorSettings]
    secrets: tuple[Secret, ...]
    streams: Callable[[], tuple[Stream, ...]]
    open: Callable[[Opening], Client]
    notes: tuple[str, ...] = field(default=())
