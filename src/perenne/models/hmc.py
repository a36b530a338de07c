"""Hamiltonian Monte Carlo: draws of the parameters where the Laplace approximation is too round.

With few customers the posterior of log-parameters is skewed; with thousands both agree, and Laplace
(`parameter_draws`) costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perenne.core import PerenneError
from perenne.models.fitted import Fitted
from perenne.models.fitting import Objective
from perenne.models.histories import Floats
from perenne.text import gettext as _

# Standard deviation of the normal prior around the estimate: two orders of magnitude either way for
# a logarithm; it only keeps a flat posterior from wandering off.
PRIOR_SPREAD = 5.0
LEAPS = (4, 12)
AIM = 0.8
WARM_UP = 150
FEWEST_ACCEPTED = 0.4


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


def hmc_draws(
    fitted: Fitted, objective: Objective, *, draws: int, rng: np.random.Generator
) -> dict[str, Floats]:
    """Draws of each parameter, (draws,), as `fitted.parameter_draws` gives them.

    objective: log-likelihood and gradient in the free parameters of `fitted`, logarithms for those
    in `positive`. Priors: normal around the estimate, standard deviation 5 in free parameters.
    Neal (2011), with the covariance of the fit as inverse mass, and a step found in warm-up.
    Raises PerenneError when fewer than 40% of the proposals are accepted.
    """
    names = list(fitted.parameters)[: len(fitted.covariance)]
    logged = np.array([name in fitted.positive for name in names])
    values = np.array([fitted.parameters[name] for name in names])
    centre = np.where(logged, np.log(np.where(logged, values, 1.0)), values)
    root = np.linalg.cholesky(np.asarray(fitted.covariance))
    free = centre + _walk(_Posterior(objective, centre, root), draws, rng) @ root.T
    return {name: np.exp(free[:, i]) if logged[i] else free[:, i] for i, name in enumerate(names)}


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
            next_step=_("Use parameter_draws, or a model with fewer parameters."),
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
