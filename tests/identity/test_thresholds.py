"""Thresholds measured on judged pairs: clear cases, and promises kept in shops made up."""

import random
from collections.abc import Callable

import pytest

from perenne.identity.thresholds import FEWEST, OWN, Choosing, Group, Threshold, Wanted, choose

Judged = list[tuple[float, bool, int]]


def chosen(pairs: Judged, **more: list[tuple[float, int]]) -> Threshold:
    return choose(pairs, precision=0.95, confidence=0.9, fallback=0.99, **more)


def test_too_few_pairs_leave_the_cautious_threshold() -> None:
    found = chosen([(0.9, True, 1)] * 10)
    assert (found.value, found.measured, found.judged) == (0.99, False, 10)
    assert found.missing == FEWEST - 10


def test_few_pairs_that_lie_clearly_apart_are_enough() -> None:
    """Fifty right links could not show 0.985 if only their number counted: 0.985 ** 50 > 0.1."""
    right = [0.999] * 44 + [0.985] * 3 + [0.9] * 2
    pairs = [*((p, True, 1) for p in right), *[(0.05, False, 1)] * 14]
    found = choose(pairs, precision=0.985, confidence=0.9, fallback=0.99)
    assert found.measured
    assert found.value == pytest.approx(0.9425)
    assert (found.precision, found.recall, found.accepted) == (1.0, 47 / 49, 47)
    assert found.at_least is not None
    assert 0.985 <= found.at_least < 1


def test_wrong_pairs_among_the_likely_ones_call_for_a_higher_threshold() -> None:
    right = [(p, True, 1) for p in (0.8, 0.9, 0.97, 0.995) for _n in range(40)]
    without, few, many = (
        chosen(right + [(p, False, 1) for p in wrong * 8] + [(0.1, False, 1)] * 30).value
        for wrong in ([], [0.8], [0.8, 0.9])
    )
    assert without < few < many


def test_pairs_of_one_probability_stand_or_fall_together() -> None:
    pairs = [(0.99, True, 1)] * 60 + [(0.7, True, 1)] * 30 + [(0.7, False, 1)] * 30
    assert chosen(pairs).value == pytest.approx(0.845)


def test_links_between_large_customers_weigh_what_they_may_spoil() -> None:
    judged = [(0.9, True, 1)] * 200 + [(0.8, True, 1)] * 10 + [(0.8, False, 1)]
    small, large = (chosen(judged, open_=[(0.8, n)]).value for n in (1, 900))
    assert (small, large) == (pytest.approx(0.8), pytest.approx(0.85))


def test_links_that_nobody_judged_count_with_what_may_be_wrong_of_them() -> None:
    judged = [(0.99, True, 1)] * 60 + [(0.8, True, 1)] * 8 + [(0.8, False, 1)]
    alone, among = (chosen(judged, open_=[(0.8, 1)] * n).value for n in (0, 2000))
    assert alone == pytest.approx(0.8)
    assert among == pytest.approx(0.895)


def test_no_threshold_stands_below_what_was_judged() -> None:
    judged = [(0.97, True, 1)] * 200
    assert chosen(judged, open_=[(0.9, 1), (0.96, 1), (0.5, 1)]).value > 0.96


def test_what_is_wrong_however_likely_says_so() -> None:
    found = chosen([(0.999, n % 3 > 0, 1) for n in range(90)])
    assert (found.measured, found.value, found.missing) == (False, 1.0, 0)


def test_refusals_above_the_cautious_threshold_raise_it_even_unmeasured() -> None:
    wrong = [(0.993, n < 30, 1) for n in range(60)]
    found = chosen([(0.999, True, 1)] * 60 + wrong)
    assert 0.993 < found.value < 0.999


