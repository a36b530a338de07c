"""Kaplan-Meier survival and churn hazard by tenure, for each cohort, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from perenne.core import PerenneError
from perenne.models.contracts.lives import check_entries, check_lives
from perenne.models.histories import Floats, read_columns, refuse_weights
from perenne.text import gettext as _


@dataclass(frozen=True)
class Survival:
    """One row per cohort and period 1 … the cohort's last one with customers at risk.

    at_risk: customers who faced that renewal; left: those who left at it. survival: share still
    there after it (Kaplan & Meier 1958), low and high by Greenwood's variance on log(-log S) (none
    before the first churn: 1 to 1, and NaN where nobody is left). hazard: left / at_risk, its
    interval Wilson's.
    """

    cohort: npt.NDArray[Any]
    period: npt.NDArray[np.int64]
    at_risk: Floats
    left: Floats
    survival: Floats
    low: Floats
    high: Floats
    hazard: Floats
    hazard_low: Floats
    hazard_high: Floats


def kaplan_meier(
    data: Any = None,
    *,
    tenure: Any = None,
    churned: Any = None,
    weights: Any = None,
    entered: Any = None,
    cohort: Any = None,
    level: float = 0.90,
) -> Survival:
    """Survival of each cohort (all customers together when `cohort` is None).

    tenure, churned, weights, entered as in `ShiftedBetaGeometric.fit`; cohort (n,): any labels.
    Customers who are still there leave the count after the renewals that they survived. Raises
    PerenneError for rows that the models refuse as well, or a level not between 0 and 1.
    """
    if not 0 < level < 1:
        raise PerenneError(
            _("The level of an interval lies between 0 and 1."),
            given=level,
            next_step=_("Give 0.9 for 90 %."),
        )
    columns = read_columns(
        data,
        ("tenure", "churned", "weights?", "entered?"),
        {"tenure": tenure, "churned": churned, "weights": weights, "entered": entered},
    )
    t, gone = columns["tenure"], columns["churned"]
    check_lives(t, gone)
    w = columns.get("weights", np.ones_like(t))
    refuse_weights(w)
    start = columns.get("entered", np.zeros_like(t))
    check_entries(start, t, gone)
    names, row = _cohorts(cohort, t.size)
    shape = (names.size, int(t.max()) + 1)

    def counted(period: Floats, of: Floats) -> Floats:
        place = row * shape[1] + period.astype(np.int64)
        flat = np.bincount(place, weights=of, minlength=shape[0] * shape[1])
        return flat.astype(np.float64).reshape(shape)

    # A tenure of t faced renewals 1 … t, less those before its entry.
    in_view = counted(t, w) - counted(start, w)
    at_risk = np.cumsum(in_view[:, ::-1], axis=1)[:, ::-1]
    at_risk, left = at_risk[:, 1:], counted(t, w * gone)[:, 1:]
    return _estimated(names, at_risk, left, z=float(norm.ppf(0.5 + level / 2)))


def _cohorts(cohort: Any, size: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
    if cohort is None:
        return np.array(["all"]), np.zeros(size, dtype=np.intp)
    names, row = np.unique(np.asarray(cohort), return_inverse=True)
    if row.size != size:
        raise PerenneError(
            _("There is not one cohort per customer."),
            given={"cohort": row.size, "tenure": size},
            next_step=_("Give one label per row."),
        )
    return names, row.ravel()


def _estimated(names: npt.NDArray[Any], at_risk: Floats, left: Floats, *, z: float) -> Survival:
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = left / at_risk
        survival = np.cumprod(1 - hazard, axis=1)
        greenwood = np.sqrt(np.cumsum(left / (at_risk * (at_risk - left)), axis=1))
        spread = z * greenwood / np.abs(np.log(survival))
        bounds = [survival ** np.exp(sign * spread) for sign in (1.0, -1.0)]
    untouched = np.cumsum(left, axis=1) == 0
    low, high = (np.where(untouched, 1.0, bound) for bound in bounds)
    hazard_low, hazard_high = _wilson(hazard, at_risk, z=z)
    held = at_risk > 0
    cohort, period = np.nonzero(held)
    return Survival(
        cohort=names[cohort],
        period=(period + 1).astype(np.int64),
        at_risk=at_risk[held],
        left=left[held],
        survival=np.asarray(survival[held]),
        low=np.asarray(low[held]),
        high=np.asarray(high[held]),
        hazard=np.asarray(hazard[held]),
        hazard_low=hazard_low[held],
        hazard_high=hazard_high[held],
    )


def _wilson(share: Floats, count: Floats, *, z: float) -> tuple[Floats, Floats]:
    """Interval of a share (Wilson 1927), within 0 and 1 whatever the count."""
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
        half = np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
        half = z * half / (1 + z**2 / count)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
