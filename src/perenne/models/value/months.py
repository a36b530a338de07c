"""Revenue and cash flow of the shop, month by month: from the customers it has and those to come.

Existing customers: joint draws of the purchase and spend models. Those to come: monthly counts of
`acquisition`, a first order each, then the repeat orders that the purchase model expects of a new
customer. Nothing is discounted: these are the amounts of each month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.models.value.acquisition import Acquisition
from perenne.models.value.discounting import months as months_in
from perenne.models.value.futures import Customers, Sampler, draw_futures
from perenne.models.value.known import Known, Reads, read_known
from perenne.models.value.lifetime_value import CustomerLifetimeValue
from perenne.models.value.prediction import Totals
from perenne.text import gettext as _

MOST_DRAWN = 50_000
"""Customers drawn; of a larger shop a random part of so many stands for all."""
MOST_MONTHS = 60
WILDEST = 20.0
"""Times the median month of all draws beyond which a draw of repeat orders is cut."""
POOL = 5_000
"""Orders drawn to learn how much the value of one varies between new customers."""


@dataclass(frozen=True)
class Newcomers:
    """Customers to come. first_values: (any,), values of recent first orders. kept: 1 − return
    share of the shop. margin: its margin rate after returns, None when unknown; shift: standard
    deviation of what margin rates of all customers may move by."""

    acquisition: Acquisition
    first_values: Floats
    kept: float = 1.0
    margin: float | None = None
    shift: float = 0.0


@dataclass(frozen=True)
class ShopForecast:
    """Arrays (months,), the next month first. revenue, after returns, is that of existing and of
    acquired customers together, margin that of revenue; margins are None where the shop's margin
    rate is unknown; existing_orders: those expected of existing customers, (months,)."""

    existing: Totals
    acquired: Totals
    revenue: Totals
    new_customers: Totals
    margin: Totals | None
    existing_orders: Floats
    existing_margin: Totals | None = None
    acquired_margin: Totals | None = None


@dataclass(frozen=True)
class Promised:
    """What existing customers are expected to bring in all the months together, undiscounted.

    margin: NaN where it is unknown.
    """

    value: float
    orders: float
    margin: float = float("nan")


def forecast_months(
    model: CustomerLifetimeValue,
    months: int,
    newcomers: Newcomers,
    *,
    data: Any = None,
    frequency: Any = None,
    recency: Any = None,
    tenure: Any = None,
    monetary_value: Any = None,
    first_value: Any = None,
    log_intervals: Any = None,
    rng: np.random.Generator,
    kept: Any = 1.0,
    margin: Any = None,
    ends: Any = None,
    interval: Sequence[float] = (0.5, 0.9),
    draws: int = 200,
    level: float = 1.0,
    level_spread: float = 0.0,
    promised: Promised | None = None,
) -> ShopForecast:
    """The next `months` (1–60) with intervals from joint draws.

    Histories as in `CustomerLifetimeValue.predict`. kept, margin: (customers,) or one number: what
    of a unit sold stays after returns, and the margin rate on it; an unknown margin (NaN, None) is
    taken as that of the shop. ends: (months,), when each month ends, in the time unit of the
    purchase model; months of equal length when not given (on the clock of a shop, those of high
    season are longer). level, level_spread: recalibration of repeat orders and its error, common to
    all months. promised: what existing customers are expected to bring until the last month; the
    months then share that, in the proportions that the models here give, and their margin likewise.
    """
    _refuse_months(months)
    known = read_known(
        data,
        (frequency, recency, tenure, monetary_value, first_value),
        reads=Reads.of(model.purchases, model.spend),
        intervals=log_intervals,
    )
    share = np.broadcast_to(np.asarray(kept, dtype=float), known.size)
    if ends is None:
        ends = months_in(np.arange(1, months + 1), time_unit=model.time_unit)
    ends = np.asarray(ends, dtype=float)
    sampler = model.sampler(ends, draws, rng=rng, level=(level, level_spread))
    existing = _existing(sampler, known.columns, share, rng=rng)
    orders = level * _monthly_orders(model, known, ends)
    if promised is not None:
        existing *= _ratio(promised.value, existing.mean(axis=0).sum())
        orders *= _ratio(promised.orders, orders.sum())
    counts = newcomers.acquisition.sample(months, draws=draws, rng=rng)
    acquired = _acquired(sampler, newcomers, counts, rng=rng)
    coverages = tuple(interval)
    left: dict[str, Floats] = {}
    if newcomers.margin is not None:
        rate = _filled(margin, newcomers.margin, size=known.size)
        mix = _margin_rates(model, known, ends, share, rate)
        if promised is not None:
            mix *= _ratio(promised.margin, float(existing.mean(axis=0) @ mix))
        left = _left(existing, acquired, mix, newcomers, rng=rng)
    return ShopForecast(
        existing=_summary(existing, coverages),
        acquired=_summary(acquired, coverages),
        revenue=_summary(existing + acquired, coverages),
        new_customers=_summary(counts.astype(float), coverages),
        existing_orders=orders,
        **({"margin": None} | {name: _summary(drawn, coverages) for name, drawn in left.items()}),
    )


def _left(
    existing: Floats,
    acquired: Floats,
    mix: Floats,
    newcomers: Newcomers,
    *,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """Margins of each month, (draws, months), by their name in `ShopForecast`."""
    shift = newcomers.shift * rng.standard_normal((len(existing), 1))
    own, new = existing * (mix + shift), acquired * ((newcomers.margin or 0.0) + shift)
    return {"margin": own + new, "existing_margin": own, "acquired_margin": new}


def _refuse_months(months: int) -> None:
    if 1 <= months <= MOST_MONTHS:
        return
    raise PerenneError(
        _("A forecast of {months} months is not made.").format(months=months),
        given=months,
        next_step=_("Ask for 1 to {most} months.").format(most=MOST_MONTHS),
    )


def _margin_rates(
    model: CustomerLifetimeValue, known: Known, ends: Floats, kept: Floats, rate: Floats
) -> Floats:
    """Margin rate of existing customers in each month, (months,), weighed by expected value."""
    rows = known.rows
    each = kept * model.spend.expected_value(**known.spending())
    orders = model.expected_orders(ends, known)
    monthly = np.diff(orders, axis=0, prepend=0)
    worth, earned = (
        monthly @ np.bincount(rows.row, weights=weights, minlength=rows.frequency.size)
        for weights in (each, each * rate)
    )
    return np.divide(earned, worth, out=np.zeros(ends.size), where=worth != 0)


def _monthly_orders(model: CustomerLifetimeValue, known: Known, ends: Floats) -> Floats:
    """Orders expected of existing customers in each month, (months,)."""
    until = model.expected_orders(ends, known)
    customers = np.bincount(known.rows.row, minlength=known.rows.frequency.size)
    return np.asarray(np.diff(until, axis=0, prepend=0) @ customers, dtype=np.float64)


def _ratio(wanted: float, found: float) -> float:
    """What brings a total to the one wanted; 1 where there is none to bring."""
    return wanted / found if found > 0 and wanted > 0 else 1.0


def _filled(margin: Any, shop: float, *, size: int) -> Floats:
    rate = np.broadcast_to(np.asarray(shop if margin is None else margin, dtype=float), size)
    return np.where(np.isnan(rate), shop, rate)


def _existing(
    sampler: Sampler,
    known: Mapping[str, Floats],
    kept: Floats,
    *,
    rng: np.random.Generator,
) -> Floats:
    """Value of each month from the customers there are, (draws, months)."""
    total = kept.size
    chosen: Any = slice(None)
    if total > MOST_DRAWN:
        chosen = np.sort(rng.choice(total, MOST_DRAWN, replace=False))
    part = {name: column[chosen] for name, column in known.items()}
    size = part["frequency"].size
    drawn = draw_futures(
        sampler,
        Customers(**part, factor=np.broadcast_to(kept[chosen], (sampler.horizons.size, size))),
        probabilities=np.zeros(0),
        groups={"all": (np.zeros(size, dtype=np.intp), 1)},
        rng=rng,
        threads=2,
    )
    value = np.diff(drawn.sums["all"][:, :, 0], axis=1, prepend=0)
    return np.asarray(value * (total / size))


def _acquired(
    sampler: Sampler, newcomers: Newcomers, counts: Any, *, rng: np.random.Generator
) -> Floats:
    """Value of each month from customers to come, (draws, months), first orders and repeats."""
    first = np.asarray(newcomers.first_values, dtype=float)
    value = counts * first.mean() + np.sqrt(counts) * first.std() * rng.standard_normal(
        counts.shape
    )
    repeat = _repeat_orders(sampler, counts) * sampler.levels[:, None]
    # One draw of parameters that nearly run off must not stand for a future.
    usual = np.median(repeat, axis=0)
    orders = rng.poisson(np.minimum(np.nan_to_num(repeat, nan=0.0), WILDEST * (usual + 1)))
    each, spread = _order_value(sampler, rng=rng)
    amounts = orders * each[:, None] + np.sqrt(orders) * spread * rng.standard_normal(orders.shape)
    return np.asarray(newcomers.kept * np.maximum(value + amounts, 0.0))


def _repeat_orders(sampler: Sampler, counts: Any) -> Floats:
    """Expected repeat orders of all cohorts in each month, (draws, months).

    A customer comes in the middle of a month on average.
    """
    ends = sampler.horizons
    middles = ends - np.diff(ends, prepend=0.0) / 2
    ages = np.maximum(ends[:, None] - middles, 0.0)
    names = list(sampler.purchase_draws)
    orders = np.zeros(counts.shape)
    for draw in range(counts.shape[0]):
        chosen = {name: float(sampler.purchase_draws[name][draw]) for name in names}
        model = replace(sampler.purchases, parameters={**sampler.purchases.parameters, **chosen})
        until = np.reshape(model.expected_purchases_new(ages.ravel()), ages.shape)
        orders[draw] = np.diff(until @ counts[draw], prepend=0.0)
    return orders


def _order_value(sampler: Sampler, *, rng: np.random.Generator) -> tuple[Floats, float]:
    """Mean value of an order of a new customer in each draw, (draws,), and its spread."""
    size = sampler.levels.size
    zero = np.zeros(POOL)
    pool = sampler.spend.sample_totals(
        np.ones((size, POOL), dtype=np.int32),
        frequency=zero,
        monetary_value=zero,
        rng=rng,
        parameters=sampler.spend_draws,
    )
    return pool.mean(axis=1, dtype=np.float64), float(pool.std(dtype=np.float64))


def _summary(draws: Floats, coverages: Sequence[float]) -> Totals:
    def at(probability: float) -> Floats:
        return np.asarray(np.quantile(draws, probability, axis=0, method="weibull"))

    return Totals(
        mean=draws.mean(axis=0),
        median=at(0.5),
        lower={c: at((1 - c) / 2) for c in coverages},
        upper={c: at((1 + c) / 2) for c in coverages},
    )
