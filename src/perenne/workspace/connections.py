"""Connections of a workspace: what perenne.toml says of them, and how far each has been read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from pydantic import ValidationError

from perenne.core import PerenneError, closest
from perenne.sources.connectors import (
    Client,
    Clock,
    Connector,
    Opening,
    Stream,
    connector,
    connector_kinds,
    find_secrets,
    kept,
    shape,
)
from perenne.text import gettext as _
from perenne.text import misfit
from perenne.workspace.batches import Batch
from perenne.workspace.layout import Layout, write_atomically
from perenne.workspace.sections import ConnectionSettings
from perenne.workspace.settings import Settings

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True)
class Connection:
    """One connection: its name, kind and checked settings."""

    name: str
    connector: Connector
    settings: Any
    store: str
    wanted: tuple[str, ...]

    @property
    def source(self) -> str:
        """Name of the source of its rows, as for files."""
        return f"{self.connector.system}:{self.store}" if self.store else self.connector.system

    @property
    def streams(self) -> tuple[Stream, ...]:
        """The streams that the settings want, in the order of the kind."""
        known = self.connector.streams()
        for name in self.wanted:
            if name not in {stream.name for stream in known}:
                raise _unknown(
                    name,
                    [stream.name for stream in known],
                    _("The connection “{connection}” has no stream {given}.").format(
                        connection=self.name, given=name
                    ),
                )
        return tuple(s for s in known if not self.wanted or s.name in self.wanted)

    def open(self, layout: Layout, clock: Clock) -> Client:
        """A client with the secrets of this connection. Raises PerenneError when one is missing."""
        secrets = find_secrets(self.name, self.connector.secrets, folder=layout.root)
        try:
            return self.connector.open(
                Opening(self.settings, secrets, clock, folder=layout.syncing)
            )
        except ModuleNotFoundError as error:
            raise PerenneError(
                _("Live sources need a library that is not installed: {library}.").format(
                    library=error.name
                ),
                given=error.name,
                next_step=_("Install it: pip install 'perenne[api]'"),
            ) from error


def connections(settings: Settings, names: Iterable[str] = ()) -> list[Connection]:
    """The connections called `names`, all without one. PerenneError where there is none."""
    known = settings.connections
    chosen = list(names) or list(known)
    if not chosen:
        raise PerenneError(
            _("This workspace has no connection yet."),
            next_step=_("Make one: perenne connect KIND; perenne connect alone lists the kinds."),
        )
    for name in chosen:
        if name not in known:
            said = _("There is no connection “{name}”.").format(name=name)
            raise _unknown(name, list(known), said)
    return [read_connection(name, known[name]) for name in chosen]


def described_kinds() -> list[dict[str, Any]]:
    """Every kind of live source that is installed: its streams and the secrets that it takes."""
    kinds = [connector(kind) for kind in connector_kinds()]
    return [
        {
            "kind": one.kind,
            "title": one.title,
            "streams": [stream.name for stream in one.streams()],
            "secrets": [secret.name for secret in one.secrets],
        }
        for one in kinds
    ]


def parsed(name: str, values: Mapping[str, object]) -> ConnectionSettings:
    """The keys of a connection as perenne.toml would be read. Values are never quoted."""
    try:
        return ConnectionSettings.model_validate(values)
    except ValidationError as error:
        raise PerenneError(
            _("The connection “{name}” has settings that cannot be used: {problems}.").format(
                name=name, problems="; ".join(_problems(error))
            ),
            given=sorted(values),
            next_step=_("Set secrets as variables or in secrets.toml, which only you may read."),
        ) from None


def read_connection(name: str, values: ConnectionSettings) -> Connection:
    """Check what perenne.toml says of a connection against its kind."""
    if not _NAME.fullmatch(name):
        raise PerenneError(
            _("“{name}” cannot be the name of a connection.").format(name=name),
            given=name,
            next_step=_("Use small letters, digits, - and _, such as: boutique"),
        )
    kind = connector(values.kind)
    try:
        own = kind.settings.model_validate(values.model_extra or {})
    except ValidationError as error:
        raise PerenneError(
            _("The connection “{name}” has settings that cannot be used: {problems}.").format(
                name=name, problems="; ".join(_problems(error))
            ),
            given=sorted(values.model_extra or {}),
            allowed=sorted(kind.settings.model_fields),
            next_step=_("docs/reference/connectors.md lists what {kind} takes.").format(
                kind=kind.title
            ),
        ) from None
    return Connection(name, kind, own, values.store, values.streams)


def _problems(error: ValidationError) -> Iterable[str]:
    for problem in error.errors():
        key = ".".join(map(str, problem["loc"]))
        reason = misfit(problem)
        yield _("{key}: {reason}").format(key=key, reason=reason) if key else reason


def _unknown(name: str, known: list[str], said: str) -> PerenneError:
    near = closest(name, known)
    return PerenneError(
        said,
        given=name,
        allowed=known,
        next_step=_("Did you mean {near}?").format(near=near)
        if near
        else _("Choose one of: {names}.").format(names=", ".join(known)),
    )


def batches_of(imports: Iterable[Batch], connection: str, stream: Stream) -> list[Batch]:
    """The imports of a stream that hold all that this version keeps of it, oldest first.

    After an update that keeps more of a stream, the stream is read anew from its first day.
    """
    mine = {"connection": connection, "stream": stream.name, "shape": shape(stream)}
    return [batch for batch in imports if mine.items() <= dict(batch.origin).items()]


def reached(batches: Iterable[Batch], *, now: datetime) -> str | None:
    """How far the imports of a stream go without a gap; None: there are none.

    The position stands in the manifest of each batch and so is kept with its rows or not at all.
    When an import is taken back, the position falls to where it began, and it is read again. So it
    does for a position that lies ahead of `now`: the clock was wrong when it was written.
    """
    position: str | None = None
    for batch in batches:
        came_from, to = batch.origin["from"], batch.origin["to"]
        if to is not None and _at(to) > now:
            continue
        if came_from is None or (position is not None and _at(came_from) <= _at(position)):
            position = to
    return position


def _at(position: str) -> datetime:
    return datetime.fromisoformat(position)


def begin(
    position: str | None, *, since: date | None, overlap: int, zone: tzinfo = UTC
) -> datetime | None:
    """The instant from which a stream is asked, told in `zone`, where `since` begins at midnight;
    None: it is asked whole."""
    first = datetime.combine(since, time(), zone) if since else None
    if position is None:
        return first
    again = (_at(position) - timedelta(seconds=overlap)).astimezone(zone)
    return max(first, again) if first else again


def useful(stream: Stream) -> bool:
    """Does this version keep anything of the stream?"""
    return any(kept(table) for table in stream.tables)


def write_connection(layout: Layout, name: str, values: Mapping[str, object]) -> None:
    """Add `[connections.<name>]` at the end of perenne.toml, which stays as it is otherwise."""
    text = layout.settings.read_text(encoding="utf-8").rstrip("\n")
    lines = [f"{key} = {_toml(value)}" for key, value in values.items()]
    write_atomically(layout.settings, "\n".join([text, "", f"[connections.{name}]", *lines, ""]))


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | date):
        return str(value)
    return json.dumps(str(value), ensure_ascii=False)
