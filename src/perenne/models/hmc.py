"""Hamiltonian Monte Carlo: draws of the parameters where the Laplace approximation is too round.

With few customers the posterior of log-parameters is skewed; with thousands both agree, and Laplace
costs nothing. A model asks for it by `hmc=`, the number of draws to keep.

Four chains start apart from each other. What they say is kept only if they agree (rank-normalised
split R̂ of Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021), take most of their steps, and hardly
ever lose the path that energy prescribes (divergences).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

from perenne.core import PerenneError
from perenne.models.fitting import Objective, Optimum
from perenne.models.histories import Floats
from perenne.text import gettext as _

# Standard deviation of the normal prior around the estimate: two orders of magnitude either way for
# a logarithm; it only keeps a flat posterior from wandering off.
PRIOR_SPREAD = 5.0
LEAPS = (4, 12)
# Share of steps that the size of a step aims at: with larger ones a skewed posterior is left.
AIM = 0.95
# Steps before the first chain keeps any, in which the size of a step is found; and before others.
WARM_UP, BURN_IN = 150, 50
CHAINS = 4
# Draws of a chain at least, of which fewer may be kept: shorter ones cannot be compared.
SHORTEST = 100
# How far from the estimate chains start, in standard deviations.
APART = 1.5
FEWEST_ACCEPTED = 0.4
# An energy lost by so much means that the path left the posterior; so many of them bias it.
LOST, MOST_LOST = 1000.0, 0.01
LARGEST_R_HAT = 1.1
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
    inverse mass, and a step found in warm-up; one fit gives one answer. draws: rounded up to whole
    chains, of which there are four, one after the other.
    Raises PerenneError when fewer than 40% of the proposals are accepted, when more than 1% of them
    diverge, and when chains differ (R̂ above 1.1).
    """
    if not draws:
        return ()
    root: Floats = np.linalg.cholesky(optimum.covariance).astype(np.float64)
    posterior = _Posterior(objective, optimum.point, root)
    each = -(-draws // CHAINS)
    walked = _chains(posterior, max(each, SHORTEST), np.random.default_rng(SEED))
    kept = np.linspace(0, walked.shape[1] - 1, each).round().astype(int)
    return tuple(map(tuple, (walked[:, kept].reshape(-1, len(root)) @ root.T).tolist()))


def r_hat(rows: Floats) -> Floats:
    """How far the chains of `posterior_of` differ, (parameters,): 1 where they are alike.

    The larger of that of ranks and that of ranks of distances from the median, each chain halved.
    """
    chains = _halves(rows)
    apart = np.abs(chains - np.median(chains, axis=(0, 1)))
    return np.maximum(_spread_of_means(_ranked(chains)), _spread_of_means(_ranked(apart)))


def effective_draws(rows: Floats) -> Floats:
    """How many independent draws say as much of the mean, (parameters,).

    From autocorrelations of all half-chains, summed by pairs while they fall and stay above zero
    (Geyer 1992).
    """
    chains = _ranked(_halves(rows))
    count, length, _size = chains.shape
    within, whole = _variances(chains)
    centred = chains - chains.mean(axis=1, keepdims=True)
    lagged = np.stack(
        [(centred[:, lag:] * centred[:, : length - lag]).sum(axis=1) for lag in range(length)]
    ).mean(axis=1)
    kept = 1 - (within - lagged / (length - 1)) / whole
    kept[0] = 1.0
    pairs = kept[: length - length % 2].reshape(length // 2, 2, -1).sum(axis=1)
    pairs = np.minimum.accumulate(pairs, axis=0)
    told = np.cumprod(pairs > 0, axis=0)
    time = np.maximum(2 * (pairs * told).sum(axis=0) - 1, 1 / np.log10(count * length))
    return np.asarray(count * length / time, dtype=np.float64)


def _halves(rows: Floats) -> Floats:
    """(half-chains, draws, parameters)."""
    chains = np.reshape(rows, (CHAINS, -1, np.shape(rows)[1]))
    half = chains.shape[1] // 2
    return np.concatenate([chains[:, :half], chains[:, chains.shape[1] - half :]])


def _ranked(chains: Floats) -> Floats:
    """Normal scores of the ranks over all chains (Blom 1958)."""
    count, length, size = chains.shape
    ranks = rankdata(chains.reshape(-1, size), axis=0)
    scores = norm.ppf((ranks - 3 / 8) / (count * length + 1 / 4))
    return np.asarray(scores.reshape(chains.shape), dtype=np.float64)


def _variances(chains: Floats) -> tuple[Floats, Floats]:
    """(variance within chains, variance that they have together), (parameters,) each."""
    length = chains.shape[1]
    within = chains.var(axis=1, ddof=1).mean(axis=0)
    between = chains.mean(axis=1).var(axis=0, ddof=1)
    return within, within * (length - 1) / length + between


def _spread_of_means(chains: Floats) -> Floats:
    within, whole = _variances(chains)
    return np.asarray(np.sqrt(whole / within), dtype=np.float64)


def _chains(posterior: _Posterior, draws: int, rng: np.random.Generator) -> Floats:
    """(chains, draws, parameters) in whitened parameters."""
    size, step = posterior.centre.size, 0.5
    kept, accepted, lost = np.empty((CHAINS, draws, size)), 0.0, 0
    for number in range(CHAINS):
        z = APART * rng.standard_normal(size)
        at = posterior(z)
        if not np.isfinite(at[0]):
            z = np.zeros(size)
            at = posterior(z)
        warm_up = BURN_IN if number else WARM_UP
        for index in range(-warm_up, draws):
            moved, there, gain = _propose(posterior, z, at, step * rng.uniform(0.8, 1.2), rng)
            chance = float(np.exp(min(gain, 0.0)))
            if rng.random() < chance:
                z, at = moved, there
            if index < 0:
                step *= np.exp((chance - AIM) / np.sqrt(index + warm_up + 1.0 + number * WARM_UP))
            else:
                kept[number, index], accepted = z, accepted + chance
                lost += gain < -LOST
    _refuse_untold(kept, accepted / (CHAINS * draws), lost / (CHAINS * draws))
    return kept


def _refuse_untold(kept: Floats, accepted: float, lost: float) -> None:
    """Raise PerenneError when what the chains say is not that of the posterior, with the reason."""
    next_step = _("Fit without hmc=, or use a model with fewer parameters.")
    if accepted < FEWEST_ACCEPTED:
        raise PerenneError(
            _("The sampler of parameters is stuck: {share:.0%} of its steps are accepted.").format(
                share=accepted
            ),
            next_step=next_step,
        )
    if lost > MOST_LOST:
        said = _("The sampler of parameters leaves its path: {share:.1%} of its steps diverge.")
        raise PerenneError(
            said.format(share=lost),
            next_step=next_step,
        )
    worst = float(r_hat(kept.reshape(-1, kept.shape[2])).max())
    if not worst <= LARGEST_R_HAT:
        raise PerenneError(
            _("The chains of the sampler of parameters differ: R-hat is {worst:.2f}.").format(
                worst=worst
            ),
            given=worst,
            allowed=(f"≤ {LARGEST_R_HAT}",),
            next_step=_("Ask for more draws, fit without hmc=, or use a simpler model."),
        )


def _propose(
    posterior: _Posterior,
    z: Floats,
    at: tuple[float, Floats],
    step: float,
    rng: np.random.Generator,
) -> tuple[Floats, tuple[float, Floats], float]:
    """Leapfrog steps: (where they end, the posterior there, the energy that they gain)."""
    push = rng.standard_normal(z.size)
    energy = at[0] - 0.5 * float(push @ push)
    for _leap in range(int(rng.integers(*LEAPS, endpoint=True))):
        push = push + 0.5 * step * at[1]
        z = z + step * push
        at = posterior(z)
        push = push + 0.5 * step * at[1]
    gain = at[0] - 0.5 * float(push @ push) - energy
    return z, at, gain if np.isfinite(gain) else -np.inf
