"""How often each level of likeness occurs among records of one person, learnt without labels.

Pairs that share a key are a mixture of one person's and of strangers' (Fellegi and Sunter 1969).
Expectation and maximisation over all keys at once, with a Dirichlet prior: a level that the
sample happens not to show is neither a proof nor impossible, and keys under which every pair is
one person's, as e-mails are, do no harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.identity.fields import Field

USUAL = 5.0
"""Pairs that what is usual weighs beside the pairs of one person that the sample shows."""
ROUNDS, STEPS = 200, 5
CONTRARY, MEMBERS = 0.03, 0.95
"""How often first names contradict each other: of two records of one person, which bear another
name of hers or a name misheard beyond likeness; and of two members of a household."""
TRIED = 30
"""Pairs that `CONTRARY` weighs beside those that are known to be one person's."""
Floats = npt.NDArray[np.float64]
Weights = Mapping[str, Floats]
"""Of each field how often its levels occur, `different` last; they add up to one."""


@dataclass(frozen=True)
class Patterns:
    """Pairs that share a key: `levels` is a row per pattern and a column per field (the place of
    the level, `different` last, -1 where a value is missing), `pairs` how many show it; `open`
    says which fields the key leaves open."""

    levels: npt.NDArray[np.int64]
    pairs: Floats
    open: tuple[bool, ...]


def usual(field: Field) -> Floats:
    """How often the levels are expected among records of one person."""
    expected = np.array([*(level.usual for level in field.levels), field.different])
    shares: Floats = expected / expected.sum()
    return shares


def frequencies(counts: Sequence[float]) -> Floats:
    """Shares of levels among strangers; one that was not seen may still occur."""
    seen = np.asarray(counts, dtype=float) + 0.5
    shares: Floats = seen / seen.sum()
    return shares


def same_person(
    fields: Sequence[Field], strangers: Weights, seen: Sequence[Patterns]
) -> dict[str, Floats]:
    """How often each level occurs among records of one person."""
    known = {field.name: usual(field) for field in fields}
    mixture = np.full(len(seen), 0.5)
    for _round in range(ROUNDS):
        found = {field.name: USUAL * usual(field) for field in fields}
        shares = []
        for patterns, share in zip(seen, mixture, strict=True):
            chance = _chance(fields, patterns, share, known=known, strangers=strangers)
            mine = patterns.pairs * chance
            shares.append((mine.sum() + 0.5) / (patterns.pairs.sum() + 1.0))
            for place, field in enumerate(fields):
                if patterns.open[place]:
                    level = patterns.levels[:, place]
                    told = level >= 0
                    np.add.at(found[field.name], level[told], mine[told])
        new = {name: counts / counts.sum() for name, counts in found.items()}
        moved = max(float(np.abs(new[name] - known[name]).max()) for name in new)
        known, mixture = new, np.array(shares)
        if moved < 1e-6:
            break
    return known


def slips(pairs: int, apart: int) -> float:
    """How often first names of one person contradict each other; `apart` of `pairs` of records that
    are one person's do."""
    return (CONTRARY * TRIED + apart) / (TRIED + pairs)


def one_person(homes: int, apart: int, *, contrary: float = CONTRARY) -> float:
    """The chance that two records of one home and family name, whose first names contradict each
    other, are one person; `apart` of `homes` such pairs are contrary.

    Records of one person are contrary in few cases (`contrary`), those of two members of a
    household nearly always: the share of contrary pairs tells how many are households. Where it is
    no larger than slips alone explain, nothing speaks for households.
    """
    if not homes:
        return 1.0
    share = apart / homes
    households = min(max((share - contrary) / (MEMBERS - contrary), 0.0), 1.0)
    of_one = (1 - households) * contrary
    return of_one / (of_one + households * MEMBERS) if households else 1.0


def learnt(
    fields: Sequence[Field], every: Patterns, seen: Sequence[Patterns], *, chance: float
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """How often each level occurs among records of one person, and among strangers.

    `every` are all pairs of some records, of which the share `chance` is one person's: in a small
    set most pairs that agree on a date are, and would make agreement look like chance.
    """
    mine = np.zeros(len(every.pairs))
    for _round in range(STEPS):
        strangers = _strangers(fields, every, weight=every.pairs * (1 - mine))
        same = same_person(fields, strangers, seen)
        mine = _chance(fields, every, chance, known=same, strangers=strangers)
    return same, strangers


def _strangers(fields: Sequence[Field], every: Patterns, *, weight: Floats) -> dict[str, Floats]:
    found = {}
    for place, field in enumerate(fields):
        level = every.levels[:, place]
        told, size = level >= 0, len(field.levels) + 1
        counts = np.bincount(level[told], weight[told], minlength=size)
        found[field.name] = frequencies(counts.tolist())
    return found


def _chance(
    fields: Sequence[Field],
    patterns: Patterns,
    share: float,
    *,
    known: Weights,
    strangers: Weights,
) -> Floats:
    """Of each pattern the chance that its pairs are one person's."""
    weight = np.full(len(patterns.pairs), np.log(share) - np.log1p(-share))
    for place, field in enumerate(fields):
        if patterns.open[place]:
            level = patterns.levels[:, place]
            ratio = np.log(known[field.name]) - np.log(strangers[field.name])
            weight += np.where(level >= 0, ratio[level], 0.0)
    odds: Floats = 1.0 / (1.0 + np.exp(-np.clip(weight, -500.0, 500.0)))
    return odds
