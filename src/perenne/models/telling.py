"""What a snapshot tells of its customers: the champion's forecasts, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from perenne.core import PerenneError, add_months
from perenne.models.accounts import account_groups, apart, coded
from perenne.models.chance import Chance, own
from perenne.models.choosing import Judged, sample
from perenne.models.companions import Companion, best_companion, purchase_models
from perenne.models.contenders.combined import Combined, FittedCombined
from perenne.models.contenders.occasions import NAME as OCCASIONS
from perenne.models.contenders.occasions import BetaGeoBetaBinomialContender
from perenne.models.contenders.probability import FittedProbability
from perenne.models.contenders.roster import contender
from perenne.models.forecast import Contender, FittedContender, Settles
from perenne.models.histories import Floats
from perenne.models.horizons import Reach, reaching
from perenne.models.judging.trials import ask, numbers_that_hold
from perenne.models.ledger import Ledger, day_of
from perenne.models.margin_rates import MarginRates
from perenne.models.predicting import (
    Ahead,
    Groups,
    Least,
    Terms,
    as_table,
    days_after,
    from_rows,
    numbers,
    rising,
    rising_rows,
)
from perenne.models.schema import HORIZONS
from perenne.models.settings import PredictionSettings
from perenne.models.shop_months import AHEAD, month_rows
from perenne.models.staying import chance_alive, staying
from perenne.models.timing import Timing, cost_of_keeping, even_timing, timings
from perenne.models.value.months import Promised
from perenne.models.why.codes import Expected, reasons, simple_reasons
from perenne.models.why.traits import Traits, traits
from perenne.text import spoken

YEAR = 365
# Draws times customers held at once: what keeps a shop of any size within memory.
CELLS = 20_000_000
# Parts of this number and above have the chance of margins alone.
MARGINS = 1 << 19
# The part of that chance which all share.
SHIFTS = MARGINS - 1
# These read the first order, so that its effect is in what they predict.
READ_TRAITS = {"hurdle", "stack"}


@dataclass(frozen=True)
class Told:
    """What surrounds the ledger: segments by customer, labels of codes, retention in a year, and
    accounts by customer."""

    segments: Sequence[str | None]
    labels: Mapping[str, Sequence[str | None]]
    retention: float | None
    accounts: Sequence[str | None] = ()


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
    promised: dict[int, Promised] = field(default_factory=dict)
    refused: list[dict[str, Any]] = field(default_factory=list)
    companion: Companion | None = None

    def __post_init__(self) -> None:
        if self.judged is not None:
            self.companion = best_companion(self.judged, self.ledger, self._sample, rng=self.rng)

    @property
    def as_of(self) -> date:
        return day_of(self.ledger.until)

    def tables(self, horizons: Sequence[int]) -> dict[str, pa.Table]:
        """`predictions`, `prediction_totals`, `prediction_months`, and `account_predictions` where
        there are accounts."""
        columns, every = self.forecasts(horizons)
        totals, accounts = apart(every)
        months_ahead = month_rows(
            self.ledger,
            self.companion,
            rng=self.rng,
            promised=self.promised.get(AHEAD),
            level_spread=self._level_spread(),
            rate=self._rates.over(self._days(AHEAD)),
        )
        return {
            "predictions": as_table("predictions", self._identified(columns, horizons[0])),
            "prediction_totals": from_rows("prediction_totals", totals),
            "prediction_months": from_rows("prediction_months", months_ahead),
            **(
                {"account_predictions": from_rows("account_predictions", accounts)}
                if accounts
                else {}
            ),
        }

    def forecasts(
        self, horizons: Sequence[int]
    ) -> tuple[dict[str, pa.Array], list[dict[str, Any]]]:
        """Columns of `predictions` that depend on the horizon, rows of groups and accounts."""
        columns: dict[str, pa.Array] = {}
        totals: list[dict[str, Any]] = []
        groups, when = self._groups(), self._timings(horizons)
        least: Least | None = None
        for months in horizons:
            ahead = self._ahead(self._terms(months, when[months], least=least), groups)
            least = ahead.least()
            columns |= ahead.columns()
            totals.extend(ahead.rows(learnt=self.learnt.get(months)))
            self.promised[months] = ahead.promised()
        return columns | rising(columns, horizons), rising_rows(totals)

    def manifest(self) -> dict[str, Any]:
        """Which model predicts each horizon, which ones before it could not and why, and the
        parameters of the purchase model."""
        horizons = {str(months): name for months, name in self.models.items()}
        found: dict[str, Any] = {
            "model": next(iter(self.models.values()), None),
            "models": horizons,
            "discount_rate": self.settings.discount_rate,
            "total_level_spread": self._level_spread(),
            "refused_by": self.refused,
        }
        if self.companion:
            fitted, spend = self.companion.model.purchases, self.companion.model.spend
            rhythm = self._rhythm
            found |= {
                "purchase_model": self.companion.name,
                "alive_model": self.companion.name if rhythm is None else rhythm.name,
                "clock": self.companion.model.clock_until(self.ledger.until),
                "parameters": dict(fitted.parameters),
                "standard_errors": fitted.standard_errors,
                "log_likelihood": fitted.log_likelihood,
                "spend_parameters": dict(spend.parameters),
                "level": self.companion.recalibration.value.level,
                "level_spread": self.companion.recalibration.value.normal_spread,
            }
        return found

    def _level_spread(self) -> float:
        """Error of the level in the totals of the first horizon, of the contender that told it."""
        told = self.fits.get(next(iter(self.models.values()), ""))
        return told.recalibration.value.normal_spread if isinstance(told, FittedCombined) else 0.0

    def _terms(self, months: int, when: Timing, *, least: Least | None) -> Terms:
        spent = self.told.retention
        return Terms(
            months=months,
            factor=when.discount,
            margin=self._rates.over(self._days(months)),
            retention=None if spent is None else cost_of_keeping(spent, when, self._alive()),
            least=least,
        )

    def _days(self, months: int) -> int:
        return (add_months(self.as_of, months) - self.as_of).days

    @cached_property
    def _rates(self) -> MarginRates:
        return MarginRates(self.ledger, self._sample)

    def _timings(self, horizons: Sequence[int]) -> Mapping[int, Timing]:
        rate, customers = self.settings.discount_rate, self.ledger.customers
        if self.companion is None:
            return {months: even_timing(customers, months, rate=rate) for months in horizons}
        return timings(self.ledger, self.companion.model, horizons, rate=rate)

    def _alive(self) -> Floats:
        """Chance of still being a customer, as the purchase model has it; 1 without one."""
        if self.companion is None:
            return np.ones(self.ledger.customers)
        return chance_alive(self.companion.model, self.ledger)

    def _ahead(self, terms: Terms, groups: Sequence[Groups]) -> Ahead:
        """By the champion; by the next that can, where it cannot be fitted or look so far."""
        refusals = []
        for candidate in self._candidates():
            try:
                found = self._told_by(candidate, terms, groups)
            except PerenneError as refusal:
                refusals.append(str(refusal))
                said = spoken(refusal.what, refusal.next_step)
                reason = {f"reason_{language}": text for language, text in said.items()}
                self.refused.append(
                    {"horizon_months": terms.months, "name": candidate.name, **reason}
                )
                continue
            self.models[terms.months] = candidate.name
            return found
        raise PerenneError(" ".join(refusals))

    def _told_by(self, candidate: Contender, terms: Terms, groups: Sequence[Groups]) -> Ahead:
        """Part of the customers by part, so that no more draws are held than memory bears.

        All parts share the chance of a future; PerenneError from any part is that of all.
        """
        days, draws = self._days(terms.months), self.settings.draws
        reach, chance = self._reaching(candidate, days), Chance.of(self.rng)
        shifts = terms.margin.shifts(draws, rng=own(chance.part(SHIFTS)))
        found = Ahead(terms, groups, shifts=shifts)
        fitted: FittedContender = reach.fitted
        size, width = self.ledger.customers, max(CELLS // draws, 1)
        if size > width and isinstance(fitted, Settles):
            with numbers_that_hold(candidate.name):
                fitted = fitted.settled(self.ledger, horizon=days, draws=draws, chance=chance)
        for number, start in enumerate(range(0, size, width)):
            part = slice(start, min(start + width, size))
            told = ask(
                fitted,
                self.ledger.part(part),
                horizon=days,
                draws=draws,
                rng=chance.part(number),
            )
            found.add(told, part, rng=own(chance.part(MARGINS + number)))
        self.learnt[terms.months] = reach.learnt
        return found

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
                self.fits[candidate.name] = self._fit(candidate, days)
        return self.fits[candidate.name]

    def _fit(self, candidate: Contender, days: int) -> FittedContender:
        if isinstance(candidate, Combined):
            return candidate.fit_on(self.ledger, self._sample, horizon=days, rng=self.rng)
        return candidate.fit(self.ledger, horizon=days, rng=self.rng)

    def _candidates(self) -> list[Contender]:
        """The champion, then the others by their error; the simple formula last."""
        simple = contender("simple_clv")
        if self.judged is None or self.judged.champion is None:
            return [simple]
        names = [one.contender for one in self.judged.champion.standings if not one.is_baseline]
        names.sort(key=self.judged.outdone.__contains__)
        ordered = dict.fromkeys([self.judged.champion.name, *names])
        return [*(self.judged.field[name] for name in ordered), simple]

    def _groups(self) -> list[Groups]:
        everyone = np.zeros(self.ledger.customers, dtype=np.int64)
        return [
            Groups("all", [None], everyone),
            coded("segment", self.told.segments),
            *(self._attribute(name) for name in ("channel", "country")),
            self._quarters(),
            *account_groups(self.told.accounts, most=CELLS // self.settings.draws),
        ]

    def _quarters(self) -> Groups:
        """Quarter of the first day of each customer."""
        first = self.ledger.day[self.ledger.starts[:-1]].astype("datetime64[D]")
        quarter = first.astype("datetime64[M]").astype(np.int64) // 3
        known, codes = np.unique(quarter, return_inverse=True)
        names = [f"{1970 + one // 4}-Q{one % 4 + 1}" for one in known.tolist()]
        return Groups("cohort_quarter", names, codes.astype(np.int64))

    def _attribute(self, name: str) -> Groups:
        labels = [*self.told.labels.get(name, ()), None]
        codes = np.asarray(self.ledger.attributes[name], dtype=np.int64)
        return Groups(name, labels, np.where(codes < 0, len(labels) - 1, codes))

    def _identified(self, columns: Mapping[str, Any], first: int) -> dict[str, Any]:
        size = self.ledger.customers
        alive, by, note = self._alive_and_next(columns)
        return {
            "customer_id": self.ledger.customer_ids.tolist(),
            "model": pa.repeat(self.models[first], size),
            "p_alive": alive,
            **columns,
            "next_order_by": by,
            "next_order_note": note,
            "why": self._why(columns, f"{first}m"),
        }

    def _why(self, columns: Mapping[str, Any], end: str) -> list[str]:
        """Reasons of each customer's value, as `reasons` codes them."""
        value, low, high, chance = (
            numbers(columns[name])
            for name in (f"clv_{end}", f"clv_{end}_lo90", f"clv_{end}_hi90", f"p_order_{end}")
        )
        told = Expected(value=value, low=low, high=high, chance=chance)
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

    def _alive_and_next(self, columns: Mapping[str, pa.Array]) -> tuple[Any, Any, Any]:
        """By BG/BB itself where the shop sells on occasions, else by the companion; in keeping
        with the chances of an order that `columns` tell."""
        model = self._rhythm
        if model is None:
            return None, None, None
        stated = {
            self._days(months): numbers(columns[f"p_order_{months}m"])
            for months in HORIZONS
            if f"p_order_{months}m" in columns
        }
        found = staying(model, self.ledger, stated=stated)
        return found.alive, days_after(self.as_of, found.days), list(found.notes)

    @cached_property
    def _rhythm(self) -> FittedProbability | None:
        """The purchase model that says best whether customers are there, and when they order."""
        names = [] if self.judged is None else purchase_models(self.judged)
        if names[:1] == [OCCASIONS]:
            with suppress(PerenneError):
                return BetaGeoBetaBinomialContender().fit(self.ledger, horizon=YEAR, rng=self.rng)
        return None if self.companion is None else self.companion.model
