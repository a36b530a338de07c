"""All measures of one forecast against what happened, for all customers and by group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.forecast import Forecast
from perenne.models.histories import Floats
from perenne.models.judging import points
from perenne.models.judging.draws import (
    Draws,
    central_share,
    crps,
    interval,
    median,
    pit,
    total_interval,
)
from perenne.models.ledger import Outcome
from perenne.text import gettext as _

Quantity = Literal["value", "orders"]
QUANTITIES: tuple[Quantity, ...] = ("value", "orders")
PIT_BINS = 20


@dataclass(frozen=True)
class Scores:
    """Measures of one forecast, in the unit of the outcome; NaN where one cannot be computed.

    bias, rmse, gini, top10, top20, spearman, slope, slope_through_origin: of the mean forecast.
    mae_median: of the median, beside mae_zero, that of forecasting nothing for all. crps: mean over
    customers; of a forecast without draws it is the mean absolute error of its mean, which is the
    CRPS of a forecast that is sure. pit50, pit90: share of randomised PIT in the central 50 and
    90%. cover50, width50, cover90, width90: equal-tailed intervals. total_low, total_high: 90%
    interval of the total; total_inside: 1 when the actual total lies in it, else 0; total_place:
    where among its draws it lies, 0 to 1.
    """

    customers: float
    actual: float
    predicted: float
    bias: float
    rmse: float
    mae_median: float
    mae_zero: float
    crps: float
    gini: float
    top10: float
    top20: float
    spearman: float
    slope: float
    slope_through_origin: float
    pit50: float = np.nan
    pit90: float = np.nan
    cover50: float = np.nan
    width50: float = np.nan
    cover90: float = np.nan
    width90: float = np.nan
    total_low: float = np.nan
    total_high: float = np.nan
    total_inside: float = np.nan
    total_place: float = np.nan


def read(forecast: Forecast, quantity: Quantity) -> tuple[Floats, Draws | None]:
    """Mean and draws of value or of orders."""
    if quantity == "value":
        return forecast.mean_value, forecast.value
    return forecast.mean_orders, forecast.orders


def score(
    forecast: Forecast,
    outcome: Outcome,
    *,
    rng: np.random.Generator,
    quantity: Quantity = "value",
    where: npt.NDArray[np.bool_] | None = None,
) -> Scores:
    """The measures over the customers `where` (all when not given). PerenneError for nobody."""
    mean, draws = read(forecast, quantity)
    actual: Floats = getattr(outcome, quantity)
    if where is not None:
        actual, mean = actual[where], mean[where]
        draws = None if draws is None else draws[:, where]
    if actual.size == 0:
        raise PerenneError(
            _("There is no customer to score."),
            next_step=_("Give a group with at least one customer."),
        )
    return _of_draws(_of_mean(actual, mean), actual, draws, rng=rng)


def _of_mean(actual: Floats, mean: Floats) -> Scores:
    deciles = points.calibration(actual, mean)
    sure = points.mae(actual, mean)
    return Scores(
        customers=float(actual.size),
        actual=float(actual.sum()),
        predicted=float(mean.sum()),
        bias=points.bias(actual, mean),
        rmse=points.rmse(actual, mean),
        mae_median=sure,
        mae_zero=float(np.mean(np.abs(actual))),
        crps=sure,
        gini=points.normalised_gini(actual, mean),
        top10=points.capture(actual, mean, share=0.1),
        top20=points.capture(actual, mean, share=0.2),
        spearman=points.spearman(actual, mean),
        slope=deciles.slope,
        slope_through_origin=deciles.slope_through_origin,
    )


def _of_draws(
    scores: Scores, actual: Floats, draws: Draws | None, *, rng: np.random.Generator
) -> Scores:
    if draws is None:
        return scores
    places = pit(actual, draws, rng=rng)
    low50, high50 = interval(draws, 0.5)
    low90, high90 = interval(draws, 0.9)
    low, high = total_interval(draws, 0.9)
    return replace(
        scores,
        mae_median=points.mae(actual, median(draws)),
        crps=float(crps(actual, draws).mean()),
        pit50=central_share(places, 0.5),
        pit90=central_share(places, 0.9),
        cover50=_share_inside(actual, low50, high50),
        width50=float(np.mean(high50 - low50)),
        cover90=_share_inside(actual, low90, high90),
        width90=float(np.mean(high90 - low90)),
        total_low=low,
        total_high=high,
        total_inside=float(low <= actual.sum() <= high),
        total_place=float(np.mean(draws.sum(axis=1, dtype=float) < actual.sum())),
    )


def _share_inside(actual: Floats, low: Floats, high: Floats) -> float:
    return float(np.mean((low <= actual) & (actual <= high)))


def by_group(
    forecast: Forecast,
    outcome: Outcome,
    *,
    groups: npt.NDArray[Any],
    rng: np.random.Generator,
    quantity: Quantity = "value",
) -> dict[Any, Scores]:
    """The measures of each group (segment, cohort …): `groups` holds that of each customer."""
    return {
        group.item(): score(forecast, outcome, rng=rng, quantity=quantity, where=groups == group)
        for group in np.unique(groups)
    }


def pit_histogram(
    forecast: Forecast, outcome: Outcome, *, rng: np.random.Generator, quantity: Quantity = "value"
) -> Floats | None:
    """Share of PIT values in each of 20 equal bins; flat when calibrated. None without draws."""
    draws = read(forecast, quantity)[1]
    if draws is None:
        return None
    places = pit(getattr(outcome, quantity), draws, rng=rng)
    counts: Floats = np.histogram(places, bins=PIT_BINS, range=(0, 1))[0] / places.size
    return counts
