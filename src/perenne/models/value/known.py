"""What is known of the customers to predict, and their distinct histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.histories import Floats, Histories, check_histories, compress, read_columns
from perenne.models.purchases.design import covariate_columns, refuse_covariates
from perenne.text import gettext as _

NAMES = ("frequency", "recency", "tenure", "monetary_value")
FIRST = "first_value"
INTERVALS = "log_intervals"


@dataclass(frozen=True)
class Reads:
    """What two fitted models read beyond histories: covariates, each of them, and intervals."""

    purchases: bool
    spend: bool
    intervals: bool

    @classmethod
    def of(cls, purchases: Any, spend: Any) -> Reads:
        def has_design(model: Any) -> bool:
            settings = getattr(model, "settings", None)
            return settings is None or "design" in settings

        intervals = bool(getattr(purchases, "reads_intervals", False))
        return cls(has_design(purchases), has_design(spend), intervals)


@dataclass(frozen=True)
class Known:
    """columns: NAMES, FIRST where it is known and INTERVALS where they are read, (customers,) each.
    rows: their distinct histories, and what else the purchase model reads with them. covariates:
    name → (customers,), empty without any."""

    columns: Mapping[str, Floats]
    rows: Histories
    covariates: Mapping[str, npt.NDArray[Any]]
    reads: Reads

    @property
    def size(self) -> int:
        return self.rows.row.size

    def history(self, who: Any = slice(None)) -> dict[str, Any]:
        """Arguments of a purchase model, for the distinct rows `who`."""
        rows = self.rows
        found: dict[str, Any] = {
            "frequency": rows.frequency[who],
            "recency": rows.recency[who],
            "tenure": rows.tenure[who],
        }
        if INTERVALS in self.columns:
            found[INTERVALS] = self.columns[INTERVALS][self._representatives[who]]
        if self.covariates and self.reads.purchases:
            found["covariates"] = self._covariates(self._representatives[who])
        return found

    def spending(self) -> dict[str, Any]:
        """Arguments of a spend model, for all customers."""
        names = (NAMES[0], NAMES[3], FIRST)
        found: dict[str, Any] = {n: self.columns[n] for n in names if n in self.columns}
        if self.covariates and self.reads.spend:
            found["covariates"] = self._covariates(slice(None))
        return found

    def _covariates(self, who: Any) -> dict[str, npt.NDArray[Any]]:
        return {name: values[who] for name, values in self.covariates.items()}

    @cached_property
    def _representatives(self) -> npt.NDArray[np.intp]:
        """One customer with each distinct row."""
        found = np.empty(self.rows.frequency.size, dtype=np.intp)
        found[self.rows.row] = np.arange(self.size)
        return found


def read_known(
    data: Any, given: Sequence[Any], *, reads: Reads, covariates: Any = None, intervals: Any = None
) -> Known:
    """Checked columns NAMES, FIRST where it is there and INTERVALS where `reads` them, from `given`
    (one value for each of NAMES and FIRST, in their order) and `intervals`, else from the frame
    `data`. PerenneError as they say, and for what neither model reads.
    """
    told = dict(zip((*NAMES, FIRST), given, strict=True))
    wanted: tuple[str, ...] = (*NAMES, f"{FIRST}?")
    if reads.intervals:
        told[INTERVALS], wanted = intervals, (*wanted, f"{INTERVALS}?")
    elif intervals is not None:
        raise PerenneError(
            _("The purchase model does not read log_intervals."),
            next_step=_("Leave it out: Pareto/GGG reads it."),
        )
    if not (reads.purchases or reads.spend):
        refuse_covariates(covariates)
    columns = read_columns(data, wanted, told)
    ages = [columns[name] for name in NAMES[:3]]
    check_histories(*ages)
    named = {} if covariates is None else covariate_columns(covariates)
    apart = named | {name: columns[name] for name in (INTERVALS,) if name in columns}
    return Known(columns, compress(*ages, group=_groups(apart)), named, reads)


def _groups(named: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64] | None:
    """Number of the combination of what is `named`, of each customer."""
    group: npt.NDArray[np.int64] | None = None
    for values in named.values():
        code = np.unique(values, return_inverse=True)[1]
        both = code if group is None else group * (int(code.max()) + 1) + code
        group = np.unique(both, return_inverse=True)[1].astype(np.int64)
    return group
