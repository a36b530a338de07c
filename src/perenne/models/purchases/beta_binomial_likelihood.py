"""Log-likelihood and gradient of the BG/BB on distinct (x, t_x, n)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, digamma

from perenne.models.histories import Floats, Histories


@dataclass(frozen=True)
class Mixtures:
    """p ~ Beta(alpha, beta) buys at an opportunity, theta ~ Beta(gamma, delta) ends before one.

    Scalars, or one value per row.
    """

    alpha: Floats | float
    beta: Floats | float
    gamma: Floats | float
    delta: Floats | float


class Opportunities:
    """The ways in which each row can have come about, one term each (equation (5) of the paper).

    A customer who was last seen at t_x ended after `ended` = t_x, …, n - 1 opportunities, or is
    still there after n. The still-there term of each row stands first.
    """

    def __init__(self, histories: Histories) -> None:
        self.frequency, self.periods = histories.frequency, histories.tenure
        gaps = (histories.tenure - histories.recency).astype(np.intp)
        size = gaps.size
        self.row: npt.NDArray[np.intp] = np.concatenate(
            (np.arange(size), np.repeat(np.arange(size), gaps))
        )
        step = np.arange(gaps.sum()) - np.repeat(gaps.cumsum() - gaps, gaps)
        self.ended: Floats = np.concatenate(
            (self.periods, histories.recency[self.row[size:]] + step)
        )
        self.gone: Floats = (np.arange(self.row.size) >= size).astype(np.float64)
        self.bought = self.frequency[self.row]

    def terms(self, at: Mixtures) -> tuple[Floats, Floats]:
        """(log-likelihood of each row, share of each term in its row)."""
        log = betaln(at.alpha + self.bought, at.beta + self.ended - self.bought)
        log += betaln(at.gamma + self.gone, at.delta + self.ended)
        log -= betaln(at.alpha, at.beta) + betaln(at.gamma, at.delta)
        top = np.full(self.frequency.size, -np.inf)
        np.maximum.at(top, self.row, log)
        scaled = np.exp(log - top[self.row])
        total = np.bincount(self.row, scaled, self.frequency.size)
        return top + np.log(total), scaled / total[self.row]

    def alive(self, at: Mixtures) -> Floats:
        """P(still there after the n opportunities) of each row."""
        share: Floats = self.terms(at)[1]
        return share[: self.frequency.size]

    def gradient(self, at: Mixtures, share: Floats) -> Floats:
        """(4, rows): derivatives of the log-likelihood of each row."""
        both = digamma(at.alpha + at.beta + self.ended)
        ends = digamma(at.gamma + at.delta + self.ended + self.gone)
        slopes = (
            digamma(at.alpha + self.bought) - both,
            digamma(at.beta + self.ended - self.bought) - both,
            digamma(at.gamma + self.gone) - ends,
            digamma(at.delta + self.ended) - ends,
        )
        before = np.array(
            [
                digamma(at.alpha) - digamma(at.alpha + at.beta),
                digamma(at.beta) - digamma(at.alpha + at.beta),
                digamma(at.gamma) - digamma(at.gamma + at.delta),
                digamma(at.delta) - digamma(at.gamma + at.delta),
            ]
        )
        size = self.frequency.size
        after = [np.bincount(self.row, share * each, size) for each in slopes]
        slope: Floats = np.stack(after) - before[:, None]
        return slope


class BetaBinomialLikelihood:
    """log alpha, log beta, log gamma, log delta → (log-likelihood, gradient)."""

    def __init__(self, histories: Histories) -> None:
        self.weights = histories.weights
        self.opportunities = Opportunities(histories)

    def __call__(self, point: Floats) -> tuple[float, Floats]:
        values = np.exp(point)
        at = Mixtures(*map(float, values))
        rows, share = self.opportunities.terms(at)
        slopes = self.opportunities.gradient(at, share)
        return float(self.weights @ rows), values * (slopes @ self.weights)
