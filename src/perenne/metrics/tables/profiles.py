"""Customer attributes by which rows are split and filtered; one row per customer, never more."""

from __future__ import annotations

import ibis.expr.types as ir

from perenne.metrics.datasets import Source
from perenne.metrics.tables import Fetch, Tables
from perenne.metrics.tables.marts import MARTS
from perenne.warehouse import CANONICAL

_FACTS = {
    "acquisition_channel": "channel",
    "customer_country": "country",
    "cohort": "cohort_month",
    "cohort_week": "cohort_week",
    "cohort_quarter": "cohort_quarter",
    "first_category": "first_category",
    "first_discounted": "first_discounted",
}


def extra_dimensions(tables: Tables) -> dict[str, str]:
    """Dimensions handed in from above: name -> table.

    A table of customer_id and one column gives that column; the table `segments` gives `segment`.
    """
    found: dict[str, str] = {}
    for name, table in tables.items():
        if name in CANONICAL or name in MARTS or "customer_id" not in table.columns:
            continue
        rest = [column for column in table.columns if column != "customer_id"]
        if len(rest) == 1:
            found[rest[0]] = name
        elif name == "segments" and "segment" in rest:
            found["segment"] = name
    return found


def repeated_customers(table: ir.Table, *, fetch: Fetch) -> int:
    """How many customers stand more than once in a dimension's table."""
    counts = table.group_by("customer_id").aggregate(rows=table.count())
    repeated = counts.filter(counts.rows > 1)
    return int(fetch(repeated.aggregate(n=repeated.count()))["n"][0].as_py())


def with_dimensions(
    rows: ir.Table, source: Source, *, columns: tuple[str, ...], tables: Tables
) -> ir.Table:
    """Add the dimension columns that the rows do not have, by customer; rows stay as many."""
    if source == "spend":
        return rows.mutate(acquisition_channel=rows.channel)
    if "customer" in columns:
        rows = rows.mutate(customer=rows.customer_id)
    missing = [column for column in columns if column not in rows.columns]
    extra = extra_dimensions(tables)
    for column in missing:
        if column in extra:
            table = tables[extra[column]].select("customer_id", column)
        else:
            facts = tables["customer_facts"]
            table = facts.select("customer_id", **{column: facts[_FACTS[column]]})
        rows = rows.left_join(table, "customer_id").drop("customer_id_right")
    return rows
