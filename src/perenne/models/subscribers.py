"""Subscriptions of a snapshot: how long each will still last, and what it will still bring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from perenne.core import PerenneError, add_months
from perenne.models.contracts.beta_discrete_weibull import BetaDiscreteWeibull
from perenne.models.contracts.fitted_contract import FittedContract
from perenne.models.contracts.kaplan_meier import Survival, kaplan_meier
from perenne.models.contracts.shifted_beta_geometric import ShiftedBetaGeometric
from perenne.models.contracts.subscription_value import SubscriptionValue
from perenne.models.schema import SUBSCRIBED, SUBSCRIPTION_SURVIVAL
from perenne.text import gettext as _
from perenne.text import spoken

FEWEST = 50
"""Subscriptions of an interval below which no model is fitted to them."""
YEAR_MONTHS = 12
MONTHS_AHEAD = 60
_PER_YEAR = {"day": 365.0, "week": 365 / 7, "month": 12.0, "year": 1.0}
_LEVEL = 0.9
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Subscribed:
    """Tables by name, and what the manifest says: per interval, the model or why there is none."""

    tables: Mapping[str, pa.Table]
    manifest: Mapping[str, Any]


@dataclass(frozen=True)
class Lives:
    """Subscriptions of one interval, as the models read them. `rows` are those still in force."""

    interval: str
    per_year: float
    tenure: list[int] = field(default_factory=list)
    churned: list[int] = field(default_factory=list)
    cohort: list[str] = field(default_factory=list)
    rows: list[tuple[Row, int]] = field(default_factory=list)


def predict_subscribers(
    rows: Iterable[Row], *, as_of: date, discount_rate: float, draws: int, rng: np.random.Generator
) -> Subscribed:
    """What subscriptions of each interval will still bring, in revenue, discounted.

    rows: subscription_id, customer_id, plan, mrr, paying_from, paying_until, ended,
    interval_unit, interval_count of every paid subscription. Of two models the one with the lower
    AIC predicts; where neither can be fitted, the survival that was seen stands alone.
    """
    groups = by_interval(rows, as_of)
    predicted: list[dict[str, Any]] = []
    survival: list[dict[str, Any]] = []
    told: dict[str, Any] = {}
    totals = np.zeros(draws)
    for lives in groups:
        survival += _survival_rows(lives)
        said: dict[str, Any] = {
            "subscriptions": len(lives.tenure),
            "left": sum(lives.churned),
            "in_force": len(lives.rows),
        }
        try:
            model = fit(lives)
        except PerenneError as refusal:
            words = spoken(refusal.what, refusal.next_step)
            told[lives.interval] = {**said, **{f"refused_{k}": v for k, v in words.items()}}
            continue
        told[lives.interval] = {
            **said,
            "model": model.model,
            "parameters": dict(model.parameters),
            "log_likelihood": model.log_likelihood,
        }
        if lives.rows:
            found, total = _predicted(lives, model, discount_rate, draws=draws, rng=rng)
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
    return Subscribed(
        {
            SUBSCRIBED.name: _table(predicted, SUBSCRIBED),
            SUBSCRIPTION_SURVIVAL.name: _table(survival, SUBSCRIPTION_SURVIVAL),
        },
        manifest,
    )


def by_interval(rows: Iterable[Row], as_of: date) -> list[Lives]:
    """Subscriptions by interval; those without one, and those whose trial never ended, left out."""
    found: dict[str, Lives] = {}
    for row in rows:
        unit, every = row["interval_unit"], row["interval_count"] or 1
        start, until = row["paying_from"], row["paying_until"]
        if unit not in _PER_YEAR or start > as_of or until <= start:
            continue
        name = unit if every == 1 else f"{every} {unit}"
        lives = found.setdefault(name, Lives(name, _PER_YEAR[unit] / every))
        has_left = bool(row["ended"])
        last = min(until, as_of)
        whole, exact = _periods(start, last, unit=unit, every=every)
        tenure = max(1, whole + (0 if exact else 1)) if has_left else whole
        lives.tenure.append(tenure)
        lives.churned.append(int(has_left))
        lives.cohort.append(str(start.year))
        if until > as_of:
            lives.rows.append((row, tenure))
    return [found[name] for name in sorted(found)]


def _periods(start: date, last: date, *, unit: str, every: int) -> tuple[int, bool]:
    """Whole periods from one day to another, and whether they fit exactly."""
    if unit in ("day", "week"):
        length = every * (7 if unit == "week" else 1)
        days = (last - start).days
        return days // length, days % length == 0
    step = every * (YEAR_MONTHS if unit == "year" else 1)
    months = (last.year - start.year) * YEAR_MONTHS + last.month - start.month
    while add_months(start, months) > last:
        months -= 1
    whole = months // step
    return whole, add_months(start, whole * step) == last


def fit(lives: Lives) -> FittedContract:
    """The shifted beta-geometric, or the beta-discrete-Weibull where its AIC is lower.

    Raises PerenneError below the least number of subscriptions, or where neither can be fitted.
    """
    if len(lives.tenure) < FEWEST:
        raise PerenneError(
            _(
                "Too few subscriptions of this interval to learn from: {n}, fewer than {least}."
            ).format(n=len(lives.tenure), least=FEWEST),
            given=len(lives.tenure),
            next_step=_("Read the survival that was seen, or wait for more of them."),
        )
    given = {"tenure": lives.tenure, "churned": lives.churned}
    simple = ShiftedBetaGeometric().fit(**given)
    try:
        rich: FittedContract = BetaDiscreteWeibull().fit(**given)
    except PerenneError:
        return simple
    return rich if rich.log_likelihood - simple.log_likelihood > 1 else simple


def _predicted(
    lives: Lives,
    model: FittedContract,
    discount_rate: float,
    *,
    draws: int,
    rng: np.random.Generator,
) -> tuple[list[dict[str, Any]], Any]:
    tenure = np.array([age for _row, age in lives.rows], dtype=float)
    paid = np.array([float(row["mrr"]) for row, _age in lives.rows])
    amount = paid * YEAR_MONTHS / lives.per_year
    value = SubscriptionValue(model, periods_per_year=lives.per_year)
    whole = value.predict(
        tenure=tenure,
        mrr=amount,
        discount_rate=discount_rate,
        interval=(_LEVEL,),
        draws=draws,
        rng=rng,
    )
    year = max(1.0, round(lives.per_year))
    ahead = max(1.0, round(lives.per_year * MONTHS_AHEAD / YEAR_MONTHS))
    alive = model.probability_alive(year, tenure=tenure)
    remaining = model.expected_remaining_life(tenure=tenure, horizon=ahead)
    hazard = model.churn_hazard(tenure + 1)
    rows = [
        {
            "subscription_id": row["subscription_id"],
            "customer_id": row["customer_id"],
            "plan": row["plan"],
            "interval": lives.interval,
            "tenure": age,
            "mrr": row["mrr"],
            "churn_next": float(hazard[n]),
            "churn_12m": float(1 - alive[n]),
            "remaining_months_60m": float(remaining[n] * YEAR_MONTHS / lives.per_year),
            "residual_value": float(whole.mean[n]),
            "residual_value_lo90": float(whole.low[_LEVEL][n]),
            "residual_value_hi90": float(whole.high[_LEVEL][n]),
        }
        for n, (row, age) in enumerate(lives.rows)
    ]
    return rows, whole.total_draws


def _survival_rows(lives: Lives) -> list[dict[str, Any]]:
    """Survival by cohort of the year of start, and of all together; nothing without a renewal."""
    found = []
    for cohort in (None, lives.cohort):
        seen = kaplan_meier(tenure=lives.tenure, churned=lives.churned, cohort=cohort)
        found += list(_rows_of(seen, lives.interval))
    return found


def _rows_of(seen: Survival, interval: str) -> Iterable[dict[str, Any]]:
    names = ("at_risk", "left", "survival", "low", "high", "hazard", "hazard_low", "hazard_high")
    for n, (cohort, period) in enumerate(zip(seen.cohort, seen.period, strict=True)):
        values = {name: float(getattr(seen, name)[n]) for name in names}
        known = {k: v if np.isfinite(v) else None for k, v in values.items()}
        yield {"interval": interval, "cohort": str(cohort), "period": int(period), **known}


def _table(rows: list[dict[str, Any]], schema: Any) -> pa.Table:
    types = {"string": pa.string(), "float64": pa.float64(), "int64": pa.int64()}
    arrow = [(name, types.get(kind, pa.decimal128(18, 4))) for name, kind in schema.types.items()]
    return pa.Table.from_pylist(rows, schema=pa.schema(arrow))
