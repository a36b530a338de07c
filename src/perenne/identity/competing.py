"""How probable a pair is once all others are known: how many there are to find, and who else it
may be. Plain arrays.

The model weighs what two records say. How likely they were one person before it spoke differs from
one pair of sources to the next: half of the loyalty cards without an e-mail are of somebody whom
the web shop knows, of two accounts of the web shop next to none. And a record is of one person
only: namesakes of one town compete for it, and who has no rival gains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.identity.clusters import Ints

TRUST = 0.2
"""Pairs to be found that the chance of all sources weighs beside those of one group."""
MOST = 0.9
"""Share of the records of one kind that are taken to be found in another, at most."""
ROUNDS = 100
_NEAR = 0.5
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """Kinds of records, two by two: `records` of the one kind and of the other, how many `pairs` of
    them there are, and whether the two are of different sources (`across`)."""

    records: tuple[Floats, Floats]
    pairs: Floats
    across: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Candidates:
    """Pairs that are not out of the question: at each end (left, right) the customer that rules
    have made and the source; `ratio`, by which factor what the records say is likelier of one
    person than of two; and the `group` of the pair."""

    customer: tuple[Ints, Ints]
    source: tuple[Ints, Ints]
    ratio: Floats
    group: Ints

    def __len__(self) -> int:
        return len(self.ratio)


def probabilities(found: Candidates, groups: Groups, *, chance: float) -> Floats:
    """Of each pair the chance that it is one person's; `chance` is that of any pair.

    Expectation and maximisation: how many pairs of each group are to be found, and the
    probabilities that follow. Between two sources a record is of one person at most: it is this
    one, one of its rivals, or none that is known.
    """
    share = np.full(len(groups.pairs), chance)
    none = np.ones(len(groups.pairs))
    one, other = rivals(found, found.ratio * chance)
    known: Floats = np.zeros(len(found))
    for _round in range(ROUNDS):
        odds = found.ratio * (share / (1 - share) / none)[found.group]
        against = np.bincount(one, weights=odds[other], minlength=len(found))
        before, known = known, odds / (1 + odds + against)
        if np.abs(known - before).max(initial=0.0) < 1e-6:
            break
        mine = np.bincount(found.group, weights=known, minlength=len(share))
        share = np.minimum((mine + TRUST) / (groups.pairs + TRUST / chance), 0.5)
        left, right = (1 - np.minimum(mine / size, MOST) for size in groups.records)
        none = np.where(groups.across, left * right, 1.0)
    return known


def rivals(found: Candidates, odds: Floats) -> tuple[Ints, Ints]:
    """Pairs, by place, and those that speak against each: they share a customer with it, and their
    others are of one further source and not likely (`odds`) one person."""
    across = np.flatnonzero(found.source[0] != found.source[1])
    near, far = (np.r_[found.customer[k][across], found.customer[1 - k][across]] for k in (0, 1))
    source = np.r_[found.source[1][across], found.source[0][across]]
    order = np.lexsort((source, near))
    near, far, source, pair = near[order], far[order], source[order], np.tile(across, 2)[order]
    one, other = _within(near, source)
    alike = odds >= _NEAR
    same = _ends(found.customer[0][alike], found.customer[1][alike])
    apart = (far[one] != far[other]) & ~np.isin(_ends(far[one], far[other]), same)
    return pair[one[apart]], pair[other[apart]]


def _within(*keys: Ints) -> tuple[Ints, Ints]:
    """Places of all pairs of sorted rows that agree in the keys, a row with itself too."""
    size = len(keys[0])
    new = np.ones(size, dtype=bool)
    new[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    start = np.flatnonzero(new)
    rows = np.diff(np.r_[start, size])
    each, first = np.repeat(rows, rows), np.repeat(start, rows)
    one = np.repeat(np.arange(size), each)
    step = np.arange(len(one)) - np.repeat(np.cumsum(each) - each, each)
    return one, np.repeat(first, each) + step


def _ends(one: Ints, other: Ints) -> Ints:
    """One number for two customers, whichever comes first."""
    keys: Ints = (np.minimum(one, other) << 32) + np.maximum(one, other)
    return keys
