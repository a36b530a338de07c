"""Level and shape of a forecast put right by what its earlier ones missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import betaincinv, digamma
from scipy.stats import norm
from scipy.stats import t as student_t

from perenne.models.chance import own
from perenne.models.forecast import Forecast
from perenne.models.histories import Floats
from perenne.models.judging.draws import Draws
from perenne.models.judging.points import calibration
from perenne.models.judging.reshaping import reshaped
from perenne.models.judging.scores import QUANTITIES, Quantity, read
from perenne.models.judging.trials import Evidence

# What the name of a recalibrated contender ends with.
PUT_RIGHT = "_recalibrated"
# One origin's worth of belief that the level is right, and two that it is off by 12% (what
# purchase models miss on published data sets), before anything was seen.
LEVEL_BELIEF = 1.0
SPREAD_BELIEF, SPREAD = 2.0, 0.12
# A spread beyond a factor of e is that of forecasts that mean nothing: the mean of draws so far
# apart would be that of the largest one, outside the interval of all others.
LEAST_SPREAD, LARGEST_SPREAD = 0.04, 1.0
# Standard deviation of the logarithm of a shop's orders at a time of the year beside its yearly
# mean, before it was seen: on published sets from nothing (a grocery) to a half (gifts).
SEASON_SPREAD = 0.25
YEAR = 365
# A level error further out, in spreads, is held there: one draw must not stand for a whole mean.
FURTHEST = 5.0
# Log-ratio to which one origin moves the level at most: beyond it the shop was another.
LARGEST_MISS = 0.35
# Calibration slopes are learnt within these bounds, customers' means moved within those.
SLOPES = (0.7, 1.4)
MOVES = (0.5, 2.0)
# Customers' worth of belief that the shape is right.
SHAPE_BELIEF = 300.0
GRID = np.linspace(0, 1, 513)


@dataclass(frozen=True)
class Anchor:
    """What the forecast of a whole shop decides for each of its parts.

    centre: average mean; scale: what keeps its total when slopes move means; drawn: what brings the
    draws, once shaped, to the level of the means, NaN where they themselves are to tell.
    """

    centre: float
    scale: float
    drawn: float = float("nan")


@dataclass(frozen=True)
class Adjustment:
    """What to do to the forecast of one quantity.

    level: factor on the mean; level_spread, freedom: scale and degrees of freedom of Student's t of
    the logarithm of the shop's true factor, the error of the model as a whole: a spread that few
    origins tell has wide tails; slope: of customers' means about their average, above
    1 where differences were too timid; shape: (a, b) of the beta distribution of the PIT
    of those who bought, (1, 1) when the draws had the right shape.
    """

    level: float = 1.0
    level_spread: float = SPREAD
    slope: float = 1.0
    shape: tuple[float, float] = (1.0, 1.0)
    freedom: float = SPREAD_BELIEF

    def anchor(self, mean: Floats) -> Anchor:
        """That of a forecast of all customers."""
        centre = float(mean.mean())
        total = float(self._moved(mean, centre) @ mean)
        return Anchor(centre, float(mean.sum()) / total if total > 0 else 1.0)

    def factors(self, mean: Floats, anchor: Anchor | None = None) -> Floats:
        """What each customer's mean is multiplied by: slope and level, the slope at equal total.

        anchor: of the shop, where the customers are part of one.
        """
        held = anchor or self.anchor(mean)
        kept: Floats = self.level * self._moved(mean, held.centre) * held.scale
        return kept

    def _moved(self, mean: Floats, centre: float) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = (centre + self.slope * (mean - centre)) / mean
        return np.clip(np.where(mean > 0, moved, 1.0), *MOVES)

    def level_errors(self, shock: Floats) -> Floats:
        """Factors of mean 1, one for each standard normal `shock`, that widen totals."""
        errors = student_t.ppf(norm.cdf(shock), self.freedom)
        common = np.exp(self.level_spread * np.clip(errors, -FURTHEST, FURTHEST))
        found: Floats = common / common.mean() if common.size else common
        return found

    def drawn(self, draws: int, *, rng: np.random.Generator) -> Floats:
        """(draws,): the level with its error."""
        return self.level * self.level_errors(rng.standard_normal(draws))

    @property
    def normal_spread(self) -> float:
        """Standard deviation of the normal with the same central 90%."""
        return float(self.level_spread * student_t.ppf(0.95, self.freedom) / norm.ppf(0.95))

    def quantile_map(self, levels: Floats) -> Floats:
        """Level at which to read the quantile of a purchaser's spend, for each nominal level.

        Conditional on buying: the mass at zero stays. Monotone, 0 → 0 and 1 → 1.
        """
        mapped: Floats = betaincinv(*self.shape, levels)
        return mapped


Anchors = Mapping[Quantity, Anchor]


@dataclass(frozen=True)
class Recalibration:
    """Adjustments of value and orders, and from how many origins they were learnt."""

    value: Adjustment = Adjustment()
    orders: Adjustment = Adjustment()
    origins: int = 0

    def apply(
        self, forecast: Forecast, *, rng: np.random.Generator, anchors: Anchors | None = None
    ) -> Forecast:
        """The forecast at the learnt level and shape; its totals bear the error of the model.

        One draw stays one future of the whole shop: all customers share its factor. anchors: by
        quantity, those of the shop where the forecast is of a part of it.
        """
        draws = next((d for d in (forecast.value, forecast.orders) if d is not None), None)
        shock = np.atleast_1d(rng.standard_normal(0 if draws is None else draws.shape[0]))
        held: Anchors = anchors or self.anchors(forecast)
        value, orders = (
            _adjusted(
                *read(forecast, quantity),
                adjustment=getattr(self, quantity),
                anchor=held[quantity],
                shock=shock,
            )
            for quantity in QUANTITIES
        )
        of_orders = self.orders.factors(forecast.mean_orders, held["orders"])
        return Forecast(
            mean_orders=forecast.mean_orders * of_orders,
            mean_value=forecast.mean_value * self.value.factors(forecast.mean_value, held["value"]),
            orders=None if orders is None else _whole(orders, own(rng)),
            value=value,
            probability_alive=forecast.probability_alive,
        )

    def anchors(self, whole: Forecast, samples: Sequence[Forecast] = ()) -> Anchors:
        """Those of the shop that `whole` is a forecast of; `samples` of some of it have draws."""
        return {
            quantity: _anchored(getattr(self, quantity), quantity, whole, samples)
            for quantity in QUANTITIES
        }


def _anchored(
    adjustment: Adjustment, quantity: Quantity, whole: Forecast, samples: Sequence[Forecast]
) -> Anchor:
    anchor = adjustment.anchor(read(whole, quantity)[0])
    wanted, drawn = 0.0, 0.0
    for mean, draws in (read(sample, quantity) for sample in samples):
        if draws is not None:
            factors = adjustment.factors(mean, anchor)
            wanted += float(factors @ mean)
            shaped = _reshaped(draws, adjustment) * factors.astype(np.float32)
            drawn += float(shaped.sum(dtype=float)) / draws.shape[0]
    return replace(anchor, drawn=wanted / drawn) if drawn > 0 else anchor


def learn(
    evidence: Sequence[Evidence],
    *,
    horizon: int,
    rng: np.random.Generator,
    levelled: bool = False,
) -> Recalibration:
    """What earlier forecasts missed, shrunk to no change; without evidence, the prior spread.

    levelled: the level was put right before (`learn_levels`), on the same origins.

    An origin counts by the length of its own horizon beside `horizon` and by half where origins
    overlap. Level: mean of the log-ratios of actual to predicted totals, shrunk as if one more
    origin had been right. Spread: their variance about it, less what the draws themselves explain,
    shrunk to 12%, which makes the error of the next origin Student's t. Slope: of deciles, relative
    to the level, shrunk likewise. Shape: beta calibration (Kull, Silva Filho & Flach 2017, on PIT
    values as in Kuleshov, Fenner & Ermon 2018) of those who bought.
    """
    value, orders = (
        _learn(evidence, quantity=quantity, horizon=horizon, rng=rng, levelled=levelled)
        for quantity in QUANTITIES
    )
    return Recalibration(value, orders, len(evidence))


def unseen_season(first: int, until: int, *, horizon: int) -> float:
    """Share of the next `horizon` days at a time of the year that days `first` to `until` miss."""
    ahead = until + np.arange(1, horizon + 1)
    same_time = ahead - YEAR * -(-(ahead - until) // YEAR)
    return float(np.mean(same_time < first))


def widened(learnt: Recalibration, *, by: float) -> Recalibration:
    """The same with a further error of the level, the standard deviation of its logarithm."""

    def wider(one: Adjustment) -> Adjustment:
        return replace(one, level_spread=float(np.hypot(one.level_spread, by)))

    return replace(learnt, value=wider(learnt.value), orders=wider(learnt.orders))


def _learn(
    evidence: Sequence[Evidence],
    *,
    quantity: Quantity,
    horizon: int,
    rng: np.random.Generator,
    levelled: bool,
) -> Adjustment:
    seen, misses, weights = misses_of(evidence, quantity=quantity, horizon=horizon)
    centre = 0.0 if levelled else centre_of(misses, weights)
    noise = np.array([_noise(e, quantity) for e in seen])
    spread, freedom = spread_of(misses - centre, weights, noise)
    places = [_places(e, quantity, rng=rng) for e in seen]
    return Adjustment(
        float(np.exp(centre)),
        spread,
        _slope(seen, quantity, weights),
        _shape(np.concatenate([np.zeros(0), *places])),
        freedom,
    )


def misses_of(
    evidence: Sequence[Evidence], *, quantity: Quantity, horizon: int
) -> tuple[list[Evidence], Floats, Floats]:
    """(evidence that tells, log-ratios of actual to predicted totals, how much each counts)."""
    which = QUANTITIES.index(quantity)
    seen = [e for e in evidence if e.actual[which] > 0 and e.predicted[which] > 0]
    misses = np.log([e.actual[which] / e.predicted[which] for e in seen])
    # n windows that overlap by half cover (n + 1) / 2 windows.
    apart = (len(seen) + 1) / (2 * max(len(seen), 1))
    return seen, misses, np.array([apart * min(1.0, e.horizon / horizon) for e in seen])


def centre_of(misses: Floats, weights: Floats) -> float:
    bounded = np.clip(misses, -LARGEST_MISS, LARGEST_MISS)
    return float(weights @ bounded) / (float(weights.sum()) + LEVEL_BELIEF)


def spread_of(misses: Floats, weights: Floats, noise: Floats) -> tuple[float, float]:
    """Scale and freedom of the posterior predictive Student t of an error about the level."""
    known = float(weights.sum())
    unexplained = weights @ np.maximum(misses**2 - noise, 0)
    variance = (SPREAD_BELIEF * SPREAD**2 + unexplained) / (SPREAD_BELIEF + known)
    variance *= 1 + 1 / (LEVEL_BELIEF + known)
    spread = float(np.clip(np.sqrt(variance), LEAST_SPREAD, LARGEST_SPREAD))
    return spread, SPREAD_BELIEF + known


def _slope(evidence: Sequence[Evidence], quantity: Quantity, weights: Floats) -> float:
    """Mean slope of outcome on mean, level apart, by deciles; shrunk as if one had been 1."""
    found = [
        calibration(getattr(e.outcome, quantity), read(e.forecast, quantity)[0]) for e in evidence
    ]
    slopes = np.array(
        [c.slope * (c.customers @ c.predicted) / (c.customers @ c.actual) for c in found]
    )
    known = np.isfinite(slopes)
    missed = weights[known] @ (np.clip(slopes[known], *SLOPES) - 1)
    return float(1 + missed / (weights[known].sum() + LEVEL_BELIEF))


def _noise(evidence: Evidence, quantity: Quantity) -> float:
    """Variance of the logarithm of the total that the draws explain, for all customers."""
    mean, draws = read(evidence.forecast, quantity)
    if draws is None or mean.sum() <= 0:
        return 0.0
    share = mean.sum() / evidence.predicted[QUANTITIES.index(quantity)]
    return float(np.var(draws.sum(axis=1, dtype=float)) / mean.sum() ** 2 * min(share, 1.0))


def _places(evidence: Evidence, quantity: Quantity, *, rng: np.random.Generator) -> Floats:
    """Randomised PIT among positive draws, of those who bought."""
    draws = read(evidence.forecast, quantity)[1]
    actual: Floats = getattr(evidence.outcome, quantity)
    if draws is None:
        return np.zeros(0)
    bought = actual > 0
    held, seen = draws[:, bought], actual[bought]
    positive = held > 0
    below = np.count_nonzero(positive & (held < seen), axis=0)
    equal = np.count_nonzero(held == seen, axis=0)
    places = (below + rng.random(seen.size) * (equal + 1)) / (positive.sum(axis=0) + 1)
    kept: Floats = places[positive.any(axis=0)]
    return kept


def _shape(places: Floats) -> tuple[float, float]:
    """Beta by maximum likelihood, with 300 pseudo-customers of the uniform."""
    inside = np.clip(places, 1e-6, 1 - 1e-6)
    size = inside.size + SHAPE_BELIEF
    low = float((np.log(inside).sum() - SHAPE_BELIEF) / size)
    high = float((np.log1p(-inside).sum() - SHAPE_BELIEF) / size)
    return _beta(low, high)


def _beta(low: float, high: float) -> tuple[float, float]:
    """(a, b) with E log u = `low` and E log(1 - u) = `high`, one root in the other."""

    def second(a: float) -> float:
        return float(brentq(lambda b: digamma(b) - digamma(a + b) - high, 1e-3, 1e3, xtol=1e-10))

    def miss(a: float) -> float:
        return float(digamma(a) - digamma(a + second(a)) - low)

    a = float(brentq(miss, 0.02, 50.0, xtol=1e-8))
    return a, second(a)


def _adjusted(
    mean: Floats,
    draws: Draws | None,
    *,
    adjustment: Adjustment,
    anchor: Anchor,
    shock: Floats,
) -> npt.NDArray[np.float32] | None:
    if draws is None:
        return None
    shaped = _reshaped(draws, adjustment)
    factors = adjustment.factors(mean, anchor)
    shaped *= factors.astype(np.float32)
    level = anchor.drawn
    if np.isnan(level):
        total = float(shaped.sum(dtype=float)) / draws.shape[0]
        level = float(factors @ mean) / total if total > 0 else 1.0
    shaped *= (level * adjustment.level_errors(shock))[:, None].astype(np.float32)
    return shaped


def _reshaped(draws: Draws, adjustment: Adjustment) -> npt.NDArray[np.float32]:
    """Each customer's positive draws moved to the quantiles of the map; ranks and zeros stay."""
    shaped = draws.astype(np.float32)
    if np.allclose(adjustment.shape, 1.0, atol=0.02):
        return shaped
    return reshaped(shaped, grid=GRID, mapped=adjustment.quantile_map(GRID))


def _whole(orders: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Rounded up or down at random, so that means stay."""
    floor = np.floor(orders)
    floor += rng.random(orders.shape, dtype=np.float32) < orders - floor
    return floor.astype(np.int32)
