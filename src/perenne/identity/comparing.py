"""Persons as a table of the engine, for as long as they are compared, and how two of them compare.

The table holds personal data: it is dropped at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perenne.identity.fields import contrary_sql, evidence_sql
from perenne.warehouse import DuckEngine

PEOPLE, PAIRS = "perenne_people", "perenne_pairs"
CROWD = 500
"""Records of one customer beyond which their names are not compared with each other."""


@contextmanager
def people_in(engine: DuckEngine, people: str) -> Iterator[None]:
    """The persons (SQL of a relation with `idx`, `own_id`, `source` and the fields) as a table of
    the engine, for all that is asked of them."""
    try:
        engine.duck.execute(f"CREATE OR REPLACE TEMP TABLE {PEOPLE} AS {people}")
        yield
    finally:
        for name in (PEOPLE, PAIRS):
            engine.duck.execute(f"DROP TABLE IF EXISTS {name}")


def evidence(engine: DuckEngine, pairs: pa.Table) -> pa.Table:
    """How the records of each pair (l, r) compare: `l`, `r`, `evidence`."""
    with registered(engine, "perenne_told", pairs.select(["l", "r"])) as told:
        return engine.duck.sql(
            f"SELECT pair.l, pair.r, {evidence_sql('one', 'two')} AS evidence "
            f"FROM {told} AS pair JOIN {PEOPLE} AS one ON one.idx = pair.l "
            f"JOIN {PEOPLE} AS two ON two.idx = pair.r"
        ).to_arrow_table()


def contrary_pairs(engine: DuckEngine, pairs: pa.Table) -> npt.NDArray[np.bool_]:
    """Of each pair (l, r) whether the first names contradict each other."""
    numbered = pairs.select(["l", "r"]).append_column("n", pa.array(np.arange(pairs.num_rows)))
    with registered(engine, "perenne_told", numbered) as told:
        rows = engine.duck.sql(
            f"SELECT n FROM {told} AS pair JOIN {PEOPLE} AS one ON one.idx = pair.l "
            f"JOIN {PEOPLE} AS two ON two.idx = pair.r WHERE {contrary_sql('one', 'two')}"
        ).to_arrow_table()
    return np.isin(np.arange(pairs.num_rows), rows["n"].to_numpy())


def contrary_within(engine: DuckEngine, linked: pa.Table) -> pa.Table:
    """Pairs `l`, `r` under one root (linked: idx, root) whose first names contradict each other.
    A customer of more records than `CROWD` is an alarm of its own."""
    with registered(engine, "perenne_linked", linked) as root:
        return engine.duck.sql(
            f"WITH named AS (SELECT * FROM {PEOPLE} JOIN {root} USING (idx) "
            "WHERE first_name IS NOT NULL QUALIFY count(*) OVER (PARTITION BY root) "
            f"BETWEEN 2 AND {CROWD}) SELECT one.idx AS l, two.idx AS r FROM named AS one "
            "JOIN named AS two ON one.root = two.root AND one.idx < two.idx "
            f"AND one.first_name <> two.first_name WHERE {contrary_sql('one', 'two')} "
            "ORDER BY l, r"
        ).to_arrow_table()


@contextmanager
def registered(engine: DuckEngine, name: str, table: pa.Table) -> Iterator[str]:
    engine.duck.register(name, table)
    try:
        yield name
    finally:
        engine.duck.unregister(name)
