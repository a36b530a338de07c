"""How probable a pair is once all others are known: how many there are to find, and who else it may
be. Plain arrays.

The model weighs what two records say. How likely they were one person before it spoke differs from
one pair of sources to the next: half of the loyalty cards without an e-mail are of somebody whom the
web shop knows, of two accounts of the web shop next to none. And a record is of one person only:
namesakes of one town compete for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.identity.clusters import Ints

TRUST = 2.0
"""Pairs to be found that the chance of all sources weighs beside those of one group."""
ROUNDS = 100
_NEAR, MOST = 0.5, 0.9
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Candidates:
    """Pairs of customers (`left`, `right`: their roots) with `ratio`, by which factor what their
    records say is likelier of one person than of two; `group` of each pair, and how many pairs of
    records each group has in all (`every`)."""

    left: Ints
    right: Ints
    source_left: Ints
    source_right: Ints
    ratio: Floats
    group: Ints
    every: Floats
    sizes: tuple[Floats, Floats]
    across: npt.NDArray[np.bool_]


def probabilities(found: Candidates, *, chance: float) -> Floats:
    """Of each pair the chance that it is one person's; `chance` is that of any pair.

    Expectation and maximisation: the shares of pairs to be found, group by group, and the
    probabilities that follow from them.
    """
    if not len(found.left):
        return np.zeros(0)
    share = np.full(len(found.every), chance)
    alone = np.ones(len(found.every))
    one, other = _rivals(found, found.ratio * chance)
    known = np.zeros(0)
    for _round in range(ROUNDS):
        odds = found.ratio * (share / (1 - share) / alone)[found.group]
        against = np.bincount(one, weights=odds[other], minlength=len(odds))
        new = odds / (1 + odds + against)
        mine = np.bincount(found.group, weights=new, minlength=len(share))
        alone = (1 - np.minimum(mine / found.sizes[0], MOST)) * (
            1 - np.minimum(mine / found.sizes[1], MOST)
        )
        alone = np.where(found.across, alone, 1.0)
        share = np.minimum((mine + TRUST) / (found.every + TRUST / chance), 0.5)
        if len(known) and np.abs(new - known).max() < 1e-6:
            break
        known = new
    return new


def _rivals(found: Candidates, odds: Floats) -> tuple[Ints, Ints]:
    """Pairs (by place) and those that speak against each: they share a customer with it, and their
    others are of one further source and not likely one person."""
    across = np.flatnonzero(found.source_left != found.source_right)
    sides = ((found.left, found.right), (found.source_left, found.source_right))
    (node, far), (_own, source) = (
        (np.r_[one[across], other[across]], np.r_[other[across], one[across]])
        for one, other in sides
    )
    pair = np.tile(across, 2)
    order = np.lexsort((source, node))
    node, far, source, pair = node[order], far[order], source[order], pair[order]
    if not len(node):
        return pair, pair
    start = np.flatnonzero(np.r_[True, (node[1:] != node[:-1]) | (source[1:] != source[:-1])])
    degree = np.diff(np.r_[start, len(node)])
    each = np.repeat(degree, degree)
    one = np.repeat(np.arange(len(node)), each)
    other = np.arange(len(one)) - np.repeat(np.cumsum(each) - each - np.repeat(start, degree), each)
    many = int(max(found.left.max(), found.right.max())) + 1
    near = odds >= _NEAR
    alike = np.minimum(found.left, found.right)[near] * many
    alike += np.maximum(found.left, found.right)[near]
    ends = np.minimum(far[one], far[other]) * many + np.maximum(far[one], far[other])
    kept = (far[one] != far[other]) & ~np.isin(ends, alike)
    return pair[one[kept]], pair[other[kept]]
