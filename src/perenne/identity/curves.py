"""How often links of a stated probability are right, learnt from pairs that were judged.

The model's probabilities are right in their order, but seldom in their size. A curve says how often
links of a stated probability are right; what is known of it before anything is judged is that the
model is about right (`BELIEF`) but for a few slips that it cannot know (`SLIPS`), and each judged
pair says more. Groups of links (the pairs of
sources) share the curve but for a shift of their own: what is judged of one teaches of the others
too, the less the more they differ. Everything that may still be true is carried along, so that what
is made of a curve comes with what can be said for sure of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BENDS = (0.0, 2.0, 5.0)
"""Log odds at which the curve may bend."""
BELIEF = ((0.0, 0.8), (1.0, 0.5), *((0.0, 0.5) for _bend in BENDS))
"""What is expected of the curve, and how far it may be off (a standard deviation): its shift, its
slope, and how much the slope changes at each bend."""
SLIPS = (-5.5, 1.0)
"""How often a link is wrong that the model is sure of, as two namesakes of one home are: log odds,
and how far they may be off."""
APART = 0.6
"""How far the shift of a group may be from the common one (a standard deviation)."""
DRAWS = 500
_CLOSE, _TINY = 1e-6, 1e-12
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """Links that were judged: their stated probability, whether right, and the group of each."""

    chance: Floats
    same: Bools
    group: Ints


@dataclass(frozen=True)
class Curves:
    """Curves that may be true (a row of coefficients each: `BELIEF`, the log odds of slips and
    the groups' shifts), and how likely each is."""

    rows: Floats
    weight: Floats

    def chance(self, stated: Floats, group: Ints | int) -> Floats:
        """How often links are right of which the model states these log odds: a row per curve."""
        own = self.rows[:, len(BELIEF) + 1 :][:, group]
        odds = self.rows[:, : len(BELIEF)] @ _terms(stated).T
        odds += own if isinstance(group, np.ndarray) else own[:, None]
        right: Floats = probability(odds) * (1 - probability(self.rows[:, [len(BELIEF)]]))
        return right

    def drawn(self, number: int, rng: np.random.Generator) -> Curves:
        """So many of the curves, each as often as it is likely."""
        chosen = rng.choice(len(self.rows), size=number, p=self.weight)
        return Curves(self.rows[chosen], np.full(number, 1 / number))


def learnt(judged: Judged, *, groups: int, times: int = 1) -> Curves:
    """What the judged links, each counted so many `times`, leave possible of the curves.

    Drawn around the likeliest curve (Laplace) and weighed by how likely each draw really is.
    """
    fit = _Fit(judged, groups, times)
    best, bent = fit.likeliest()
    # The same links give the same curves.
    drawn = np.random.default_rng(0).standard_normal((DRAWS, len(best)))
    rows = best + drawn @ np.linalg.inv(np.linalg.cholesky(bent))
    log = fit.told(rows) + (drawn**2).sum(axis=1) / 2
    weight = np.exp(log - log.max())
    return Curves(rows, weight / weight.sum())


class _Fit:
    def __init__(self, judged: Judged, groups: int, times: int) -> None:
        self.judged, self.times = judged, times
        self.stated = log_odds(judged.chance)
        self.expected, self.spread = np.array([*BELIEF, SLIPS, *[(0.0, APART)] * groups]).T
        slips = np.zeros((len(judged.chance), 1))
        self.terms = np.hstack([_terms(self.stated), slips, np.eye(groups)[judged.group]])

    def told(self, rows: Floats) -> Floats:
        """The log likelihood of each row of coefficients, and what was believed of it."""
        right = Curves(rows, np.ones(len(rows))).chance(self.stated, self.judged.group)
        said = np.where(self.judged.same, right, 1 - right)
        belief = (((rows - self.expected) / self.spread) ** 2).sum(axis=1) / 2
        log: Floats = self.times * np.log(np.maximum(said, _TINY)).sum(axis=1) - belief
        return log

    def likeliest(self) -> tuple[Floats, Floats]:
        """The likeliest coefficients, and how sharply likelihood bends there (Fisher scoring)."""
        best = self.expected.copy()
        while True:
            slope, bent = self._bent(best)
            step = np.linalg.solve(bent, slope)
            before = self.told(best[None])[0]
            while self.told((best + step)[None])[0] < before and np.abs(step).max() > _CLOSE:
                step = step / 2
            best = best + step
            if np.abs(step).max() <= _CLOSE:
                return best, bent

    def _bent(self, row: Floats) -> tuple[Floats, Floats]:
        slips = probability(row[[len(BELIEF)]])
        without = probability(self.terms @ row)
        right = np.clip(without * (1 - slips), _TINY, 1 - _TINY)
        moved = self.terms * ((1 - slips) * without * (1 - without))[:, None]
        moved[:, len(BELIEF)] = -slips * right
        per = moved / (right * (1 - right))[:, None]
        slope = self.times * per.T @ (self.judged.same - right)
        slope -= (row - self.expected) / self.spread**2
        return slope, self.times * per.T @ moved + np.diag(1 / self.spread**2)


def _terms(odds: Floats) -> Floats:
    bends = [np.maximum(odds - bend, 0.0) for bend in BENDS]
    return np.stack([np.ones_like(odds), odds, *bends], axis=1)


def log_odds(chance: Floats) -> Floats:
    sure = np.clip(chance, 1e-9, 1 - 1e-9)
    odds: Floats = np.log(sure) - np.log1p(-sure)
    return odds


def probability(odds: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-np.clip(odds, -500.0, 500.0)))
    return chance
