"""Contract lives as arrays: read, checked, compressed to distinct (tenure, churned) rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.histories import Floats, read_columns, refuse_where
from perenne.text import gettext as _


@dataclass(frozen=True)
class Lives:
    """Distinct rows. tenure: the period in which the customer left, or periods survived so far.

    churned: 1 where the customer left. A customer who left at the first renewal has tenure 1; one
    who is still there after three renewals has tenure 3 and churned 0 (censored at that age).
    """

    tenure: Floats
    churned: npt.NDArray[np.bool_]
    weights: Floats


def read_lives(data: Any = None, **given: Any) -> Lives:
    """Checked and compressed lives. Keywords: tenure, churned, weights.

    Raises PerenneError for no rows, NaN, negative or fractional tenure, a churned value other than
    0 or 1, or a customer who left in period 0.
    """
    columns = read_columns(data, ("tenure", "churned", "weights?"), given)
    tenure, churned = columns["tenure"], columns["churned"]
    check_lives(tenure, churned)
    weights = columns.get("weights", np.ones_like(tenure))
    refuse_where(
        ~(weights >= 0) | ~np.isfinite(weights),
        _("A weight is negative or not a number."),
        given={"weights": weights},
        next_step=_("Give how many customers each row stands for."),
    )
    key, row = np.unique(tenure * 2 + churned, return_inverse=True)
    total = np.bincount(row.ravel(), weights=weights).astype(np.float64)
    kept = total > 0
    return Lives(np.floor(key / 2)[kept], (key % 2 == 1)[kept], total[kept])


def check_lives(tenure: Floats, churned: Floats) -> None:
    """Raise PerenneError for the first rule that rows break."""
    given = {"tenure": tenure, "churned": churned}
    if tenure.size == 0:
        raise PerenneError(
            _("There are no customers to read."), next_step=_("Give at least one row.")
        )
    refuse_where(
        ~np.isfinite(tenure) | ~np.isfinite(churned),
        _("A value is missing or infinite."),
        given=given,
        next_step=_("Remove or repair these rows."),
    )
    refuse_where(
        (tenure < 0) | (tenure != np.floor(tenure)),
        _("A tenure is not a whole number of periods."),
        given=given,
        next_step=_("Count renewals faced: round months or years down before."),
    )
    refuse_where(
        (churned != 0) & (churned != 1),
        _("A value of churned is neither 0 nor 1."),
        given=given,
        next_step=_("Give 1 for a customer who left, 0 for one who is still there."),
    )
    refuse_where(
        (churned == 1) & (tenure == 0),
        _("A customer left in period 0."),
        given=given,
        next_step=_("The first period is 1: tenure is the period at whose end the customer left."),
    )


def refuse_untold(lives: Lives) -> None:
    """Raise PerenneError when no model of leaving can be fitted: the reason and the next step."""
    left = float(lives.weights[lives.churned].sum())
    if left == 0:
        raise PerenneError(
            _("Nobody has left: there is no churn to learn from."),
            given={"customers": float(lives.weights.sum())},
            next_step=_("Wait for the first churners, or fit this group together with others."),
        )
    if not np.any((lives.tenure > 1) | ((lives.tenure == 1) & ~lives.churned)):
        raise PerenneError(
            _("Everybody left in the first period: nothing is seen of later renewals."),
            given={"customers": float(lives.weights.sum())},
            next_step=_("Use a shorter period, or a longer history."),
        )
    if np.unique(lives.tenure[lives.tenure > 0]).size < 2:
        raise PerenneError(
            _("Only one renewal has been seen: how churn changes with tenure cannot be told."),
            given={"tenure": float(lives.tenure.max())},
            next_step=_("Use a shorter period, or a longer history."),
        )
