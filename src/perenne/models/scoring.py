"""How the contenders did, as tables: scores, deciles, tracking, frequency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from perenne.core import PerenneError
from perenne.models.choosing import Judged
from perenne.models.contenders.probability import (
    FittedProbability,
    probability_contender,
    weekly_history,
)
from perenne.models.judging.backtest import EVERYONE, Refusal, Trial
from perenne.models.judging.scores import Scores
from perenne.models.ledger import Ledger, day_of
from perenne.models.predicting import from_rows

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
MOST_FREQUENT = 7
WEEK = 7


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
    return {**_of(refusal), "dimension": EVERYONE, "measure": "refused", "note": refusal.reason}


def _decile_rows(trial: Trial) -> Iterator[dict[str, Any]]:
    bins = trial.calibration["value"]
    for number, size in enumerate(bins.customers):
        yield {
            **_of(trial),
            "decile": number + 1,
            "customers": int(size),
            "predicted": float(bins.predicted[number]),
            "actual": float(bins.actual[number]),
        }


def purchase_tables(
    ledger: Ledger, judged: Judged, name: str, *, rng: np.random.Generator
) -> dict[str, pa.Table]:
    """`model_tracking` and `model_frequency`: the purchase model fitted at the last origin."""
    origin = max(trial.origin for trial in judged.backtest.trials)
    past = ledger.as_of(origin)
    try:
        fitted = probability_contender(name).fit(past, horizon=judged.horizon, rng=rng)
    except PerenneError:
        return {}
    return {
        "model_tracking": from_rows("model_tracking", list(_tracking(ledger, past, fitted))),
        "model_frequency": from_rows(
            "model_frequency", list(_frequency(ledger, past, fitted, days=judged.horizon))
        ),
    }


def _tracking(ledger: Ledger, past: Ledger, fitted: FittedProbability) -> Iterator[dict[str, Any]]:
    """Customers known at the origin, from the first day on: E[X(t)] of a new one, by age."""
    born = past.day[past.starts[:-1]]
    days, counts = np.unique(born, return_counts=True)
    known = np.isin(ledger.customer_ids, past.customer_ids)[ledger.customer]
    repeat = np.ones(ledger.day.size, dtype=bool)
    repeat[ledger.starts[:-1]] = False
    bought = np.sort(ledger.day[known & repeat & (ledger.orders > 0)])
    first = int(days.min())
    ages = np.arange(0, int(ledger.until) - first + 1) / WEEK
    by_age = np.asarray(fitted.purchases.expected_purchases_new(ages), dtype=float)
    for end in range(first + WEEK - 1, int(ledger.until) + 1, WEEK):
        inside = days <= end
        yield {
            "week": day_of(end),
            "actual": float(np.searchsorted(bought, end, side="right")),
            "expected": float(counts[inside] @ by_age[end - days[inside]]),
            "is_holdout": end > past.until,
        }


def _frequency(
    ledger: Ledger, past: Ledger, fitted: FittedProbability, *, days: int
) -> Iterator[dict[str, Any]]:
    history = weekly_history(past)
    expected = fitted.purchases.expected_purchases(days / WEEK, **history)
    actual = ledger.outcome(past, horizon=days).orders
    of = np.minimum(history["frequency"], MOST_FREQUENT).astype(int)
    for frequency in np.unique(of).tolist():
        inside = of == frequency
        yield {
            "contender": fitted.name,
            "frequency": frequency,
            "customers": int(inside.sum()),
            "actual": float(actual[inside].mean()),
            "expected": float(expected[inside].mean()),
        }
