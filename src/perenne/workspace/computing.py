"""Compute a snapshot: imports in, tables and a manifest out."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from perenne.cleaning import Account, Cleaned, clean
from perenne.core import PerenneError
from perenne.identity import IdentityAccount, identify
from perenne.metrics import Context, build_marts, customer_runs, learn_context
from perenne.segments import assign
from perenne.text import format_date
from perenne.text import gettext as _
from perenne.warehouse import Engine, Table
from perenne.workspace import carrying, identities
from perenne.workspace.batches import Batch
from perenne.workspace.beside import Beside
from perenne.workspace.engines import Engines
from perenne.workspace.layout import Layout, key_of
from perenne.workspace.manifests import currency_of, manifest, require_orders
from perenne.workspace.parts import extend
from perenne.workspace.predictions import (
    Predictions,
    predict_snapshot,
    predict_subscriptions,
)
from perenne.workspace.reconciliation import reconcile
from perenne.workspace.settings import Settings
from perenne.workspace.snapshots import Snapshot
from perenne.workspace.taxes import files_with_tax

Progress = Callable[[str], None]


@dataclass(frozen=True)
class _Who:
    """Who is one customer: what `Resolved` holds, and what writes beside what was carried over."""

    links: Table
    pairs: Table
    ids: Table
    account: IdentityAccount
    beside: Beside | None


@dataclass(frozen=True)
class Run:
    """One computation of a snapshot, up to its files in `scratch/out`."""

    layout: Layout
    settings: Settings
    engines: Engines
    scratch: Path
    progress: Progress

    @property
    def engine(self) -> Engine:
        return self.engines.main

    def compute(
        self, imports: Sequence[Batch], *, as_of: date | None, newest: Snapshot | None, whole: bool
    ) -> tuple[dict[str, Any], Account]:
        """Write the tables of a snapshot; return its manifest and account. What nothing new speaks
        of is taken over from `newest`, unless it is to be a `whole` computation."""
        currency, _unnamed = currency_of(imports, self.settings)
        said = identities.decisions(self.layout)
        base = carrying.Base(currency, carrying.basis(self.settings, said), imports)
        require_orders(imports)
        self._clear()
        try:
            if whole:
                raise carrying.Whole("asked")
            found = base.found(newest, self.settings, as_of=as_of)
            carried = self._carried(found, imports, currency)
            made, account = self._computed(imports, as_of, currency, carried)
        except carrying.Whole as why:
            self._clear()
            made, account = self._computed(imports, as_of, currency, None)
            made["carried"] = {"whole": str(why)}
        return {**made, "carry": base.to_manifest()}, account

    def _clear(self) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)
        (self.scratch / "work").mkdir(parents=True)
        (self.scratch / "out").mkdir()

    def _carried(
        self, found: Snapshot, imports: Sequence[Batch], currency: str
    ) -> carrying.Carried:
        self.progress(_("What is new"))
        desk = carrying.Desk(
            self.engine, self.scratch / "out", self._staged, self._work, self._selling(imports)
        )
        return carrying.carry(found, imports, desk, policy=self.settings.policy(currency))

    def _computed(
        self,
        imports: Sequence[Batch],
        as_of: date | None,
        currency: str,
        carried: carrying.Carried | None,
    ) -> tuple[dict[str, Any], Account]:
        self.progress(_("Cleaning"))
        cleaned = clean(
            carried.staged if carried else self._staged(imports),
            policy=self.settings.policy(currency),
            as_of=as_of,
            keep=self._work,
            view=self.engine.view,
            fetch=self.engine.fetch,
            selling=self._selling(imports),
            known_until=carried.known_until if carried else None,
        )
        if carried:
            carrying.require_own(cleaned, carried)
        else:
            self._require_past(cleaned)
        self.progress(_("Customers"))
        tables, identity, beside = self._identified(cleaned, carried)
        tables, context = self._measured(tables, cleaned.as_of, currency, beside)
        predicted = self._predicted(tables, context.as_of)
        renewed = self._renewed(tables, context.as_of)
        context = replace(
            context,
            has_predictions="predictions" in tables,
            with_tax=files_with_tax(imports, self.settings.tax),
        )
        self.progress(_("Reconciliation"))
        tables["quarantine"] = self._out("quarantine", cleaned.quarantine)
        account = self._account(imports, cleaned, tables, carried)
        if carried:
            carrying.require_balance(account, carried)
        told = {
            "currency_assumed": currency_of(imports, self.settings)[1],
            "prediction": predicted.manifest,
            "subscriptions": renewed.manifest,
            "identity": identity.to_manifest(),
            **(beside.to_manifest() if beside else {}),
        }
        made = manifest(
            imports,
            self.settings,
            context,
            tables=tables,
            codes=cleaned.codes,
            said=cleaned.tables["consents"],
            account=account,
            engine=self.engine,
        )
        return made | told, account

    def _identified(
        self, cleaned: Cleaned, carried: carrying.Carried | None
    ) -> tuple[dict[str, Table], IdentityAccount, Beside | None]:
        who = self._grown(cleaned, carried) if carried else None
        who = who or self._resolved(cleaned, carried)
        keep = who.beside.keep if who.beside else self._out
        tables = identify(
            cleaned.tables,
            key=key_of(self.layout),
            keep=keep,
            links=who.links,
            belonging=self.settings.accounts,
            acquisition=self.settings.acquisition,
            settled=who.beside.settled if who.beside else None,
        )
        if who.beside:
            carrying.require_same_customers(
                who.beside.carried, who.beside.settled, tables["customers"]
            )
        tables["identity_pairs"] = keep("identity_pairs", who.pairs)
        tables["customer_ids"] = keep("customer_ids", who.ids)
        return tables, who.account, who.beside

    def _grown(self, cleaned: Cleaned, carried: carrying.Carried) -> _Who | None:
        """Who came, where nobody can be told more of than an id: all others are who they were."""
        found = identities.newcomers(cleaned.tables, carried, layout=self.layout, keep=self._work)
        if found is None:
            return None
        known = self.engine.read(carried.snapshot.table_path("customers"))
        stayed = known.anti_join(found.alone, "customer_id")
        settled = carrying.settled_of(carried, found.alone)
        settled = replace(settled, stayed=stayed, named=found.alone)
        out, laid = self.scratch / "out", {}
        for name, rows in (("customer_links", found.links), ("customer_ids", found.ids)):
            laid[name] = extend(carried.snapshot, name, rows, engine=self.engine, out=out)
        beside = Beside(self.engine, out, self.scratch / "work", carried, settled, laid)
        pairs = self.engine.read(carried.snapshot.table_path("identity_pairs"))
        account = identities.grown(carried.snapshot, found, engine=self.engine)
        return _Who(laid["customer_links"], pairs, laid["customer_ids"], account, beside)

    def _resolved(self, cleaned: Cleaned, carried: carrying.Carried | None) -> _Who:
        settled = carrying.settled_of(carried) if carried else None
        found = identities.resolve_customers(
            cleaned.tables,
            key=key_of(self.layout),
            settings=self.settings.identity,
            engine=self.engines.local,
            layout=self.layout,
            keep=self._kept_locally,
            bring=lambda name, table: self.engines.to_local(table, self._work_path(name)),
            settled=settled,
        )
        links, pairs, ids = (
            self.engines.to_main(table, self._work_path(f"{name}_found"))
            for name, table in (("links", found.links), ("pairs", found.pairs), ("ids", found.ids))
        )
        beside = None
        if carried and settled:
            out, work = self.scratch / "out", self.scratch / "work"
            beside = Beside(self.engine, out, work, *carrying.relinked(carried, settled, links))
        return _Who(links, pairs, ids, found.account, beside)

    def _require_past(self, cleaned: Cleaned) -> None:
        if self.engine.fetch(cleaned.tables["orders"].count()).as_py():
            return
        raise PerenneError(
            _("No order is dated {day} or before.").format(day=format_date(cleaned.as_of)),
            given=cleaned.as_of,
            next_step=_("Choose a later day; perenne refresh alone takes the last order day."),
        )

    def _measured(
        self,
        tables: dict[str, Table],
        as_of: date,
        currency: str,
        beside: Beside | None,
    ) -> tuple[dict[str, Table], Context]:
        self.progress(_("Measures"))
        settings = self.settings.metric_settings()
        tables |= build_marts(
            tables,
            as_of=as_of,
            settings=settings,
            keep=beside.keep if beside else self._out,
            earlier=beside.earlier() if beside else None,
        )
        context = learn_context(
            tables,
            as_of=as_of,
            currency=currency,
            time_zone=self.settings.shop.time_zone,
            settings=settings,
            fetch=self.engine.fetch,
        )
        runs = customer_runs(tables["customer_days"], inactivity_days=context.inactivity_days)
        tables["customer_runs"] = self._out("customer_runs", runs)
        self.progress(_("Segments"))
        tables["segments"] = self._out(
            "segments",
            assign(
                tables,
                as_of=as_of,
                inactivity_days=context.inactivity_days,
                settings=self.settings.segments,
                keep=self._work,
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

    def _staged(self, imports: Sequence[Batch]) -> dict[str, Table]:
        from perenne.workspace.tables import staged_tables

        chosen = self.settings.cleaning.merge_identical_lines
        identical = None if chosen == "preset" else chosen
        return staged_tables(self.engine, self.layout.raw, imports, identical=identical)

    def _selling(self, imports: Sequence[Batch]) -> Table:
        """The imports that brought lines."""
        counted = {one.id: one.tables.get("order_lines") for one in imports}
        ids = [name for name, n in counted.items() if n and n["read"] > n["quarantined"]]
        return self.engine.arrow(pa.table({"batch": pa.array(ids, pa.string())}))

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
        self,
        imports: Sequence[Batch],
        cleaned: Cleaned,
        tables: dict[str, Table],
        carried: carrying.Carried | None,
    ) -> Account:
        from perenne.workspace.tables import published_value

        orders = tables["orders"]
        money = self.engine.fetch(orders.select("currency").distinct())["currency"].to_pylist()
        value = published_value(tables["order_lines"], orders, money=money)
        source = {one.id: one.source for one in imports}
        published = self.engine.fetch(value).to_pylist()
        refused = self.engine.fetch(tables["quarantine"]).to_pylist()
        return reconcile(
            imports,
            cleaned,
            [{**row, "source": source[row["batch"]]} for row in published],
            unplaced=Counter(row["reason"] for row in refused),
            earlier=carried.account if carried else None,
        )
