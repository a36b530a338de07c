"""Refresh: every import, as of a date, into a new published snapshot."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import perenne
from perenne.cleaning import Account, Cleaned, clean
from perenne.core import PerenneError, opaque_id
from perenne.identity import Decision, IdentityAccount, identify, standing
from perenne.metrics import Context, build_marts, learn_context
from perenne.segments import assign
from perenne.text import format_date
from perenne.text import gettext as _
from perenne.warehouse import Engine, Table
from perenne.workspace import identities, snapshots
from perenne.workspace.batches import Batch, list_imports, require_sound
from perenne.workspace.engines import Engines
from perenne.workspace.layout import LAYOUT_VERSION, Layout, key_of, lost_key
from perenne.workspace.predictions import (
    Predictions,
    predict_snapshot,
    predict_subscriptions,
)
from perenne.workspace.reconciliation import reconcile
from perenne.workspace.settings import Settings, as_mapping

DEFAULT_CURRENCY = "EUR"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Refreshed:
    """The snapshot now published; `changed` is false when it was up to date already.

    `read_otherwise` names the files whose import the settings of today would read differently.
    """

    snapshot: snapshots.Snapshot
    changed: bool
    account: Account
    read_otherwise: tuple[str, ...] = ()


def refresh(
    layout: Layout,
    settings: Settings,
    *,
    engines: Engines,
    as_of: date | None = None,
    progress: Progress = lambda step: None,
) -> Refreshed:
    """Compute and publish a snapshot; call while holding the write lock.

    When imports, settings, date and code are those of the published snapshot, it stays.
    """
    imports = [batch for batch in list_imports(layout) if batch.tables]
    _require_orders(imports)
    fingerprint = _fingerprint(imports, settings, as_of, identities.decisions(layout))
    if known := _up_to_date(layout, fingerprint):
        return _refreshed(known, changed=False)
    require_sound(layout, imports)
    newest = next(snapshots.sound(layout), None)
    key = _key_print(layout, newest)
    if waiting := _computed(layout, newest, fingerprint):
        snapshots.point_to(layout, waiting.id)
        return _refreshed(waiting, changed=True)
    scratch = layout.scratch / "refresh"
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "work").mkdir(parents=True)
    (scratch / "out").mkdir()
    run = _Run(layout, settings, engines, scratch, progress)
    manifest, account = run.compute(imports, as_of)
    name = snapshots.next_id(layout, date.fromisoformat(manifest["as_of"]))
    asked = {"fingerprint": fingerprint, "requested_as_of": as_of, "key": key}
    manifest = {**manifest, **asked}
    snapshot = snapshots.publish(scratch / "out", layout, name=name, manifest=manifest)
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
        "settings": {**as_mapping(settings), "retention": None},
        "as_of": str(as_of),
        "decisions": sorted((one.pair_id, one.word) for one in standing(decisions)),
        "code": perenne.__version__,
        "layout": LAYOUT_VERSION,
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


@dataclass(frozen=True)
class _Run:
    layout: Layout
    settings: Settings
    engines: Engines
    scratch: Path
    progress: Progress

    @property
    def engine(self) -> Engine:
        return self.engines.main

    def compute(self, imports: list[Batch], as_of: date | None) -> tuple[dict[str, Any], Account]:
        currency = self.settings.shop.currency or self._currency(imports)
        self.progress(_("Cleaning"))
        cleaned = clean(
            self._staged(imports),
            policy=self.settings.policy(currency),
            as_of=as_of,
            keep=self._work,
            view=self.engine.view,
            fetch=self.engine.fetch,
        )
        self._require_past(cleaned)
        self.progress(_("Customers"))
        tables, identity = self._identified(cleaned)
        tables, context = self._measured(tables, cleaned.as_of, currency)
        predicted = self._predicted(tables, context.as_of)
        renewed = self._renewed(tables, context.as_of)
        context = replace(context, has_predictions="predictions" in tables)
        self.progress(_("Reconciliation"))
        tables["quarantine"] = self._out("quarantine", cleaned.quarantine)
        account = self._account(imports, cleaned, tables)
        assumed = {
            "currency_assumed": not (self.settings.shop.currency or self._named(imports)),
            "undated_refunds": self._undated_refunds(tables["refunds"]),
            "prediction": predicted.manifest,
            "subscriptions": renewed.manifest,
            "identity": identity.to_manifest(),
            "acquisition": self._acquisition(tables["customers"]),
        }
        return {**self._manifest(imports, context, tables, account), **assumed}, account

    def _identified(self, cleaned: Cleaned) -> tuple[dict[str, Table], IdentityAccount]:
        key = key_of(self.layout)
        found = identities.resolve_customers(
            cleaned.tables,
            key=key,
            settings=self.settings.identity,
            engine=self.engines.local,
            layout=self.layout,
            keep=self._kept_locally,
            bring=lambda name, table: self.engines.to_local(table, self._work_path(name)),
        )
        links, pairs, ids = (
            self.engines.to_main(table, self._work_path(f"{name}_found"))
            for name, table in (("links", found.links), ("pairs", found.pairs), ("ids", found.ids))
        )
        tables = identify(
            cleaned.tables,
            key=key,
            keep=self._out,
            links=links,
            belonging=self.settings.accounts,
            acquisition=self.settings.acquisition,
        )
        tables["identity_pairs"] = self._out("identity_pairs", pairs)
        tables["customer_ids"] = self._out("customer_ids", ids)
        return tables, found.account

    def _require_past(self, cleaned: Cleaned) -> None:
        if self.engine.fetch(cleaned.tables["orders"].count()).as_py():
            return
        raise PerenneError(
            _("No order is dated {day} or before.").format(day=format_date(cleaned.as_of)),
            given=cleaned.as_of,
            next_step=_("Choose a later day; perenne refresh alone takes the last order day."),
        )

    def _measured(
        self, tables: dict[str, Table], as_of: date, currency: str
    ) -> tuple[dict[str, Table], Context]:
        self.progress(_("Measures"))
        settings = self.settings.metric_settings()
        tables |= build_marts(tables, as_of=as_of, settings=settings, keep=self._out)
        context = learn_context(
            tables,
            as_of=as_of,
            currency=currency,
            time_zone=self.settings.shop.time_zone,
            settings=settings,
            fetch=self.engine.fetch,
        )
        self.progress(_("Segments"))
        tables["segments"] = self._out(
            "segments",
            assign(
                tables,
                as_of=as_of,
                inactivity_days=context.inactivity_days,
                settings=self.settings.segments,
            ),
        )
        return tables, context

    def _predicted(self, tables: dict[str, Table], as_of: date) -> Predictions:
        found = predict_snapshot(
            tables,
            as_of=as_of,
            settings=self.settings,
            engine=self.engine,
            layout=self.layout,
            progress=self.progress,
        )
        tables |= self._written_locally(found)
        return found

    def _renewed(self, tables: dict[str, Table], as_of: date) -> Predictions:
        """What subscriptions will still bring."""
        found = predict_subscriptions(
            tables,
            as_of=as_of,
            settings=self.settings,
            engine=self.engine,
            layout=self.layout,
        )
        tables |= self._written_locally(found)
        return found

    def _written_locally(self, found: Predictions) -> dict[str, Table]:
        paths = {name: self.scratch / "out" / f"{name}.parquet" for name in found.tables}
        for name, table in found.tables.items():
            self.engines.local.write(self.engines.local.arrow(table), paths[name])
        return {name: self.engine.read(path) for name, path in paths.items()}

    def _currency(self, imports: list[Batch]) -> str:
        """The currency that most rows name, else that of the exports; cleaning tells several."""
        seen = self._named(imports)
        return max(seen, key=lambda name: seen[name]) if seen else DEFAULT_CURRENCY

    def _named(self, imports: list[Batch]) -> dict[str, int]:
        """Rows per currency that the files or their platform name."""
        seen: dict[str, int] = {}
        for batch in imports:
            for control in batch.controls:
                if name := control["currency"] or batch.currency:
                    seen[name] = seen.get(name, 0) + control["rows"]
        return seen

    def _acquisition(self, customers: Table) -> dict[str, Any]:
        """Customers and prospects by what told the channel that they are counted under."""
        counts = customers.group_by("channel_from").agg(n=customers.count())
        found = {row["channel_from"]: row["n"] for row in self.engine.fetch(counts).to_pylist()}
        names = {"touch": "touch", "order": "order", "source": "source", "unknown": None}
        return {
            "rule": self.settings.acquisition.rule,
            **{name: found.get(told, 0) for name, told in names.items()},
        }

    def _undated_refunds(self, refunds: Table) -> dict[str, Any]:
        """Refunds that an order tells without a day: they stand on the day of the order."""
        undated = refunds.filter(~refunds.date_known)
        (row,) = self.engine.fetch(
            undated.agg(rows=undated.count(), net=undated.net.sum())
        ).to_pylist()
        return {"rows": row["rows"], "net": str(row["net"] or 0)}

    def _staged(self, imports: list[Batch]) -> dict[str, Table]:
        from perenne.workspace.tables import staged_tables

        chosen = self.settings.cleaning.merge_identical_lines
        identical = None if chosen == "preset" else chosen
        return staged_tables(self.engine, self.layout.raw, imports, identical=identical)

    def _work(self, name: str, table: Table) -> Table:
        return self._written(self._work_path(name), table)

    def _work_path(self, name: str) -> Path:
        return self.scratch / "work" / f"{name}.parquet"

    def _kept_locally(self, name: str, table: Table) -> Table:
        path = self._work_path(f"identity_{name}")
        self.engines.local.write(table, path)
        return self.engines.local.read(path)

    def _out(self, name: str, table: Table) -> Table:
        return self._written(self.scratch / "out" / f"{name}.parquet", table)

    def _written(self, path: Path, table: Table) -> Table:
        self.engine.write(table, path)
        return self.engine.read(path)

    def _account(
        self, imports: list[Batch], cleaned: Cleaned, tables: Mapping[str, Table]
    ) -> Account:
        from perenne.workspace.tables import published_value

        value = published_value(tables["order_lines"], tables["orders"])
        refused = self.engine.fetch(tables["quarantine"]).to_pylist()
        return reconcile(
            imports,
            cleaned,
            self.engine.fetch(value).to_pylist(),
            unplaced=Counter(row["reason"] for row in refused),
        )

    def _manifest(
        self,
        imports: list[Batch],
        context: Context,
        tables: Mapping[str, Table],
        account: Account,
    ) -> dict[str, Any]:
        return {
            "as_of": context.as_of.isoformat(),
            "currency": context.currency,
            "time_zone": context.time_zone,
            "inputs": [{"id": b.id, "file": b.file, "sha256": b.sha256} for b in imports],
            "code": perenne.__version__,
            "settings": as_mapping(self.settings),
            "context": asdict(context),
            "tables": {
                name: int(self.engine.fetch(table.count()).as_py())
                for name, table in tables.items()
            },
            "reconciliation": account.to_manifest(),
        }
