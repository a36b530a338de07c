"""Static covariates (channel, country, first product …) as a design matrix, and their shrinkage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.fitting import Objective, Optimum
from perenne.models.histories import Floats, read_table
from perenne.text import format_number
from perenne.text import gettext as _

MOST_LEVELS = 1000
# A missing word, and what the values that mean one print as.
MISSING, NOTHING = "", ("None", "nan", "NaT", "<NA>")
# Bounds of the standard deviation of effects, in logarithms, that empirical Bayes may choose.
LEAST_SPREAD, MOST_SPREAD = 1e-3, 3.0
# Change of that standard deviation from round to round that no prediction would show.
SETTLED = 0.02


@dataclass(frozen=True)
class Column:
    """How one covariate is coded. levels: None for a number.

    centre: share of each level, or the mean of the number; scale: standard deviation of the number;
    reference: the level that has no column of its own.
    """

    name: str
    levels: tuple[str, ...] | None
    centre: tuple[float, ...]
    scale: float = 1.0
    reference: str | None = None

    @property
    def names(self) -> list[str]:
        if self.levels is None:
            return [self.name]
        return [f"{self.name}={level}" for level in self.levels]

    def encode(self, values: npt.NDArray[Any]) -> Floats:
        """(n, columns), centred: a missing value, or a level that the fit did not know, is the
        average customer."""
        if self.levels is None:
            number = np.where(values == MISSING, "nan", values).astype(np.float64)
            return np.nan_to_num((number - self.centre[0]) / self.scale)[:, None]
        words = values.astype(str)
        known = np.isin(words, [*self.levels, str(self.reference)])
        coded: Floats = (words[:, None] == np.array(self.levels)[None, :]) - np.array(self.centre)
        coded[~known] = 0.0
        return coded

    def check(self, told: npt.NDArray[Any], *, size: int) -> None:
        """Raise PerenneError where the distinct values `told` of `size` customers are of another
        kind than those of the fit, or where there are several customers and none is known: one new
        level is a customer like any other, nothing but new ones is another coding."""
        if told.dtype.kind == "f":
            told = told[~np.isnan(told)]
            strange = self.levels is not None
        else:
            told = told[told != MISSING]
            strange = self.levels is None or size > 1
        known = () if self.levels is None else (*self.levels, str(self.reference))
        if told.size and strange and not np.isin(told.astype(str), known).any():
            raise self._another_kind(told)

    def _another_kind(self, values: npt.NDArray[Any]) -> PerenneError:
        told = ", ".join(map(str, values[:5].tolist()))
        levels = [*self.levels, self.reference] if self.levels else [_("numbers")]
        known = ", ".join(level for level in levels[:5] if level)
        return PerenneError(
            _("The values of the covariate {name} are not those of the fit: {values}.").format(
                name=self.name, values=told
            ),
            given=told,
            allowed=levels,
            next_step=_(
                "Give them as at the fit ({known}), or None: a customer of whom it is not known is "
                "taken for the average one."
            ).format(known=known),
        )


@dataclass(frozen=True)
class Design:
    """The coding of all covariates, learnt at the fit and used again at every prediction."""

    columns: tuple[Column, ...]

    @classmethod
    def learn(cls, covariates: Any, *, reference: bool = False) -> Self:
        """The coding of a frame (any that narwhals knows) or a mapping of name to values.

        Text, categories and booleans become one centred column per level, numbers one standardised
        column. What is missing (None, NaN, empty text) is no level: it tells nothing of a customer.
        reference=True leaves out each column's most common level, which exact maximum likelihood
        needs; with shrinkage every level is pulled to the whole instead.
        Raises PerenneError for a covariate with one value, or with more than 1,000 levels.
        """
        named = covariate_columns(covariates)
        return cls(tuple(_learn_column(name, named[name], reference) for name in named))

    @property
    def names(self) -> list[str]:
        return [name for column in self.columns for name in column.names]

    @property
    def blocks(self) -> list[slice]:
        """The columns of the matrix that code one covariate."""
        ends = np.cumsum([len(column.names) for column in self.columns])
        return [
            slice(int(end) - len(column.names), int(end))
            for end, column in zip(ends, self.columns, strict=True)
        ]

    def encode(self, covariates: Any, *, size: int) -> tuple[npt.NDArray[np.int64], Floats]:
        """(group of each customer (size,), distinct rows of the matrix (groups, columns)).

        Raises PerenneError when a covariate is missing or its length is not `size`.
        """
        named = covariate_columns(covariates)
        group = np.zeros(size, dtype=np.int64)
        for column in self.columns:
            values = _require(named, column.name, size)
            distinct, code = np.unique(values, return_inverse=True)
            column.check(distinct, size=size)
            group = np.unique(group * (int(code.max()) + 1) + code, return_inverse=True)[1]
        _groups, first = np.unique(group, return_index=True)
        rows = [column.encode(named[column.name][first]) for column in self.columns]
        return group, np.column_stack(rows)

    def to_settings(self) -> list[dict[str, Any]]:
        """As JSON has them, so that what is read back is the same."""
        return [
            {name: list(one) if isinstance(one, tuple) else one for name, one in asdict(c).items()}
            for c in self.columns
        ]

    @classmethod
    def from_settings(cls, columns: Sequence[Mapping[str, Any]]) -> Self:
        """The design of `to_settings`, also after a round through JSON."""
        return cls(
            tuple(
                Column(
                    column["name"],
                    None if column["levels"] is None else tuple(column["levels"]),
                    tuple(column["centre"]),
                    column["scale"],
                    column["reference"],
                )
                for column in columns
            )
        )


def refuse_covariates(covariates: Any) -> None:
    """Raise PerenneError where a model that was fitted without covariates is given some."""
    if covariates is None:
        return
    raise PerenneError(
        _("The model was fitted without covariates, and some are given."),
        given=sorted(covariate_columns(covariates)),
        next_step=_("Leave out covariates=…, or fit the model with them."),
    )


def covariate_columns(covariates: Any) -> dict[str, npt.NDArray[Any]]:
    """Columns of a mapping or a frame: float64 for numbers, text for everything else."""
    named = {name: _plain(values) for name, values in read_table(covariates).items()}
    for name, values in named.items():
        if values.dtype.kind == "f" and np.isinf(values).any():
            raise PerenneError(
                _("The covariate {name} is infinite in {count} rows.").format(
                    name=name, count=format_number(int(np.isinf(values).sum()))
                ),
                next_step=_("Correct it; what is not known is None or NaN."),
            )
    return named


def _plain(given: Any) -> npt.NDArray[Any]:
    values = np.atleast_1d(given)
    if values.dtype.kind in "iuf":
        return values.astype(np.float64)
    if not isinstance(given, np.ndarray):
        values = np.atleast_1d(np.asarray(given, dtype=object))  # text and NaN in one list
    if values.dtype.kind != "O":
        return values.astype(str)
    return np.array([MISSING if _is_missing(one) else str(one) for one in values], dtype=str)


def _is_missing(value: object) -> bool:
    return not isinstance(value, str) and str(value) in NOTHING


def _learn_column(name: str, values: npt.NDArray[Any], reference: bool) -> Column:
    if values.dtype.kind == "f":
        known = values[np.isfinite(values)]
        spread = float(known.std()) if known.size else 0.0
        if spread == 0.0:
            raise _one_value(name)
        return Column(name, None, (float(known.mean()),), spread)
    known = values[values != MISSING]
    levels, counts = np.unique(known, return_counts=True)
    if levels.size < 2:
        raise _one_value(name)
    if levels.size > MOST_LEVELS:
        raise PerenneError(
            _("The covariate {name} has {count} levels.").format(name=name, count=levels.size),
            given=levels.size,
            allowed=[MOST_LEVELS],
            next_step=_("Group rare values first, or leave it out."),
        )
    left_out = str(levels[np.argmax(counts)]) if reference else None
    kept = levels != left_out if reference else np.ones(levels.size, dtype=bool)
    shares = tuple((counts[kept] / known.size).tolist())
    return Column(name, tuple(levels[kept].tolist()), shares, reference=left_out)


def _one_value(name: str) -> PerenneError:
    return PerenneError(
        _("The covariate {name} has the same value for every customer.").format(name=name),
        next_step=_("Leave it out: it cannot explain a difference."),
    )


def _require(named: Mapping[str, npt.NDArray[Any]], name: str, size: int) -> npt.NDArray[Any]:
    if name not in named:
        raise PerenneError(
            _("The covariate {name} is missing.").format(name=name),
            given=sorted(named),
            next_step=_("Give the covariates that the model was fitted with."),
        )
    if named[name].size != size:
        raise PerenneError(
            _("The covariate {name} has {count} values for {size} customers.").format(
                name=name, count=named[name].size, size=size
            ),
            next_step=_("Give one value per customer."),
        )
    return named[name]


def shrunk(objective: Objective, precision: Floats) -> Objective:
    """`objective` with independent normal priors N(0, 1/precision); 0 leaves a parameter free."""

    def penalised(point: Floats) -> tuple[float, Floats]:
        value, gradient = objective(point)
        return value - 0.5 * float(precision @ point**2), gradient - precision * point

    return penalised


def shrink(
    fit: Callable[[Floats, Floats | None], Optimum],
    *,
    blocks: Sequence[slice],
    size: int,
    shrinkage: float | None,
) -> tuple[Optimum, Floats]:
    """The best fit with the coefficients of each block pulled to zero, and the precisions used.

    fit: (precisions (size,), start or None) → optimum. shrinkage: the prior precision 1/τ² of each
    coefficient, 0 for exact maximum likelihood, None for empirical Bayes: τ² of a block maximises
    its Laplace marginal likelihood (MacKay 1992, fixed-point equation).
    """
    precision = np.zeros(size)
    for block in blocks:
        precision[block] = 4.0 if shrinkage is None else shrinkage
    optimum = fit(precision, None)
    for _round in range(15 if shrinkage is None else 0):
        updated = precision.copy()
        for block in blocks:
            updated[block] = 1.0 / _spread(optimum, block, precision) ** 2
        before, after = (1 / np.sqrt(p[p > 0]) for p in (precision, updated))
        if np.allclose(after, before, rtol=0.025, atol=SETTLED):
            break
        precision = updated
        optimum = fit(precision, optimum.point)
    return optimum, precision


def _spread(optimum: Optimum, block: slice, precision: Floats) -> float:
    effects = optimum.point[block]
    known = float((1.0 - precision[block] * np.diag(optimum.covariance)[block]).sum())
    variance = float(effects @ effects) / max(known, 1e-9)
    return float(np.clip(np.sqrt(variance), LEAST_SPREAD, MOST_SPREAD))
