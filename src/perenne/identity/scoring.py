"""Splink as a suggester: learns from a sample how records of one person differ, scores pairs.

Splink lives here and is imported when it is needed. It runs on the engine's own connection, on the
persons of `comparing` and on tables that are dropped at the end.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perenne.identity.blocking import MOST_PAIRS, block, number_of
from perenne.identity.clusters import Ints
from perenne.identity.comparing import PAIRS, PEOPLE, WORDS, registered
from perenne.identity.competing import Candidates, Groups, probabilities
from perenne.identity.contrary import contrary_names_sql, contrary_sql
from perenne.identity.fields import (
    FIELDS,
    STRICT,
    TRAINING,
    Field,
    absent_sql,
    among,
    level_sql,
)
from perenne.identity.learning import (
    CONTRARY,
    Floats,
    Patterns,
    learnt,
    one_person,
    slips,
)
from perenne.warehouse import DuckEngine

if TYPE_CHECKING:
    from splink import DuckDBAPI, Linker

FEWEST = 200
"""Persons below whom nothing can be learnt of how records differ."""
SAMPLE = 100_000
"""Persons from whom the model learns how records of one person differ."""
STRANGERS = 1_000
"""Persons all of whose pairs, half a million, show how alike strangers are."""
RECALL = 0.7
"""Share of the true pairs that the training rules are taken to find."""
DOUBT = 1e-4
"""Probability at the chance of all sources below which a pair is out of the question."""
_SHARE = 0.05
_KIND = "concat({0}.source, ' ', {0}.email IS NOT NULL, ' ', {0}.phone IS NOT NULL)"
SCORES = pa.schema([("l", pa.int64()), ("r", pa.int64()), ("probability", pa.float64())])


@dataclass(frozen=True)
class Scored:
    """Pairs compared and what they were compared by; `skipped` is why there are none, or empty.
    `household`: the chance that records alike but for contrary first names are one person's."""

    skipped: str = ""
    compared: int = 0
    fields: tuple[str, ...] = ()
    largest_group: int = 0
    household: float = 0.0


def score(
    engine: DuckEngine, *, linked: pa.Table, from_: float, sources: int
) -> tuple[Scored, pa.Table]:
    """Pairs that may be one person: `l`, `r`, `probability`, from the probability `from_` on.

    `linked` (idx, root) says what is one customer already: those pairs are left out. Fewer sources
    than `sources` that tell of persons, or too little to compare, and nothing is done.
    """
    nothing = SCORES.empty_table()
    people, told, fields = _present(engine)
    shown = tuple(name for name in fields if FIELDS[name].shown)
    if told < sources:
        return Scored("sources", fields=shown), nothing
    if len(shown) < 2 or not {"first_name", "last_name", "birth", "company"} & set(fields):
        return Scored("fields", fields=shown), nothing
    if people < FEWEST:
        return Scored("few", fields=shown), nothing
    pairs, group = block(engine, set(fields), linked)
    if not pairs:
        return Scored("nothing", fields=shown), nothing
    with _quiet():
        trained = _trained(engine, fields, linked)
        if trained is None:
            return Scored("nothing", fields=shown), nothing
        weighed = _predicted(engine, trained)
    found = _probable(engine, weighed, trained, linked=linked, from_=from_)
    return Scored("", pairs, shown, group, trained.household), found.cast(SCORES)


def _present(engine: DuckEngine) -> tuple[int, int, tuple[str, ...]]:
    """Persons, sources that tell of persons, and the fields that enough of them have, with more
    than one value."""
    cells = ", ".join(f"count({name}), approx_count_distinct({name})" for name in FIELDS)
    person = "coalesce(first_name, last_name, birth, company) IS NOT NULL"
    sources = f"count(DISTINCT source) FILTER ({person})"
    asked = f"SELECT count(*), {sources}, {cells} FROM {PEOPLE} WHERE usual"
    ((people, told, *counts),) = engine.duck.execute(asked).fetchall()
    known = zip(FIELDS, counts[::2], counts[1::2], strict=True)
    fields = tuple(name for name, rows, values in known if rows > _SHARE * people and values > 1)
    return people, told, fields


