"""What every model must beat, or say that it does not: five ways without a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.chance import own
from perenne.models.forecast import Forecast
from perenne.models.histories import Floats, Ints
from perenne.models.ledger import Ledger, Outcome
from perenne.text import gettext as _

YEAR = 365
# Customers below which a cell is merged with its neighbours.
THIN = 50
# Bins of each letter of a cell.
BINS = 5


@dataclass(frozen=True)
class AllZero:
    """Nobody buys again. The forecast to beat on absolute error, as most customers do not."""

    name: ClassVar[str] = "all_zero"

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> AllZero:
        return self

    def forecast(
        self, ledger: Ledger, *, horizon: int, draws: int, rng: np.random.Generator
    ) -> Forecast:
        nothing = np.zeros(ledger.customers)
        return Forecast(nothing, nothing)


@dataclass(frozen=True)
class LastPeriod:
    """The repeat purchases of the last `horizon` days again, net of returns; the first-ever not.

    PerenneError when the history is shorter than the horizon.
    """

    name: ClassVar[str] = "last_period"

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> LastPeriod:
        _need_history(ledger, horizon)
        return self

    def forecast(
        self, ledger: Ledger, *, horizon: int, draws: int, rng: np.random.Generator
    ) -> Forecast:
        _need_history(ledger.shop, horizon)
        again = _repeat(ledger) & (ledger.day > ledger.until - horizon)
        return Forecast(
            _sum(ledger, (ledger.orders > 0) & again),
            _sum(ledger, np.where(again, ledger.net - ledger.returned, 0.0)),
        )


@dataclass(frozen=True)
class SimpleClv:
    """Average purchase value × yearly frequency × horizon × retention: the formula of marketing.

    Purchase value: mean net of the customer's purchase days. Frequency: purchase days of the last
    year (of half the history when it is shorter than two years). Retention: of those who bought in
    the window before it, the share who bought in it, for the whole shop.
    """

    name: ClassVar[str] = "simple_clv"

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedSimpleClv:
        window = min(YEAR, _span(ledger) // 2)
        if window < 1:
            raise PerenneError(
                _("The history has less than two days."),
                given=_span(ledger),
                next_step=_("Wait until customers had the time to come back."),
            )
        now = _active(ledger, ledger.until - window, ledger.until)
        before = _active(ledger, ledger.until - 2 * window, ledger.until - window)
        retention = float(np.mean(now[before])) if before.any() else 0.0
        return FittedSimpleClv(window, retention)


@dataclass(frozen=True)
class FittedSimpleClv:
    """window: days over which frequency is counted; retention: from one window to the next."""

    name: ClassVar[str] = "simple_clv"
    window: int
    retention: float

    def forecast(
        self, ledger: Ledger, *, horizon: int, draws: int, rng: np.random.Generator
    ) -> Forecast:
        bought = ledger.orders > 0
        recent = bought & (ledger.day > ledger.until - self.window)
        orders = _sum(ledger, recent) * self.retention * horizon / self.window
        value = _sum(ledger, ledger.net - ledger.returned) / _sum(ledger, bought)
        return Forecast(orders, orders * value)


@dataclass(frozen=True)
class RfmCell:
    """What customers of the same RFM cell did, one horizon earlier: mean and empirical draws.

    Recency, frequency and spend are cut at quantiles of the customers of `horizon` days ago. A cell
    of fewer than 50 of them is merged: spend is dropped first, then recency, then all are one.
    PerenneError when nobody had bought one horizon earlier. Source: Fader, Hardie & Lee (2005),
    "RFM and CLV: using iso-value curves", for RFM as sufficient history.
    """

    name: ClassVar[str] = "rfm_cell"

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedRfmCell:
        past = ledger.as_of(ledger.until - horizon)
        if past.customers < THIN:
            raise PerenneError(
                _("Only {count} customers had bought one horizon earlier.").format(
                    count=past.customers
                ),
                given=past.customers,
                allowed=_("{count} or more").format(count=THIN),
                next_step=_("Use a shorter horizon, or wait for a longer history."),
            )
        features = _rfm(past)
        edges = tuple(
            np.unique(np.quantile(feature, np.arange(1, BINS) / BINS)) for feature in features
        )
        return FittedRfmCell(edges, _cells(features, edges), ledger.outcome(past, horizon=horizon))


@dataclass(frozen=True)
class FittedRfmCell:
    """edges: cuts of recency, frequency, spend; cells: (levels, customers) of one horizon ago."""

    name: ClassVar[str] = "rfm_cell"
    edges: tuple[Floats, ...]
    cells: Ints
    outcome: Outcome

    def forecast(
        self, ledger: Ledger, *, horizon: int, draws: int, rng: np.random.Generator
    ) -> Forecast:
        """Of customers like each one; `horizon` is that of the fit."""
        asked, alone = _cells(_rfm(ledger), self.edges), own(rng)
        mean_orders, mean_value = np.empty(ledger.customers), np.empty(ledger.customers)
        orders = np.empty((draws, ledger.customers), dtype=np.int32)
        value = np.empty((draws, ledger.customers), dtype=np.float32)
        for who, like in self._matches(asked):
            mean_orders[who] = self.outcome.orders[like].mean()
            mean_value[who] = self.outcome.value[like].mean()
            chosen = alone.choice(like, (draws, who.size))
            orders[:, who] = self.outcome.orders[chosen]
            value[:, who] = self.outcome.value[chosen]
        return Forecast(mean_orders, mean_value, orders, value)

    def _matches(self, asked: Ints) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
        """(customers asked for, customers of the past in the finest cell that is not thin)."""
        found = []
        left = np.arange(asked.shape[1])
        for level, known in enumerate(self.cells):
            last = level + 1 == len(self.cells)
            for cell in np.unique(asked[level, left]):
                like = np.flatnonzero(known == cell)
                if like.size >= THIN or last:
                    who = left[asked[level, left] == cell]
                    found.append((who, like))
                    left = np.setdiff1d(left, who, assume_unique=True)
        return found


@dataclass(frozen=True)
class Klaviyo:
    """Klaviyo's predicted value and orders of the next 365 days, scaled to the horizon.

    Read from the attributes `klaviyo_predicted_value`, `klaviyo_predicted_orders` and
    `klaviyo_predicted_on` (day number of the prediction). PerenneError without them, or when a
    prediction was made after the last day of the ledger and would know the future.
    """

    name: ClassVar[str] = "klaviyo"

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> Klaviyo:
        _klaviyo(ledger)
        return self

    def forecast(
        self, ledger: Ledger, *, horizon: int, draws: int, rng: np.random.Generator
    ) -> Forecast:
        value, orders = _klaviyo(ledger)
        return Forecast(orders * horizon / YEAR, value * horizon / YEAR)


def _klaviyo(ledger: Ledger) -> tuple[Floats, Floats]:
    names = [f"klaviyo_predicted_{name}" for name in ("value", "orders", "on")]
    missing = [name for name in names if name not in ledger.attributes]
    if missing:
        raise PerenneError(
            _("No Klaviyo predictions were imported ({names}).").format(names=", ".join(missing)),
            next_step=_("Import the Klaviyo profiles with their predicted fields."),
        )
    value, orders, day = (np.asarray(ledger.attributes[name], dtype=float) for name in names)
    if np.nanmax(day, initial=-np.inf) > ledger.until:
        raise PerenneError(
            _("The Klaviyo predictions were made after the day from which is predicted."),
            next_step=_("Judge them on days after their export."),
        )
    return np.nan_to_num(value), np.nan_to_num(orders)


def baselines() -> tuple[Any, ...]:
    """All of them, simplest first."""
    return AllZero(), LastPeriod(), SimpleClv(), RfmCell(), Klaviyo()


def _span(ledger: Ledger) -> int:
    """Days from the first to the last, both counted."""
    return ledger.until - ledger.first_day + 1 if ledger.day.size else 0


def _need_history(ledger: Ledger, horizon: int) -> None:
    if _span(ledger) < horizon:
        raise PerenneError(
            _("The history ({days} days) is shorter than the horizon ({horizon} days).").format(
                days=_span(ledger), horizon=horizon
            ),
            given=_span(ledger),
            next_step=_("Use a shorter horizon, or wait for a longer history."),
        )


def _sum(ledger: Ledger, values: npt.NDArray[Any]) -> Floats:
    sums = np.bincount(ledger.customer, weights=values, minlength=ledger.customers)
    return sums.astype(np.float64)


def _repeat(ledger: Ledger) -> npt.NDArray[np.bool_]:
    """Rows after the first purchase of their customer."""
    first = np.full(ledger.customers, np.iinfo(np.int32).max)
    bought = ledger.orders > 0
    np.minimum.at(first, ledger.customer[bought], ledger.day[bought])
    later: npt.NDArray[np.bool_] = ledger.day > first[ledger.customer]
    return later


def _active(ledger: Ledger, after: int, until: int) -> npt.NDArray[np.bool_]:
    return _sum(ledger, (ledger.orders > 0) & (ledger.day > after) & (ledger.day <= until)) > 0


def _rfm(ledger: Ledger) -> tuple[Floats, Floats, Floats]:
    """Days since the last purchase, purchase days, mean net of a purchase day."""
    history = ledger.histories()
    purchases = history.frequency + 1
    return (
        history.tenure - history.recency,
        purchases,
        _sum(ledger, ledger.net - ledger.returned) / purchases,
    )


def _cells(features: tuple[Floats, ...], edges: tuple[Floats, ...]) -> Ints:
    """The cell of each customer at each level of merging, finest first: RFM, RF, F, all."""
    r, f, m = (
        np.searchsorted(cuts, feature, side="left")
        for feature, cuts in zip(features, edges, strict=True)
    )
    size = BINS + 1
    return np.stack([(f * size + r) * size + m, f * size + r, f, np.zeros_like(f)]).astype(np.int64)
