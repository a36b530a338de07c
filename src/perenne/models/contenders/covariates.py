"""Purchase models whose rates, and spend whose level, depend on what the first order told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perenne.core import PerenneError
from perenne.models.contenders.probability import (
    SOURCES,
    FittedProbability,
    fit_returns,
    fit_spend,
    spend_evidence,
    weekly_history,
)
from perenne.models.ledger import Ledger
from perenne.models.reading import ATTRIBUTES
from perenne.models.spend.first_order import with_first_order
from perenne.models.spend.gamma_gamma import FREQUENCY_EFFECT, FittedGammaGamma, GammaGamma
from perenne.text import gettext as _

ENDING = "_covariates"
# Customers that a level needs to have an effect of its own, and levels that an attribute may have.
FEWEST = 30
MOST_LEVELS = 8
OTHER = "other"


@dataclass(frozen=True)
class CovariateContender:
    """A purchase model with static covariates, whose effects empirical Bayes pulls to none.

    Covariates are the attributes known at the first order: channel, country, category of the first
    order, and whether it was discounted. They act on the rate of purchases, on leaving, and on what
    an order is worth.
    """

    name: str

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedCovariates:
        """PerenneError when no attribute tells customers apart, or as of the model."""
        plan = plan_of(ledger)
        source = SOURCES[self.name.removesuffix(ENDING)]
        module = import_module(f"perenne.models.purchases.{source.module}")
        told = covariates(ledger, plan)
        return FittedCovariates(
            name=self.name,
            purchases=getattr(module, source.model)().fit(
                **weekly_history(ledger), covariates=told
            ),
            spend=_spend(ledger, told),
            returns=fit_returns(ledger),
            plan=plan,
        )


@dataclass(frozen=True)
class FittedCovariates(FittedProbability):
    """As any purchase model; it also reads the attributes of the plan: name → codes kept."""

    plan: Mapping[str, tuple[int, ...]]

    def history(self, ledger: Ledger) -> dict[str, Any]:
        return {**weekly_history(ledger), "covariates": self._told(ledger)}

    def spending(self, ledger: Ledger) -> dict[str, Any]:
        told = super().spending(ledger)
        if "design" in self.spend.settings:
            told["covariates"] = self._told(ledger)
        return told

    def _told(self, ledger: Ledger) -> pa.Table:
        """The attributes; those of a level that the fit had nobody of are not known."""
        levels = {one["name"]: one["levels"] for one in self.purchases.settings["design"]}
        without = {name for name in self.plan if OTHER not in levels[name]}
        return covariates(ledger, self.plan, without_others=without)


def plan_of(ledger: Ledger) -> dict[str, tuple[int, ...]]:
    """The attributes that tell customers apart, and the codes of each that have an effect.

    Those of 30 customers or more, eight at most; the others are one more level.
    """
    found = {
        name: _frequent(ledger.attributes[name])
        for name in ATTRIBUTES
        if name in ledger.attributes and ledger.customers
    }
    plan = {
        name: kept
        for name, kept in found.items()
        if np.unique(_levels(ledger.attributes[name], kept)).size > 1
    }
    if not plan:
        raise PerenneError(
            _("No attribute of customers ({names}) has two values or more.").format(
                names=", ".join(ATTRIBUTES)
            ),
            given=sorted(found),
            next_step=_("Import orders that tell channel, country, category or discount."),
        )
    return plan


def covariates(
    ledger: Ledger,
    plan: Mapping[str, tuple[int, ...]],
    *,
    without_others: Collection[str] = (),
) -> pa.Table:
    """One column of text per attribute: the code, or that it is another; nothing for another code
    of those `without_others`."""
    told = {name: _levels(ledger.attributes[name], kept) for name, kept in plan.items()}
    for name in without_others:
        told[name] = np.where(told[name] == OTHER, "", told[name])
    return pa.table(told)


def _frequent(codes: npt.NDArray[Any]) -> tuple[int, ...]:
    values, counts = np.unique(codes.astype(np.int64), return_counts=True)
    ordered = values[np.argsort(-counts, kind="stable")]
    return tuple(sorted(ordered[: (counts >= FEWEST).sum()][:MOST_LEVELS].tolist()))


def _levels(codes: npt.NDArray[Any], kept: tuple[int, ...]) -> npt.NDArray[Any]:
    known = codes.astype(np.int64)
    return np.where(np.isin(known, kept), known.astype(str), OTHER)


def _spend(ledger: Ledger, told: pa.Table) -> FittedGammaGamma:
    """Gamma-Gamma with the same covariates; without them where it has no such fit."""
    plain = fit_spend(ledger)
    frequency, value = spend_evidence(ledger)
    settings = GammaGamma(follows_frequency=FREQUENCY_EFFECT in plain.parameters)
    try:
        model = settings.fit(frequency=frequency, monetary_value=value, covariates=told)
    except PerenneError:
        return plain
    return with_first_order(
        model,
        frequency=frequency,
        monetary_value=value,
        first_value=ledger.histories().first_value,
        scale=model.scale_of(frequency, covariates=told),
    )
