"""BG/BB for shops that sell on occasions: a yearly appeal, a monthly box, a weekly round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.contenders.probability import FittedProbability, ProbabilityContender
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger
from perenne.models.purchases.beta_binomial import BetaGeoBetaBinomial
from perenne.text import gettext as _

NAME = "bg_bb"
# Days between occasions, and occasions, that show a rhythm of the shop rather than of chance.
SHORTEST_STEP = 6.0
FEWEST = 4
# Part of a step by which a day may miss its occasion: months are not equally long.
LOOSE = 0.2


@dataclass(frozen=True)
class Occasions:
    """Occasion k falls `step` days times k after day `first`."""

    first: int
    step: float

    def number(self, day: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        """That of each purchase day."""
        return np.rint((day - self.first) / self.step).astype(np.int64)

    def passed(self, day: int) -> int:
        """The number of the last occasion until `day`."""
        return int(np.floor((day - self.first) / self.step + LOOSE))

    def days_until(self, day: int, ahead: Floats) -> Floats:
        """Days from `day` to the occasion `ahead` of it (1: the next); NaN stays."""
        falls = self.first + self.step * (self.passed(day) + ahead)
        return np.maximum(np.rint(falls - day), 1.0)


@dataclass(frozen=True)
class BetaGeoBetaBinomialContender:
    """PerenneError for a shop where customers order on any day."""

    name: ClassVar[str] = NAME

    def fit(self, ledger: Ledger, *, horizon: int, rng: np.random.Generator) -> FittedOccasions:
        found = find_occasions(ledger)
        if found is None:
            raise PerenneError(
                _("Orders come on any day: this shop has no occasions to count."),
                next_step=_("Use a model of continuous time."),
            )
        taken = _taken(ledger, found)

        def fit(**_weekly: Floats) -> object:
            return BetaGeoBetaBinomial().fit(**taken)

        inner = ProbabilityContender(NAME, None).fit_purchases(ledger, fit)
        return FittedOccasions(NAME, inner.purchases, inner.spend, inner.returns, found)


@dataclass(frozen=True)
class FittedOccasions(FittedProbability):
    """As any purchase model, with time in occasions."""

    occasions: Occasions = Occasions(0, 1.0)

    def history(self, ledger: Ledger) -> dict[str, Floats]:
        return _taken(ledger, self.occasions)

    def ahead(self, ledger: Ledger, horizon: int) -> float:
        """Occasions in the horizon; PerenneError when none falls in it."""
        passed = self.occasions.passed
        count = passed(ledger.until + horizon) - passed(ledger.until)
        if count < 1:
            raise PerenneError(
                _("No occasion falls in the next {days} days.").format(days=horizon),
                given=horizon,
                next_step=_("Use a horizon of at least {days} days.").format(
                    days=int(np.ceil(self.occasions.step))
                ),
            )
        return count


def find_occasions(ledger: Ledger) -> Occasions | None:
    """The occasions on which the whole shop sells; None when it sells on any day."""
    days = np.unique(ledger.day[ledger.orders > 0])
    if days.size < FEWEST or np.diff(days).min() < SHORTEST_STEP:
        return None
    first, gaps = days[0], np.diff(days)
    count = np.concatenate(([0], np.cumsum(np.rint(gaps / np.median(gaps)))))
    step = float(count @ (days - first) / (count @ count))
    found = Occasions(int(first), step)
    missed = np.abs(days - first - found.number(days) * step)
    return found if missed.max() <= LOOSE * step else None


def _taken(ledger: Ledger, occasions: Occasions) -> dict[str, Floats]:
    """Repeat occasions taken, number of the last one, occasions so far; after the first one."""
    sold = ledger.orders > 0
    who, number = ledger.customer[sold], occasions.number(ledger.day[sold])
    new = np.concatenate(([True], (np.diff(who) != 0) | (np.diff(number) != 0)))
    counts = np.bincount(who[new], minlength=ledger.customers)
    ends = np.cumsum(counts)
    first, last = number[new][ends - counts], number[new][ends - 1]
    return {
        "frequency": (counts - 1).astype(float),
        "recency": (last - first).astype(float),
        "periods": (occasions.passed(ledger.until) - first).astype(float),
    }
