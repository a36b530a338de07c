"""Learning how records of one person differ: parameters are found again, extremes do no harm."""

import numpy as np
import pytest

from perenne.identity.fields import FIELDS
from perenne.identity.learning import (
    Floats,
    Patterns,
    frequencies,
    learnt,
    one_person,
    same_person,
    slips,
    usual,
)

THREE = [FIELDS[name] for name in ("last_name", "phone", "city")]


def shares(first: float, size: int) -> Floats:
    """The first level has this share, the others part the rest."""
    return np.array([first, *[(1 - first) / (size - 1)] * (size - 1)])


SAME = {field.name: shares(0.8, len(field.levels) + 1) for field in THREE}
STRANGERS = {field.name: shares(0.01, len(field.levels) + 1) for field in THREE}


def drawn(mine: int, others: int, *, seed: int, open_: tuple[bool, ...] = (True,) * 3) -> Patterns:
    """Pairs that share a key: so many of one person, so many of strangers."""
    rng = np.random.default_rng(seed)
    columns = [
        np.concatenate(
            [
                rng.choice(len(known[field.name]), number, p=known[field.name])
                for known, number in ((SAME, mine), (STRANGERS, others))
            ]
        )
        for field in THREE
    ]
    levels = np.stack(columns, axis=1)
    levels[rng.random(levels.shape) < 0.1] = -1
    found, pairs = np.unique(levels, axis=0, return_counts=True)
    return Patterns(found, pairs.astype(float), open_)


def test_what_was_simulated_is_found_again() -> None:
    seen = [drawn(4_000, 12_000, seed=1), drawn(3_000, 500, seed=2, open_=(False, True, True))]
    found = same_person(THREE, STRANGERS, seen)
    for field in THREE:
        assert found[field.name] == pytest.approx(SAME[field.name], abs=0.02)


def test_a_key_under_which_every_pair_is_one_person_s_does_no_harm() -> None:
    found = same_person(THREE, STRANGERS, [drawn(5_000, 0, seed=3)])
    for field in THREE:
        assert found[field.name] == pytest.approx(SAME[field.name], abs=0.02)
        assert (found[field.name] > 0).all()


def test_without_pairs_what_is_usual_stands() -> None:
    nothing = Patterns(np.zeros((0, 3), dtype=np.int64), np.zeros(0), (True,) * 3)
    found = same_person(THREE, STRANGERS, [nothing])
    for field in THREE:
        assert found[field.name] == pytest.approx(usual(field))


def test_a_level_that_strangers_never_show_is_not_impossible() -> None:
    found = frequencies([0, 3, 97])
    assert found[0] > 0
    assert found.sum() == pytest.approx(1)


def test_contrary_first_names_at_one_home_tell_households_from_slips() -> None:
    """Simulated: the chance that a contrary pair is one person is recovered from their share."""
    rng = np.random.default_rng(4)
    for households in (0.1, 0.3, 0.7):
        two = rng.random(20_000) < households
        contrary = rng.random(20_000) < np.where(two, 0.95, 0.03)
        found = one_person(20_000, int(contrary.sum()))
        assert found == pytest.approx((~two[contrary]).mean(), rel=0.15)
    assert one_person(300, 6) == one_person(0, 0) == 1.0, "slips explain them"


def test_pairs_of_one_person_do_not_pass_for_strangers() -> None:
    """In a small set most pairs that agree are one person's: they do not make agreement common."""
    every = drawn(200, 20_000, seed=5)
    same, strangers = learnt(THREE, every, [drawn(4_000, 12_000, seed=6)], chance=0.01)
    for field in THREE:
        assert same[field.name] == pytest.approx(SAME[field.name], abs=0.02)
        assert strangers[field.name][0] == pytest.approx(0.01, abs=0.002)


def test_dates_of_birth_teach_how_often_first_names_of_one_person_contradict_each_other() -> None:
    assert slips(0, 0) == pytest.approx(0.03)
    assert slips(3_000, 300) == pytest.approx(0.1, rel=0.02)
    assert one_person(100, 10, contrary=slips(3_000, 300)) == pytest.approx(1.0, abs=0.05)
