"""Hamiltonian Monte Carlo: draws of the parameters where the Laplace approximation is too round.

With few customers the posterior of log-parameters is skewed; with thousands both agree, and Laplace
costs nothing. A model asks for it by `hmc=`, the number of draws to keep.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perenne.core import PerenneError
from perenne.models.fitting import Objective, Optimum
from perenne.models.histories import Floats
from perenne.text import gettext as _

# Standard deviation of the normal prior around the estimate: two orders of magnitude either way for
# a logarithm; it only keeps a flat posterior from wandering off.
PRIOR_SPREAD = 5.0
LEAPS = (4, 12)
AIM = 0.8
WARM_UP = 150
FEWEST_ACCEPTED = 0.4
SEED = 1

Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class _Posterior:
    """The log-posterior in whitened parameters: z = 0 is the estimate, its covariance near one."""

    objective: Objective
    centre: Floats
    root: Floats

    def __call__(self, z: Floats) -> tuple[float, Floats]:
        offset = self.root @ z
        with np.errstate(all="ignore"):
            value, slope = self.objective(self.centre + offset)
        value -= 0.5 * float(offset @ offset) / PRIOR_SPREAD**2
        slope = self.root.T @ (slope - offset / PRIOR_SPREAD**2)
        return (value, slope) if np.isfinite(value) else (-np.inf, np.zeros_like(z))


def posterior_of(objective: Objective, optimum: Optimum, *, draws: int) -> Rows:
    """Draws of the free parameters less their estimate, one row each; none for no draws.

    objective: log-likelihood (and what shrinks it) with gradient, in the free parameters. Priors:
    normal around the estimate, standard deviation 5. Neal (2011), with the covariance of the fit as
    inverse mass, and a step found in warm-up; one fit gives one answer.
    Raises PerenneError when fewer than 40% of the proposals are accepted.
    """
    if not draws:
        return ()
    root: Floats = np.linalg.cholesky(optimum.covariance).astype(np.float64)
    walked = _walk(_Posterior(objective, optimum.point, root), draws, np.random.default_rng(SEED))
    return tuple(map(tuple, (walked @ root.T).tolist()))


def _walk(posterior: _Posterior, draws: int, rng: np.random.Generator) -> Floats:
    """(draws, parameters) in whitened parameters, after warm-up."""
    z = np.zeros(posterior.centre.size)
    at, step, accepted = posterior(z), 0.5, 0.0
    kept = np.empty((draws, z.size))
    for index in range(-WARM_UP, draws):
        moved, there, chance = _propose(posterior, z, at, step * rng.uniform(0.8, 1.2), rng)
        if rng.random() < chance:
            z, at = moved, there
        if index < 0:
            step *= np.exp((chance - AIM) / np.sqrt(index + WARM_UP + 1.0))
        else:
            kept[index], accepted = z, accepted + chance
    if accepted < FEWEST_ACCEPTED * draws:
        raise PerenneError(
            _("The sampler of parameters is stuck: {share:.0%} of its steps are accepted.").format(
                share=accepted / draws
            ),
            next_step=_("Fit without hmc=, or use a model with fewer parameters."),
        )
    return kept


def _propose(
    posterior: _Posterior,
    z: Floats,
    at: tuple[float, Floats],
    step: float,
    rng: np.random.Generator,
) -> tuple[Floats, tuple[float, Floats], float]:
    """Leapfrog steps: (where they end, the posterior there, the chance of going there)."""
    push = rng.standard_normal(z.size)
    energy = at[0] - 0.5 * float(push @ push)
    for _leap in range(int(rng.integers(*LEAPS, endpoint=True))):
        push = push + 0.5 * step * at[1]
        z = z + step * push
        at = posterior(z)
        push = push + 0.5 * step * at[1]
    gain = at[0] - 0.5 * float(push @ push) - energy
    return z, at, float(np.exp(min(gain, 0.0))) if np.isfinite(gain) else 0.0
