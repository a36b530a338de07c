"""What passes while customers walk their paths: two clocks, and the silence after a purchase.

On a segment both rates are constant, so that silence has the same integral as in the plain
Pareto/NBD (`Decay`), with α and β counted in the time of the segment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import exprel

from perenne.models.histories import Floats
from perenne.models.purchases.dynamic_paths import Paths
from perenne.models.purchases.moments import DECIMALS
from perenne.models.purchases.pareto_integral import Decay

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Values:
    """r, alpha, s, beta and the coefficients of the covariates on dropout and on purchases."""

    r: float
    alpha: float
    s: float
    beta: float
    life: Floats
    trans: Floats


@dataclass(frozen=True)
class Walk:
    """At some `values`: exp(γ'x), exp(δ'x) on each segment, and both clocks at its start.

    trans, life: (segments, covariates). buying, leaving: rates; bought, left: the clocks, 0 at
    birth; both (segments,).
    """

    paths: Paths
    at: Values
    buying: Floats
    leaving: Floats
    bought: Floats
    left: Floats

    @classmethod
    def of(cls, paths: Paths, at: Values, *, trans: Floats, life: Floats) -> Walk:
        buying, leaving = np.exp(trans @ at.trans), np.exp(life @ at.life)
        return cls(
            paths,
            at,
            buying,
            leaving,
            bought=paths.before(buying * paths.length),
            left=paths.before(leaving * paths.length),
        )

    def clocks(self, where: Flags) -> tuple[Floats, Floats]:
        """(customers,): how far both clocks get on the segments of `where`."""
        time = np.where(where, self.paths.length, 0.0)
        return self.paths.total(self.buying * time), self.paths.total(self.leaving * time)


@dataclass(frozen=True)
class Quiet:
    """Segments of a silence, and those before its end; (segments,) both."""

    silent: Flags
    lived: Flags

    @classmethod
    def between(cls, paths: Paths, since: Floats, end: Floats) -> Quiet:
        """since, end: (customers,), edges of the segments."""
        last = np.round(end, DECIMALS)[paths.customer]
        lived = paths.start < last
        return cls(lived & (paths.start >= np.round(since, DECIMALS)[paths.customer]), lived)


@dataclass(frozen=True)
class Silence:
    """No purchase on some segments: alive to their end, or gone on one of them.

    log_whole: (customers,), log of (1 + A/α)^-(r+x) (1 + B/β)^-s at the end of the silence and of
    what each segment adds; alive: (customers,), share: (silent segments,), their parts of it.
    means: (4, silent segments), of log(1 + t/a), t/(a + t) and the same of b while gone there.
    """

    log_whole: Floats
    alive: Floats
    share: Floats
    means: Floats

    @classmethod
    def of(cls, walk: Walk, shape: Floats, *, quiet: Quiet, means: bool = False) -> Silence:
        """shape: r + x of each customer."""
        at, paths, silent = walk.at, walk.paths, quiet.silent
        end_a, end_b = walk.clocks(quiet.lived)
        log_alive = -shape * np.log1p(end_a / at.alpha) - at.s * np.log1p(end_b / at.beta)
        who = paths.customer[silent]
        a = (at.alpha + walk.bought[silent]) / walk.buying[silent]
        b = (at.beta + walk.left[silent]) / walk.leaving[silent]
        decay = Decay(shape[who], a, b, at.s)
        integral = decay.integrate(np.zeros(who.size), paths.length[silent], means=means)
        whole = np.maximum(integral[0], 1e-300)
        log_gone = np.log(at.s / at.beta * walk.leaving[silent] * whole)
        log_gone -= shape[who] * np.log1p(walk.bought[silent] / at.alpha)
        log_gone -= (at.s + 1) * np.log1p(walk.left[silent] / at.beta)
        top = log_alive.copy()
        np.maximum.at(top, who, log_gone)
        parts = np.exp(log_gone - top[who])
        total = np.exp(log_alive - top) + np.bincount(who, weights=parts, minlength=top.size)
        return cls(
            log_whole=top + np.log(total),
            alive=np.exp(log_alive - top) / total,
            share=parts / total[who],
            means=integral[1:] / whole,
        )


def growth(z: Floats) -> Floats:
    """(e^z − 1) / z, 1 at 0."""
    return np.asarray(exprel(z))
