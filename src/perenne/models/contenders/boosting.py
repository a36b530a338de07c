"""Gradient boosting in folds: each customer's own examples never shaped what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from perenne.models.contenders.examples import FOLDS
from perenne.models.features import Matrix
from perenne.models.histories import Floats, Ints

Target = Literal["chance", "ratio"]
# Intervals of a column that trees can tell apart. With weights, scikit-learn would look for them
# anew in each model, which took most of the time of a fit.
BINS = 100
SETTINGS: dict[str, Any] = {
    "learning_rate": 0.15,
    "max_iter": 100,
    "max_bins": BINS,
    "max_leaf_nodes": 8,
    "l2_regularization": 5.0,
    "early_stopping": True,
    "n_iter_no_change": 5,
    "validation_fraction": None,
}


@dataclass(frozen=True)
class Bins:
    """Where each column is cut, found once for all models: edges of numbers, or codes kept."""

    edges: tuple[npt.NDArray[Any], ...]
    categorical: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, values: Matrix, categorical: npt.NDArray[np.bool_]) -> Bins:
        """Quantiles of numbers; the most frequent codes, as the others count as unknown."""
        found = (
            _codes(column) if coded else _edges(column)
            for column, coded in zip(values.T, categorical, strict=True)
        )
        return cls(tuple(found), categorical)

    def place(self, values: Matrix) -> Matrix:
        """The number of the bin of each value, NaN where it is unknown."""
        placed = np.full(values.shape, np.nan, dtype=np.float32, order="F")
        for number, (edges, coded) in enumerate(zip(self.edges, self.categorical, strict=True)):
            column = values[:, number]
            at = np.searchsorted(edges, column)
            known = np.isfinite(column)
            if coded:
                known &= edges[np.minimum(at, edges.size - 1)] == column if edges.size else False
            placed[known, number] = at[known]
        return placed


def _edges(column: Matrix) -> npt.NDArray[Any]:
    known = column[np.isfinite(column)]
    if not known.size:
        return known
    return np.unique(np.quantile(known, np.arange(1, BINS) / BINS, method="lower"))[: BINS - 1]


def _codes(column: Matrix) -> npt.NDArray[Any]:
    codes, counts = np.unique(column[np.isfinite(column)], return_counts=True)
    kept: npt.NDArray[Any] = np.sort(codes[np.argsort(-counts, kind="stable")[:BINS]])
    return kept


@dataclass(frozen=True)
class Boosted:
    """One model per fold, fitted on the others; together they answer by their mean."""

    models: Sequence[Any]
    target: Target
    columns: npt.NDArray[np.bool_]

    def predict(self, values: Matrix) -> Floats:
        seen = values[:, self.columns]
        answers = [_answer(model, seen, self.target) for model in self.models]
        mean: Floats = np.mean(answers, axis=0)
        return mean

    def held_out(self, values: Matrix, fold: Ints) -> Floats:
        """For each example the answer of the model that has not seen its customer."""
        told = np.empty(len(values))
        for number, model in enumerate(self.models):
            own = fold == number
            if own.any():
                told[own] = _answer(model, values[own][:, self.columns], self.target)
        return told


def boost(
    target: Target,
    values: Matrix,
    wanted: Floats,
    *,
    weight: Floats,
    fold: Ints,
    categorical: npt.NDArray[np.bool_],
    seed: int,
) -> Boosted:
    """`chance`: probability of a 0/1 target. `ratio`: mean of a non-negative one (Poisson loss).

    Each model stops when the fold that it does not learn from gets worse. A column that holds one
    value only in what some model learns from tells nothing, and is left out.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    leaf = int(np.clip(len(wanted) // 400, 15, 200))
    shared = {**SETTINGS, "min_samples_leaf": leaf, "random_state": seed}
    columns = np.all([_tells(values[fold != number]) for number in range(FOLDS)], axis=0)
    values, categorical = values[:, columns], categorical[columns]
    models = []
    for number in range(FOLDS):
        model = (
            HistGradientBoostingClassifier(categorical_features=categorical, **shared)
            if target == "chance"
            else HistGradientBoostingRegressor(
                loss="poisson", categorical_features=categorical, **shared
            )
        )
        own = fold != number
        known = _with_something_known(values, own)
        with _one_thread():
            model.fit(
                known[own],
                wanted[own],
                sample_weight=weight[own],
                X_val=known[~own],
                y_val=wanted[~own],
                sample_weight_val=weight[~own],
            )
        models.append(model)
    return Boosted(models, target, columns)


def _tells(values: Matrix) -> npt.NDArray[np.bool_]:
    """Which columns hold two different numbers at least."""
    lowest = np.where(np.isfinite(values), values, np.inf).min(axis=0)
    highest = np.where(np.isfinite(values), values, -np.inf).max(axis=0)
    return np.asarray(lowest < highest)


def _with_something_known(values: Matrix, own: npt.NDArray[np.bool_]) -> Matrix:
    """The same with columns that are unknown for all of `own` set to 0: they then part nobody.

    Histograms of nothing at all cannot be made (scikit-learn raises ValueError).
    """
    empty = np.isnan(values[own]).all(axis=0)
    return np.where(empty, np.float32(0), values) if empty.any() else values


def _one_thread() -> threadpool_limits:
    """Examples are few enough that more threads mostly wait, for each other and for other work."""
    return threadpool_limits(limits=1)


def _answer(model: Any, values: Matrix, target: Target) -> Floats:
    with _one_thread():
        told = model.predict_proba(values)[:, 1] if target == "chance" else model.predict(values)
    return np.asarray(told, dtype=np.float64)
