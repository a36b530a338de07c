"""What is known of the customers to predict, and their distinct histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats, Histories, check_histories, compress, read_columns
from perenne.models.purchases.design import covariate_columns

NAMES = ("frequency", "recency", "tenure", "monetary_value")
FIRST = "first_value"


@dataclass(frozen=True)
class Known:
    """columns: NAMES, and FIRST where it is known, (customers,) each. rows: their distinct
    histories, and distinct covariates with them. covariates: name → (customers,), empty without
    any."""

    columns: Mapping[str, Floats]
    rows: Histories
    covariates: Mapping[str, npt.NDArray[Any]]

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
        return found | self._of(self._representatives[who] if self.covariates else None)

    def spending(self) -> dict[str, Any]:
        """Arguments of a spend model, for all customers."""
        names = (NAMES[0], NAMES[3], FIRST)
        found: dict[str, Any] = {n: self.columns[n] for n in names if n in self.columns}
        return found | self._of(slice(None))

    def _of(self, who: Any) -> dict[str, Any]:
        if not self.covariates:
            return {}
        return {"covariates": {name: values[who] for name, values in self.covariates.items()}}

    @property
    def _representatives(self) -> npt.NDArray[np.intp]:
        """One customer with each distinct row."""
        found = np.empty(self.rows.frequency.size, dtype=np.intp)
        found[self.rows.row] = np.arange(self.size)
        return found


def read_known(data: Any, given: Sequence[Any], *, covariates: Any = None) -> Known:
    """Checked columns NAMES, and FIRST where it is there, from `given` (one value for each, in
    their order), else from the frame `data`. PerenneError as they say.
    """
    told = dict(zip((*NAMES, FIRST), given, strict=True))
    columns = read_columns(data, (*NAMES, f"{FIRST}?"), told)
    ages = [columns[name] for name in NAMES[:3]]
    check_histories(*ages)
    named = {} if covariates is None else covariate_columns(covariates)
    return Known(columns, compress(*ages, group=_groups(named)), named)


def _groups(named: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64] | None:
    """Number of the combination of covariates of each customer."""
    group: npt.NDArray[np.int64] | None = None
    for values in named.values():
        code = np.unique(values, return_inverse=True)[1]
        both = code if group is None else group * (int(code.max()) + 1) + code
        group = np.unique(both, return_inverse=True)[1].astype(np.int64)
    return group
