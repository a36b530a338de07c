"""Pairs compete for a record: known answers, and shares recovered from simulated pairs."""

import numpy as np
import pytest

from perenne.identity.competing import Candidates, Groups, probabilities, rivals

CARDS, ACCOUNTS = 4_000, 6_000


def candidates(rows: list[tuple[int, int, float]], sources: tuple[int, int] = (0, 1)) -> Candidates:
    left, right, ratio = (np.array(column) for column in zip(*rows, strict=True))
    size = len(left)
    source = (np.full(size, sources[0]), np.full(size, sources[1]))
    return Candidates((left, right), source, ratio, np.zeros(size, dtype=np.int64))


def group(*, across: bool = True, records: float = 1e3) -> Groups:
    size = np.array([records])
    return Groups((size, size), size**2, np.array([across]))


def test_of_two_namesakes_at_most_one_holds_the_card() -> None:
    """Alone the account is nearly sure; beside an equal one, each has half; a single pair stays."""
    found = candidates([(0, 10, 1e9), (1, 11, 1e9), (1, 12, 1e9), (2, 13, 1e-3)])
    alone, *both, unlike = probabilities(found, group(), chance=1e-6)
    assert alone > 0.99
    assert both == pytest.approx([0.5, 0.5], abs=0.01)
    assert unlike < 1e-6


def test_two_accounts_of_one_person_are_no_rivals() -> None:
    across = candidates([(1, 11, 1e9), (1, 12, 1e9)])
    within = candidates([(11, 12, 1e9)], sources=(1, 1))
    joined = Candidates(
        *(
            tuple(np.r_[a, b] for a, b in zip(one, other, strict=True))
            for one, other in ((across.customer, within.customer), (across.source, within.source))
        ),
        np.r_[across.ratio, within.ratio],
        np.zeros(3, dtype=np.int64),
    )
    assert probabilities(joined, group(), chance=1e-6).min() > 0.99
    assert [len(side) for side in rivals(joined, joined.ratio)] == [0, 0]


def test_within_one_source_nobody_competes() -> None:
    found = candidates([(1, 11, 1e9), (1, 12, 1e9)], sources=(0, 0))
    assert probabilities(found, group(across=False), chance=1e-6).min() > 0.99


def test_without_pairs_there_is_nothing_to_tell() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    found = Candidates((nothing, nothing), (nothing, nothing), np.zeros(0), nothing)
    assert len(probabilities(found, group(), chance=1e-6)) == 0


@pytest.mark.parametrize(("known", "within"), [(0.1, 0.25), (0.6, 0.1)])
def test_how_many_are_to_be_found_is_recovered(known: float, within: float) -> None:
    """Cards of whom a share has an account, and namesakes beside: the probabilities add up to the
    true pairs, and say how often a pair is right, though the chance given is far too small."""
    rng = np.random.default_rng(7)
    name = rng.integers(0, 30_000, ACCOUNTS)
    mine = np.flatnonzero(rng.random(CARDS) < known)
    shown = rng.integers(0, 30_000, CARDS)
    account = np.full(CARDS, -1)
    account[mine] = rng.permutation(ACCOUNTS)[: len(mine)]
    shown[mine] = name[account[mine]]
    left, right = np.nonzero(shown[:, None] == name[None, :])
    rows = [(int(a), int(b) + CARDS, 30_000.0) for a, b in zip(left, right, strict=True)]
    sizes = (np.array([float(CARDS)]), np.array([float(ACCOUNTS)]))
    groups = Groups(sizes, sizes[0] * sizes[1], np.array([True]))
    found = probabilities(candidates(rows), groups, chance=1e-7)
    right_ones = account[left] == right
    assert found.sum() == pytest.approx(right_ones.sum(), rel=within)
    sure = found > 0.8
    if sure.any():
        assert right_ones[sure].mean() == pytest.approx(found[sure].mean(), abs=0.05)
