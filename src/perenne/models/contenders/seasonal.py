"""Pareto/NBD with the season of the year and the shopping days, times spend, as a contender."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from perenne.models.contenders.probability import (
    WEEK,
    FittedProbability,
    ProbabilityContender,
)
from perenne.models.forecast import Forecast
from perenne.models.ledger import Ledger
from perenne.models.purchases.calendar import Calendar
from perenne.models.purchases.dynamic_fitted import FittedDynamicParetoNBD
from perenne.models.purchases.dynamic_histories import read_purchases
from perenne.models.purchases.dynamic_pareto_nbd import DynamicParetoNBD
from perenne.models.purchases.dynamic_season import (
    events_seen_twice,
    season_pairs,
    shop_calendar,
)

# Prior precision of the effects: leaves what two years show, keeps what they do not show small.
RIDGE = 1.0


@dataclass(frozen=True)
class SeasonalParetoNBD:
    """The season acts on purchases; on dropout, which nobody sees, data cannot place it.

    Needs two full years: PerenneError otherwise, with the reason.
    """

    name: str = "pareto_nbd_season"

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedSeasonal:
        sold = ledger.orders > 0
        first = int(ledger.day[sold].min())
        plan = _Plan(
            first, season_pairs(ledger.until - first), events_seen_twice(first, ledger.until)
        )
        calendar = plan.calendar(ledger.until + horizon)
        rows = read_purchases(
            customer=ledger.customer[sold],
            time=ledger.day[sold] / WEEK,
            until=ledger.until / WEEK,
        )
        season = _Known(DynamicParetoNBD(calendar, life=(), ridge=RIDGE).fit_rows(rows))
        inner = ProbabilityContender(self.name, season).fit(ledger, horizon=horizon, rng=rng)
        return FittedSeasonal(self.name, inner, plan)


@dataclass(frozen=True)
class FittedSeasonal:
    """The fitted contender; the calendar follows its rules as far as a horizon asks."""

    name: str
    inner: FittedProbability
    plan: _Plan

    def forecast(
        self, ledger: Ledger, *, horizon: int, draws: int, rng: np.random.Generator
    ) -> Forecast:
        calendar = self.plan.calendar(ledger.until + horizon)
        purchases = self.inner.purchases.with_calendar(calendar, until=ledger.until / WEEK)
        now = replace(self.inner, purchases=purchases)
        return now.forecast(ledger, horizon=horizon, draws=draws, rng=rng)


@dataclass(frozen=True)
class _Plan:
    """How the calendar of a shop is made: from its first day, to any day."""

    first: int
    pairs: int
    events: tuple[str, ...]

    def calendar(self, last: int) -> Calendar:
        return shop_calendar(self.first, last, pairs=self.pairs, events=self.events)


@dataclass(frozen=True)
class _Known:
    """Settings of a purchase model that was fitted to rows of purchases before."""

    fitted: FittedDynamicParetoNBD

    def fit(self, **_histories: object) -> FittedDynamicParetoNBD:
        return self.fitted