def test_how_many_pairs_are_missing_is_said_where_more_would_do() -> None:
    pairs = [(0.9, n > 0, 1) for n in range(30)]
    found = chosen(pairs)
    assert not found.measured
    assert found.missing in (30, 90, 210, 450, 930)
    enough = chosen(pairs * (1 + found.missing // 30))
    assert enough.measured


def test_pairs_of_sources_teach_each_other() -> None:
    """Ten decided pairs prove nothing alone; beside two hundred of other sources they do. Where
    the ten say otherwise, they are believed; of whom nobody has judged nothing is measured."""
    known = Group([(0.9, True, 1)] * 120 + [(0.97, True, 1)] * 80)
    ten = [(0.9, True, 1)] * 6 + [(0.97, True, 1)] * 4
    doubtful = [(0.9, n % 2 > 0, 1) for n in range(24)] + [(0.97, True, 1)] * 10
    wanted = Wanted(precision=0.95, confidence=0.9, fallback=0.99)
    assert not Choosing([Group(ten)], wanted).thresholds()[0].measured
    _known, alike, other, unknown = Choosing(
        [known, Group(ten), Group(doubtful), Group(open_=[(0.95, 1)] * 50)], wanted
    ).thresholds()
    assert alike.measured
    assert alike.value == pytest.approx(0.9)
    assert (alike.judged, alike.others) == (10, 234)
    assert other.value > 0.9
    assert (unknown.measured, unknown.value, unknown.missing) == (False, 0.99, OWN)


def test_a_pair_of_sources_of_which_all_is_wrong_links_nothing() -> None:
    fine = Group([(0.97, True, 1)] * 150 + [(0.999, True, 1)] * 150)
    poor = Group([(0.995, False, 1)] * 40 + [(0.999, False, 1)] * 20)
    first, second = Choosing([fine, poor], Wanted(0.9, 0.9, 0.99)).thresholds()
    assert first.measured
    assert (second.measured, second.value, second.missing, second.judged) == (False, 1.0, 0, 60)


def test_doubtful_links_may_be_asked_for_first() -> None:
    """Which pairs were judged may depend on their probability: the promise is of all links."""
    chance, kept = random.Random(11), []
    for _shop in range(40):
        drawn = [chance.random() ** 0.1 for _pair in range(3_000)]
        same = [chance.random() < p for p in drawn]
        order = sorted(range(3_000), key=lambda n: abs(drawn[n] - 0.85) + 0.2 * chance.random())
        judged = [(drawn[n], same[n], 1) for n in order[:200]]
        open_ = [(drawn[n], 1) for n in order[200:]]
        found = choose(judged, open_=open_, precision=0.9, confidence=0.9, fallback=0.99)
        if not found.measured:
            continue
        above = [n for n in range(3_000) if drawn[n] >= found.value]
        kept.append(sum(same[n] for n in above) / len(above) >= 0.9)
    assert sum(kept) >= 0.8 * len(kept) >= 24


def test_links_that_put_nothing_together_prove_nothing() -> None:
    found = choose([(0.9, True, 0)] * 500, precision=0.95, confidence=0.9, fallback=0.99)
    assert not found.measured


SHOPS: dict[str, Callable[[float], float]] = {
    "the model is right": lambda p: p,
    "too modest": lambda p: p**0.5,
    "too bold": lambda p: p**3,
    "never quite sure": lambda p: 0.97 * p,
    "a step": lambda p: 0.97 if p > 0.8 else 0.2,
}


@pytest.mark.parametrize("shop", SHOPS)
def test_a_measured_threshold_keeps_its_promise(shop: str) -> None:
    """Links are right with a chance that the model knows more or less well, and not always by a
    logistic curve: the share of right ones from the threshold on is as promised in about nine shops
    of ten or more."""
    chance, right = random.Random(7), SHOPS[shop]
    kept = []
    for size in [60, 400] * 20:
        drawn = [chance.random() ** 0.5 for _pair in range(1500)]
        judged = [(p, chance.random() < right(p), 1) for p in drawn[:size]]
        found = choose(
            judged,
            open_=[(p, 1) for p in drawn[size:]],
            precision=0.9,
            confidence=0.9,
            fallback=0.99,
        )
        if found.measured:
            above = [p for p in drawn if p >= found.value]
            kept.append(sum(map(right, above)) / len(above) >= 0.9)
    assert sum(kept) >= 0.78 * len(kept)
