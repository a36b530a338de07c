"""Subscriptions of a snapshot: how long each will still last, and what it will still bring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from perenne.core import PerenneError
from perenne.models.contracts.kaplan_meier import Survival, kaplan_meier
from perenne.models.contracts.subscription_value import SubscriptionValue
from perenne.models.schema import SUBSCRIBED, SUBSCRIPTION_SCORES, SUBSCRIPTION_SURVIVAL
from perenne.models.subscriber_judging import (
    EarlierSubscriptions,
    Judgement,
    came_true,
    judge,
    months_ahead,
)
from perenne.models.subscriber_lives import YEAR_MONTHS, Learnt, Lives, Row, by_interval, fit
from perenne.text import spoken

MONTHS_AHEAD = 60
_LEVEL = 0.9


@dataclass(frozen=True)
class Subscribed:
    """Tables by name, and what the manifest says: per interval, the model or why there is none."""

    tables: Mapping[str, pa.Table]
    manifest: Mapping[str, Any]


def predict_subscribers(
    rows: Iterable[Row],
    *,
    as_of: date,
    discount_rate: float,
    draws: int,
    rng: np.random.Generator,
    earlier: EarlierSubscriptions | None = None,
) -> Subscribed:
    """What subscriptions of each interval will still bring, in revenue, discounted.

    rows: subscription_id, customer_id, plan, mrr, paying_from, paying_until, ended,
    interval_unit, interval_count of every paid subscription. Of two models the one with the lower
    AIC predicts; where neither can be fitted, the survival that was seen stands alone. Forecasts
    from past days set the level and the width of what is told; what an `earlier` snapshot said is
    put beside what came.
    """
    groups = by_interval(rows, as_of)
    predicted: list[dict[str, Any]] = []
    scores: list[dict[str, Any]] = []
    told: dict[str, Any] = {}
    totals = np.zeros(draws)
    for lives in groups:
        told[lives.name] = _counted(lives)
        try:
            learnt = fit(lives)
        except PerenneError as refusal:
            words = spoken(refusal.what, refusal.next_step)
            told[lives.name] |= {f"refused_{k}": v for k, v in words.items()}
            continue
        judged = judge(lives, rng=rng)
        scores += _score_rows(lives, judged)
        told[lives.name] |= _account(learnt) | _backtested(judged)
        if lives.in_force.any():
            told[lives.name]["ahead"] = months_ahead(lives, learnt.model, judged.pace, rng=rng)
            found, total = _predicted(
                lives, learnt, judged, discount_rate=discount_rate, draws=draws, rng=rng
            )
            predicted += found
            totals += total
    manifest = {"as_of": as_of.isoformat(), "intervals": told, "discount_rate": discount_rate}
    if predicted:
        low, high = np.quantile(totals, ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2))
        manifest["residual_value"] = {
            "mean": float(sum(row["residual_value"] for row in predicted)),
            "lo90": float(low),
            "hi90": float(high),
        }
    if earlier is not None:
        manifest["earlier"] = came_true(groups, earlier, as_of=as_of)
    return Subscribed(
        {
            SUBSCRIBED.name: _table(predicted, SUBSCRIBED),
            SUBSCRIPTION_SURVIVAL.name: _table(list(_survival_rows(groups)), SUBSCRIPTION_SURVIVAL),
            SUBSCRIPTION_SCORES.name: _table(scores, SUBSCRIPTION_SCORES),
        },
        manifest,
    )


def _counted(lives: Lives) -> dict[str, Any]:
    return {
        "subscriptions": lives.size,
        "left": int(lives.churned.sum()),
        "in_force": int(lives.in_force.sum()),
        "older": lives.is_older,
    }


def _account(learnt: Learnt) -> dict[str, Any]:
    model = learnt.model
    return {
        "model": model.model,
        "parameters": dict(model.parameters),
        "log_likelihood": model.log_likelihood,
        "records_begin": None if learnt.begins is None else learnt.begins.isoformat(),
    }


def _backtested(judged: Judgement) -> dict[str, Any]:
    """What the manifest says of forecasts from past days."""
    apart = [one for one in judged.scores if one not in judged.totals] or judged.totals
    return {
        "pace": judged.pace.level,
        "pace_spread": judged.pace.normal_spread,
        "backtest": None
        if not judged.scores
        else {
            "origins": [{**asdict(one), "origin": one.origin.isoformat()} for one in judged.totals],
            "brier": judged.brier,
            "baseline_brier": judged.baseline_brier,
            "beats_baseline": judged.beats_baseline,
            "cohorts": len(apart),
            "cohorts_inside": sum(one.inside for one in apart),
        },
    }


def _score_rows(lives: Lives, judged: Judgement) -> Iterable[dict[str, Any]]:
    for one in judged.scores:
        yield {
            "interval": lives.name,
            "origin": one.origin,
            "renewals": one.renewals,
            "cohort": one.cohort,
            "in_force": one.in_force,
            "expected": one.expected,
            "expected_lo90": one.low,
            "expected_hi90": one.high,
            "last_year": one.baseline,
            "actual": one.actual,
        }


def _predicted(
    lives: Lives,
    learnt: Learnt,
    judged: Judgement,
    *,
    discount_rate: float,
    draws: int,
    rng: np.random.Generator,
) -> tuple[list[dict[str, Any]], Any]:
    there, model, pace = np.flatnonzero(lives.in_force), learnt.model, judged.pace
    held = [lives.rows[place] for place in there.tolist()]
    tenure = lives.tenure[there].astype(float)
    amount = np.array([float(row["mrr"]) for row in held]) * YEAR_MONTHS / lives.per_year
    value = SubscriptionValue(model, periods_per_year=lives.per_year, pace=pace)
    whole = value.predict(
        tenure=tenure,
        mrr=amount,
        discount_rate=discount_rate,
        interval=(_LEVEL,),
        draws=draws,
        rng=rng,
    )

    def stays(ahead: float) -> Any:
        return model.probability_alive(ahead, tenure=tenure, pace=pace.level)

    year = max(1.0, round(lives.per_year))
    ages, place = np.unique(tenure, return_inverse=True)
    ahead = np.arange(1.0, max(1, round(lives.per_year * MONTHS_AHEAD / YEAR_MONTHS)) + 1)
    remaining = model.probability_alive(ahead, tenure=ages[:, None], pace=pace.level).sum(axis=1)
    columns = {
        "tenure": lives.tenure[there],
        "churn_next": 1 - stays(1.0),
        "churn_12m": 1 - stays(year),
        "remaining_months_60m": remaining[place.ravel()] * YEAR_MONTHS / lives.per_year,
        "residual_value": whole.mean,
        "residual_value_lo90": whole.low[_LEVEL],
        "residual_value_hi90": whole.high[_LEVEL],
    }
    names = ("subscription_id", "customer_id", "plan", "mrr")
    rows = [
        {
            "interval": lives.name,
            **{name: row[name] for name in names},
            **{name: column[n].item() for name, column in columns.items()},
        }
        for n, row in enumerate(held)
    ]
    return rows, whole.total_draws


def _survival_rows(groups: Iterable[Lives]) -> Iterable[dict[str, Any]]:
    """Survival by cohort of the year of start, and of all together; nothing without a renewal.

    Not of those begun before the records, whose renewals are not known.
    """
    for lives in (one for one in groups if not one.is_older):
        for cohort in (None, lives.cohort.tolist()):
            seen = kaplan_meier(tenure=lives.tenure, churned=lives.churned, cohort=cohort)
            yield from _rows_of(seen, lives.name)


def _rows_of(seen: Survival, interval: str) -> Iterable[dict[str, Any]]:
    names = ("at_risk", "left", "survival", "low", "high", "hazard", "hazard_low", "hazard_high")
    for n, (cohort, period) in enumerate(zip(seen.cohort, seen.period, strict=True)):
        values = {name: float(getattr(seen, name)[n]) for name in names}
        known = {k: v if np.isfinite(v) else None for k, v in values.items()}
        yield {"interval": interval, "cohort": str(cohort), "period": int(period), **known}


def _table(rows: list[dict[str, Any]], schema: Any) -> pa.Table:
    types = {
        "string": pa.string(),
        "float64": pa.float64(),
        "int64": pa.int64(),
        "date": pa.date32(),
    }
    arrow = [(name, types.get(kind, pa.decimal128(18, 4))) for name, kind in schema.types.items()]
    return pa.Table.from_pylist(rows, schema=pa.schema(arrow))
