"""How the contenders did, as tables: scores, deciles, tracking, frequency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from perenne.core import PerenneError
from perenne.models.choosing import Judged
from perenne.models.contenders.probability import FittedProbability
from perenne.models.contenders.roster import contender
from perenne.models.judging.backtest import EVERYONE, Refusal, Trial
from perenne.models.judging.scores import Scores
from perenne.models.ledger import Ledger, day_of
from perenne.models.plots.numbers import conditional_expectation, frequency_recency, tracking
from perenne.models.predicting import as_table, from_rows

WEEKS = 52
"""Ahead of today, on the map."""

MEASURES: Mapping[str, str] = {
    "bias": "bias",
    "rmse": "rmse",
    "mae_median": "mae_median",
    "mae_zero": "mae_zero",
    "crps": "crps",
    "gini": "gini",
    "top10": "capture_10",
    "top20": "capture_20",
    "spearman": "spearman",
    "slope": "slope",
    "pit50": "pit_50",
    "pit90": "pit_90",
    "cover50": "coverage_50",
    "cover90": "coverage_90",
    "width50": "width_50",
    "width90": "width_90",
    "total_inside": "total_in_90",
}


def score_tables(judged: Judged) -> dict[str, pa.Table]:
    """`model_scores` and `model_deciles`."""
    found = judged.backtest
    scores = [row for trial in found.trials for row in _score_rows(trial)]
    scores += [_refusal_row(refusal) for refusal in found.refusals]
    deciles = [row for trial in found.trials for row in _decile_rows(trial)]
    return {
        "model_scores": from_rows("model_scores", scores),
        "model_deciles": from_rows("model_deciles", deciles),
    }


def _score_rows(trial: Trial) -> Iterator[dict[str, Any]]:
    told: dict[str, Scores] = {EVERYONE: trial.scores["value"]}
    told |= {group: scores for (kind, group), scores in trial.groups.items() if kind == "value"}
    for group, scores in told.items():
        dimension, _colon, name = group.partition(": ")
        for measure, named in MEASURES.items():
            yield {
                **_of(trial),
                "dimension": dimension,
                "value_of_dimension": name or None,
                "measure": named,
                "value": float(getattr(scores, measure)),
            }


def _of(one: Trial | Refusal) -> dict[str, Any]:
    return {
        "origin": day_of(one.origin),
        "horizon_days": one.horizon,
        "contender": one.contender,
    }


def _refusal_row(refusal: Refusal) -> dict[str, Any]:
    notes = {f"note_{language}": said for language, said in refusal.spoken.items()}
    return {**_of(refusal), "dimension": EVERYONE, "measure": "refused", **notes}


def _decile_rows(trial: Trial) -> Iterator[dict[str, Any]]:
    bins = trial.calibration["value"]
    for number, size in enumerate(bins.customers):
        yield {
            **_of(trial),
            "decile": number + 1,
            "customers": int(size),
            "predicted": float(bins.predicted[number]),
            "actual": float(bins.actual[number]),
            "actual_lo90": float(bins.low[number]),
            "actual_hi90": float(bins.high[number]),
        }


def purchase_tables(
    ledger: Ledger, judged: Judged, name: str, *, rng: np.random.Generator
) -> dict[str, pa.Table]:
    """`model_tracking` and `model_frequency`: the purchase model fitted at the last origin."""
    origin = max(trial.origin for trial in judged.backtest.trials)
    try:
        fitted = contender(name).fit(ledger.as_of(origin), horizon=judged.horizon, rng=rng)
    except PerenneError:
        return {}
    if not isinstance(fitted, FittedProbability):
        return {}
    purchases, times = fitted.purchases, fitted.times
    followed = tracking(purchases, ledger, calibrated=origin, times=times)
    by_frequency = conditional_expectation(purchases, ledger, calibrated=origin, times=times)
    return {
        "model_tracking": as_table(
            "model_tracking",
            {
                "week": [day_of(day) for day in followed.day.tolist()],
                "actual": followed.actual,
                "expected": followed.expected,
                "is_holdout": (followed.day > origin).tolist(),
            },
        ),
        "model_frequency": as_table(
            "model_frequency",
            {
                "contender": [name] * by_frequency.frequency.size,
                "frequency": by_frequency.frequency,
                "customers": by_frequency.customers,
                "actual": by_frequency.actual,
                "expected": by_frequency.expected,
            },
        ),
    }


def map_table(model: FittedProbability, ledger: Ledger) -> pa.Table:
    """`model_map`: customers of the median age, over the next 52 weeks."""
    tenure = float(np.median(ledger.ages(model.times)["tenure"]))
    told = frequency_recency(model.purchases, tenure=tenure, horizon=model.ahead(ledger, 7 * WEEKS))
    row, column = np.nonzero(np.isfinite(told.expected))
    return as_table(
        "model_map",
        {
            "contender": [model.name] * row.size,
            "frequency": told.frequency[row],
            "recency_weeks": told.recency[column],
            "tenure_weeks": np.full(row.size, tenure),
            "expected_52w": told.expected[row, column],
            "p_alive": told.alive[row, column],
        },
    )
