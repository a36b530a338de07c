"""Pareto/GGG: as Pareto/NBD, but each customer buys with a regularity of their own.

Platzer, M. & Reutterer, T. (2016), Ticking Away the Moments: Timing Regularity Helps to Better
Predict Customer Activity, Marketing Science 35(5). They draw by MCMC; here the likelihood is
integrated by quadrature and maximised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize

from perenne.core import PerenneError
from perenne.models.arguments import require_count
from perenne.models.fitting import Optimum, maximise, refuse_unknown
from perenne.models.histories import Floats, distinct_rows
from perenne.models.hmc import Rows, posterior_of
from perenne.models.purchases.pareto_ggg_fitted import FittedParetoGGG, read_timings
from perenne.models.purchases.pareto_ggg_nodes import PARAMETERS, Nodes, Timings
from perenne.text import gettext as _

__all__ = ["FittedParetoGGG", "ParetoGGG"]

# t, gamma, r, s, and beta in mean tenures; alpha follows from r and the mean frequency.
START = (2.0, 1.0, 1.0, 1.0, 1.0)
# Nodes are placed anew until no logarithm of a parameter moves by SETTLED, at most ROUNDS times.
ROUNDS, SETTLED = 12, 0.02
# How far a logarithm moves before the nodes follow.
TRUST = 1.0
# Logarithm of t and gamma beyond which all customers have one k, and t and gamma mean nothing.
ALIKE = 9.0
# Distinct rows that a fit reads; the first rounds read fewer.
MOST, FEW = 5000, 500
# Draws of the posterior at which nodes placed anew must say the same of the likelihood, to HOLD.
CHECKED, HOLD = 8, 0.5


@dataclass(frozen=True)
class ParetoGGG:
    """Intervals ~ Gamma(k, kλ), lifetime ~ Exp(μ); k ~ Gamma(t, gamma), λ ~ Gamma(r, alpha), μ ~
    Gamma(s, beta), independent. k = 1 is purchases at random, more is more regular.

    most: distinct customers that the fit reads; of more, as many are taken at equal steps, with
    their weights, and `log_likelihood` is that of all by their share. hmc: as in BetaGeo.
    """

    most: int = MOST
    hmc: int = 0

    def __post_init__(self) -> None:
        require_count("hmc", self.hmc)
        require_count("most", self.most, least=2)

    def fit(self, data: Any = None, **given: Any) -> FittedParetoGGG:
        """Maximum likelihood. Data, as keywords or columns of a frame, (customers,) each:
        frequency (repeat purchases), recency (age at the last), tenure (age at the end),
        log_intervals (sum of the logarithms of the intervals between purchases), weights.

        Raises PerenneError for bad rows, no repeat purchase, no convergence, or parameters that
        the data do not tell, with the reason and the next step: where customers buy at random, or
        all to one rhythm, t and gamma run off together, and a model without them says the same.
        """
        timings = read_timings(data, given)
        _refuse_too_little(timings)
        customers = float(timings.weights.sum())
        unit = float(timings.weights @ timings.tenure) / customers
        read = _thinned(_in_unit(timings, unit), self.most)
        few = _settle(_thinned(read, FEW), _start(read))
        # A few that seem alike say nothing of all.
        point = _settle(read, few if few[0] < ALIKE else _start(read))
        _refuse_alike(point)
        nodes = Nodes(read, np.exp(point))
        optimum = maximise(nodes.likelihood, starts=[np.log(nodes.at).tolist()], names=PARAMETERS)
        _refuse_alike(optimum.point)
        refuse_unknown(optimum, names=PARAMETERS)
        values = np.exp(optimum.point) * np.array([1, 1, 1, unit, 1, unit])
        purchases = float(timings.weights @ timings.frequency)
        return FittedParetoGGG(
            parameters=dict(zip(PARAMETERS, values.tolist(), strict=True)),
            log_likelihood=optimum.log_likelihood - purchases * float(np.log(unit)),
            covariance=tuple(map(tuple, optimum.covariance.tolist())),
            customers=customers,
            settings={"rows": int(read.frequency.size)},
            kept_draws=_posterior(nodes, optimum, draws=self.hmc),
        )


def _posterior(nodes: Nodes, optimum: Optimum, *, draws: int) -> Rows:
    """Draws of the posterior from the nodes of the estimate, where these hold as far as they go."""
    kept = posterior_of(nodes.likelihood, optimum, draws=draws)
    if not kept:
        return kept
    rows = np.asarray(kept)
    far = np.einsum("ij,ij->i", rows, np.linalg.solve(optimum.covariance, rows.T).T)
    for row in rows[np.argsort(far)[-CHECKED:]]:
        point = optimum.point + row
        anew = Nodes(nodes.timings, np.exp(point)).likelihood(point)[0]
        if not abs(anew - nodes.likelihood(point)[0]) <= HOLD:
            raise PerenneError(
                _("The draws of parameters go further than the integrals of Pareto/GGG hold."),
                given=dict(zip(PARAMETERS, np.exp(row).tolist(), strict=True)),
                next_step=_("Fit without hmc=, or use a model with fewer parameters."),
            )
    return kept


def _in_unit(timings: Timings, unit: float) -> Timings:
    """Distinct rows, with ages in `unit` so that the time unit of the data has no influence."""
    columns = (timings.frequency, timings.recency, timings.tenure, timings.logs)
    row, member = distinct_rows(*columns)
    x, last, tenure, logs = (column[member] for column in columns)
    weights = np.bincount(row, weights=timings.weights, minlength=member.size).astype(float)
    return Timings(x, last / unit, tenure / unit, logs - x * np.log(unit), weights)


def _thinned(timings: Timings, most: int) -> Timings:
    """At most `most` rows, at equal steps of the customers sorted by history, of the same total.

    A row is taken as often as its weight asks for, so that one-time buyers keep their share.
    """
    size = timings.frequency.size
    if size <= most:
        return timings
    order = np.lexsort((timings.logs, timings.recency, timings.tenure, timings.frequency))
    passed = timings.weights[order].cumsum()
    steps = (np.arange(most) + 0.5) * passed[-1] / most
    row, times = np.unique(order[np.searchsorted(passed, steps)], return_counts=True)
    return replace(timings.take(row), weights=times * passed[-1] / most)


def _start(timings: Timings) -> Floats:
    often = float(timings.weights @ timings.frequency / timings.weights.sum())
    t, gamma, r, s, beta = START
    return np.log([t, gamma, r, r / often, s, beta])


def _settle(timings: Timings, point: Floats) -> Floats:
    """Logarithms of the parameters where the likelihood is highest around its own nodes."""
    for _round in range(ROUNDS):
        before, nodes = point, Nodes(timings, np.exp(point))
        scale = 1.0 + abs(nodes.likelihood(point)[0])

        def lower(free: Floats, nodes: Nodes = nodes, scale: float = scale) -> tuple[float, Floats]:
            value, gradient = nodes.likelihood(free)
            return -value / scale, -gradient / scale

        found = minimize(
            lower,
            point,
            jac=True,
            method="L-BFGS-B",
            bounds=[(centre - TRUST, centre + TRUST) for centre in point],
            options={"ftol": 1e-12, "gtol": 1e-8},
        )
        point = np.asarray(found.x, dtype=float)
        if point[0] >= ALIKE or np.max(np.abs(point - before)) < SETTLED:
            break
    return point


def _refuse_alike(point: Floats) -> None:
    if point[0] < ALIKE and point[1] < ALIKE:
        return
    k = float(np.exp(point[0] - point[1]))
    raise PerenneError(
        _(
            "Customers do not seem to differ in how regularly they buy: k is {k:.2g} for all."
        ).format(k=k),
        given={"k": k},
        next_step=_(
            "Use Pareto/NBD when k is near 1, which is purchases at random, and BG/CNBD-k when it "
            "is above."
        ),
    )


def _refuse_too_little(timings: Timings) -> None:
    customers = float(timings.weights.sum())
    if customers <= 1:
        raise PerenneError(
            _("One customer cannot tell how customers differ."),
            given=customers,
            next_step=_("Fit on all customers of the shop, then predict for this one."),
        )
    if not np.any(timings.weights * timings.frequency > 0):
        raise PerenneError(
            _("No customer bought a second time."),
            given=customers,
            next_step=_("Wait for repeat purchases, or use the simple formula."),
        )
