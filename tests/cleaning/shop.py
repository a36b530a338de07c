"""Small staged tables written by hand, cleaned and identified by the real engine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import ibis
import pyarrow as pa

from perenne.cleaning import CleaningSettings, ExchangeRate, Policy, TaxSettings, clean
from perenne.identity import identify
from perenne.warehouse import CANONICAL, STAGED, DuckEngine, Table

Row = dict[str, Any]
KEY = "a key for tests"
ORIGIN = {"source": "string", "batch": "string", "seq": "int64", "identical": "string"}
# In the order in which the cleaning fetches the fates.
FATES = (*(name for name in STAGED if name != "customers"), "customers")
MONEY_COLUMNS = frozenset(
    name
    for schema in STAGED.values()
    for name, kind in schema.types.items()
    if kind.startswith("decimal")
)


@dataclass(frozen=True)
class Import:
    """One imported file: its rows by staged table."""

    tables: Mapping[str, list[Row]]
    source: str = "shop"
    name: str = "1-file"
    seq: int = 1
    identical: str = "merge"

    def rows(self, table: str) -> list[Row]:
        """Staged rows as the workspace hands them over: with their origin and import."""
        return [
            {
                "row_file": self.name,
                "row_number": n,
                "row_hash": f"{self.name}/{n}",
                **_typed(row),
                "source": self.source,
                "batch": self.name,
                "seq": self.seq,
                "identical": self.identical,
            }
            for n, row in enumerate(self.tables.get(table, ()), start=1)
        ]


@dataclass(frozen=True)
class Shop:
    """What came out: canonical tables as rows, and the accounts."""

    as_of: date
    tables: Mapping[str, list[Row]]
    fates: Mapping[str, list[Row]]
    flow_rows: list[Row]

    def order(self, number: str, source: str = "shop") -> Row:
        (found,) = [o for o in self.tables["orders"] if o["order_id"] == f"{source}/{number}"]
        return found

    def lines(self, number: str, source: str = "shop") -> list[Row]:
        return [x for x in self.tables["order_lines"] if x["order_id"] == f"{source}/{number}"]

    def refunds(self) -> list[Row]:
        return sorted(self.tables["refunds"], key=lambda row: row["refund_id"])

    def fate(self, table: str) -> tuple[int, int]:
        """Rows of a staged table that were kept and merged, over all imports."""
        counts = self.fates[table]
        return sum(row["kept"] for row in counts), sum(row["merged"] for row in counts)

    def flows(self) -> dict[str, Decimal]:
        """Written value by rule; what only moves from one month to another adds up to nothing."""
        found: dict[str, Decimal] = {}
        for row in self.flow_rows:
            found[row["rule"]] = found.get(row["rule"], Decimal(0)) + row["amount"]
        assert not found.pop("moved", Decimal(0))
        return found


def money(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _typed(row: Row) -> Row:
    return {name: money(v) if name in MONEY_COLUMNS else v for name, v in row.items()}


def _when(day: date | None, at: datetime | None) -> Row:
    if at is None and day is not None:
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {"ordered_on": day, "ordered_at": at, "time_known": False if day else None}


def who(ref: str | None = "ann", kind: str = "id") -> Row:
    """Whom a row refers to."""
    return {"customer_ref": ref, "customer_ref_kind": kind if ref else None}


def line(
    number: str = "A",
    product: str | None = "mug",
    price: object = 10,
    *,
    quantity: object = 1,
    customer: str | None = "ann",
    day: date | None = date(2025, 3, 1),
    **values: Any,
) -> Row:
    """A staged order line that stands alone: it carries the order's columns."""
    who = {"customer_ref": customer, "customer_ref_kind": "id" if customer else None}
    own = {"source_order_id": number, "product_id": product, "product_name": product}
    return {
        **own,
        **who,
        **_when(day, values.pop("at", None)),
        "unit_price": price,
        "quantity": quantity,
        **values,
    }


def item(number: str = "A", product: str = "mug", price: object = 10, **values: Any) -> Row:
    """A staged line of an order that has an order row of its own."""
    return line(number, product, price, customer=None, day=None, **values)


def order(
    number: str = "A",
    *,
    customer: str | None = "ann",
    day: date | None = date(2025, 3, 1),
    **values: Any,
) -> Row:
    """A staged order row."""
    who = {"customer_ref": customer, "customer_ref_kind": "id" if customer else None}
    return {"source_order_id": number, **who, **_when(day, values.pop("at", None)), **values}


