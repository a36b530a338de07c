"""Wiring: one workspace on disk; imports into it, refreshes of it, questions to it."""

from perenne.workspace.batches import Batch, ImportResult, Options, list_imports
from perenne.workspace.connections import described_kinds
from perenne.workspace.erasure.jobs import Erased, certificate, erase, prove, refuse_if_found
from perenne.workspace.erasure.retention import retention
from perenne.workspace.frame import Frame
from perenne.workspace.jobs import (
    Listener,
    connect,
    forget_import,
    import_files,
    look_at,
    plan_sync,
    publish_again,
    refresh_workspace,
    sync,
)
from perenne.workspace.layout import Layout, create, find
from perenne.workspace.refresh import Refreshed
from perenne.workspace.settings import Settings
from perenne.workspace.shop import Shop, open_shop
from perenne.workspace.snapshots import Snapshot
from perenne.workspace.syncs import Synced

__all__ = [
    "Batch",
    "Erased",
    "Frame",
    "ImportResult",
    "Layout",
    "Listener",
    "Options",
    "Refreshed",
    "Settings",
    "Shop",
    "Snapshot",
    "Synced",
    "certificate",
    "connect",
    "create",
    "described_kinds",
    "erase",
    "find",
    "forget_import",
    "import_files",
    "list_imports",
    "look_at",
    "open_shop",
    "plan_sync",
    "prove",
    "publish_again",
    "refresh_workspace",
    "refuse_if_found",
    "retention",
    "sync",
]
