"""The shop month by month: what was, and what present and new customers are expected to bring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Protocol

import numpy as np

from perenne.core import PerenneError, add_months
from perenne.models.contenders.probability import FittedProbability, spend_evidence
from perenne.models.histories import Floats
from perenne.models.judging.recalibration import Recalibration
from perenne.models.judging.trials import numbers_that_hold
from perenne.models.ledger import Ledger, day_number, day_of
from perenne.models.margin_rates import margin_rate
from perenne.models.margins import MarginRate
from perenne.models.value.acquisition import fit_acquisition
from perenne.models.value.lifetime_value import CustomerLifetimeValue
from perenne.models.value.months import Newcomers, Promised, ShopForecast, forecast_months
from perenne.models.value.prediction import Totals

AHEAD = 12
RECENT = 365


class Purchases(Protocol):
    """What the forecast reads of the purchase model of a shop."""

    @property
    def name(self) -> str: ...
    @property
    def model(self) -> FittedProbability: ...

    @property
    def recalibration(self) -> Recalibration: ...


def month_rows(
    ledger: Ledger,
    companion: Purchases | None,
    *,
    rng: np.random.Generator,
    promised: Promised | None = None,
    level_spread: float | None = None,
    rate: MarginRate | None = None,
) -> list[dict[str, Any]]:
    """Rows of `prediction_months`: the past, then twelve months when a purchase model is there.

    promised: what the customers are expected to bring in twelve months, by whoever predicts them;
    level_spread: the error of its level. The purchase model says when it comes. rate: what of the
    value of each customer is left, with its shift over twelve months; None learns it here.
    A forecast needs six whole months of history; with fewer only the past is told.
    """
    past = list(_past(ledger))
    whole = [row for row in past if _is_whole(row["month"], ledger)]
    if companion is None or len(whole) < 1:
        return past
    try:
        with numbers_that_hold(companion.name):
            spread = companion.recalibration.value.normal_spread
            forecast = _forecast(
                ledger,
                companion,
                whole,
                rng=rng,
                promised=promised,
                level_spread=spread if level_spread is None else level_spread,
                rate=margin_rate(ledger) if rate is None else rate,
            )
    except PerenneError:
        return past
    return [*past, *_future(forecast, ledger)]


def _month(day: int) -> date:
    return day_of(day).replace(day=1)


def _is_whole(month: date, ledger: Ledger) -> bool:
    starts = day_number(month) >= int(ledger.day.min()) - 3
    return starts and add_months(month, 1) - timedelta(days=1) <= day_of(ledger.until)


def _past(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Every month of the history, those without an order as well."""
    days, place = np.unique(ledger.day, return_inverse=True)
    months = [_month(day) for day in days.tolist()]
    month, last = months[0], max(_month(ledger.until), months[-1])
    while month <= last:
        inside = np.array([one == month for one in months])[place]
        yield {
            "month": month,
            "part": "actual",
            "revenue": float((ledger.net - ledger.returned)[inside].sum()),
            "margin": float(ledger.margin[inside].sum()),
            "orders": float((ledger.orders[inside] > 0).sum()),
        }
        month = add_months(month, 1)


def _forecast(
    ledger: Ledger,
    companion: Purchases,
    whole: list[dict[str, Any]],
    *,
    rng: np.random.Generator,
    promised: Promised | None,
    level_spread: float,
    rate: MarginRate,
) -> ShopForecast:
    fitted = companion.model
    firsts = ledger.starts[:-1]
    born = np.array([day_number(_month(day)) for day in ledger.day[firsts].tolist()])
    months = [day_number(row["month"]) for row in whole]
    counts = [int((born == month).sum()) for month in months]
    frequency, value = spend_evidence(ledger)
    sold = np.bincount(ledger.customer, weights=ledger.net, minlength=ledger.customers)
    returned = np.bincount(ledger.customer, weights=ledger.returned, minlength=ledger.customers)
    kept = 1 - fitted.returns.of(np.maximum(returned, 0), np.maximum(sold, 0))
    recent = ledger.day[firsts] > ledger.until - RECENT
    history = fitted.history(ledger)
    return forecast_months(
        CustomerLifetimeValue(fitted.purchases, fitted.spend),
        AHEAD,
        Newcomers(
            acquisition=fit_acquisition(counts),
            first_values=ledger.net[firsts][recent if recent.any() else slice(None)],
            kept=1 - fitted.returns.shop,
            margin=_margin_rate(ledger),
            shift=rate.shift,
        ),
        margin=rate.mean,
        recency=history["recency"],
        tenure=history["tenure"],
        frequency=history["frequency"],
        monetary_value=np.where(frequency > 0, value, np.nan),
        first_value=ledger.histories().first_value,
        rng=rng,
        kept=kept,
        ends=_ends(ledger, fitted),
        level=companion.recalibration.value.level,
        level_spread=level_spread,
        promised=promised,
    )


def _margin_rate(ledger: Ledger) -> float | None:
    net = float((ledger.net - ledger.returned).sum())
    margin = float(ledger.margin.sum())
    return margin / net if net > 0 and np.isfinite(margin) else None


def _ends(ledger: Ledger, fitted: FittedProbability) -> Floats:
    """When each of the next months ends, on the clock of the purchase model."""
    start = day_of(ledger.until)
    days = [(add_months(start, number) - start).days for number in range(1, AHEAD + 1)]
    return np.array([fitted.ahead(ledger, day) for day in days])


def _future(forecast: ShopForecast, ledger: Ledger) -> Iterator[dict[str, Any]]:
    start = _next_month(ledger)
    parts = {
        "existing": (forecast.existing, forecast.existing_margin),
        "new": (forecast.acquired, forecast.acquired_margin),
        "all": (forecast.revenue, forecast.margin),
    }
    for part, (totals, margin) in parts.items():
        for number in range(AHEAD):
            yield {
                "month": add_months(start, number),
                "part": part,
                "revenue": float(totals.mean[number]),
                **_orders(forecast, part, number),
                **_bounds("revenue", totals, number, (0.5, 0.9)),
                **({} if margin is None else {"margin": float(margin.mean[number])}),
                **({} if margin is None else _bounds("margin", margin, number, (0.9,))),
            }


def _orders(forecast: ShopForecast, part: str, number: int) -> dict[str, float]:
    return {"orders": float(forecast.existing_orders[number])} if part == "existing" else {}


def _next_month(ledger: Ledger) -> date:
    """The month that begins nearest to the day after the data."""
    after = day_of(ledger.until) + timedelta(days=1)
    return after.replace(day=1) if after.day <= 15 else add_months(after.replace(day=1), 1)


def _bounds(
    name: str, totals: Totals, number: int, coverages: tuple[float, ...]
) -> dict[str, float]:
    return {
        f"{name}_{end}{round(coverage * 100)}": float(bound[coverage][number])
        for coverage in coverages
        for end, bound in (("lo", totals.lower), ("hi", totals.upper))
    }
