"""Contract lives as arrays: read, checked, compressed to distinct (tenure, churned) rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.histories import Floats, read_columns, refuse_weights, refuse_where
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
    entered: Floats


def read_lives(data: Any = None, **given: Any) -> Lives:
    """Checked and compressed lives. Keywords: tenure, churned, weights, entered.

    Raises PerenneError for no rows, NaN, negative or fractional tenure, a churned value other than
    0 or 1, a customer who left in period 0, or one who came into view after leaving.
    """
    columns = read_columns(data, ("tenure", "churned", "weights?", "entered?"), given)
    tenure, churned = columns["tenure"], columns["churned"]
    check_lives(tenure, churned)
    weights = columns.get("weights", np.ones_like(tenure))
    refuse_weights(weights)
    entered = columns.get("entered", np.zeros_like(tenure))
    check_entries(entered, tenure, churned)
    rows = np.column_stack((tenure, churned, entered))
    distinct, row = _distinct(rows)
    total = np.bincount(row, weights=weights).astype(np.float64)
    t, left, start = distinct[total > 0].T
    return Lives(t, left == 1, total[total > 0], start)


def _distinct(rows: Floats) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Distinct rows of whole numbers, by one integer each."""
    span = np.array(rows.max(axis=0) + 1, dtype=np.float64)
    key = (rows[:, 0] * span[1] + rows[:, 1]) * span[2] + rows[:, 2]
    _keys, first, row = np.unique(key, return_index=True, return_inverse=True)
    return rows[first], row.ravel()


def check_entries(entered: Floats, tenure: Floats, churned: Floats) -> None:
    """Raise PerenneError where a customer was out of view at every renewal."""
    whole = np.isfinite(entered) & (entered >= 0) & (entered == np.floor(entered))
    refuse_where(
        ~whole | (entered > tenure - churned),
        _("A customer came into view later than the last renewal known."),
        given={"entered": entered, "tenure": tenure, "churned": churned},
        next_step=_(
            "entered counts renewals before the first day of the records, 0 if born after."
        ),
    )


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
    if lives.weights.sum() <= 1:
        raise PerenneError(
            _("One customer cannot show how customers differ."),
            given=float(lives.weights.sum()),
            next_step=_("Give some hundred customers or more."),
        )
