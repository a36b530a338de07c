"""Wiring: one workspace on disk; imports into it, refreshes of it, questions to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perenne.core.faces import found_in

if TYPE_CHECKING:
    from perenne.workspace.batches import Batch, ImportResult, Options, list_imports
    from perenne.workspace.connections import described_kinds
    from perenne.workspace.erasure.jobs import Erased, certificate, erase
    from perenne.workspace.erasure.proving import prove, refuse_if_found
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
    from perenne.workspace.layout import Layout, create, find, require_local
    from perenne.workspace.refresh import Refreshed
    from perenne.workspace.refusals import FilesRefused, StreamsRefused
    from perenne.workspace.settings import Settings
    from perenne.workspace.shop import Shop, open_shop
    from perenne.workspace.snapshots import Snapshot
    from perenne.workspace.syncs import Synced

__all__ = [
    "Batch",
    "Erased",
    "FilesRefused",
    "Frame",
    "ImportResult",
    "Layout",
    "Listener",
    "Options",
    "Refreshed",
    "Settings",
    "Shop",
    "Snapshot",
    "StreamsRefused",
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
    "require_local",
    "retention",
    "sync",
]

_HOMES = {
    "batches": (
        "Batch",
        "ImportResult",
        "Options",
        "list_imports",
    ),
    "connections": ("described_kinds",),
    "erasure.jobs": (
        "Erased",
        "certificate",
        "erase",
    ),
    "erasure.proving": (
        "prove",
        "refuse_if_found",
    ),
    "erasure.retention": ("retention",),
    "frame": ("Frame",),
    "jobs": (
        "Listener",
        "connect",
        "forget_import",
        "import_files",
        "look_at",
        "plan_sync",
        "publish_again",
        "refresh_workspace",
        "sync",
    ),
    "layout": (
        "Layout",
        "create",
        "find",
        "require_local",
    ),
    "refresh": ("Refreshed",),
    "refusals": (
        "FilesRefused",
        "StreamsRefused",
    ),
    "settings": ("Settings",),
    "shop": (
        "Shop",
        "open_shop",
    ),
    "snapshots": ("Snapshot",),
    "syncs": ("Synced",),
}
"""Where each name lives: a door loads what it asks for, and figures need nothing of a refresh."""
__getattr__ = found_in(__name__, {name: home for home, names in _HOMES.items() for name in names})
