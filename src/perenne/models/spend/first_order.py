"""What the first order tells of the orders that follow: Gamma-Gamma with one more observation.

A first order may be smaller or larger than the later ones, and tell less of them: its value is
Gamma(p₀, ν p₀ / (κ p)), with mean κ times that of a later order. Both are learnt from customers who
came back, given all their later orders; Gamma-Gamma itself is fitted on later orders, as before.
The posterior stays a gamma distribution: ν ~ Gamma(q + p x + p₀, γ + x z̄ + p₀ z₀ / (κ p)).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import gammaln, psi

from perenne.core import PerenneError
from perenne.models.fitting import maximise
from perenne.models.histories import Floats
from perenne.models.hmc import SEED, Rows
from perenne.models.spend.gamma_gamma import FIRST, FittedGammaGamma

# Customers who came back that two more parameters need.
FEWEST = 50
STARTS = ((0.0, 0.0), (1.5, 0.0))
"""log p₀, log κ."""


def with_first_order(
    model: FittedGammaGamma,
    *,
    frequency: Floats,
    monetary_value: Floats,
    first_value: Floats,
    scale: Floats | None = None,
) -> FittedGammaGamma:
    """`model` that also reads the value of the first order, (customers,); 0 or less says nothing.

    scale: γ of each customer where covariates move it. `model` itself where too few came back, or
    where first orders do not tell the two parameters.
    """
    used = (frequency > 0) & (np.nan_to_num(monetary_value) > 0) & (first_value > 0)
    if used.sum() < FEWEST:
        return model
    gamma = model.scale_of(frequency) if scale is None else scale
    likelihood = _FirstLikelihood(
        model.parameters["p"],
        first_value[used],
        shape=model.parameters["q"] + model.parameters["p"] * frequency[used],
        rate=(gamma + frequency * np.nan_to_num(monetary_value))[used],
    )
    try:
        found = maximise(likelihood, starts=STARTS, names=FIRST)
    except PerenneError:
        return model
    known = np.asarray(model.covariance)
    covariance = np.zeros((len(known) + 2,) * 2)
    covariance[:-2, :-2], covariance[-2:, -2:] = known, found.covariance
    return replace(
        model,
        parameters={
            **model.parameters,
            **dict(zip(FIRST, np.exp(found.point).tolist(), strict=True)),
        },
        covariance=tuple(map(tuple, covariance.tolist())),
        kept_draws=_joined(model.kept_draws, found.covariance),
    )


def _joined(posterior: Rows, covariance: Floats) -> Rows:
    """Draws of the model with those of the first order, which depend on nothing else (Laplace)."""
    own = np.random.default_rng(SEED).multivariate_normal(
        np.zeros(len(covariance)), covariance, size=len(posterior)
    )
    return tuple((*row, *more) for row, more in zip(posterior, own.tolist(), strict=True))


class _FirstLikelihood:
    """Log-density of first orders given later ones: ν ~ Gamma(shape, rate), and its gradient."""

    def __init__(self, p: float, first: Floats, *, shape: Floats, rate: Floats) -> None:
        self.p, self.shape = p, shape
        # In units of each customer's rate, which moves the density by a constant.
        self.ratio = first / rate

    def __call__(self, free: Floats) -> tuple[float, Floats]:
        own, kappa = np.exp(free)
        told = own / (kappa * self.p) * self.ratio
        total = own + self.shape
        value = (
            gammaln(total)
            - gammaln(own)
            - gammaln(self.shape)
            + own * np.log(told)
            - total * np.log1p(told)
        )
        pull = own - total * told / (1 + told)
        by_own = own * (psi(total) - psi(own) + np.log(told) - np.log1p(told)) + pull
        return float(value.sum()), np.array([by_own.sum(), -pull.sum()])
