"""What customers leave of what they buy, and how far that moves from one year to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.models.judging.recalibration import LEVEL_BELIEF
from perenne.models.judging.trials import rehearsals
from perenne.models.ledger import Ledger
from perenne.models.margins import MarginRate
from perenne.models.spend.returns import fit_margin_rate

# Past days from which the shift of rates is learnt.
ORIGINS = 4
# Part of what was bought and brought back, in all, that must be left for rates of it to mean much.
CANCELLED = 0.5


@dataclass(frozen=True)
class Shift:
    """What the rates of all customers of a future have in common: its mean, standard deviation."""

    mean: float = 0.0
    spread: float = 0.0


class MarginRates:
    """What is left of the value of a shop over any time ahead; `sample`, some of it, tells how far
    rates shift."""

    def __init__(self, ledger: Ledger, sample: Ledger) -> None:
        self.rate, self.sample = margin_rate(ledger), sample
        self._shift: dict[int, Shift] = {}

    def over(self, days: int) -> MarginRate:
        """The rate of each customer over so many days, and how far all of them may be off."""
        if days not in self._shift:
            self._shift[days] = shift_of_rates(self.sample, days=days)
        shift = self._shift[days]
        return replace(self.rate, mean=self.rate.mean + shift.mean, shift=shift.spread)


def margin_rate(ledger: Ledger) -> MarginRate:
    """Margin per unit of value, by customer, shrunk to that of the shop; without shift."""

    def total(values: Floats) -> Floats:
        sums = np.bincount(ledger.customer, weights=values, minlength=ledger.customers)
        return sums.astype(np.float64)

    net, margin = total(ledger.net - ledger.returned), total(ledger.margin)
    try:
        rate = fit_margin_rate(net=net, margin=margin)
    except PerenneError:
        return MarginRate.unknown(ledger.customers)
    return MarginRate(rate.of(margin, net), rate.unsure(net), rate.within)


def shift_of_rates(ledger: Ledger, *, days: int) -> Shift:
    """What the rates of all customers have in common over `days` ahead: by how much they are off.

    From past days of the shop: what customers then known left in the time that followed, less their
    rate of that day times what they bought. Its mean, shrunk as if one more day had missed nothing
    (as the level of revenue is), moves the rates: later orders that leave more than first ones.
    What remains, less what chance of each customer explains, is the spread: costs and prices that
    move. Of a shorter time, where the past holds none so long, it grows with the root. Nothing
    where no past day tells.
    """
    told = [_missed(ledger, *at) for at in rehearsals(ledger, days, at_most=ORIGINS)]
    found = np.array([one for one in told if one is not None])
    if not found.size:
        return Shift()
    missed, chance, length = found.T
    # n windows that overlap by half cover (n + 1) / 2 windows.
    whole = (len(found) + 1) / 2
    weights = whole / len(found) * np.minimum(length / days, 1.0)
    trust = float(weights.sum() / (weights.sum() + LEVEL_BELIEF))
    mean = trust * float(np.average(missed, weights=weights))
    stretch = days / length
    # The mean of a few lies closer to them than to what comes.
    kept = 1 - (2 * trust - trust**2) / whole
    variance = float(np.mean((missed - mean) ** 2 * stretch)) / kept - np.mean(chance * stretch)
    return Shift(mean, float(np.sqrt(max(variance, 0.0) * (1 + trust**2 / whole))))


def _missed(ledger: Ledger, origin: int, length: int) -> tuple[float, float, float] | None:
    """(by how much rates were off, variance that chance explains, days); None: nobody knows.

    Nobody does either where returns of earlier orders take away most of what was bought.
    """
    past = ledger.as_of(origin)
    if not past.customers:
        return None
    rate, then = margin_rate(past), ledger.outcome(past, horizon=length)
    known = np.isfinite(rate.mean) & np.isfinite(then.margin)
    value = np.where(known, then.value, 0.0)
    whole = float(value.sum())
    if whole <= CANCELLED * float(np.abs(value).sum()):
        return None
    missed = float((then.margin - rate.mean * value)[known].sum()) / whole
    noise = value**2 * rate.unsure + np.abs(value) * rate.within
    return missed, float(noise[known].sum()) / whole**2, float(length)
