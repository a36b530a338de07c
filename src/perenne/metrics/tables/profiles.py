"""Customer attributes by which rows are split and filtered; one row per customer, never more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import ibis
import ibis.expr.types as ir

from perenne.metrics.datasets import Source
from perenne.metrics.tables import Fetch, Tables
from perenne.metrics.tables.canonical import table
from perenne.metrics.tables.marts import MARTS
from perenne.warehouse import CANONICAL

_TOLD = {
    "account": "account_id",
    "acquisition_channel": "channel",
    "customer_country": "country",
    "first_category": "first_category",
    "first_discounted": "first_discounted",
}
"""Of everybody, prospects too."""
_FACTS = {
    "cohort": "cohort_month",
    "cohort_week": "cohort_week",
    "cohort_quarter": "cohort_quarter",
}
"""Of those who bought."""
_STARTS: dict[str, Literal["M", "W", "Q"]] = {
    "cohort": "M",
    "cohort_week": "W",
    "cohort_quarter": "Q",
}
"""The same from the first day in `profiles`."""
_VALUES = {
    "plan": ("subscriptions", "plan"),
    "survey": ("surveys", "survey"),
    "topic": ("surveys", "topic"),
    "campaign": ("events", "campaign"),
}


def extra_dimensions(tables: Tables) -> dict[str, str]:
    """Dimensions handed in from above: name -> table.

    A table of customer_id and one column gives that column; the table `segments` gives `segment`.
    """
    found: dict[str, str] = {}
    for name, given in tables.items():
        if name in CANONICAL or name in MARTS or "customer_id" not in given.columns:
            continue
        rest = [column for column in given.columns if column != "customer_id"]
        if len(rest) == 1:
            found[rest[0]] = name
        elif name == "segments" and "segment" in rest:
            found["segment"] = name
    return found


def repeated_customers(people: ir.Table, *, fetch: Fetch) -> int:
    """How many customers stand more than once in a dimension's table."""
    counts = people.group_by("customer_id").aggregate(rows=people.count())
    repeated = counts.filter(counts.rows > 1)
    return int(fetch(repeated.aggregate(n=repeated.count()))["n"][0].as_py())


def with_dimensions(
    rows: ir.Table, source: Source, *, columns: tuple[str, ...], tables: Tables
) -> ir.Table:
    """Add the dimension columns that the rows do not have, by customer; rows stay as many."""
    if source == "spend":
        return rows.mutate(acquisition_channel=rows.channel)
    missing = [column for column in columns if column not in rows.columns]
    if "customer_number" in rows.columns:
        return _by_number(rows, missing, tables)
    extra = extra_dimensions(tables)
    for column in missing:
        if column == "customer":
            rows = rows.mutate(customer=rows.customer_id)
            continue
        if column in extra:
            profile = tables[extra[column]].select("customer_id", column)
        elif column in _TOLD:
            profile = _told(tables, column)
        else:
            facts = tables["customer_facts"]
            profile = facts.select("customer_id", **{column: facts[_FACTS[column]]})
        rows = rows.left_join(profile, "customer_id").drop("customer_id_right")
    return rows


def _by_number(rows: ir.Table, missing: Sequence[str], tables: Tables) -> ir.Table:
    """Add what is missing by the number of the customer, in one join where that can be."""
    extra, people = extra_dimensions(tables), tables["profiles"]
    for column in [one for one in missing if one in extra]:
        given = tables[extra[column]]
        if "customer_number" in given.columns:
            given = given.select("customer_number", column)
            rows = rows.left_join(given, "customer_number").drop("customer_number_right")
        else:
            given = given.select("customer_id", column)
            people = people.left_join(given, "customer_id").drop("customer_id_right")
    missing = [column for column in missing if column not in rows.columns]
    if not missing:
        return rows
    people = people.mutate(
        customer=people.customer_id,
        **{name: people.first_day.truncate(unit) for name, unit in _STARTS.items()},
    )
    profile = people.select("customer_number", *missing)
    return rows.left_join(profile, "customer_number").drop("customer_number_right")


def _told(tables: Tables, column: str) -> ir.Table:
    persons = table(tables, "customers")
    found = persons[_TOLD[column]]
    # Whoever belongs to no company is an account of one.
    value = found.fill_null(persons.customer_id) if column == "account" else found
    return persons.select("customer_id", **{column: value})


def dimension_values(name: str, tables: Tables) -> ir.Table | None:
    """One column, `value`: all that a text dimension can be; None for dates, numbers and flags."""
    extra = extra_dimensions(tables)
    if name in extra:
        return tables[extra[name]].select(value=name).distinct()
    if name in _VALUES:
        source, column = _VALUES[name]
        return table(tables, source).select(value=column).distinct()
    sales, persons, costs = tables["sales"], table(tables, "customers"), table(tables, "costs")
    columns = {
        "customer": [persons.select(value="customer_id")],
        "account": [_told(tables, "account").select(value="account")],
        "channel": [sales.select(value="channel"), persons.select(value="channel")],
        "country": [sales.select(value="country"), persons.select(value="country")],
        "category": [sales.select(value="category")],
        "first_category": [persons.select(value="first_category")],
    }
    columns["channel"].append(costs.select(value="channel"))
    columns["channel"].append(table(tables, "events").select(value="channel"))
    columns["acquisition_channel"] = columns["channel"]
    found = columns.get(name)
    return ibis.union(*found, distinct=True) if found and len(found) > 1 else _distinct(found)


def _distinct(found: list[ir.Table] | None) -> ir.Table | None:
    return found[0].distinct() if found else None
