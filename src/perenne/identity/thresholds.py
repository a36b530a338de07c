"""From which probability a link may be made without asking: measured on pairs that were judged.

The model's probabilities are right in their order, but seldom in their size. A curve says how often
links of a stated probability are right; what is known of it before anything is judged is that the
model is about right (`BELIEF`), and each judged pair says more. Everything that may still be true
of the curve is carried along, so that the share of right links comes with what can be said for sure
of it. Few judged pairs that lie clearly apart are then enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BENDS = (0.0, 2.0, 5.0)
"""Log odds at which the curve may bend."""
BELIEF = ((0.0, 1.0), (1.0, 0.5), *((0.0, 0.5) for _bend in BENDS))
"""What is expected of the curve, and how far it may be off (a standard deviation): its shift, its
slope, and how much the slope changes at each bend."""
FEWEST = 20
"""Judged pairs below which the curve would be little but what was assumed of it."""
DRAWS = 500
_STEP = 0.02
_BELOW = 1e-7
_MORE = (2, 4, 8, 16, 32)
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Threshold:
    """`value` and what it rests on; `precision` and `at_least` are None while unmeasured.

    `precision` is the share of the judged links from there on that are right, `at_least` the share
    of all links from there on that the judged pairs make sure of; `missing` says how many further
    judged pairs could suffice, were they like those there are (0: none would).
    """

    value: float
    measured: bool
    judged: int
    accepted: int = 0
    precision: float | None = None
    at_least: float | None = None
    recall: float | None = None
    missing: int = 0


def choose(
    judged: Iterable[tuple[float, bool, int]],
    *,
    open_: Iterable[tuple[float, int]] = (),
    precision: float,
    confidence: float,
    fallback: float,
) -> Threshold:
    """The lowest probability from which links are right at the wanted precision.

    `judged` are links as (probability, the same person?, pairs of records that the link puts
    together), drawn without regard to the answer; `open_` are those that nobody has judged. A wrong
    link between two large customers does more harm than one between two records, so that each
    weighs as many pairs as it puts together. The share of right pairs among all links from the
    threshold on must reach the precision with this confidence, and so must that among the judged
    ones themselves. The threshold stands halfway to the next link, and never lower than anything
    that was judged; without enough judged links the `fallback` stands.
    """
    seen = _Links.of(judged)
    if len(seen) < FEWEST:
        return Threshold(fallback, False, len(seen), missing=FEWEST - len(seen))
    others = np.array([*open_], dtype=float).reshape(-1, 2)
    every = _Steps.of(np.r_[seen.chance, others[:, 0]], np.r_[seen.number, others[:, 1]])
    right = seen.shares(every.last) >= precision
    lowest = min(float(seen.chance.min()), fallback)
    for times in (1, *_MORE):
        bound = every.bound(_curves(seen, times=times), confidence=confidence)
        good = np.flatnonzero((bound >= precision) & right & (every.last >= lowest))
        if len(good) and times == 1:
            return _measured(seen, every, good[-1], bound=bound[good[-1]])
        if len(good):
            break
    # What was judged may speak against the cautious threshold without proving a better one.
    most = every.bound(_curves(seen, times=1), confidence=1 - confidence)
    asked = every.last >= fallback
    possible = every.values[asked & (most >= precision)]
    against = asked.any() and not (most[asked] >= precision).all()
    value = float(possible.min(initial=1.0)) if against else fallback
    missing = (times - 1) * len(seen) if len(good) else 0
    return Threshold(value, False, len(seen), missing=missing)


@dataclass(frozen=True)
class _Links:
    """Judged links: their probability, whether right, and how many pairs of records each puts
    together."""

    chance: Floats
    same: Bools
    number: Floats

    @classmethod
    def of(cls, judged: Iterable[tuple[float, bool, int]]) -> _Links:
        rows = np.array([row for row in judged if row[2]], dtype=float).reshape(-1, 3)
        return cls(rows[:, 0], rows[:, 1] > 0, rows[:, 2])

    def __len__(self) -> int:
        return len(self.chance)

    def shares(self, last: Floats) -> Floats:
        """Share of right pairs of records among the judged links from each of these probabilities
        on."""
        order = np.argsort(-self.chance, kind="stable")
        above = np.searchsorted(-self.chance[order], -last, side="right")
        weight, right = (
            np.r_[0.0, np.cumsum(number[order])]
            for number in (self.number, self.number * self.same)
        )
        share: Floats = np.where(above > 0, right[above] / np.maximum(weight[above], 1), 1.0)
        return share


@dataclass(frozen=True)
class _Steps:
    """All links in steps of nearly equal log odds, the likeliest first: the middle of each, its
    lowest probability (`last`), that of a threshold below it (`values`, halfway to the next link),
    and how many pairs of records it puts together."""

    odds: Floats
    last: Floats
    values: Floats
    number: Floats

    @classmethod
    def of(cls, chance: Floats, number: Floats) -> _Steps:
        order = np.argsort(-chance, kind="stable")
        chance, number = chance[order], number[order]
        odds = _log_odds(chance)
        start = np.flatnonzero(np.r_[True, np.diff(np.floor(odds / _STEP)) != 0])
        weight = np.add.reduceat(number, start)
        last = chance[np.r_[start[1:] - 1, len(odds) - 1]]
        following = np.r_[chance[start[1:]], last[-1] - _BELOW]
        middle = np.add.reduceat(odds * number, start) / weight
        return cls(middle, last, (last + following) / 2, weight)

    def bound(self, chance: _Curves, *, confidence: float) -> Floats:
        """Of each step the share of right pairs from there on that is reached for sure."""
        wrong = 1 - _probability(chance.at(self.odds))
        share = 1 - np.cumsum(wrong * self.number, axis=1) / np.cumsum(self.number)
        order = np.argsort(share, axis=0)
        below = np.cumsum(chance.weight[order], axis=0)
        place = (below > 1 - confidence).argmax(axis=0)
        lowest: Floats = np.take_along_axis(share, order, axis=0)[place, np.arange(len(place))]
        return lowest


@dataclass(frozen=True)
class _Curves:
    """Curves that may be true (a row of coefficients each), and how likely each is."""

    rows: Floats
    weight: Floats

    def at(self, odds: Floats) -> Floats:
        """What each curve makes of log odds that the model states: a row per curve."""
        made: Floats = self.rows @ _terms(odds).T
        return made


def _terms(odds: Floats) -> Floats:
    bends = [np.maximum(odds - bend, 0.0) for bend in BENDS]
    return np.stack([np.ones_like(odds), odds, *bends], axis=1)


def _curves(seen: _Links, *, times: int) -> _Curves:
    """What the judged links, each counted so many `times`, leave possible of the curve.

    Drawn around the likeliest curve (Laplace) and weighed by how likely each draw really is.
    """
    expected, spread = np.array(BELIEF).T
    terms, same = _terms(_log_odds(seen.chance)), seen.same.astype(float)
    best = expected.copy()
    for _round in range(50):
        chance = _probability(terms @ best)
        slope = times * terms.T @ (same - chance) - (best - expected) / spread**2
        bent = times * (terms.T * (chance * (1 - chance))) @ terms + np.diag(1 / spread**2)
        step = np.linalg.solve(bent, slope)
        best = best + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-8:
            break
    # The same links give the same threshold.
    drawn = np.random.default_rng(0).standard_normal((DRAWS, len(best)))
    rows = best + drawn @ np.linalg.inv(np.linalg.cholesky(bent))
    stated = rows @ terms.T
    told = -np.logaddexp(0, np.where(seen.same, -stated, stated)).sum(axis=1)
    log = times * told - (((rows - expected) / spread) ** 2).sum(axis=1) / 2
    log += (drawn**2).sum(axis=1) / 2
    weight = np.exp(log - log.max())
    return _Curves(rows, weight / weight.sum())


def _measured(seen: _Links, every: _Steps, place: int, *, bound: float) -> Threshold:
    above = seen.chance >= every.last[place]
    return Threshold(
        value=float(every.values[place]),
        measured=True,
        judged=len(seen),
        accepted=int(above.sum()),
        precision=float(seen.shares(every.last[[place]])[0]),
        at_least=float(bound),
        recall=float((above & seen.same).sum() / max(seen.same.sum(), 1)),
    )


def _log_odds(probability: Floats) -> Floats:
    sure = np.clip(probability, 1e-9, 1 - 1e-9)
    odds: Floats = np.log(sure) - np.log1p(-sure)
    return odds


def _probability(odds: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-np.clip(odds, -500.0, 500.0)))
    return chance
