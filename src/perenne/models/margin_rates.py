"""What customers leave of what they buy, and how far that moves from one year to the next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.models.judging.trials import rehearsals
from perenne.models.ledger import Ledger
from perenne.models.margins import MarginRate
from perenne.models.spend.returns import fit_margin_rate

# Past days from which the shift of rates is learnt.
ORIGINS = 4


class MarginRates:
    """What is left of the value of a shop over any time ahead; `sample`, some of it, tells how far
    rates shift."""

    def __init__(self, ledger: Ledger, sample: Ledger) -> None:
        self.rate, self.sample = margin_rate(ledger), sample
        self._shift: dict[int, float] = {}

    def over(self, days: int) -> MarginRate:
        """The rate of each customer, and the shift of all over so many days."""
        if days not in self._shift:
            self._shift[days] = shift_of_rates(self.sample, days=days)
        return replace(self.rate, shift=self._shift[days])


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


def shift_of_rates(ledger: Ledger, *, days: int) -> float:
    """Standard deviation of what the rates of all customers have in common over `days` ahead.

    From past days of the shop: what customers then known left in the time that followed, less their
    rate of that day times what they bought; its mean square about zero, less what chance of each
    customer explains. So it holds costs and prices that move, and later orders that leave more or
    less than first ones. Of a shorter time, where the past holds none so long, it grows with the
    root. 0 where no past day tells.
    """
    found, chance = [], []
    for origin, length in rehearsals(ledger, days, at_most=ORIGINS):
        past = ledger.as_of(origin)
        if not past.customers:
            continue
        rate, then = margin_rate(past), ledger.outcome(past, horizon=length)
        known = np.isfinite(rate.mean) & np.isfinite(then.margin)
        value = np.where(known, then.value, 0.0)
        whole = float(value.sum())
        if whole <= 0:
            continue
        missed = float((then.margin - rate.mean * value)[known].sum()) / whole
        noise = value**2 * rate.unsure + np.abs(value) * rate.within
        stretch = days / length
        found.append(missed**2 * stretch)
        chance.append(float(noise[known].sum()) / whole**2 * stretch)
    if not found:
        return 0.0
    variance = max(float(np.mean(found) - np.mean(chance)), 0.0)
    return float(np.sqrt(variance * (1 + 1 / len(found))))