@dataclass(frozen=True)
class Trained:
    """What was learnt: the model in Splink's words, and the chance that two records of one home and
    family name, whose first names contradict each other, are one person."""

    fields: tuple[str, ...]
    settings: dict[str, Any]
    chance: float
    household: float


def _trained(engine: DuckEngine, fields: tuple[str, ...], linked: pa.Table) -> Trained | None:
    """What the sample teaches; None when no pair of the sample teaches anything."""
    with registered(engine, "perenne_linked", linked):
        engine.duck.execute(
            f"CREATE OR REPLACE TEMP TABLE perenne_sample AS SELECT * FROM {PEOPLE} "
            f"JOIN perenne_linked USING (idx) WHERE usual ORDER BY own_id LIMIT {SAMPLE}"
        )
    try:
        keys = among(TRAINING, set(fields))
        keys = [key for key in keys if 0 < _found(engine, [key]) <= MOST_PAIRS]
        strict = among(STRICT, set(fields))
        if not keys or not _found(engine, strict):
            return None
        # Only pairs that rules have not linked are looked for.
        left = max(_found(engine, strict, where="one.root <> two.root"), 1)
        size = number_of(engine, "SELECT count(*) FROM perenne_sample")
        chance = min(left / RECALL / (size * (size - 1) / 2), 0.5)
        seen = [_patterns(engine, fields, key) for key in keys]
        every = _patterns(engine, fields, (), among=STRANGERS)
        known = [FIELDS[name] for name in fields]
        same, strangers = learnt(known, every, seen, chance=chance)
        settings = _settings(fields, chance, same=same, strangers=strangers)
        return Trained(fields, settings, chance, _household(engine, fields))
    finally:
        engine.duck.execute("DROP TABLE IF EXISTS perenne_sample")


def _household(engine: DuckEngine, fields: tuple[str, ...]) -> float:
    """How sure two records of one home may at most be one person under contrary first names."""
    if not {"first_name", "last_name"} <= set(fields) or not {"address", "phone"} & set(fields):
        return 1.0
    contrary = contrary_sql("one", "two")
    pairs = " UNION ".join(
        f"SELECT one.idx AS l, two.idx AS r, {contrary} AS contrary FROM perenne_sample AS one "
        f"JOIN perenne_sample AS two ON one.last_name = two.last_name AND one.{name} = two.{name} "
        "AND one.idx < two.idx WHERE least(length(one.first_name), length(two.first_name)) > 1"
        for name in ("address", "phone")
        if name in fields
    )
    asked = f"SELECT count(*), count(*) FILTER (contrary) FROM ({pairs})"
    ((homes, apart),) = engine.duck.execute(asked).fetchall()
    # Of one person for sure, or nearly: a household may share a mailbox, so that this says at most
    # how often one person's first names contradict each other.
    known = [rule for rule in (("last_name", "birth"), ("email",)) if set(rule) <= set(fields)]
    named = "one.first_name || two.first_name IS NOT NULL"
    torn = contrary_names_sql("one", "two")
    rates = [
        slips(_found(engine, [rule], where=named), _found(engine, [rule], where=torn))
        for rule in known
    ]
    return one_person(homes, apart, contrary=min(rates, default=CONTRARY))


def _found(engine: DuckEngine, rules: Sequence[tuple[str, ...]], *, where: str = "true") -> int:
    """Pairs of the sample that share all fields of one of the rules."""
    if not rules:
        return 0
    pairs = " UNION ".join(
        f"SELECT one.idx AS l, two.idx AS r FROM perenne_sample AS one JOIN perenne_sample AS two "
        f"USING ({', '.join(rule)}) WHERE one.idx < two.idx AND {where}"
        for rule in rules
    )
    return number_of(engine, f"SELECT count(*) FROM ({pairs})")


