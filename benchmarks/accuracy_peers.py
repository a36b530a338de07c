"""The peers as contenders: the library `lifetimes` as its own documentation uses it."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from perenne.core import PerenneError
from perenne.models.forecast import Forecast
from perenne.models.ledger import Ledger

FITTERS = {
    "lifetimes_bg_nbd": "BetaGeoFitter",
    "lifetimes_mbg_nbd": "ModifiedBetaGeoFitter",
    "lifetimes_pareto_nbd": "ParetoNBDFitter",
}


@dataclass(frozen=True)
class Lifetimes:
    """Expected purchases times expected spend of Gamma-Gamma, in weeks; it has no draws."""

    name: str

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedLifetimes:
        history = ledger.histories()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lifetimes = import_module("lifetimes")

            purchases = getattr(lifetimes, FITTERS[self.name])()
            spend = lifetimes.GammaGammaFitter()
            with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
                try:
                    purchases.fit(history.frequency, history.recency / 7, history.tenure / 7)
                    has = (history.frequency > 0) & (history.monetary_value > 0)
                    if np.ptp(history.monetary_value[has]) == 0:
                        return FittedLifetimes(self.name, purchases, None)
                    spend.fit(history.frequency[has], history.monetary_value[has])
                except Exception as error:  # its own error types differ by version
                    raise PerenneError(" ".join(f"{error}".split()), next_step="None.") from error
        return FittedLifetimes(self.name, purchases, spend)


@dataclass(frozen=True)
class FittedLifetimes:
    name: str
    purchases: Any
    spend: Any

    def forecast(
        self, ledger: Ledger, *, horizon: int, draws: int, rng: np.random.Generator
    ) -> Forecast:
        history = ledger.histories()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            orders = np.asarray(
                self.purchases.conditional_expected_number_of_purchases_up_to_time(
                    horizon / 7, history.frequency, history.recency / 7, history.tenure / 7
                ),
                dtype=float,
            )
            if self.spend is None:
                return Forecast(orders, orders)
            each = self.spend.conditional_expected_average_profit(
                history.frequency, np.nan_to_num(history.monetary_value)
            )
        if not np.isfinite(orders).all():
            raise PerenneError("lifetimes: expected purchases are not numbers.", next_step="None.")
        return Forecast(orders, orders * np.asarray(each, dtype=float))
