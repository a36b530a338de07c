"""Probability models as contenders: a purchase model times Gamma-Gamma, less returns, in weeks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.chance import own
from perenne.models.forecast import Forecast
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger
from perenne.models.purchases.regularity import Regularity, regularity
from perenne.models.spend.first_order import with_first_order
from perenne.models.spend.gamma_gamma import FittedGammaGamma
from perenne.models.spend.moments import spend_model, variation_within
from perenne.models.spend.returns import ShrunkRate, fit_return_share
from perenne.text import gettext as _

WEEK = 7.0
# Models of which no customer ever leaves.
NEVER_LEAVE = ("nbd",)
# The model of which all leave at one rate.
ALIKE = "exponential_nbd"
# Those to try first where customers buy at regular intervals.
FOR_REGULAR = ("mbg_cnbd", "pareto_ggg")
THREADS = min(2, os.cpu_count() or 1)
CHUNK = 16_384
"""Customers drawn at a time, each chunk from a random stream of its own."""


@dataclass(frozen=True)
class Source:
    """Where a purchase model lives. intervals: it reads the regularity of orders as well."""

    module: str
    model: str
    intervals: bool = False


SOURCES: Mapping[str, Source] = {
    "nbd": Source("nbd", "NBD"),
    "bg_nbd": Source("beta_geo", "BetaGeo"),
    "mbg_nbd": Source("beta_geo", "ModifiedBetaGeo"),
    "bg_cnbd": Source("beta_geo_cnbd", "BetaGeoCNBD", intervals=True),
    "mbg_cnbd": Source("beta_geo_cnbd", "ModifiedBetaGeoCNBD", intervals=True),
    "pareto_nbd": Source("pareto_nbd", "ParetoNBD"),
    ALIKE: Source("exponential_nbd", "ExponentialNBD"),
    "pareto_ggg": Source("pareto_ggg", "ParetoGGG", intervals=True),
}


def probability_contender(name: str) -> ProbabilityContender:
    """The contender of that name; PerenneError for another name. Its model is imported here."""
    if name not in SOURCES:
        raise PerenneError(
            _("There is no probability model called {name}.").format(name=name),
            given=name,
            allowed=SOURCES,
            next_step=_("Use one of {names}.").format(names=", ".join(SOURCES)),
        )
    source = SOURCES[name]
    return ProbabilityContender(name, _settings(source), source.intervals)


def _settings(source: Source) -> Any:
    return getattr(import_module(f"perenne.models.purchases.{source.module}"), source.model)()


def leave_alike(ledger: Ledger) -> bool:
    """Does Pareto/NBD run off here, since all customers leave at one rate, and the model that knows
    one rate alone does not?"""
    history = weekly_history(ledger)
    try:
        _settings(SOURCES["pareto_nbd"]).fit(**history)
    except PerenneError:
        try:
            _settings(SOURCES[ALIKE]).fit(**history)
        except PerenneError:
            return False
        return True
    return False


@dataclass(frozen=True)
class ProbabilityContender:
    """`purchases` (a model's settings) fitted on a ledger, with the spend that its test allows."""

    name: str
    purchases: Any
    intervals: bool = False

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedProbability:
        """Exact maximum likelihood; neither horizon nor rng matter. PerenneError when it fails."""
        return self.fit_purchases(ledger, self.purchases.fit)

    def fit_purchases(self, ledger: Ledger, fit: Callable[..., Any]) -> FittedProbability:
        """The same with purchases fitted by `fit`, which takes the weekly histories."""
        history = weekly_history(ledger)
        extra = {"log_intervals": ledger.log_intervals(unit=WEEK)} if self.intervals else {}
        return FittedProbability(
            name=self.name,
            purchases=fit(**history, **extra),
            spend=fit_spend(ledger),
            returns=fit_returns(ledger),
        )


@dataclass(frozen=True)
class FittedProbability:
    """A fitted contender: purchase model, spend model and return share, and no data."""

    name: str
    purchases: Any
    spend: FittedGammaGamma
    returns: ShrunkRate

    def kept(self, ledger: Ledger) -> Floats:
        """Share of what each customer buys that is not returned, (customers,)."""
        sold, returned = _sales(ledger)
        return np.asarray(1 - self.returns.of(returned, sold), dtype=np.float64)

    def spending(self, ledger: Ledger) -> dict[str, Any]:
        """What the spend model reads of each customer."""
        frequency, value = spend_evidence(ledger)
        first = ledger.histories().first_value
        return {"frequency": frequency, "monetary_value": value, "first_value": first}

    def history(self, ledger: Ledger) -> dict[str, Any]:
        """What the purchase model reads of each customer."""
        if getattr(self.purchases, "reads_intervals", False):
            return {**weekly_history(ledger), "log_intervals": ledger.log_intervals(unit=WEEK)}
        return weekly_history(ledger)

    def times(self, days: npt.NDArray[Any]) -> Floats:
        """Day numbers on the clock of the purchase model."""
        return np.asarray(days / WEEK, dtype=np.float64)

    def clock_until(self, day: int) -> dict[str, Any] | None:
        """The clock up to a day as plain values, for JSON; None where a week is a week."""
        return None

    def ahead(self, ledger: Ledger, horizon: int) -> float:
        """`horizon` days after the last of the ledger, in the time unit of the purchase model."""
        return horizon / WEEK

    def days_until(self, ledger: Ledger, times: Floats) -> Floats:
        """Days after the last of the ledger, of times in the unit of the purchase model."""
        return times * WEEK

    def forecast(
        self, ledger: Ledger, *, horizon: int, draws: int, rng: np.random.Generator
    ) -> Forecast:
        """Draws hold the uncertainty of parameters, customers and orders; one vector per draw."""
        history, spending = self.history(ledger), self.spending(ledger)
        kept = self.kept(ledger)
        weeks = self.ahead(ledger, horizon)
        orders = self.purchases.expected_purchases(weeks, **history)
        each = self.spend.expected_value(**spending)
        drawn = self._draws(history, spending, kept, weeks=weeks, draws=draws, rng=rng)
        return Forecast(
            mean_orders=orders,
            mean_value=orders * each * kept,
            orders=drawn[0],
            value=drawn[1],
            probability_alive=self.purchases.probability_alive(**history),
        )

    def _draws(
        self,
        history: Mapping[str, Any],
        spending: Mapping[str, Any],
        kept: Floats,
        *,
        weeks: float,
        draws: int,
        rng: np.random.Generator,
    ) -> tuple[Any, Any]:
        """Orders and net value, (draws, customers) each; None and None for no draws.

        Parameters are shared by all customers; the rest is drawn from streams of their own.
        """
        if draws == 0:
            return None, None
        size = kept.size
        orders = np.empty((draws, size), dtype=np.int32)
        value = np.empty((draws, size), dtype=np.float32)
        purchase_draws = self.purchases.parameter_draws(draws, rng=rng)
        spend_draws = self.spend.parameter_draws(draws, rng=rng)
        starts = range(0, size, CHUNK)

        def fill(start: int, stream: np.random.Generator) -> None:
            rows = slice(start, start + CHUNK)
            orders[:, rows] = self.purchases.sample_purchases(
                weeks,
                **{name: column[rows] for name, column in history.items()},
                rng=stream,
                draws=draws,
                parameters=purchase_draws,
            )
            value[:, rows] = self.spend.sample_totals(
                orders[:, rows],
                **{name: column[rows] for name, column in spending.items()},
                rng=stream,
                parameters=spend_draws,
            )

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(fill, starts, own(rng).spawn(len(starts))))
        value *= kept.astype(np.float32)
        return orders, value