def _patterns(
    engine: DuckEngine, fields: tuple[str, ...], key: tuple[str, ...], *, among: int = SAMPLE
) -> Patterns:
    """How the pairs that share a key compare, of so many records of the sample."""
    shared = " AND ".join(["one.idx < two.idx", *(f"one.{name} = two.{name}" for name in key)])
    few = f"(SELECT * FROM perenne_sample ORDER BY own_id LIMIT {among})"
    rows = engine.duck.sql(
        f"SELECT {_levels(fields)}, count(*) AS pairs FROM {few} AS one JOIN {few} AS two "
        f"ON {shared} GROUP BY ALL ORDER BY ALL"
    ).to_arrow_table()
    return Patterns(
        np.stack([rows[name].to_numpy() for name in fields], axis=1).astype(np.int64),
        rows["pairs"].to_numpy().astype(float),
        tuple(name not in key for name in fields),
    )


def _levels(fields: tuple[str, ...]) -> str:
    return ", ".join(f"{level_sql(FIELDS[name], 'one', 'two')} AS {name}" for name in fields)


def _settings(
    fields: tuple[str, ...],
    chance: float,
    *,
    same: Mapping[str, Floats],
    strangers: Mapping[str, Floats],
) -> dict[str, Any]:
    """The model in Splink's words."""
    return {
        "link_type": "dedupe_only",
        "sql_dialect": "duckdb",
        "unique_id_column_name": "word",
        "probability_two_random_records_match": chance,
        "comparisons": [
            _comparison(FIELDS[name], same[name].tolist(), strangers[name].tolist())
            for name in fields
        ],
        # Pairs are handed over ready made; Splink asks for a rule nevertheless.
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": f"l.{fields[0]} = r.{fields[0]}", "sql_dialect": "duckdb"}
        ],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }


def _comparison(field: Field, same: list[float], strangers: list[float]) -> dict[str, Any]:
    name = field.name
    levels: list[dict[str, Any]] = [
        {"sql_condition": _sides(level.sql), "label_for_charts": level.code}
        for level in field.levels
    ]
    levels.append({"sql_condition": "ELSE", "label_for_charts": "different"})
    for level, m, u in zip(levels, same, strangers, strict=True):
        level |= {"m_probability": m, "u_probability": u}
        if level["label_for_charts"] == "same" and field.rare_counts:
            level |= {"tf_adjustment_column": name, "tf_adjustment_weight": 1.0}
    absent = {
        "sql_condition": _sides(absent_sql(field)),
        "label_for_charts": "absent",
        "is_null_level": True,
    }
    return {
        "output_column_name": name,
        "comparison_levels": [absent, *levels],
        "comparison_description": name,
    }


def _sides(sql: str) -> str:
    """SQL on two records as Splink names their columns: `{l}.email` → `email_l`."""
    return re.sub(r"\{([lr])\}\.(\w+)", r"\2_\1", sql)


def _predicted(engine: DuckEngine, trained: Trained) -> pa.Table:
    """Pairs that are not out of the question: `l`, `r`, `ratio` (how much likelier they are as one
    person's), whether their first names contradict each other, and the group of each record.

    Of records that have said several things each pair of words is one chance to be alike: the ratio
    is the mean over all, what it is if any of them may be the one that speaks of the other's day.
    """
    chance = trained.chance
    odds = "match_probability / greatest(1 - match_probability, 1e-15)"
    with _linker(engine, WORDS, trained.settings) as (linker, api):
        for name in trained.fields:
            if FIELDS[name].rare_counts:
                shares = api.register(_shares(engine, name))
                linker.table_management.register_term_frequency_lookup(shares, name)
        linker.table_management.register_blocked_pairs_for_predict(api.register(PAIRS))
        found = linker.inference.predict(threshold_match_probability=DOUBT)
        return engine.duck.sql(
            "WITH alike AS (SELECT least(one.idx, two.idx) AS l, greatest(one.idx, two.idx) AS r, "
            f"sum({odds} / {chance / (1 - chance)}) / max(one.words * two.words) AS ratio "
            f"FROM {found.physical_name} AS pair JOIN {WORDS} AS one ON one.word = pair.word_l "
            f"JOIN {WORDS} AS two ON two.word = pair.word_r GROUP BY ALL) "
            f"SELECT l, r, ratio, {contrary_sql('one', 'two')} AS contrary, "
            f"{_KIND.format('one')} AS kind_l, {_KIND.format('two')} AS kind_r FROM alike "
            f"JOIN {PEOPLE} AS one ON one.idx = l JOIN {PEOPLE} AS two ON two.idx = r ORDER BY l, r"
        ).to_arrow_table()


