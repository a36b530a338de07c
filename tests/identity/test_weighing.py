"""Which pairs become links: rules, likeness above a threshold, and what the owner decided."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.identity import IdentitySettings
from perenne.identity.clusters import Ints
from perenne.identity.weighing import (
    ACCEPT,
    APART,
    MODEL,
    NONE,
    REFUSE,
    RULES,
    Pairs,
    by_rule,
    combined,
    weigh,
)

EMAIL, PHONE = RULES.index("email"), RULES.index("phone")
SETTINGS = IdentitySettings(precision=0.95, confidence=0.9)
Spoken = tuple[int, int, int, float, int]


def pairs_of(rows: list[Spoken]) -> Pairs:
    """Rows of left, right, rule, probability, decision."""
    columns = [np.array(column) for column in zip(*rows, strict=True)] or [np.array([])] * 5
    left, right, rule, probability, decision = columns
    return Pairs.of(
        left.astype(np.int64),
        right.astype(np.int64),
        rule=rule.astype(np.int64),
        probability=probability.astype(float),
        decision=decision.astype(np.int64),
    )


def root_of(rows: list[Spoken], size: int, sources: list[str] | None = None) -> list[int]:
    pairs = combined(pairs_of(rows), records=size)
    found: list[int] = weigh(pairs, np.array(sources or ["shop"] * size), SETTINGS).root.tolist()
    return found


@pytest.mark.parametrize(
    ("row", "together"),
    [
        ((0, 1, EMAIL, np.nan, NONE), True),
        ((0, 1, APART, np.nan, NONE), False),
        ((0, 1, APART, np.nan, ACCEPT), True),
        ((0, 1, EMAIL, np.nan, REFUSE), False),
        ((0, 1, MODEL, 0.99, NONE), True),
        ((0, 1, MODEL, 0.98, NONE), False),
        ((0, 1, MODEL, 0.6, ACCEPT), True),
        ((0, 1, MODEL, 1.0, REFUSE), False),
    ],
)
def test_what_links_two_records(row: Spoken, together: bool) -> None:
    assert root_of([row], 2) == ([0, 0] if together else [0, 1])


def test_a_pair_that_several_speak_of_keeps_all_that_they_say() -> None:
    rows: list[Spoken] = [
        (1, 0, APART, np.nan, NONE),
        (0, 1, MODEL, 0.7, NONE),
        (0, 1, APART, np.nan, REFUSE),
        (2, 1, PHONE, np.nan, NONE),
        (1, 2, EMAIL, np.nan, NONE),
    ]
    found = combined(pairs_of(rows), records=3)
    assert found.left.tolist() == [0, 1]
    assert found.right.tolist() == [1, 2]
    assert found.rule.tolist() == [MODEL, EMAIL]
    assert found.decision.tolist() == [REFUSE, NONE]
    assert found.probability[0] == 0.7
    assert np.isnan(found.probability[1])


def test_a_refusal_cuts_the_weakest_link_between_the_two() -> None:
    rows: list[Spoken] = [
        (0, 1, EMAIL, np.nan, NONE),
        (1, 2, MODEL, 0.995, NONE),
        (2, 3, PHONE, np.nan, NONE),
        (0, 3, APART, np.nan, REFUSE),
    ]
    assert root_of(rows, 4) == [0, 0, 2, 2]


def test_nothing_waits_that_other_links_have_joined_already() -> None:
    rows: list[Spoken] = [
        (0, 1, EMAIL, np.nan, NONE),
        (1, 2, EMAIL, np.nan, NONE),
        (0, 2, MODEL, 0.6, NONE),
        (0, 3, MODEL, 0.7, NONE),
    ]
    pairs = combined(pairs_of(rows), records=4)
    told = weigh(pairs, np.array(["shop"] * 4), SETTINGS).outcome(pairs, from_=0.5)
    seen = dict(zip(zip(told["l"], told["r"], strict=True), told["status"], strict=True))
    assert seen == {(0, 1): "linked", (1, 2): "linked", (0, 3): "review"}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.booleans()), max_size=20))
def test_the_order_of_what_is_said_changes_nothing(said: list[tuple[int, int, bool]]) -> None:
    rows: list[Spoken] = [
        (one, other, EMAIL if rule else MODEL, np.nan if rule else 0.995, NONE)
        for one, other, rule in said
        if one != other
    ] + [(0, 9, APART, np.nan, REFUSE)]
    other_way = [(r, left, *rest) for left, r, *rest in rows]
    random.Random(1).shuffle(other_way)
    assert root_of(rows, 10) == root_of(other_way, 10)  # type: ignore[arg-type] # mypy loses the shape


def test_decisions_measure_the_threshold_of_their_own_pair_of_sources() -> None:
    """At till + web all that is likely was right; of shop + till nothing is known."""
    rows: list[Spoken] = []
    sources = ["till", "web"] * 60 + ["shop", "till"] + ["till", "web"]
    rows += [(2 * n, 2 * n + 1, MODEL, 0.7 + n / 1000, ACCEPT) for n in range(60)]
    rows += [(120, 121, MODEL, 0.9, NONE), (122, 123, MODEL, 0.9, NONE)]
    pairs = combined(pairs_of(rows), records=len(sources))
    found = weigh(pairs, np.array(sources), SETTINGS)
    assert found.root[121] == 121
    assert found.root[123] == 122
    measured = found.thresholds["till + web"]
    assert measured.measured
    assert 0.7 < measured.value < 0.8
    assert not found.thresholds["shop + till"].measured


def test_refusals_raise_the_threshold() -> None:
    rows: list[Spoken] = [
        (2 * n, 2 * n + 1, MODEL, 0.999 if n % 2 else 0.993, ACCEPT if n % 2 else REFUSE)
        for n in range(120)
    ]
    rows.append((240, 241, MODEL, 0.993, NONE))
    assert root_of(rows, 242)[241] == 241
    assert root_of(rows[-1:], 242)[241] == 240, "without decisions 0.993 would link"


def test_links_that_would_join_contrary_names_are_left_out_the_weakest_first() -> None:
    """0 and 3 contradict each other; 1 and 2 name nobody, 1 is known by what it shares with 0."""
    rows = [(0, 1, EMAIL), (1, 2, EMAIL), (2, 3, EMAIL)]
    left, right, rule = np.array(rows, dtype=np.int64).T
    pairs = Pairs.of(left, right, rule=rule, known=np.array([2, 1, 0]))
    sources = np.array(["shop"] * 4)

    def contrary(root: Ints) -> tuple[Ints, Ints]:
        apart = root[[0]] == root[[3]]
        return np.array([0])[apart], np.array([3])[apart]

    found = weigh(pairs, sources, SETTINGS, contrary=contrary)
    assert found.root.tolist() == [0, 0, 0, 3] == by_rule(pairs, 4, contrary).tolist()
    assert found.torn.tolist() == [False, False, True]
    told = found.outcome(pairs, from_=0.5)
    assert told["r"].tolist() == [1, 2], "nobody is asked of what follows from names"
    accepted = Pairs.of(left, right, rule=rule, decision=np.array([ACCEPT, NONE, NONE]))
    assert weigh(accepted, sources, SETTINGS, contrary=contrary).root.tolist() == [0] * 4


def test_two_customers_of_several_records_are_not_joined_by_one_pair_alone() -> None:
    """Of nine pairs of records one says 0.99; with all of them saying so they are joined."""
    sure: list[Spoken] = [(a, b, EMAIL, np.nan, NONE) for a, b in ((0, 1), (1, 2), (3, 4), (4, 5))]
    every: list[Spoken] = [(a, b, MODEL, 0.995, NONE) for a in range(3) for b in range(3, 6)]
    assert root_of([*sure, every[0]], 6) == [0, 0, 0, 3, 3, 3]
    assert root_of([*sure, *every], 6) == [0] * 6
    certain: Spoken = (0, 3, MODEL, 1.0, NONE)
    assert root_of([*sure, certain], 6) == [0] * 6, "one pair may be sure enough for all"
    accepted: Spoken = (0, 3, MODEL, 0.995, ACCEPT)
    assert root_of([*sure, accepted], 6) == [0] * 6, "the owner's word needs no support"


def test_a_pair_that_its_customers_do_not_support_waits_for_review() -> None:
    rows: list[Spoken] = [(a, b, EMAIL, np.nan, NONE) for a, b in ((0, 1), (1, 2), (3, 4), (4, 5))]
    pairs = combined(pairs_of([*rows, (0, 3, MODEL, 0.995, NONE)]), records=6)
    found = weigh(pairs, np.array(["shop"] * 6), SETTINGS).outcome(pairs, from_=0.5)
    waiting = [place for place, status in enumerate(found["status"]) if status == "review"]
    assert [(found["l"][n], found["r"][n]) for n in waiting] == [(0, 3)]
