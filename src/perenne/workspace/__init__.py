"""Wiring: one workspace on disk; imports into it, refreshes of it, questions to it."""

from perenne.workspace.batches import Batch, ImportResult, Options, batches, forget
from perenne.workspace.frame import Frame
from perenne.workspace.layout import Layout, create, find
from perenne.workspace.refresh import Refreshed
from perenne.workspace.settings import Settings
from perenne.workspace.shop import Shop, open_shop
from perenne.workspace.snapshots import Snapshot

__all__ = [
    "Batch",
    "Frame",
    "ImportResult",
    "Layout",
    "Options",
    "Refreshed",
    "Settings",
    "Shop",
    "Snapshot",
    "batches",
    "create",
    "find",
    "forget",
    "open_shop",
]
