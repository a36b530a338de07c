"""What a refresh takes over from the snapshot before: orders that nothing new speaks of.

Everything before a day, `until`, is settled where no later import tells an order, a product or a
customer of it anything, and no day has come since that changes it. Its orders, lines and ledger are
linked into the new snapshot; all that hangs on the as-of day or on the whole shop is computed anew.
Where anything is in doubt the refresh is a whole one: `Whole` says why.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import perenne
from perenne.cleaning import Account, Cleaned, Counted, Policy, count, settling
from perenne.identity import Decision, Settled, standing
from perenne.warehouse import Engine, Table
from perenne.workspace.batches import Batch
from perenne.workspace.layout import LAYOUT_VERSION
from perenne.workspace.reconciliation import Earlier
from perenne.workspace.settings import Settings, as_mapping
from perenne.workspace.snapshots import Snapshot

PARTED = ("orders", "order_lines", "sales")
"""Tables that are carried over in parts, one for each refresh that made some of their rows."""
_MOST_PARTS = 24
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
    parts = [values, said, perenne.__version__, LAYOUT_VERSION]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def signature(batch: Batch) -> str:
    """Changes when anything of an import does, an erasure included."""
    parts = [batch.sha256, batch.source, batch.preset, batch.identical, batch.erased]
    text = json.dumps([*parts, sorted(batch.signed.items())], default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Part:
    """A file of each carried table: orders from the end of the part before it to before `end`."""

    name: str | None
    """None where the table is one file."""
    end: date
    mixed: bool = False
    """Holds earlier orders too, whose customers were linked since."""


def parts_of(snapshot: Snapshot) -> list[Part]:
    """The parts of a snapshot's carried tables, in order of time."""
    after = snapshot.as_of + timedelta(days=1)
    listed = snapshot.manifest.get("parts") or [{"name": None, "until": None}]
    return [
        Part(
            one["name"],
            date.fromisoformat(one["until"]) if one["until"] else after,
            one.get("mixed", False),
        )
        for one in listed
    ]


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
    settled: Settled
    counted: Counted
    known_until: date | None

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
            "imports": not told["inputs"].items() <= self._inputs().items(),
            "as_of": as_of is not None and as_of < newest.as_of,
            "parts": len(parts_of(newest)) > _MOST_PARTS,
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
    parts = _laid(found, until, desk, orders)
    laid = {name: engine.read(desk.out / f"{name}.parquet") for name in PARTED}
    if engine.fetch(laid["orders"].count()).as_py() < found.manifest["tables"]["orders"] / 2:
        raise Whole("share")
    refunds, links = (engine.read(found.table_path(name)) for name in ("refunds", "customer_links"))
    records = desk.keep("settled_records", tables.settled_records(laid["orders"]))
    references = desk.keep("settled_references", tables.settled_references(links, records))
    return Carried(
        snapshot=found,
        desk=desk,
        until=until,
        parts=parts,
        staged=opened.of(now),
        tables={**laid, "refunds": tables.settled_refunds(refunds, laid["orders"], until)},
        settled=Settled(references, records),
        counted=count(
            opened.of(settling.judged(old)),
            policy=policy,
            keep=lambda name, table: desk.keep(f"before_{name}", table),
            view=engine.view,
            fetch=engine.fetch,
            selling=desk.selling,
        ),
        known_until=found.as_of if _ends_known(found, until) else None,
    )


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


def _laid(found: Snapshot, until: date, desk: Desk, orders: Table) -> list[dict[str, Any]]:
    """Lay the settled rows of every carried table into the new snapshot: whole parts by a link, the
    part that the day cuts as a copy. Returns the parts as a manifest lists them."""
    from perenne.workspace.tables import settled_rows

    parts: list[dict[str, Any]] = []
    start: date | None = None
    for number, part in enumerate(parts_of(found)):
        if start and start >= until and not part.mixed:
            continue
        name = part.name or f"part-{number:06d}.parquet"
        end = min(part.end, until)
        for table in PARTED:
            path = found.table_path(table)
            file = path / part.name if part.name else path
            target = desk.out / f"{table}.parquet" / name
            target.parent.mkdir(exist_ok=True)
            if end == part.end:
                _link(file, target)
            else:
                rows = settled_rows(table, desk.engine.read(file), until=until, orders=orders)
                desk.engine.write(rows, target)
        parts.append({"name": name, "until": end.isoformat(), "mixed": part.mixed})
        start = end
    return parts


