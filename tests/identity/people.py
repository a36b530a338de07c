"""Records of persons written by hand, resolved by the real engine; and the truth to hold it to."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from perenne.core import opaque_id
from perenne.identity import Before, Decision, IdentityAccount, IdentitySettings, Task, resolve
from perenne.identity.tables.relation import RELATION
from perenne.warehouse import DuckEngine, Table

KEY = "a key for tests"
Row = dict[str, Any]
TEXTS = (
    "first_name", "last_name", "email", "phone", "address", "postcode", "city", "company",
    "country",
)  # fmt: skip
NO_MODEL = IdentitySettings(probabilistic="off")


@dataclass(frozen=True)
class Customers:
    """What a resolution came to."""

    links: list[Row]
    pairs: list[Row]
    ids: list[Row]
    account: IdentityAccount

    def of(self, source: str, ref: str) -> str:
        (found,) = {
            row["customer_id"]
            for row in self.links
            if (row["source"], row["source_id"]) == (source, ref)
        }
        return found

    def groups(self) -> set[frozenset[tuple[str, str]]]:
        """The records of each customer."""
        found: dict[str, set[tuple[str, str]]] = {}
        for row in self.links:
            found.setdefault(row["customer_id"], set()).add((row["source"], row["source_id"]))
        return {frozenset(group) for group in found.values()}

    def pair(self, one: str, other: str, source: str = "shop") -> Row:
        """The pair of two records of a source."""
        wanted = {own(one, source), own(other, source)}
        (found,) = [row for row in self.pairs if {row["own_id_1"], row["own_id_2"]} == wanted]
        return found


def own(ref: str, source: str = "shop", kind: str = "id") -> str:
    """The id that a record has alone."""
    return opaque_id(KEY, source, kind, ref)


def person(ref: str, *, source: str = "shop", kind: str = "id", **told: Any) -> Row:
    return {"source": source, "customer_ref": ref, "customer_ref_kind": kind, **told}


@dataclass
class Workshop:
    """Resolves again and again, as refreshes do: each goes on from the one before."""

    folder: Path
    engine: DuckEngine = field(default_factory=lambda: DuckEngine(threads=1))
    settings: IdentitySettings = NO_MODEL
    decisions: list[Decision] = field(default_factory=list)
    before: Before = field(default_factory=Before)
    run: int = 0

    def resolve(self, rows: Sequence[Row], bought: Iterable[Row] = ()) -> Customers:
        """`rows` are staged customers, in the order of import; `bought` orders' references."""
        self.run += 1
        self.folder.joinpath(str(self.run)).mkdir()
        cleaned = {
            "orders": self._references(bought),
            **{name: self._references(()) for name in ("refunds", *RELATION)},
            "consents": self._references(()).mutate(
                status=ibis.literal("unknown"), suppressed=False, later=False
            ),
            "customers": self.engine.arrow(staged(rows)),
        }
        cleaned["words"] = cleaned["customers"]
        task = Task(
            self.engine, self._keep, self.settings, self.run, tuple(self.decisions), self.before
        )
        found = resolve(cleaned, key=KEY, task=task)
        links, pairs, ids = (
            self._keep(name, table)
            for name, table in (("final", found.links), ("p", found.pairs), ("ids", found.ids))
        )
        self.before = Before(ids, links, found.account.largest)
        fetched = [self.engine.fetch(table).to_pylist() for table in (links, pairs, ids)]
        return Customers(*fetched, found.account)

    def decide(self, pair: Row, word: Any) -> None:
        self.decisions.append(
            Decision(pair["pair_id"], pair["own_id_1"], pair["own_id_2"], word, f"{self.run}")
        )

    def with_settings(self, **values: Any) -> None:
        self.settings = self.settings.model_copy(update=values)

    def _keep(self, name: str, table: Table) -> Table:
        path = self.folder / str(self.run) / f"{name}.parquet"
        self.engine.write(table, path)
        return self.engine.read(path)

    def _references(self, rows: Iterable[Row]) -> Table:
        names = ("source", "customer_ref", "customer_ref_kind")
        columns = {name: [row[name] for row in rows] for name in names}
        table = pa.table({n: pa.array(c, pa.string()) for n, c in columns.items()})
        bought = pa.array([True] * len(table), pa.bool_())
        return self.engine.arrow(table.append_column("is_purchase", bought))


def staged(rows: Sequence[Row]) -> pa.Table:
    """Rows as the cleaning hands staged customers over."""
    size = len(rows)
    columns: dict[str, Any] = {
        name: pa.array([row.get(name) for row in rows], pa.string())
        for name in ("source", "customer_ref", "customer_ref_kind", "person_ref", *TEXTS)
    }
    columns["birth_on"] = pa.array([row.get("birth_on") for row in rows], pa.date32())
    columns["row_file"] = pa.array(["file"] * size, pa.string())
    columns["row_number"] = pa.array(range(size), pa.int64())
    columns["seq"] = pa.array([row.get("seq", 1) for row in rows], pa.int64())
    return pa.table(columns)


FIRST = (
    "alice", "bruno", "claire", "denis", "elise", "fabien", "gaelle", "hugo", "ines", "jules",
    "karine", "louis",
)  # fmt: skip
LAST = (
    "martin", "bernard", "dubois", "thomas", "robert", "richard", "petit", "durand", "leroy",
    "moreau", "simon",
)  # fmt: skip


def town(size: int, *, seed: int = 1) -> list[Row]:
    """Persons known to two sources that share no identifier, a few with a slip of the pen."""
    chance = random.Random(seed)
    rows = []
    for number in range(size):
        told = {
            "first_name": chance.choice(FIRST) + chance.choice("aeiou"),
            "last_name": chance.choice(LAST) + chance.choice(("", "eau", "ier", "ot", "in")),
            "address": f"{chance.randrange(200)} rue {chance.choice(LAST)}",
            "postcode": f"{chance.randrange(10, 95):02d}{chance.randrange(40):03d}",
            "city": chance.choice(LAST) + "ville",
        }
        rows.append(person(f"a{number}", email=f"p{number}@mail.example", **told))
        if chance.random() < 0.2:
            told["last_name"] = told["last_name"][:-1] + "x"
        rows.append(person(f"b{number}", source="till", **told))
    return rows


def shuffled(rows: Sequence[Row], seed: int) -> list[Row]:
    found = list(rows)
    random.Random(seed).shuffle(found)
    return found