def _shares(engine: DuckEngine, name: str) -> pa.Table:
    """How many of the records that say something of a field say each value: one that says it
    several times counts once."""
    told = f"FROM {WORDS} WHERE {name} IS NOT NULL AND usual"
    return engine.duck.sql(
        f"SELECT {name}, count(DISTINCT idx) / (SELECT count(DISTINCT idx) {told}) AS tf_{name} "
        f"{told} GROUP BY 1"
    ).to_arrow_table()


def _probable(
    engine: DuckEngine, weighed: pa.Table, trained: Trained, *, linked: pa.Table, from_: float
) -> pa.Table:
    """Pairs from the probability `from_` on; of two who may be a household, at most theirs."""
    left, right = (weighed[side].to_numpy() for side in ("l", "r"))
    contrary = weighed["contrary"].to_numpy(zero_copy_only=False)
    bound = trained.household / max(1 - trained.household, 1e-9) / trained.chance
    ratio = weighed["ratio"].to_numpy()
    ratio = np.where(contrary, np.minimum(ratio, bound), ratio)
    root = np.array(linked["root"].to_numpy())
    groups, group, source = _groups(engine, weighed)
    found = Candidates((root[left], root[right]), source, ratio, group)
    chance = probabilities(found, groups, chance=trained.chance)
    chance = np.where(contrary, np.minimum(chance, trained.household), chance).round(6)
    kept = chance >= from_
    return pa.table({"l": left[kept], "r": right[kept], "probability": chance[kept]})


def _groups(engine: DuckEngine, weighed: pa.Table) -> tuple[Groups, Ints, tuple[Ints, Ints]]:
    """Kinds of records two by two, the group of each pair, and the sources at its two ends.

    Records are of one kind that are of one source and tell alike of an e-mail and a telephone:
    where both tell, rules have linked most pairs already.
    """
    kinds = engine.duck.sql(
        f"SELECT {_KIND.format('one')} AS kind, one.source, count(*) AS records "
        f"FROM {PEOPLE} AS one GROUP BY ALL ORDER BY ALL"
    ).to_arrow_table()
    names, size = kinds["kind"].combine_chunks(), kinds["records"].to_numpy().astype(float)
    sources = np.unique(kinds["source"].to_pylist(), return_inverse=True)[1].astype(np.int64)
    one, other = (
        pc.index_in(weighed[name].combine_chunks(), names).to_numpy().astype(np.int64)
        for name in ("kind_l", "kind_r")
    )
    both = np.minimum(one, other) * len(size) + np.maximum(one, other)
    number, group = np.unique(both, return_inverse=True)
    low, high = number // len(size), number % len(size)
    pairs = np.where(low == high, size[low] * (size[low] - 1) / 2, size[low] * size[high])
    groups = Groups((size[low], size[high]), pairs, sources[low] != sources[high])
    return groups, group.astype(np.int64), (sources[one], sources[other])


@contextmanager
def _linker(
    engine: DuckEngine, table: str, settings: dict[str, Any]
) -> Iterator[tuple[Linker, DuckDBAPI]]:
    """A linker on a table of the engine; what it made there is dropped."""
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection=engine.duck)
    try:
        yield Linker(api.register(table), settings, log_level=logging.CRITICAL), api
    finally:
        api.delete_tables_created_by_splink_from_db()  # type: ignore[no-untyped-call] # splink gives it none


@contextmanager
def _quiet() -> Iterator[None]:
    """Splink explains each step in its log; a refresh has words of its own."""
    log = logging.getLogger("splink")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
