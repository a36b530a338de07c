"""Purchases ahead of a regular buyer: renewals with gamma intervals, cut by leaving.

With time in mean intervals, E of purchases until u after one is M(u) = Σ_n P(kn, ku), P the
regularised lower incomplete gamma function: exact for gamma intervals. M is tabulated over k and u.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import gammainc, gammaincc, gammaincinv

from perenne.models.histories import Floats
from perenne.models.purchases.pareto_integral import legendre

# The table: k from LEAST to MOST; u to FAR, closer near 0 where M bends.
LEAST, MOST, KINDS = 0.03, 100.0, 120
FAR, STEPS = 30.0, 500
# Nodes of the moment of the next purchase, and of the moments after it.
NEXT, LATER = 10, 10
FLOOR = 1e-290


@dataclass(frozen=True)
class Renewals:
    """Customers alive at these nodes: k, pace λ, time since the last purchase, and beta + T."""

    k: Floats
    pace: Floats
    since: Floats
    beta: Floats
    s: float

    def at_least_one(self, horizon: Floats) -> Floats:
        """P(the next purchase comes within the horizon and before the customer leaves)."""
        return self._next(horizon, later=False)

    def expected(self, horizon: Floats) -> Floats:
        """E of purchases within the horizon: ∫ stay(v) dM(v), the next one by the time waited."""
        return self._next(horizon, later=True)

    def _next(self, horizon: Floats, *, later: bool) -> Floats:
        """∫ f(v) H(v) dv, nodes at quantiles of the wait v; H is smooth where f is not."""
        silent, wait = gammaincc(self.k, self.k * self.pace * self.since), horizon + self.since
        none = gammaincc(self.k, self.k * self.pace * wait)
        within = np.where(silent > FLOOR, 1 - none / np.maximum(silent, FLOOR), 1.0)
        total = np.zeros(np.broadcast_shapes(self.k.shape, self.pace.shape, within.shape))
        for point, weight in zip(*legendre(NEXT), strict=True):
            moment = np.minimum(self.wait(point * within), horizon)
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

    def _after(self, moment: Floats, horizon: Floats) -> Floats:
        """E of the purchases after the next one: stay(h) M(h - v) + ∫ M(w) leave(v + w) dw."""
        left = horizon - moment
        expected = self._stays(horizon) * renewals(self.k, self.pace * left)
        for point, weight in zip(*legendre(LATER), strict=True):
            bought = renewals(self.k, self.pace * left * point)
            until = moment + left * point
            leaves = self._stays(until) * self.s / (self.beta + until)
            expected = expected + weight * left * leaves * bought
        return expected


def renewals(k: Floats, mean_intervals: Floats) -> Floats:
    """M(u) for u in mean intervals, by the table; beyond it M grows by 1 per mean interval."""
    table = _table()
    inside = np.minimum(mean_intervals, FAR)
    column = np.sqrt(inside / FAR) * STEPS
    low = np.minimum(column.astype(np.intp), STEPS - 1)
    part = (inside - FAR * (low / STEPS) ** 2) / (FAR * (2 * low + 1) / STEPS**2)
    kind = np.log(np.clip(k, LEAST, MOST) / LEAST) / np.log(MOST / LEAST) * (KINDS - 1)
    row = np.minimum(kind.astype(np.intp), KINDS - 2)
    share = kind - row
    upper = table[row + 1, low] * (1 - part) + table[row + 1, low + 1] * part
    lower = table[row, low] * (1 - part) + table[row, low + 1] * part
    expected: Floats = share * upper + (1 - share) * lower + (mean_intervals - inside)
    return expected


@cache
def _table() -> Floats:
    moment = FAR * (np.arange(STEPS + 1) / STEPS) ** 2
    rows = []
    for k in np.geomspace(LEAST, MOST, KINDS):
        n = np.arange(1, int(FAR + 8 * np.sqrt(FAR / k) + 8 / k + 8))
        rows.append(gammainc(k * n[:, None], k * moment).sum(axis=0))
    return np.array(rows)
