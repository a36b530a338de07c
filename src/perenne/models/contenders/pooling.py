"""Weights of a mixture of contenders, learnt on earlier origins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.models.judging.ties import SURELY, behind_of
from perenne.models.judging.trials import Evidence
from perenne.text import gettext as _

# Origins' worth of belief in equal weights.
EQUAL_BELIEF = 1.0
# Below it a member of the mixture is left out.
LEAST_WEIGHT = 0.03

Trial = Sequence[Evidence | None]


def pruned(weights: Floats) -> Floats:
    """Weights too small to matter set to 0, so that nothing is spent on their members."""
    kept = np.where(weights < min(LEAST_WEIGHT, float(weights.max())), 0.0, weights)
    found: Floats = kept / kept.sum()
    return found


def pool_weights(trials: Sequence[Trial], *, members: int) -> Floats:
    """Weights that minimise the mean CRPS of the mixture's value, shrunk to equal.

    The CRPS of a mixture is quadratic in its weights: sum w_k E|X_k - y| minus half of
    sum w_k w_l E|X_k - X_l| (Gneiting & Raftery 2007, eq. 21). Each trial counts relative to the
    CRPS of forecasting nothing. A member that had refused counts as much better or worse than the
    others as where it answered; one that never answered has its part of the equal weights only;
    one that is surely worse than the best has none.
    """
    equal = np.full(members, 1 / members)
    if members == 1 or not trials:
        return equal
    proven = [k for k in range(members) if any(trial[k] is not None for trial in trials)]
    terms = [_terms([trial[k] for k in proven]) for trial in trials if any(trial)]
    distance = _filled(np.array([one[0] for one in terms]))
    spread = _filled(np.array([one[1] for one in terms]))
    crps = distance - np.diagonal(spread, axis1=1, axis2=2) / 2
    good = _not_beaten(crps)
    trust = len(trials) / (len(trials) + EQUAL_BELIEF)
    weights = np.zeros(members)
    held = np.array(proven)[good]
    weights[held] = trust * _least_crps(
        distance.mean(axis=0)[good], spread.mean(axis=0)[good][:, good]
    )
    hopeful = np.ones(members, dtype=bool)
    hopeful[np.array(proven)[~good]] = False
    found: Floats = weights + (1 - trust) * hopeful / hopeful.sum()
    return found


def _not_beaten(crps: Floats) -> npt.NDArray[np.bool_]:
    """Members whose CRPS, (trials, members), is not surely worse than that of the best one.

    By more than two standard errors: a model confidence set (Hansen, Lunde & Nason 2011).
    """
    best = crps[:, int(crps.mean(axis=0).argmin())]
    behind = [behind_of(one, best) for one in crps.T]
    return np.array([far <= SURELY * error for far, error in behind])


def _least_crps(distance: Floats, spread: Floats) -> Floats:
    """The weights that minimise the CRPS of the mixture."""
    equal = np.full(distance.size, 1 / distance.size)

    def loss(w: Floats) -> tuple[float, Floats]:
        return float(distance @ w - w @ spread @ w / 2), distance - spread @ w

    found = minimize(
        loss,
        equal,
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * equal.size,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
    )
    best = np.clip(found.x, 0, None)
    weights: Floats = best / best.sum()
    return weights


def _filled(terms: Floats) -> Floats:
    """(trials, …): where NaN, the mean of the trial times what the place is of it elsewhere."""
    flat = terms.reshape(len(terms), -1)
    usual = np.nanmean(flat, axis=1, keepdims=True)
    known = np.isfinite(flat)
    ratio = np.where(known, flat / usual, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    ratio[~known.any(axis=0)] = 1.0
    filled: Floats = np.where(known, flat, ratio * usual).reshape(terms.shape)
    return filled


def _terms(trial: Trial) -> tuple[Floats, Floats]:
    """(E|X_k - y|, E|X_k - X_l|) over customers, in units of the mean |y|; NaN for who refused."""
    known = [e for e in trial if e is not None]
    actual = known[0].outcome.value
    unit = max(float(np.abs(actual).mean()), 1e-12)
    drawn = [None if e is None else drawn_of(e.forecast.value) for e in trial]
    distance = np.array([np.nan if d is None else np.abs(d - actual).mean() for d in drawn])
    spread = np.array([[_apart(a, b) for b in drawn] for a in drawn])
    return distance / unit, spread / unit


def _apart(first: npt.NDArray[Any] | None, second: npt.NDArray[Any] | None) -> float:
    """Mean distance of a draw of one from another draw of the other, averaged over customers."""
    if first is None or second is None:
        return np.nan
    size = min(len(first), len(second))
    return float(np.abs(first[:size] - np.roll(second[:size], 1, axis=0)).mean())


def drawn_of(draws: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
    if draws is None:
        raise PerenneError(
            _("A member of the combination gives means without draws."),
            next_step=_("Combine contenders that give a predictive distribution."),
        )
    return draws
