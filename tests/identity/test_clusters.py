"""Which records hang together: against a slow walk from record to record."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perenne.identity.clusters import components, separated

SIZE = 12
Edges = list[tuple[int, int]]
EDGES = st.lists(
    st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)).filter(lambda e: e[0] != e[1]),
    max_size=25,
)


def arrays(edges: Edges) -> tuple[np.ndarray, np.ndarray]:
    both = np.array(edges, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def walked(edges: Edges) -> list[int]:
    """The smallest record that a walk along the edges reaches, for each record."""
    beside = {n: {n} for n in range(SIZE)}
    for one, other in edges:
        beside[one].add(other)
        beside[other].add(one)
    found = []
    for start in range(SIZE):
        seen, waiting = {start}, [start]
        while waiting:
            for record in beside[waiting.pop()] - seen:
                seen.add(record)
                waiting.append(record)
        found.append(min(seen))
    return found


@given(EDGES)
def test_components_are_those_of_a_walk(edges: Edges) -> None:
    assert components(SIZE, *arrays(edges)).tolist() == walked(edges)


def test_a_long_chain_needs_few_rounds() -> None:
    size = 200_000
    order = np.random.default_rng(1).permutation(size)
    assert components(size, order[:-1], order[1:]).max() == 0


@given(EDGES, EDGES)
def test_refused_pairs_are_apart_and_the_rest_is_untouched(edges: Edges, refused: Edges) -> None:
    root = separated(SIZE, *arrays(edges), refused=refused)
    assert all(root[one] != root[other] for one, other in refused)
    whole = walked(edges)
    parts = {(whole[n], int(root[n])) for n in range(SIZE)}
    torn = {whole[one] for one, other in refused if whole[one] == whole[other]}
    for top in set(whole) - torn:
        assert len([part for part in parts if part[0] == top]) == 1
    assert all(whole[n] == whole[int(root[n])] for n in range(SIZE)), "nothing is joined anew"


@given(EDGES)
def test_without_the_link_it_is_as_if_it_had_never_been(edges: Edges) -> None:
    """Refusing a single link that joins two customers gives back exactly these two."""
    for place, (one, other) in enumerate(edges):
        rest = edges[:place] + edges[place + 1 :]
        before = walked(rest)
        if before[one] != before[other]:
            after = separated(SIZE, *arrays([*rest, (one, other)]), refused=[(one, other)])
            assert after.tolist() == before


def test_of_two_ways_to_part_the_strongest_links_stay() -> None:
    left, right = arrays([(0, 1), (1, 2)])
    assert separated(3, left, right, refused=[(0, 2)]).tolist() == [0, 0, 2]
    left, right = arrays([(1, 2), (0, 1)])
    assert separated(3, left, right, refused=[(0, 2)]).tolist() == [0, 1, 1]
