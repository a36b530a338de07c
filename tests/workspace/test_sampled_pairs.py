"""Pairs drawn for decisions that measure thresholds: of every kind some, blind to who they are."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from perenne.warehouse import DuckEngine
from perenne.workspace.tables import sampled_pairs

KINDS = {("shop", "till"): 0.9999, ("shop", "list"): 0.97, ("till", "list"): 0.6}


def pairs() -> pa.Table:
    """4,000 pairs that are sure, 500 likely ones, 12 doubtful ones; some by rule, some decided."""
    numbers = dict(zip(KINDS, (4_000, 500, 12), strict=True))
    rows = []
    for (one, other), chance in KINDS.items():
        for n in range(numbers[one, other]):
            row = {"source_1": one, "source_2": other, "probability": chance, "rule": "model"}
            ends = (one, other) if n % 2 else (other, one)
            row |= {"source_1": ends[0], "source_2": ends[1], "decision": None}
            row |= {"own_id_1": f"{n}-{ends[0]}", "own_id_2": f"{n}-{ends[1]}"}
            rows.append(row | {"pair_id": f"{n * 7919 % 10_007:05d}-{one}-{other}"})
    less_likely = rows[0] | {"probability": 0.8, "pair_id": "00000-again"}
    sure = rows[0] | {"rule": "email", "probability": 1.0, "pair_id": "00000-rule"}
    decided = [row | {"pair_id": f"00000-{word}", "decision": word}
               for word, row in zip(("accept", "refuse"), rows, strict=False)]  # fmt: skip
    return pa.Table.from_pylist([*rows, less_likely, sure, *decided])


def drawn(number: int) -> pa.Table:
    engine = DuckEngine()
    table = engine.arrow(pairs().cast(schema()))
    own = sorted({own for name in ("own_id_1", "own_id_2") for own in pairs()[name].to_pylist()})
    link = engine.arrow(pa.table({"own_id": own, "customer_id": [f"c{name}" for name in own]}))
    return engine.fetch(sampled_pairs(table, link).limit(number))


def schema() -> pa.Schema:
    kinds = {name: pa.string() for name in pairs().column_names}
    return pa.schema([(n, pa.float64() if n == "probability" else k) for n, k in kinds.items()])


def test_of_every_kind_some_are_drawn_more_of_those_that_are_more() -> None:
    found = Counter(drawn(200)["probability"].to_pylist())
    sure, likely, doubtful = (found[chance] for chance in KINDS.values())
    assert sure + likely + doubtful == 200
    assert 1 <= doubtful < likely < sure
    assert likely / sure > 1.4 * 500 / 4_000
    assert doubtful / likely > 1.4 * 12 / 500


def test_who_sees_more_sees_the_same_first() -> None:
    few, many = (drawn(number)["pair_id"].to_pylist() for number in (50, 300))
    assert many[:50] == few
    assert len(set(many)) == 300


def test_what_was_decided_or_follows_from_a_rule_is_not_asked() -> None:
    found = drawn(10_000)
    assert found.num_rows == 4_512
    assert not [name for name in found["pair_id"].to_pylist() if name.startswith("00000-") and
                name.split("-")[1] in ("rule", "accept", "refuse", "again")]  # fmt: skip
    assert found.column_names == pairs().column_names