def refund(number: str, amount: object, day: date = date(2025, 4, 1), **values: Any) -> Row:
    return {"source_order_id": number, "amount": amount, "refunded_on": day, **values}


def settings(
    *,
    rates: Iterable[ExchangeRate] = (),
    currency: str = "EUR",
    tax: TaxSettings | None = None,
    **switches: Any,
) -> Policy:
    return Policy(CleaningSettings(**switches), tax or TaxSettings(), tuple(rates), currency)


class Pipeline:
    """The cleaning and the identity for one policy and date: compiled once by the real engine,
    then fed with any number of small shops. Building expressions takes seconds; running them, not.
    """

    def __init__(self, policy: Policy, as_of: date | None) -> None:
        self.engine = DuckEngine(threads=1)
        self._steps: list[tuple[str, str]] = []
        self._fetched: list[str] = []
        self._policy, self._as_of = policy, as_of

    def run(self, *imports: Import) -> Shop:
        """Canonical tables and accounts of these imports."""
        staged = {name: self._stage(name, imports) for name in STAGED}
        if self._as_of is None or not self._fetched:
            self._compile(staged)
        else:
            for name, sql in self._steps:
                self.engine.duck.execute(f'CREATE OR REPLACE TABLE "{name}" AS {sql}')
        return self._result()

    def _compile(self, staged: Mapping[str, Table]) -> None:
        self._steps, self._fetched = [], []
        cleaned = clean(
            staged,
            policy=self._policy,
            as_of=self._as_of,
            keep=self._keep,
            view=self.engine.view,
            fetch=self._fetch,
        )
        self.as_of = cleaned.as_of
        identify(cleaned.tables, key=KEY, keep=self._keep)

    def _result(self) -> Shop:
        fates = dict(zip(FATES, self._fetched[-1 - len(FATES) : -1], strict=True))
        return Shop(
            as_of=self.as_of,
            tables={name: self._rows(f'FROM "{name}"') for name in (*CANONICAL, "quarantine")},
            fates={name: self._rows(sql) for name, sql in fates.items()},
            flow_rows=self._rows(self._fetched[-1]),
        )

    def _rows(self, sql: str) -> list[Row]:
        rows: list[Row] = self.engine.duck.sql(sql).to_arrow_table().to_pylist()
        return rows

    def _keep(self, name: str, table: Table) -> Table:
        sql = self.engine.ibis.compile(table)
        self.engine.ibis._run_pre_execute_hooks(table)
        self.engine.duck.execute(f'CREATE OR REPLACE TABLE "{name}" AS {sql}')
        self._steps.append((name, sql))
        # As the engine types what it has written.
        return self.engine.view(self.engine.ibis.table(name))

    def _fetch(self, table: Table) -> pa.Table:
        self.engine.ibis._run_pre_execute_hooks(table)
        self._fetched.append(self.engine.ibis.compile(table))
        return self.engine.duck.sql(self._fetched[-1]).to_arrow_table()

    def _stage(self, name: str, imports: Iterable[Import]) -> Table:
        types = {**STAGED[name].types, **ORIGIN}
        rows = [row for one in imports for row in one.rows(name)]
        table = pa.Table.from_pylist(
            [{column: row.get(column) for column in types} for row in rows],
            schema=ibis.schema(types).to_pyarrow(),
        )
        self.engine.duck.register("given", table)
        self.engine.duck.execute(f'CREATE OR REPLACE TABLE "staged_{name}" AS FROM given')
        self.engine.duck.unregister("given")
        return self.engine.ibis.table(f"staged_{name}")


POLICIES: dict[str, Policy] = {}


@cache
def pipeline(policy: str, as_of: date | None) -> Pipeline:
    return Pipeline(POLICIES[policy], as_of)


def run(
    *imports: Import, policy: Policy | None = None, as_of: date | None = date(2025, 12, 31)
) -> Shop:
    """Clean and identify; `as_of` None: as of the last order day."""
    chosen = policy or settings()
    POLICIES[repr(chosen)] = chosen
    return pipeline(repr(chosen), as_of).run(*imports)


def run_rows(*, policy: Policy | None = None, **tables: list[Row]) -> Shop:
    """One import of these staged tables."""
    return run(Import(tables), policy=policy)
