"""How likely 0, 1, 2 … purchases are in a horizon: P(X(t) = x), from P(X(t) ≥ x)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import betainc, betaln, gammaln

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.models.purchases.beta_geo_expectation import Active
from perenne.models.purchases.pareto_integral import legendre
from perenne.text import gettext as _

# Counts that a table may have.
MOST = 10_000
# Nodes of the moment of leaving, enough for 1e-9 (tests), and values computed at a time.
NODES, CELLS = 128, 1 << 21


def read_up_to(up_to: Any) -> int:
    """The largest count asked for. Raises PerenneError unless it is whole, from 0 to 10,000."""
    if isinstance(up_to, int | np.integer) and 0 <= up_to <= MOST:
        return int(up_to)
    raise PerenneError(
        _("up_to is not a whole number from 0 to {most}.").format(most=MOST),
        given=up_to,
        next_step=_("Give the largest count of purchases to tell, such as up_to=10."),
    )


def while_active(active: Active, k: int, *, up_to: int) -> Floats:
    """(k, n, up_to + 1): P(0, 1 … purchases) of active customers, by stages passed already.

    With j stages passed, the y-th purchase asks for yk - j more, and for y - 1 times not to have
    left: P(≥ y) = E[(1 - p)^(y-1)] P(yk - j stages in the horizon). For k = 1 and a new customer
    this is equation (8) of Fader, Hardie & Lee (2005).
    """
    y = np.arange(1.0, up_to + 2)
    a, b = active.a[:, None], active.b[:, None]
    stays = np.exp(betaln(a, b + y - 1) - betaln(a, b))
    passed = (active.horizon / (active.rate + active.horizon))[:, None]
    found = np.empty((k, active.shape.size, up_to + 1))
    for stage in range(k):
        least = stays * betainc(k * y - stage, active.shape[:, None] + stage, passed)
        found[stage] = -np.diff(least, axis=1, prepend=1.0)
    return found


def while_alive(
    shape: Floats, alpha: Floats, beta: Floats, *, s: float, ahead: Floats, up_to: int
) -> Floats:
    """(n, up_to + 1): P(0, 1 … purchases) of customers alive now, rates Gamma(shape, alpha), life
    Pareto(s, beta); arrays (n,).

    Negative binomial until the end of the horizon or of the life, integrated over the latter
    (Fader & Hardie 2006, Deriving an Expression for P(X(t) = x) Under the Pareto/NBD Model).
    """
    found = np.empty((shape.size, up_to + 1))
    step = max(1, CELLS // (NODES * (up_to + 1)))
    for first in range(0, shape.size, step):
        rows = slice(first, first + step)
        customer = (shape[rows], alpha[rows], beta[rows])
        found[rows] = _while_alive(*customer, s=s, ahead=ahead[rows], up_to=up_to)
    return found


def _while_alive(
    shape: Floats, alpha: Floats, beta: Floats, *, s: float, ahead: Floats, up_to: int
) -> Floats:
    point, weight = legendre(NODES)
    near = np.minimum(alpha, beta)
    width = np.log1p(ahead / near)
    end = np.expm1(np.multiply.outer(width, point)) * near[:, None]
    log_life = -(s + 1) * np.log1p(end / beta[:, None]) + np.log(s / beta)[:, None]
    share = np.exp(log_life) * (end + near[:, None]) * np.multiply.outer(width, weight)
    gone = np.einsum("nk,nky->ny", share, _counts(shape, alpha, end, up_to))
    stays = np.exp(-s * np.log1p(ahead / beta))
    found: Floats = gone + stays[:, None] * _counts(shape, alpha, ahead[:, None], up_to)[:, 0]
    return found


def _counts(shape: Floats, alpha: Floats, time: Floats, up_to: int) -> Floats:
    """(n, times, up_to + 1): negative binomial probabilities of the counts in each time."""
    y, r = np.arange(up_to + 1.0), shape[:, None, None]
    rest = np.log1p(time / alpha[:, None])[..., None]
    with np.errstate(divide="ignore"):
        passed = np.log(time)[..., None] - np.log(alpha)[:, None, None] - rest
    log = gammaln(r + y) - gammaln(r) - gammaln(y + 1) - r * rest
    # No time, no purchase: 0 · log 0 is 0.
    log[..., 1:] += y[1:] * passed
    found: Floats = np.exp(log)
    return found
