"""A purchase model for a history that begins later than its shop: newcomers and older customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from perenne.core import PerenneError
from perenne.models.contenders.probability import (
    WEEK,
    FittedProbability,
    probability_contender,
    weekly_history,
)
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger
from perenne.models.purchases.true_births import TrueBirths
from perenne.models.purchases.truncation import Truncation, detect_truncation
from perenne.text import gettext as _

NAME = "pareto_nbd_births"


@dataclass(frozen=True)
class Births:
    """Pareto/NBD for customers whose first order was seen, MBG/NBD for those who came before.

    PerenneError when nothing shows that the history begins later than the shop.
    """

    name: ClassVar[str] = NAME

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedBirths:
        seen = late_start(ledger)
        if not seen.found:
            raise PerenneError(
                seen.reason, next_step=_("Use the plain models: every first order was seen.")
            )
        plain = probability_contender("pareto_nbd")

        def both(**history: Floats) -> object:
            model = TrueBirths(plain.purchases, burn_in=seen.burn_in)
            return model.fit(**history, history=_age(ledger))

        fitted = plain.fit_purchases(ledger, both)
        return FittedBirths(NAME, fitted.purchases, fitted.spend, fitted.returns)


@dataclass(frozen=True)
class FittedBirths(FittedProbability):
    """As any purchase model; it also asks how old the history is."""

    def history(self, ledger: Ledger) -> dict[str, Floats]:
        age = np.full(ledger.customers, _age(ledger))
        return {**weekly_history(ledger), "history": age}


def late_start(ledger: Ledger) -> Truncation:
    """Whether the history of a ledger begins later than its shop; times in weeks."""
    sold = ledger.orders > 0
    start = ledger.day[sold].min()
    return detect_truncation(
        ledger.customer[sold], (ledger.day[sold] - start) / WEEK, until=_age(ledger)
    )


def _age(ledger: Ledger) -> float:
    return float(ledger.until - ledger.shop.first_sale) / WEEK
