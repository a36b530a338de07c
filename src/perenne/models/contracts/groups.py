"""Plans or cohorts fitted apart, each drawn towards what all have in common as far as it is thin.

Empirical Bayes: the logarithms of a group's parameters are normal around a common mean; mean and
covariance are estimated from the groups themselves by EM with a Laplace step (Dempster, Laird &
Rubin 1977; Morris 1983).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from perenne.core import PerenneError
from perenne.models.contracts.beta_discrete_weibull import BetaDiscreteWeibull
from perenne.models.contracts.fitted_contract import FittedContract
from perenne.models.contracts.likelihood import log_likelihood
from perenne.models.contracts.lives import Lives, read_lives
from perenne.models.contracts.shifted_beta_geometric import ShiftedBetaGeometric
from perenne.models.fitting import Objective, Optimum, maximise
from perenne.models.histories import Floats, read_columns
from perenne.text import gettext as _

STEPS = 60
# Spread of logarithms below which groups count as alike, so that the prior keeps a density.
LEAST_SPREAD = 0.02
# One group's worth of belief that groups differ by about 30 %, before anything was seen.
BELIEF, BELIEVED_SPREAD = 1.0, 0.3


@dataclass(frozen=True)
class GroupedContracts:
    """One fitted model per group, and the common one that thin groups lean on.

    spread: standard deviation of each parameter's logarithm between groups.
    """

    common: FittedContract
    groups: Mapping[Any, FittedContract]
    spread: Mapping[str, float]


def fit_by_group(
    model: ShiftedBetaGeometric | BetaDiscreteWeibull,
    *,
    tenure: Any,
    churned: Any,
    group: Any,
    weights: Any = None,
) -> GroupedContracts:
    """Fit `model` to each group with the prior that the groups imply.

    group (n,): any labels. A group in which nobody has left yet is fitted as well: it leans on the
    others. Each group's likelihood is its own, without the prior; its covariance includes it.
    Raises PerenneError when all groups together cannot be fitted, or labels are missing.
    """
    common = model.fit(tenure=tenure, churned=churned, weights=weights)
    names, lives = _split(tenure, churned, group, weights=weights)
    own = [log_likelihood(one, size=len(common.parameters)) for one in lives]
    found, spread = _em(own, common)
    groups = {
        name: _fitted(common, best, own=objective, customers=float(one.weights.sum()))
        for name, best, objective, one in zip(names, found, own, lives, strict=True)
    }
    deviations = dict(zip(common.parameters, np.sqrt(np.diag(spread)).tolist(), strict=True))
    return GroupedContracts(common, groups, deviations)


def _split(tenure: Any, churned: Any, group: Any, *, weights: Any) -> tuple[list[Any], list[Lives]]:
    given = {"tenure": tenure, "churned": churned, "weights": weights}
    columns = read_columns(None, ("tenure", "churned", "weights?"), given)
    names, row = np.unique(np.asarray(group), return_inverse=True)
    row = row.ravel()
    if row.size != columns["tenure"].size:
        raise PerenneError(
            _("There is not one group per customer."),
            given={"group": row.size, "tenure": columns["tenure"].size},
            next_step=_("Give one label per row."),
        )
    lives = [
        read_lives(**{name: column[row == i] for name, column in columns.items()})
        for i in range(names.size)
    ]
    return names.tolist(), lives


def _em(own: Sequence[Objective], common: FittedContract) -> tuple[list[Optimum], Floats]:
    """Each group's mode and curvature under the prior, and the prior's covariance."""
    names = tuple(common.parameters)
    centre = np.log(np.array(list(common.parameters.values())))
    spread = np.eye(centre.size) * BELIEVED_SPREAD**2
    for _step in range(STEPS):
        found = [
            maximise(_with_prior(one, centre, spread), starts=[centre], names=names) for one in own
        ]
        points = np.array([one.point for one in found])
        moved = points.mean(axis=0)
        inside = sum(np.asarray(one.covariance) for one in found)
        between = (points - moved).T @ (points - moved) + inside
        belief = np.eye(centre.size) * BELIEVED_SPREAD**2 * BELIEF
        wider = (between + belief) / (len(own) + BELIEF) + np.eye(centre.size) * LEAST_SPREAD**2
        change = float(np.abs(moved - centre).max() + np.abs(wider - spread).max())
        centre, spread = moved, np.asarray(wider)
        if change < 1e-3:
            break
    return found, spread


def _with_prior(own: Objective, centre: Floats, spread: Floats) -> Objective:
    precision = np.linalg.inv(spread)

    def objective(point: Floats) -> tuple[float, Floats]:
        value, gradient = own(point)
        pull = precision @ (point - centre)
        return value - float(pull @ (point - centre)) / 2, gradient - pull

    return objective


def _fitted(
    common: FittedContract, best: Optimum, *, own: Objective, customers: float
) -> FittedContract:
    values = np.exp(best.point).tolist()
    return type(common)(
        parameters=dict(zip(common.parameters, values, strict=True)),
        log_likelihood=own(best.point)[0],
        covariance=tuple(map(tuple, best.covariance.tolist())),
        customers=customers,
        settings={"shrunk": True},
    )
