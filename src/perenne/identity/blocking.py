"""Where to look: pairs of records of which some words share a key."""

from __future__ import annotations

import pyarrow as pa

from perenne.identity.comparing import PAIRS, WORDS, registered
from perenne.identity.fields import BLOCKS, among, piece_sql
from perenne.warehouse import DuckEngine

MOST_PAIRS = 12_000_000
"""Pairs that are compared at most: larger groups that share a key are left out first."""
GROUPS = (1_000, 500, 200, 100, 50, 30, 20, 10, 5)


def number_of(engine: DuckEngine, sql: str) -> int:
    """The one number that a query gives."""
    ((number,),) = engine.duck.execute(sql).fetchall()
    return int(number)


def block(engine: DuckEngine, present: set[str], linked: pa.Table) -> tuple[int, int]:
    """Make the table of pairs of words of the records that share a key; the number of such pairs of
    records, and the largest group looked at."""
    keys = " UNION ALL ".join(
        f"SELECT idx, words, hash({number}, {', '.join(map(piece_sql, rule))}) AS key FROM {WORDS} "
        f"WHERE {' AND '.join(f'({piece_sql(name)}) IS NOT NULL' for name in rule)}"
        for number, rule in enumerate(among(BLOCKS, present))
    )
    engine.duck.execute(
        f"CREATE OR REPLACE TEMP TABLE perenne_keys AS WITH every AS ({keys}) "
        "SELECT idx, key FROM every WHERE words = 1 "
        "UNION ALL SELECT DISTINCT idx, key FROM every WHERE words > 1"
    )
    try:
        group = _largest_group(engine)
        with registered(engine, "perenne_linked", linked):
            engine.duck.execute(
                f"CREATE OR REPLACE TEMP TABLE perenne_near AS WITH kept AS (SELECT key "
                f"FROM perenne_keys GROUP BY key HAVING count(*) BETWEEN 2 AND {group}), "
                "near AS (SELECT key, idx, root FROM perenne_keys SEMI JOIN kept USING (key) "
                "JOIN perenne_linked USING (idx)) "
                "SELECT DISTINCT one.idx AS l, two.idx AS r "
                "FROM near AS one JOIN near AS two ON one.key = two.key AND one.idx < two.idx "
                "AND one.root <> two.root"
            )
        engine.duck.execute(
            f"CREATE OR REPLACE TEMP TABLE {PAIRS} AS SELECT one.word AS join_key_l, "
            "two.word AS join_key_r, '0' AS match_key FROM perenne_near "
            f"JOIN {WORDS} AS one ON one.idx = l JOIN {WORDS} AS two ON two.idx = r"
        )
        return number_of(engine, "SELECT count(*) FROM perenne_near"), group
    finally:
        for name in ("perenne_keys", "perenne_near"):
            engine.duck.execute(f"DROP TABLE IF EXISTS {name}")


def _largest_group(engine: DuckEngine) -> int:
    """Records of the largest group that is looked at, so that the pairs stay within bounds."""
    sizes = engine.duck.execute(
        "SELECT n, count(*) * n * (n - 1) / 2 FROM (SELECT count(*) AS n FROM perenne_keys "
        "GROUP BY key HAVING count(*) > 1) GROUP BY n"
    ).fetchall()
    fitting = (n for n in GROUPS if sum(p for size, p in sizes if size <= n) <= MOST_PAIRS)
    return next(fitting, 2)