def fit_spend(ledger: Ledger) -> FittedGammaGamma:
    """The spend that its test allows, informed by first orders where they tell of later ones."""
    frequency, value = spend_evidence(ledger)
    model = spend_model(frequency=frequency, monetary_value=value, within=variation_within(ledger))
    first = ledger.histories().first_value
    return with_first_order(model, frequency=frequency, monetary_value=value, first_value=first)


def fit_returns(ledger: Ledger) -> ShrunkRate:
    """The share of what is sold that comes back."""
    sold, returned = _sales(ledger)
    return fit_return_share(sold=sold, returned=returned)


def weekly_history(ledger: Ledger) -> dict[str, Floats]:
    """frequency, recency and tenure of each customer, in weeks."""
    history = ledger.histories()
    return {
        "frequency": history.frequency,
        "recency": history.recency / WEEK,
        "tenure": history.tenure / WEEK,
    }


def spend_evidence(ledger: Ledger) -> tuple[Floats, Floats]:
    """Repeat orders and their mean value, as the spend model reads them.

    Customers whose repeat orders amount to less than zero (corrections) say nothing about what an
    order is worth: they are taken as if no repeat order were known, at the mean of the shop.
    """
    history = ledger.histories()
    unknown = history.monetary_value < 0
    return (
        np.where(unknown, 0.0, history.frequency),
        np.where(unknown, np.nan, history.monetary_value),
    )


def regularity_of(ledger: Ledger) -> Regularity | None:
    """How regularly the customers of a ledger buy; None where too few tell."""
    sold = ledger.orders > 0
    return regularity(ledger.customer[sold], ledger.day[sold])


def _sales(ledger: Ledger) -> tuple[Floats, Floats]:
    """What each customer bought, and gave back, in all; a negative sum counts as none."""
    sold = np.bincount(ledger.customer, weights=ledger.net, minlength=ledger.customers)
    returned = np.bincount(ledger.customer, weights=ledger.returned, minlength=ledger.customers)
    return np.maximum(sold, 0.0), np.maximum(returned, 0.0)