def _link(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:  # a disk that knows no links, or another disk
        shutil.copyfile(file, target)


@dataclass(frozen=True)
class Beside:
    """Writes tables of a new snapshot beside what was carried over."""

    engine: Engine
    out: Path
    work: Path
    carried: Carried
    fresh: dict[str, Table] = field(default_factory=dict)
    """Of carried tables and refunds, the rows that were computed now."""

    def keep(self, name: str, table: Table) -> Table:
        """Write what was computed of the table `name`; return it with what was carried over."""
        if name in PARTED:
            folder = self.out / f"{name}.parquet"
            self.fresh[name] = self._written(folder / self._own_part, table)
            return self.engine.read(folder)
        if name == "refunds":
            self.fresh[name] = self._written(self.work / "refunds.parquet", table)
            table = self.carried.tables[name].union(self.fresh[name])
        return self._written(self.out / f"{name}.parquet", table)

    @property
    def _own_part(self) -> str:
        last = self.carried.parts[-1]["name"] if self.carried.parts else "part-000000.parquet"
        number = int(last.removeprefix("part-").removesuffix(".parquet")) + 1
        return f"part-{number:06d}.parquet"

    def to_manifest(self) -> dict[str, Any]:
        """The parts of the carried tables, and where they come from."""
        carried = self.carried
        return {
            "carried": {"from": carried.snapshot.id, "until": carried.until.isoformat()},
            "parts": [
                *carried.parts,
                {"name": self._own_part, "until": None, "mixed": bool(carried.settled.moved)},
            ],
        }

    def _written(self, path: Path, table: Table) -> Table:
        self.engine.write(table, path)
        return self.engine.read(path)


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


def relinked(carried: Carried, links: Table) -> Carried:
    """`carried` without the settled orders of customers that were linked since: they move beside
    those that are computed now. Raises Whole where that is no small matter."""
    from perenne.workspace import tables

    desk, engine = carried.desk, carried.desk.engine
    now = desk.keep("linked_now", tables.linked_now(carried.settled.references, links))
    (changes,) = engine.fetch(tables.changes_of(now)).to_pylist()
    if not any(changes.values()):
        return carried
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
    stayed = {name: _without(moved, name, carried) for name in PARTED}
    refunds = carried.tables["refunds"].anti_join(moved, "customer_id")
    records = carried.settled.records.anti_join(moved, "customer_id")
    return replace(
        carried,
        tables={**stayed, "refunds": refunds},
        settled=Settled(
            carried.settled.references, desk.keep("stayed_records", records), moved=rows
        ),
    )


def _without(moved: Table, name: str, carried: Carried) -> Table:
    """Write the parts of a carried table again without the rows of these customers."""
    desk, folder = carried.desk, carried.desk.out / f"{name}.parquet"
    for part in carried.parts:
        whole = desk.engine.read(folder / part["name"])
        rest = folder / f"{part['name']}.rest"
        desk.engine.write(whole.anti_join(moved, "customer_id"), rest)
        rest.replace(folder / part["name"])
    return desk.engine.read(folder)


def require_same_customers(carried: Carried, customers: Table, engine: Engine) -> None:
    """Whoever has settled orders is told as before by what the ledger holds. Raises Whole."""
    from perenne.workspace.tables import otherwise_told

    before = engine.read(carried.snapshot.table_path("customers"))
    changed = otherwise_told(before, customers, carried.settled.records)
    if engine.fetch(changed)[0][0].as_py():
        raise Whole("attributes")
