"""What a snapshot tells of its customers: the champion's forecasts, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from perenne.core import PerenneError, add_months
from perenne.models.choosing import Judged, sample
from perenne.models.contenders.combined import FittedCombined, recalibrated
from perenne.models.contenders.probability import (
    SOURCES,
    FittedProbability,
    probability_contender,
    weekly_history,
)
from perenne.models.contenders.roster import contender
from perenne.models.forecast import Contender, FittedContender, Forecast
from perenne.models.histories import Floats, compress
from perenne.models.horizons import Reach, reaching
from perenne.models.judging.recalibration import Recalibration
from perenne.models.judging.trials import Rehearsal, ask, numbers_that_hold
from perenne.models.ledger import Ledger, day_of
from perenne.models.predicting import (
    Ahead,
    Groups,
    as_table,
    days_after,
    from_rows,
    rising,
    total_rows,
)
from perenne.models.settings import PredictionSettings
from perenne.models.shop_months import month_rows
from perenne.models.spend.returns import fit_margin_rate
from perenne.models.timing import Timing, cost_of_keeping, even_timing, timings
from perenne.models.value.discounting import LONGEST_YEARS, units_per_year
from perenne.models.value.even_odds import even_odds
from perenne.models.why.codes import Expected, reasons, simple_reasons
from perenne.models.why.traits import Traits, traits

YEAR = 365
# Cells of draws held at once: what keeps a large shop within memory.
CELLS = 100_000_000
FEWEST_DRAWS = 100
# Under these a customer with one order is alive by construction, which says nothing.
ALIVE_BY_CONSTRUCTION = ("bg_nbd", "bg_cnbd")
# Under these every customer is.
NEVER_LEAVE = ("nbd",)
# These read the first order, so that its effect is in what they predict.
READ_TRAITS = {"hurdle", "stack"}
NEVER = "never_even_odds"


@dataclass(frozen=True)
class Companion:
    """The best purchase model of the shop: it tells what the champion may have no idea of."""

    name: str
    model: FittedProbability
    recalibration: Recalibration


@dataclass(frozen=True)
class Told:
    """What surrounds the ledger: segments by customer, labels of codes, retention in a year."""

    segments: Sequence[str | None]
    labels: Mapping[str, Sequence[str | None]]
    retention: float | None


@dataclass
class Teller:
    """Makes the tables of predictions of one shop from what its backtest chose."""

    ledger: Ledger
    judged: Judged | None
    told: Told
    settings: PredictionSettings
    rng: np.random.Generator
    models: dict[int, str] = field(default_factory=dict)
    fits: dict[str, FittedContender] = field(default_factory=dict)
    learnt: dict[int, int] = field(default_factory=dict)
    companion: Companion | None = None

    def __post_init__(self) -> None:
        if self.judged is not None:
            self.companion = best_companion(self.judged, self.ledger, rng=self.rng)

    @property
    def as_of(self) -> date:
        return day_of(self.ledger.until)

    def tables(self, horizons: Sequence[int]) -> dict[str, pa.Table]:
        """`predictions`, `prediction_totals` and `prediction_months`."""
        columns: dict[str, Any] = {}
        totals: list[dict[str, Any]] = []
        rate, when = self._margin_rate(), self._timings(horizons)
        for months in horizons:
            ahead = self._ahead(months, rate, when[months])
            columns |= ahead.columns()
            for groups in self._groups():
                totals.extend(total_rows(ahead, groups, learnt=self.learnt.get(months)))
        columns |= rising(columns, horizons)
        months_ahead = month_rows(self.ledger, self.companion, rng=self.rng)
        return {
            "predictions": as_table("predictions", self._identified(columns, horizons[0])),
            "prediction_totals": from_rows("prediction_totals", totals),
            "prediction_months": from_rows("prediction_months", months_ahead),
        }

    def manifest(self) -> dict[str, Any]:
        """Which model predicts each horizon, and the parameters of the purchase model."""
        horizons = {str(months): name for months, name in self.models.items()}
        found: dict[str, Any] = {
            "model": next(iter(self.models.values()), None),
            "models": horizons,
            "discount_rate": self.settings.discount_rate,
            "total_level_spread": self._level_spread(),
        }
        if self.companion:
            fitted, spend = self.companion.model.purchases, self.companion.model.spend
            found |= {
                "purchase_model": self.companion.name,
                "parameters": dict(fitted.parameters),
                "standard_errors": fitted.standard_errors,
                "log_likelihood": fitted.log_likelihood,
                "spend_parameters": dict(spend.parameters),
                "level": self.companion.recalibration.value.level,
                "level_spread": self.companion.recalibration.value.level_spread,
            }
        return found

    def _level_spread(self) -> float:
        """Error of the level in the totals of the first horizon, of the contender that told it."""
        told = self.fits.get(next(iter(self.models.values()), ""))
        return told.recalibration.value.level_spread if isinstance(told, FittedCombined) else 0.0

    def _ahead(self, months: int, rate: Floats, when: Timing) -> Ahead:
        days = (add_months(self.as_of, months) - self.as_of).days
        spent = self.told.retention
        return Ahead(
            months=months,
            forecast=self._forecast(months, days),
            factor=when.discount,
            margin_rate=rate,
            retention=None if spent is None else cost_of_keeping(spent, when, self._alive()),
        )

    def _timings(self, horizons: Sequence[int]) -> Mapping[int, Timing]:
        rate, customers = self.settings.discount_rate, self.ledger.customers
        if self.companion is None:
            return {months: even_timing(customers, months, rate=rate) for months in horizons}
        return timings(self.ledger, self.companion.model, horizons, rate=rate)

    def _alive(self) -> Floats:
        """Chance of still being a customer, as the purchase model has it; 1 without one."""
        if self.companion is None:
            return np.ones(self.ledger.customers)
        alive = self.companion.model.purchases.probability_alive(**weekly_history(self.ledger))
        return np.asarray(alive, dtype=np.float64)

    def _forecast(self, months: int, days: int) -> Forecast:
        """By the champion; by the next that can, where it cannot look so far."""
        refusals = []
        for candidate in self._candidates():
            try:
                reach = self._reaching(candidate, days)
                found = ask(
                    reach.fitted,
                    self.ledger,
                    horizon=days,
                    draws=self._draws(),
                    rng=self.rng,
                )
            except PerenneError as refusal:
                refusals.append(str(refusal))
                continue
            self.models[months] = candidate.name
            self.learnt[months] = reach.learnt
            return found
        raise PerenneError(" ".join(refusals))

    def _reaching(self, candidate: Contender, days: int) -> Reach:
        """The candidate for a horizon that may be longer than the one that was judged."""
        fitted = self._fitted(candidate)
        if self.judged is None:
            return Reach(fitted, 0)
        return reaching(
            fitted,
            candidate,
            self._sample,
            days=days,
            judged=self.judged.horizon,
            rng=self.rng,
        )

    @cached_property
    def _sample(self) -> Ledger:
        return sample(self.ledger, most=self.settings.judged_customers)

    def _fitted(self, candidate: Contender) -> FittedContender:
        """Fitted once, for the horizon that was judged; PerenneError when it cannot be."""
        if candidate.name not in self.fits:
            days = self.judged.horizon if self.judged else YEAR
            with numbers_that_hold(candidate.name):
                self.fits[candidate.name] = candidate.fit(self.ledger, horizon=days, rng=self.rng)
        return self.fits[candidate.name]

    def _candidates(self) -> list[Contender]:
        """The champion, then the others by their error; the simple formula last."""
        simple = contender("simple_clv")
        if self.judged is None or self.judged.champion is None:
            return [simple]
        names = [one.contender for one in self.judged.champion.standings if not one.is_baseline]
        ordered = dict.fromkeys([self.judged.champion.name, *names])
        return [*(self.judged.field[name] for name in ordered), simple]

    def _draws(self) -> int:
        return max(FEWEST_DRAWS, min(self.settings.draws, CELLS // max(self.ledger.customers, 1)))

    def _margin_rate(self) -> Floats:
        """Margin per unit of value, by customer, shrunk to that of the shop; NaN when unknown."""
        ledger = self.ledger

        def total(values: Floats) -> Floats:
            sums = np.bincount(ledger.customer, weights=values, minlength=ledger.customers)
            return sums.astype(np.float64)

        net, margin = total(ledger.net - ledger.returned), total(ledger.margin)
        try:
            return fit_margin_rate(net=net, margin=margin).of(margin, net)
        except PerenneError:
            return np.full(ledger.customers, np.nan)

    def _groups(self) -> list[Groups]:
        everyone = np.zeros(self.ledger.customers, dtype=np.int64)
        first = self.ledger.day[self.ledger.starts[:-1]]
        quarters = [
            f"{day.year}-Q{(day.month + 2) // 3}" for day in (day_of(one) for one in first.tolist())
        ]
        return [
            Groups("all", [None], everyone),
            _coded("segment", self.told.segments),
            *(self._attribute(name) for name in ("channel", "country")),
            _coded("cohort_quarter", quarters),
        ]

    def _attribute(self, name: str) -> Groups:
        labels = [*self.told.labels.get(name, ()), None]
        codes = np.asarray(self.ledger.attributes[name], dtype=np.int64)
        return Groups(name, labels, np.where(codes < 0, len(labels) - 1, codes))

    def _identified(self, columns: Mapping[str, Any], first: int) -> dict[str, Any]:
        size = self.ledger.customers
        alive, by, note = self._alive_and_next()
        return {
            "customer_id": self.ledger.customer_ids.tolist(),
            "model": [self.models[first]] * size,
            "p_alive": alive,
            **columns,
            "next_order_by": by,
            "next_order_note": note,
            "why": self._why(columns, f"{first}m"),
        }

    def _why(self, columns: Mapping[str, Any], end: str) -> list[str]:
        """Reasons of each customer's value, as `reasons` codes them."""
        told = Expected(
            value=columns[f"clv_{end}"],
            low=columns[f"clv_{end}_lo90"],
            high=columns[f"clv_{end}_hi90"],
            chance=columns[f"p_order_{end}"],
        )
        if self.companion is None:
            return simple_reasons(self.ledger)
        known = self._traits(self.companion.name)
        return reasons(self.ledger, told, self.companion.model, known=known)

    def _traits(self, model: str) -> Traits | None:
        """What the first order says beyond the purchases; None where a contender reads it."""
        if self.judged is None or {*self.judged.field} & READ_TRAITS:
            return None
        return traits(
            self.ledger,
            model,
            self.told.labels,
            sample=self._sample,
            rng=self.rng.spawn(1)[0],
        )

    def _alive_and_next(self) -> tuple[Any, Any, Any]:
        if self.companion is None:
            return None, None, None
        purchases, history = self.companion.model.purchases, weekly_history(self.ledger)
        alive = self._alive()
        if self.companion.name in ALIVE_BY_CONSTRUCTION:
            alive = np.where(history["frequency"] > 0, alive, np.nan)
        elif self.companion.name in NEVER_LEAVE:
            alive = np.full_like(alive, np.nan)
        rows = compress(*history.values())
        distinct = {name: getattr(rows, name) for name in history}
        weeks, reason = even_odds(
            lambda time, place: purchases.probability_of_purchase(
                time, **{name: column[place] for name, column in distinct.items()}
            ),
            size=rows.frequency.size,
            longest=LONGEST_YEARS * units_per_year("week"),
        )
        notes = [NEVER if code else None for code in reason[rows.row]]
        return alive, days_after(self.as_of, weeks[rows.row]), notes


