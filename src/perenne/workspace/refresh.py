"""Refresh: every import, as of a date, into a new published snapshot."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from perenne.cleaning import Account
from perenne.core import PerenneError, opaque_id
from perenne.identity import Decision, standing
from perenne.text import gettext as _
from perenne.workspace import identities, lost, snapshots
from perenne.workspace.batches import Batch, list_imports, require_sound
from perenne.workspace.computing import Progress, Run
from perenne.workspace.engines import Engines
from perenne.workspace.keeping import remove_old
from perenne.workspace.layout import Layout, key_of, lost_key
from perenne.workspace.own_code import code_print
from perenne.workspace.settings import Settings, as_mapping


@dataclass(frozen=True)
class Refreshed:
    """The snapshot now published; `changed` is false when it was up to date already.

    `read_otherwise` names the files whose import the settings of today would read differently;
    `removed` the snapshots that were more than the settings keep.
    """

    snapshot: snapshots.Snapshot
    changed: bool
    account: Account
    read_otherwise: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def refresh(
    layout: Layout,
    settings: Settings,
    *,
    engines: Engines,
    as_of: date | None = None,
    progress: Progress = lambda step: None,
    whole: bool = False,
) -> Refreshed:
    """Compute and publish a snapshot, then remove those that are more than the settings keep; call
    while holding the write lock."""
    made = _published(
        layout, settings, engines=engines, as_of=as_of, progress=progress, whole=whole
    )
    return replace(made, removed=remove_old(layout, settings.snapshots.keep))


def _published(
    layout: Layout,
    settings: Settings,
    *,
    engines: Engines,
    as_of: date | None,
    progress: Progress,
    whole: bool,
) -> Refreshed:
    """The snapshot that is published now.

    When imports, settings, date and code are those of the published snapshot, it stays. Of a large
    shop, orders that nothing new speaks of are taken over from the newest one (`carrying`), unless
    all is to be computed anew: `whole`.
    """
    imports = [batch for batch in list_imports(layout) if batch.tables]
    lost.require_all(layout, {batch.sha256 for batch in list_imports(layout)})
    _require_orders(imports)
    fingerprint = _fingerprint(imports, settings, as_of, identities.decisions(layout))
    if not whole and (known := _up_to_date(layout, fingerprint)):
        return _refreshed(known, changed=False)
    require_sound(layout, imports)
    newest = next(snapshots.sound(layout), None)
    key = _key_print(layout, newest)
    if not whole and (waiting := _computed(layout, newest, fingerprint)):
        snapshots.point_to(layout, waiting.id)
        return _refreshed(waiting, changed=True)
    scratch = layout.scratch / "refresh"
    run = Run(layout, settings, engines, scratch, progress)
    manifest, account = run.compute(imports, as_of=as_of, newest=newest, whole=whole)
    name = snapshots.next_id(layout, date.fromisoformat(manifest["as_of"]))
    asked = {"fingerprint": fingerprint, "requested_as_of": as_of, "key": key}
    manifest = {**manifest, **asked}
    out = scratch / "out"
    snapshot = snapshots.publish(out, layout, name=name, manifest=manifest, earlier=newest)
    shutil.rmtree(scratch, ignore_errors=True)
    return Refreshed(snapshot, True, account)


def _refreshed(snapshot: snapshots.Snapshot, *, changed: bool) -> Refreshed:
    account = Account.from_manifest(snapshot.manifest["reconciliation"])
    return Refreshed(snapshot, changed, account)


def _require_orders(imports: Iterable[Batch]) -> None:
    if any({"orders", "order_lines"} & set(batch.tables) for batch in imports):
        return
    raise PerenneError(
        _("There are no orders to compute from."),
        next_step=_("Import a file with orders or order lines: perenne import FILE."),
    )


def _fingerprint(
    imports: Iterable[Batch],
    settings: Settings,
    as_of: date | None,
    decisions: Iterable[Decision],
) -> str:
    parts = {
        "imports": [(batch.id, batch.sha256, batch.preset, batch.source) for batch in imports],
        "settings": {**as_mapping(settings), "retention": None, "snapshots": None},
        "as_of": str(as_of),
        "decisions": sorted((one.pair_id, one.word) for one in standing(decisions)),
        "code": code_print(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _up_to_date(layout: Layout, fingerprint: str) -> snapshots.Snapshot | None:
    try:
        known = snapshots.current(layout)
    except PerenneError:
        return None
    same = known.manifest.get("fingerprint") == fingerprint
    return known if same and not snapshots.damaged(known) else None


def _key_print(layout: Layout, newest: snapshots.Snapshot | None) -> str:
    """What tells the key of the ids from any other. Raises PerenneError when the newest sound
    snapshot was computed with another."""
    found = opaque_id(key_of(layout), "key")[:12]
    if newest is not None and newest.manifest.get("key", found) != found:
        raise lost_key(layout)
    return found


def _computed(
    layout: Layout, newest: snapshots.Snapshot | None, fingerprint: str
) -> snapshots.Snapshot | None:
    """The newest snapshot, where it is what would be computed: a run that was killed before it
    moved the pointer left it, or the pointer was moved back."""
    if newest is None or newest.manifest.get("fingerprint") != fingerprint:
        return None
    return newest if newest.number + 1 == snapshots.next_number(layout) else None
