"""What a refresh takes over from the snapshot before: orders that nothing new speaks of.

Everything before a day, `until`, is settled where no later import tells an order, a product or a
customer of it anything, and no day has come since that changes it. Its orders, lines and ledger are
linked into the new snapshot; all that hangs on the as-of day or on the whole shop is computed anew.
Where anything is in doubt the refresh is a whole one: `Whole` says why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from perenne.cleaning import Account, Cleaned, Counted, Policy, count, settling
from perenne.identity import Decision, Settled, standing
from perenne.warehouse import Engine, Table
from perenne.workspace.batches import Batch
from perenne.workspace.own_code import code_print
from perenne.workspace.parts import MOST_PARTS, PARTED, lay, parts_of, without
from perenne.workspace.reconciliation import Earlier
from perenne.workspace.settings import Settings, as_mapping
from perenne.workspace.snapshots import Snapshot

_MOST_MOVED = 0.1
"""Of the orders, that may be those of customers who were linked."""
_SLACK = timedelta(days=31)
"""Further back than asked, so that the next refresh may end its parts on the same day."""
_FREE = (
    "retention",
    "predictions",
    "segments",
    "quality",
    "connections",
    "engine",
    "lake",
    "refresh",
    "snapshots",
)
"""Settings on which no order, line or ledger hangs."""
Staged = Callable[[Sequence[Batch]], dict[str, Table]]
Keep = Callable[[str, Table], Table]


class Whole(Exception):
    """Nothing can be carried over; the word says why (docs/explanation/refresh.md)."""


def basis(settings: Settings, decisions: Iterable[Decision]) -> str:
    """Changes when settings, decisions or code may make another order, line or ledger of a row."""
    values = {name: one for name, one in as_mapping(settings).items() if name not in _FREE}
    said = sorted((one.pair_id, one.word) for one in standing(decisions))
    parts = [values, said, code_print()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def signature(batch: Batch) -> str:
    """Changes when anything of an import does, an erasure included."""
    parts = [batch.sha256, batch.source, batch.preset, batch.identical, batch.erased]
    text = json.dumps([*parts, sorted(batch.signed.items())], default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Desk:
    """What carrying over needs of a refresh. `selling`: imports with lines, column `batch`."""

    engine: Engine
    out: Path
    staged: Staged
    keep: Keep
    selling: Table


@dataclass(frozen=True)
class Carried:
    """What is taken over, and the rows that are left to clean.

    `staged`: rows of open orders, other tables whole. `tables`: settled rows of `PARTED`, already
    part of the new snapshot, and of refunds. `counted`: what the earlier snapshot counted of the
    rows that are cleaned again. `known_until`: last day of an order among the settled ones, if
    known.
    """

    snapshot: Snapshot
    desk: Desk
    until: date
    parts: Sequence[Mapping[str, Any]]
    staged: Mapping[str, Table]
    tables: Mapping[str, Table]
    counted: Counted
    known_until: date | None
    opened: Table
    """`customer_id` of orders that the snapshot holds and that are not taken over."""
    moved: Table | None = None
    """`customer_id` of those that were linked since, and the `customer` that they are now."""

    @property
    def account(self) -> Earlier:
        """What accounts for the rows that are not cleaned again."""
        known = Account.from_manifest(self.snapshot.manifest["reconciliation"])
        return Earlier(known, self.counted)


@dataclass(frozen=True)
class Base:
    """What a snapshot must have in common with a refresh that carries over from it."""

    currency: str
    basis: str
    imports: Sequence[Batch]

    def to_manifest(self) -> dict[str, Any]:
        return {"basis": self.basis, "currency": self.currency, "inputs": self._inputs()}

    def found(self, newest: Snapshot | None, settings: Settings, *, as_of: date | None) -> Snapshot:
        """The newest snapshot, where its manifest allows it. Raises Whole."""
        told = newest.manifest.get("carry") if newest else None
        if newest is None or not told:
            raise Whole("first")
        same = (told["basis"], told["currency"]) == (self.basis, self.currency)
        engines = {settings.engine.name, newest.manifest["settings"]["engine"]["name"]}
        reasons = {
            "engine": engines != {"duckdb"},
            "small": sum(map(_rows, self.imports)) < settings.refresh.carry_over_from,
            "settings": not same,
            "average_cost": settings.margin.averages,
            "imports": not told["inputs"].items() <= self._inputs().items(),
            "as_of": as_of is not None and as_of < newest.as_of,
            "parts": len(parts_of(newest)) > MOST_PARTS,
        }
        for reason, holds in reasons.items():
            if holds:
                raise Whole(reason)
        return newest

    def _inputs(self) -> dict[str, str]:
        return {one.id: signature(one) for one in self.imports}


def _rows(batch: Batch) -> int:
    counts = batch.tables.get("order_lines") or batch.tables.get("orders") or {"read": 0}
    return int(counts["read"])


def carry(found: Snapshot, imports: Sequence[Batch], desk: Desk, *, policy: Policy) -> Carried:
    """Settle since when something is new, and lay what was before it into the new snapshot.

    Raises Whole.
    """
    from perenne.workspace import tables

    engine, known = desk.engine, found.manifest["carry"]["inputs"]
    old, new = (
        desk.staged([one for one in imports if (one.id in known) == counted])
        for counted in (True, False)
    )
    now = desk.staged(imports)
    orders, lines = (engine.read(found.table_path(name)) for name in ("orders", "order_lines"))
    earlier = settling.Earlier(orders, lines, found.as_of)
    if settling.has_payments(now, engine.fetch):
        raise Whole("payments")
    touched = settling.first_touched(
        earlier, before=old, now=now, news=new, keep=desk.keep, fetch=engine.fetch
    )
    until = _until(found, touched)
    opened = settling.opened(earlier, now, until=until, keep=desk.keep, fetch=engine.fetch)
    if opened is None:
        raise Whole("shared_numbers")
    parts = lay(found, until, engine=engine, out=desk.out, orders=orders)
    laid = {name: engine.read(desk.out / f"{name}.parquet") for name in PARTED}
    if engine.fetch(laid["orders"].count()).as_py() < found.manifest["tables"]["orders"] / 2:
        raise Whole("share")
    refunds = engine.read(found.table_path("refunds"))
    return Carried(
        snapshot=found,
        desk=desk,
        until=until,
        parts=parts,
        staged=opened.of(now),
        tables={**laid, "refunds": tables.settled_refunds(refunds, laid["orders"], until)},
        counted=count(
            opened.of(settling.judged(old)),
            policy=policy,
            keep=lambda name, table: desk.keep(f"before_{name}", table),
            view=engine.view,
            fetch=engine.fetch,
            selling=desk.selling,
        ),
        known_until=found.as_of if _ends_known(found, until) else None,
        opened=orders.filter(orders.ordered_on >= until).select("customer_id"),
    )


def settled_of(carried: Carried, alone: Table | None = None) -> Settled:
    """Whom the settled orders name, and what their records bought; of the customers of `alone`
    only, where there is one."""
    from perenne.workspace import tables

    desk = carried.desk
    links = desk.engine.read(carried.snapshot.table_path("customer_links"))
    orders = carried.tables["orders"]
    chosen = orders if alone is None else orders.semi_join(alone, "customer_id")
    records = desk.keep("settled_records", tables.settled_records(chosen))
    references = desk.keep("settled_references", tables.settled_references(links, records))
    return Settled(references, records)


def _ends_known(found: Snapshot, until: date) -> bool:
    """Is the snapshot's day its last order's, and that order settled?"""
    return until > found.as_of and found.manifest["requested_as_of"] is None


def _until(found: Snapshot, touched: date | None) -> date:
    """The day before which all is settled: the end of a part where one is near."""
    if touched is None or touched > found.as_of:
        return found.as_of + timedelta(days=1)
    ends = [one.end for one in parts_of(found) if one.end <= touched]
    if ends and ends[-1] >= touched - 2 * _SLACK:
        return ends[-1]
    return touched - _SLACK


def require_own(cleaned: Cleaned, carried: Carried) -> None:
    """What was cleaned hangs on no settled order and repeats none. Raises Whole: a credit note is
    matched with an earlier sale, wherever it is; the last order may have been called off."""
    engine = carried.desk.engine
    refunds, orders = cleaned.tables["refunds"], cleaned.tables["orders"]
    notes = refunds.filter(refunds.origin == "credit_note").count()
    if engine.fetch(notes).as_py():
        raise Whole("credit_notes")
    if engine.fetch(orders.filter(orders.ordered_on < carried.until).count()).as_py():
        raise Whole("shared_numbers")
    if cleaned.as_of < carried.snapshot.as_of:
        raise Whole("as_of")


def require_balance(account: Account, carried: Carried) -> None:
    """The rows that were taken over and those that were computed add up to all that was read, if
    they did before. Raises Whole."""
    if carried.account.account.balanced and not account.balanced:
        raise Whole("account")


def relinked(carried: Carried, settled: Settled, links: Table) -> tuple[Carried, Settled]:
    """Both without the settled orders of customers that were linked since: they move beside those
    that are computed now. Raises Whole where that is no small matter."""
    from perenne.workspace import tables

    desk, engine = carried.desk, carried.desk.engine
    now = desk.keep("linked_now", tables.linked_now(settled.references, links))
    (changes,) = engine.fetch(tables.changes_of(now)).to_pylist()
    if not any(changes.values()):
        return carried, settled
    moved = desk.keep("moved_customers", tables.moved_customers(now))
    if changes["lost"] or engine.fetch(tables.parted(moved))[0][0].as_py():
        raise Whole("customers")
    rows = {
        name: desk.keep(f"moved_{name}", tables.of_moved(carried.tables[name], moved))
        for name in ("orders", "order_lines", "refunds")
    }
    many = carried.snapshot.manifest["tables"]["orders"] * _MOST_MOVED
    if engine.fetch(rows["orders"].count()).as_py() > many:
        raise Whole("customers")
    profiles = engine.read(carried.snapshot.table_path("profiles"))
    gone = moved.join(profiles, "customer_id").select("customer_id", "customer_number")
    stayed = {
        name: without(gone, desk.out / f"{name}.parquet", carried.parts, engine=engine)
        for name in PARTED
    }
    refunds = carried.tables["refunds"].anti_join(moved, "customer_id")
    records = desk.keep("stayed_records", settled.records.anti_join(moved, "customer_id"))
    return (
        replace(carried, moved=moved, tables={**stayed, "refunds": refunds}),
        Settled(settled.references, records, moved=rows),
    )


def require_same_customers(carried: Carried, settled: Settled, customers: Table) -> None:
    """Whoever has settled orders is told as before by what the ledger holds. Raises Whole."""
    from perenne.workspace.tables import otherwise_told

    engine = carried.desk.engine
    before = engine.read(carried.snapshot.table_path("customers"))
    changed = otherwise_told(before, customers, settled.records)
    if engine.fetch(changed)[0][0].as_py():
        raise Whole("attributes")
