"""Purchases ahead of a regular buyer: renewals with gamma intervals, cut by leaving.

With time in mean intervals, E of purchases until u after one is M(u) = Σ_n P(kn, ku), P the
regularised lower incomplete gamma function: exact for gamma intervals. M is tabulated over k and u,
and so are the quantiles of one interval, which are asked for at every node.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import expit, gammainc, gammaincc, gammainccinv, gammaincinv, gammaln

from perenne.models.histories import Floats, Rows
from perenne.models.purchases.pareto_integral import legendre

# The table: k from LEAST to MOST; u to FAR, closer near 0 where M bends.
LEAST, MOST, KINDS = 0.03, 100.0, 120
FAR, STEPS = 30.0, 500
# Nodes of the moment of the next purchase, and of the moments after it; of all moments of who has
# just bought.
NEXT, LATER, FRESH = 10, 5, 20
FLOOR = 1e-290
# Quantiles are tabulated over the odds p / (1 - p): its logarithm is BEND sinh of even steps.
BEND, WIDE, ODDS = 6.0, 5.4, 600


@dataclass(frozen=True)
class Renewals:
    """Customers alive at these nodes: k, pace λ, time since the last purchase, and beta + T.

    Arrays of one shape, or that broadcast.
    """

    k: Floats
    pace: Floats
    since: Floats
    beta: Floats
    s: float

    def at_least_one(self, horizon: Floats) -> Floats:
        """P(the next purchase comes within the horizon and before the customer leaves)."""
        return self._next(horizon, later=False)

    def expected(self, horizon: Floats) -> Floats:
        """E of purchases within the horizon: ∫ stay(v) dM(v), the next one by the time waited; of
        who has just bought by M alone."""
        told = self._next(horizon, later=True)
        fresh = np.broadcast_to(self.since == 0, told.shape)
        if fresh.any():
            told[fresh] = self._after(np.zeros(told.shape), horizon, nodes=FRESH)[fresh]
        return told

    def _next(self, horizon: Floats, *, later: bool) -> Floats:
        """∫ f(v) H(v) dv, nodes at quantiles of the wait v; H is smooth where f is not."""
        silent, wait = gammaincc(self.k, self.k * self.pace * self.since), horizon + self.since
        none = gammaincc(self.k, self.k * self.pace * wait)
        within = np.where(silent > FLOOR, 1 - none / np.maximum(silent, FLOOR), 1.0)
        total = np.zeros(within.shape)
        for point, weight in zip(*legendre(NEXT), strict=True):
            moment = interval(self.k, silent * (1 - point * within)) / self.pace - self.since
            moment = np.clip(moment, 0.0, horizon)
            each = self._stays(moment)
            if later:
                each = each + self._after(moment, horizon)
            total += weight * within * each
        return total

    def wait(self, chance: Floats) -> Floats:
        """Time until the next purchase, at this quantile, given the time waited already."""
        silent = gammaincc(self.k, self.k * self.pace * self.since)
        upto = np.clip(1 - silent * (1 - chance), 0.0, 1.0)
        # Where nobody waits so long, the node has no weight: any wait will do.
        until = np.minimum(gammaincinv(self.k, upto) / (self.k * self.pace), 1e290)
        moment: Floats = np.maximum(until - self.since, 0.0)
        return moment

    def _stays(self, moment: Floats) -> Floats:
        stays: Floats = np.exp(-self.s * np.log1p(moment / self.beta))
        return stays

    def _after(self, moment: Floats, horizon: Floats, *, nodes: int = LATER) -> Floats:
        """E of the purchases after the next one: stay(h) M(h - v) + ∫ M(w) leave(v + w) dw."""
        left = horizon - moment
        expected = self._stays(horizon) * renewals(self.k, self.pace * left)
        for point, weight in zip(*legendre(nodes), strict=True):
            bought = renewals(self.k, self.pace * left * point)
            until = moment + left * point
            leaves = self._stays(until) * self.s / (self.beta + until)
            expected = expected + weight * left * leaves * bought
        return expected


def renewals(k: Floats, mean_intervals: Floats) -> Floats:
    """M(u) for u in mean intervals, by the table; beyond it M grows by 1 per mean interval.

    Below LEAST, M is ∫ P(v, ku) dv / k − ½ (Euler–Maclaurin, below 1% off), whose integral depends
    on ku alone: it grows without bound as k falls.
    """
    share = np.minimum(k / LEAST, 1.0)
    until = mean_intervals * share
    inside = np.minimum(until, FAR)
    column = np.sqrt(inside / FAR) * STEPS
    low = np.minimum(column.astype(np.intp), STEPS - 1)
    part = (inside - FAR * (low / STEPS) ** 2) / (FAR * (2 * low + 1) / STEPS**2)
    told = _between(_table(), k, low, part) + (until - inside)
    return np.where(until > 0, (told + 0.5) / share - 0.5, 0.0)


def interval(k: Floats, longer: Floats) -> Floats:
    """The interval, in mean intervals, that is exceeded with this probability; by the table."""
    longer = np.clip(longer, FLOOR, 1 - 1e-16)
    column = (np.arcsinh(np.log(1 / longer - 1) / BEND) / WIDE + 1) / 2 * ODDS
    low = np.clip(column.astype(np.intp), 0, ODDS - 1)
    return np.asarray(np.exp(_between(_quantiles(), k, low, column - low)))


def _between(table: Floats, k: Floats, low: Rows, part: Floats) -> Floats:
    """Values between the lines of k, and between columns `low` and the next, as `part` says."""
    kind = np.log(np.clip(k, LEAST, MOST) / LEAST) / np.log(MOST / LEAST) * (KINDS - 1)
    row = np.minimum(kind.astype(np.intp), KINDS - 2)
    share, width, flat = kind - row, table.shape[1], table.ravel()
    at = row * width + low
    lower = flat[at] * (1 - part) + flat[at + 1] * part
    at += width
    upper = flat[at] * (1 - part) + flat[at + 1] * part
    found: Floats = lower + share * (upper - lower)
    return found


def _kinds() -> Floats:
    kinds: Floats = np.geomspace(LEAST, MOST, KINDS)
    return kinds


@cache
def _table() -> Floats:
    moment = FAR * (np.arange(STEPS + 1) / STEPS) ** 2
    rows = []
    for k in _kinds():
        n = np.arange(1, int(FAR + 8 * np.sqrt(FAR / k) + 8 / k + 8))
        rows.append(gammainc(k * n[:, None], k * moment).sum(axis=0))
    return np.array(rows)


@cache
def _quantiles() -> Floats:
    """Logarithms of quantiles, (KINDS, ODDS + 1)."""
    log_odds = BEND * np.sinh(WIDE * np.linspace(-1, 1, ODDS + 1))
    k = _kinds()[:, None]
    low = log_odds < 0
    below, above = gammaincinv(k, expit(log_odds[low])), gammainccinv(k, expit(-log_odds[~low]))
    exact = np.concatenate((below, above), axis=1)
    # Below the least of floats an interval is P(k, ku) = (ku)^k / Γ(k + 1) long.
    with np.errstate(divide="ignore"):
        tiny = (-np.logaddexp(0, -log_odds) + gammaln(k + 1)) / k
        found: Floats = np.where(exact > FLOOR, np.log(exact), tiny) - np.log(k)
    return found
