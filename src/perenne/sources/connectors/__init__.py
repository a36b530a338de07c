"""Live sources: one folder per kind of platform, found through the entry point
`perenne.connectors`. A kind imports what it needs only when a connection is opened."""

from perenne.sources.connectors.answers import Answer, read_records
from perenne.sources.connectors.awaited import AWAITED, kept
from perenne.sources.connectors.extract import (
    RECORDS,
    Changed,
    Extract,
    changed,
    keyed_records,
    shape,
    stage_live,
)
from perenne.sources.connectors.model import (
    EVER,
    Client,
    Connector,
    ConnectorSettings,
    Fault,
    Opening,
    Page,
    Record,
    Span,
    Stream,
)
from perenne.sources.connectors.pace import Clock
from perenne.sources.connectors.shelf import connector, connector_kinds
from perenne.sources.connectors.vault import SECRETS_FILE, Secret, Secrets, find_secrets, variable

__all__ = [
    "AWAITED",
    "EVER",
    "RECORDS",
    "SECRETS_FILE",
    "Answer",
    "Changed",
    "Client",
    "Clock",
    "Connector",
    "ConnectorSettings",
    "Extract",
    "Fault",
    "Opening",
    "Page",
    "Record",
    "Secret",
    "Secrets",
    "Span",
    "Stream",
    "changed",
    "connector",
    "connector_kinds",
    "find_secrets",
    "kept",
    "keyed_records",
    "read_records",
    "shape",
    "stage_live",
    "variable",
]