def best_companion(judged: Judged, ledger: Ledger, *, rng: np.random.Generator) -> Companion | None:
    """The purchase model with the lowest error in the backtest, fitted on the whole past."""
    standings = judged.champion.standings if judged.champion else ()
    names = [one.contender for one in standings if one.contender in SOURCES]
    names = [name for name in names if name != "pareto_ggg"]  # too slow for questions by the dozen
    for name in dict.fromkeys([*names, "mbg_nbd"]):
        try:
            with numbers_that_hold(name):
                fitted = recalibrated(probability_contender(name), Rehearsal()).fit(
                    ledger, horizon=YEAR, rng=rng
                )
        except PerenneError:
            continue
        return _companion(name, fitted)
    return None


def _companion(name: str, fitted: FittedCombined) -> Companion | None:
    (model,) = fitted.members
    if not isinstance(model, FittedProbability):
        return None
    return Companion(name, model, fitted.recalibration)


def _coded(dimension: str, names: Sequence[str | None]) -> Groups:
    """Groups by name, in order, the unknown last."""
    known = sorted({name for name in names if name is not None})
    values: list[str | None] = [*known, *([None] if None in names else [])]
    place = {value: number for number, value in enumerate(values)}
    return Groups(dimension, values, np.array([place[name] for name in names], dtype=np.int64))
