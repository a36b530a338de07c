"""Frequency and mean order value of customers: read, checked, and what is left out counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.histories import Floats, read_columns, refuse_weights, refuse_where
from perenne.models.ledger import Rows
from perenne.text import gettext as _

FEWEST = 4
"""Repeat customers with a value that a fit of three parameters needs at the least."""


@dataclass(frozen=True)
class SpendRows:
    """The customers a fit uses: repeat orders (x), their mean value (z̄), weights, row numbers.

    left_out: why → how many customers (their weight) stayed outside.
    """

    frequency: Floats
    value: Floats
    weights: Floats
    kept: Rows
    left_out: Mapping[str, float]


def read_spend(data: Any = None, **given: Any) -> dict[str, Floats]:
    """Columns frequency and monetary_value (and weights when given), checked.

    Raises PerenneError for no rows, a frequency or a weight that is negative or not a number, and a
    missing value of a customer with repeat orders.
    """
    columns = read_columns(data, ("frequency", "monetary_value", "weights?"), given)
    frequency, value = columns["frequency"], columns["monetary_value"]
    if frequency.size == 0:
        raise PerenneError(
            _("There are no customers to read."), next_step=_("Give at least one row.")
        )
    refuse_weights(columns.get("weights"))
    shown = {"frequency": frequency, "monetary_value": value}
    refuse_where(
        ~(frequency >= 0) | ~np.isfinite(frequency),
        _("A frequency is negative, missing or infinite."),
        given=shown,
        next_step=_("frequency counts repeat purchases."),
    )
    refuse_where(
        (frequency > 0) & ~np.isfinite(value),
        _("A customer with repeat purchases has no monetary value."),
        given=shown,
        next_step=_("monetary_value is the mean value of the repeat purchases."),
    )
    return columns


def read_counts(
    counts: Any, *, customers: int, parameters: Mapping[str, Floats] | None
) -> npt.NDArray[np.integer[Any]]:
    """Counts of further orders, (draws, customers) or (draws, horizons, customers), as an array.

    Raises PerenneError where one is negative or no whole number, and where there are not as many
    customers, or draws of the `parameters`.
    """
    found = np.asarray(counts)
    draws = {np.size(values) for values in (parameters or {}).values()}
    shaped = found.ndim in (2, 3) and found.shape[-1] == customers
    if shaped and found.dtype.kind in "iu" and (draws <= {found.shape[0]}) and found.min() >= 0:
        return found
    raise PerenneError(
        _("These counts of orders cannot be used: {shape}, of {kind}.").format(
            shape=found.shape, kind=found.dtype
        ),
        given=found.shape,
        allowed=(f"(draws, {customers})", f"(draws, horizons, {customers})"),
        next_step=_(
            "Give what sample_purchases draws of the same customers, with as many draws as there "
            "are of the parameters."
        ),
    )


def refuse_negative(columns: Mapping[str, Floats]) -> None:
    """Raise PerenneError where the mean value of repeat orders is below zero."""
    refuse_where(
        (columns["frequency"] > 0) & (columns["monetary_value"] < 0),
        _("The mean value of repeat purchases is negative."),
        given={name: columns[name] for name in ("frequency", "monetary_value")},
        next_step=_(
            "Predict what is sold before returns, and take returns off with the return share."
        ),
    )


def fitting_rows(columns: Mapping[str, Floats], *, max_left_out: float) -> SpendRows:
    """The customers that inform a fit. Raises PerenneError when they are too few or too odd."""
    frequency, value = columns["frequency"], columns["monetary_value"]
    weights = columns.get("weights", np.ones_like(frequency))
    repeat = (frequency > 0) & (weights > 0)
    positive = repeat & (value > 0)
    left_out = {
        "no_repeat_order": float(weights[~repeat].sum()),
        "value_not_positive": float(weights[repeat & ~positive].sum()),
    }
    _refuse_share(left_out["value_not_positive"], float(weights[repeat].sum()), max_left_out)
    kept = np.flatnonzero(positive)
    _refuse_few(value[kept])
    return SpendRows(frequency[kept], value[kept], weights[kept], kept, left_out)


def _refuse_share(not_positive: float, repeat: float, allowed: float) -> None:
    if not_positive <= allowed * repeat:
        return
    raise PerenneError(
        _(
            "{count:.0f} of {repeat:.0f} customers with repeat purchases have a mean value of "
            "zero or less, more than the {share:.0%} that may be left out."
        ).format(count=not_positive, repeat=repeat, share=allowed),
        given={"value_not_positive": not_positive, "repeat_customers": repeat},
        next_step=_(
            "Give what was sold before returns and free orders; returns and margin have rates of "
            "their own."
        ),
    )


def _refuse_few(value: Floats) -> None:
    if value.size < FEWEST:
        raise PerenneError(
            _("Only {count} customers have repeat purchases with a value.").format(
                count=value.size
            ),
            given=int(value.size),
            next_step=_(
                "Fit on at least {fewest} of them; below that, use the mean order value."
            ).format(fewest=FEWEST),
        )
    if np.ptp(value) <= 1e-9 * value.max():
        raise PerenneError(
            _("All customers spend the same, {value:g} per order.").format(value=float(value[0])),
            given=float(value[0]),
            next_step=_("Nothing is left to estimate: use that value for everybody."),
        )
