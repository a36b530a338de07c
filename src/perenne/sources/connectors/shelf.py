"""Finds the kinds of live sources through the entry point `perenne.connectors`."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from perenne.core import PerenneError, closest
from perenne.sources.connectors.model import Connector
from perenne.text import gettext as _

GROUP = "perenne.connectors"


def connector_kinds() -> tuple[str, ...]:
    """Every kind that an installed distribution brings, in alphabetical order."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


@cache
def connector(kind: str) -> Connector:
    """The connector of a kind. Raises PerenneError with the known kinds when there is none."""
    found = next((entry for entry in entry_points(group=GROUP) if entry.name == kind), None)
    if found is None:
        near = closest(kind, connector_kinds())
        raise PerenneError(
            _("There is no kind of live source called “{kind}”.").format(kind=kind),
            given=kind,
            allowed=connector_kinds(),
            next_step=_("Did you mean {near}?").format(near=near)
            if near
            else _("Choose one of: {names}.").format(names=", ".join(connector_kinds())),
        )
    loaded: Connector = found.load()
    return loaded
