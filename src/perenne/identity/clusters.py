"""Records and the links between them → which records are one customer. Plain arrays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def components(size: int, left: Ints, right: Ints) -> Ints:
    """For each of `size` records the smallest record that links lead to.

    Every root takes the smallest root beside it, then every record takes the root of its root,
    until nothing changes: a few rounds, whatever the shape.
    """
    root = np.arange(size, dtype=np.int64)
    while True:
        one, other = root[left], root[right]
        apart = one != other
        if not apart.any():
            return root
        low, high = np.minimum(one[apart], other[apart]), np.maximum(one[apart], other[apart])
        np.minimum.at(root, high, low)
        while True:
            shorter = root[root]
            if np.array_equal(shorter, root):
                break
            root = shorter


def separated(size: int, left: Ints, right: Ints, *, refused: Iterable[tuple[int, int]]) -> Ints:
    """`components`, but the two records of a refused pair are never one customer.

    Links come strongest first: within a customer that holds a refused pair they are made one by
    one, and one that would join the two is left out.
    """
    root = components(size, left, right)
    forbidden = [(a, b) for a, b in refused if root[a] == root[b]]
    if not forbidden:
        return root
    torn = np.unique(root[[a for a, _b in forbidden]])
    inside = np.isin(root[left], torn)
    members = np.flatnonzero(np.isin(root, torn))
    found = _joined(
        members, zip(left[inside].tolist(), right[inside].tolist(), strict=True), forbidden
    )
    root[members] = [found[member] for member in members.tolist()]
    return root


def _joined(
    members: Ints, links: Iterable[tuple[int, int]], forbidden: Iterable[tuple[int, int]]
) -> dict[int, int]:
    """Smallest record of each group when `links` are made in order without joining a forbidden
    pair."""
    group = {member: {member} for member in members.tolist()}
    foes: dict[int, set[int]] = {}
    for one, other in forbidden:
        foes.setdefault(one, set()).add(other)
        foes.setdefault(other, set()).add(one)
    for one, other in links:
        first, second = group[one], group[other]
        if first is second or any(foes.get(member, set()) & second for member in first):
            continue
        first |= second
        for member in second:
            group[member] = first
    smallest = {id(found): min(found) for found in group.values()}
    return {member: smallest[id(found)] for member, found in group.items()}
