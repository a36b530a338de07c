"""Persons as a table of the engine, for as long as they are compared, and how two of them compare.

The table holds personal data: it is dropped at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perenne.identity.contrary import contrary_sql
from perenne.identity.fields import EARLIER, evidence_sql
from perenne.warehouse import DuckEngine

PEOPLE, WORDS, PAIRS = "perenne_people", "perenne_words", "perenne_pairs"
"""Persons as their newest words tell of them, all words, and pairs of words to compare."""
CROWD = 500
"""Records of one customer beyond which their names are not compared with each other."""
SHOWN = 30
"""Records of one customer up to which a third one may show that a name is a slip."""


@contextmanager
def people_in(engine: DuckEngine, words: str) -> Iterator[None]:
    """The persons (SQL of a relation as of `tables.words.people`) as tables of the engine, for all
    that is asked of them."""
    duck = engine.duck
    try:
        duck.execute(f"CREATE OR REPLACE TEMP TABLE {WORDS} AS {words}")
        duck.execute(
            f"CREATE OR REPLACE TEMP VIEW {PEOPLE} AS SELECT * FROM {WORDS} WHERE place = 0"
        )
        yield
    finally:
        duck.execute(f"DROP VIEW IF EXISTS {PEOPLE}")
        for name in (WORDS, PAIRS):
            duck.execute(f"DROP TABLE IF EXISTS {name}")


def astray(engine: DuckEngine, words: str) -> pa.Table:
    """Words (SQL of a relation with `own_id`, `place` and the names) of somebody else than the
    newest word of their record names: `own_id`, `place`. A household may share an account."""
    return engine.duck.sql(
        f"WITH word AS ({words}) SELECT one.own_id, one.place FROM word AS one JOIN word AS two "
        f"ON one.own_id = two.own_id AND two.place = 0 AND one.place > 0 "
        f"WHERE {contrary_sql('one', 'two')}"
    ).to_arrow_table()


def evidence(engine: DuckEngine, pairs: pa.Table) -> pa.Table:
    """How the records of each pair (l, r) compare, by those of their words that agree most: `l`,
    `r`, `evidence`."""
    alike = "len(string_split(evidence, '=same')) - len(string_split(evidence, '=different'))"
    with registered(engine, "perenne_told", pairs.select(["l", "r"])) as told:
        return engine.duck.sql(
            f"WITH compared AS (SELECT pair.l, pair.r, one.place + two.place AS age, "
            f"{evidence_sql('one', 'two')} AS evidence "
            f"FROM {told} AS pair JOIN {WORDS} AS one ON one.idx = pair.l "
            f"JOIN {WORDS} AS two ON two.idx = pair.r) "
            f"SELECT l, r, evidence || if(age > 0, '|{EARLIER}', '') AS evidence FROM compared "
            "QUALIFY row_number() OVER "
            f"(PARTITION BY l, r ORDER BY {alike} DESC, age, evidence) = 1"
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
    """Pairs `l`, `r` under one root (linked: idx, root) whose first names contradict each other,
    and no third record shows that one of the two is a slip: *Lina* is a letter from *Lia* as from
    *Linna*. A customer of more records than `CROWD` is an alarm of its own."""
    with registered(engine, "perenne_linked", linked) as root:
        named = (
            f"WITH named AS (SELECT *, count(*) OVER (PARTITION BY root) AS several FROM {PEOPLE} "
            f"JOIN {root} USING (idx) WHERE first_name IS NOT NULL "
            f"QUALIFY several BETWEEN 2 AND {CROWD}) "
        )
        pairs = engine.duck.sql(
            f"{named} SELECT one.idx AS l, two.idx AS r FROM named AS one "
            "JOIN named AS two ON one.root = two.root AND one.idx < two.idx "
            f"AND one.first_name <> two.first_name WHERE {contrary_sql('one', 'two')} "
            "ORDER BY l, r"
        ).to_arrow_table()
        if not pairs.num_rows:
            return pairs
        with registered(engine, "perenne_told", pairs) as told:
            return engine.duck.sql(
                f"{named}, slip AS (SELECT DISTINCT l, r FROM {told} JOIN named AS one "
                "ON one.idx = l JOIN named AS two ON two.idx = r JOIN named AS mid "
                f"ON mid.root = one.root AND mid.several <= {SHOWN} "
                f"WHERE {_shows('one', 'two')} OR {_shows('two', 'one')}) "
                f"SELECT l, r FROM {told} ANTI JOIN slip USING (l, r) ORDER BY l, r"
            ).to_arrow_table()


def _shows(one: str, other: str) -> str:
    """SQL of whether a third record, `mid`, bears the first name of one but for a letter, and does
    not contradict the other."""
    near = f"damerau_levenshtein(mid.first_name, {one}.first_name) <= 1"
    alike = f"{near} AND least(length(mid.first_name), length({one}.first_name)) >= 3"
    return f"({alike} AND length(mid.first_name) >= 4 AND NOT {contrary_sql('mid', other)})"


@contextmanager
def registered(engine: DuckEngine, name: str, table: pa.Table) -> Iterator[str]:
    engine.duck.register(name, table)
    try:
        yield name
    finally:
        engine.duck.unregister(name)
