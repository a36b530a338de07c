"""Wiring: one workspace on disk; imports into it, refreshes of it, questions to it."""

from perenne.workspace.batches import Batch, ImportResult, Options, list_imports
from perenne.workspace.frame import Frame
from perenne.workspace.jobs import (
    Listener,
    forget_import,
    import_files,
    look_at,
    refresh_workspace,
)
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
    "Listener",
    "Options",
    "Refreshed",
    "Settings",
    "Shop",
    "Snapshot",
    "create",
    "find",
    "forget_import",
    "import_files",
    "list_imports",
    "look_at",
    "open_shop",
    "refresh_workspace",
]
