"""Plain SQL twins of the metrics, run by DuckDB over canonical Parquet; no product code inside."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

FOLDER = Path(__file__).parent / "twins"
NAMES = sorted(path.stem for path in FOLDER.glob("*.sql") if not path.stem.startswith("_"))
TABLES = ("orders", "order_lines", "refunds", "customers", "costs")
RELATION = ("consents", "events", "surveys", "subscriptions")


class Twins:
    """Twins over one folder of canonical tables; `only` keeps one group of orders or customers."""

    def __init__(self, folder: Path, *, as_of: date, window: int) -> None:
        self.folder, self.as_of, self.window = folder, as_of, window
        self.duck = duckdb.connect()
        self.prepared: object = None
        for name in (*TABLES, *RELATION):
            file = folder / f"{name}.parquet"
            self.duck.execute(f"create temp table raw_{name} as select * from '{file}'")
        self.duck.execute(
            "create temp table every_order as select * from raw_orders "
            f"where is_purchase and ordered_on <= date '{as_of}'"
        )
        self.duck.execute(f"set variable window_days = {window}")
        self.duck.execute(f"set variable last_day = date '{as_of}'")
        self.duck.execute(
            "set variable first_day = (select min(ordered_on) from every_order "
            "where customer_id is not null)"
        )

    def value(
        self,
        metric: str,
        start: date,
        end: date,
        *,
        orders: dict[str, Any] | None = None,
        customers: dict[str, Any] | None = None,
        spend: dict[str, Any] | None = None,
    ) -> Any:
        """The twin's figure over [start, end], restricted to some orders, customers or spend."""
        self._prepare(start, end, groups=(orders or {}, customers or {}, spend or {}))
        row = self.duck.execute((FOLDER / f"{metric}.sql").read_text("utf-8")).fetchone()
        return row[0] if row else None

    def _prepare(self, start: date, end: date, *, groups: tuple[dict[str, Any], ...]) -> None:
        """Rows of one group and the tables over one period; `all_orders` keep all its orders."""
        if self.prepared == (start, end, groups):
            return
        self.prepared = (start, end, groups)
        orders, customers, spend = groups
        for name, value in {"from_day": start, "to_day": end}.items():
            self.duck.execute(f"set variable {name} = date '{value}'")
        chosen = f"select customer_id from raw_customers where {_where(customers)}"
        people = f"customer_id in ({chosen})" if customers else "true"
        self._view("all_orders", f"select * from every_order where {people}")
        by_line = "category" in orders
        whole = "true" if by_line else _where(orders)
        self._view("orders", f"select * from all_orders where {whole}")
        lines = _where(orders) if by_line else "true"
        self._view("order_lines", f"select * from raw_order_lines where {lines}")
        self._view("refunds", f"select * from raw_refunds where {people} and {_where(orders)}")
        self._view("customers", "select * from raw_customers")
        for name in ("customers", *RELATION):
            # Who is nobody in particular stands in the group of the unknown.
            nobody = "customer_id is null" if None in customers.values() else "false"
            self._view(f"chosen_{name}", f"select * from raw_{name} where {people} or {nobody}")
        self._view("costs", f"select * from raw_costs where {_where(spend)}")
        self.duck.execute((FOLDER / "_views.sql").read_text("utf-8"))

    def _view(self, name: str, sql: str) -> None:
        self.duck.execute(f"create or replace temp view {name} as {sql}")


def _where(values: dict[str, Any]) -> str:
    tests = [f"{name} is not distinct from {_literal(value)}" for name, value in values.items()]
    return " and ".join(tests) or "true"


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}'"
