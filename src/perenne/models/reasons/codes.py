"""From effects to at most three reasons per customer: codes with the figures of their sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.contenders.probability import WEEK, FittedProbability
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger
from perenne.models.reasons.discount import first_discount
from perenne.models.reasons.effects import Effects, Facts, Typical, effects, facts_of, typical_of

Mask = npt.NDArray[np.bool_]
MOST = 3
YEAR = 365
# A part is told from a tenth of the value on: of the customer's or of the typical one's.
REMARKABLE = 0.1
# An interval this many times the expected value is told.
WIDE = 5.0


@dataclass(frozen=True)
class Predicted:
    """What the snapshot says of each customer for the same year: value and its 90% interval.

    scale: what the value of the purchase model is multiplied by there (level, discount). low and
    high are None without draws.
    """

    value: Floats
    low: Floats | None = None
    high: Floats | None = None
    scale: float = 1.0


@dataclass(frozen=True)
class Reason:
    """One code: whom it can be told of, what it makes in money (None: not known), its figures."""

    code: str
    told: Mask
    effect: Floats | None
    figures: dict[str, Floats]

    def written(self, chosen: Any) -> list[str]:
        """JSON of the reason for the customers `chosen`."""
        figures = {name: values[chosen].tolist() for name, values in self.figures.items()}
        if self.effect is not None:
            figures["effect"] = _two_digits(self.effect[chosen]).tolist()
        names = ",".join(f'"{name}":%.10g' for name in figures)
        pattern = f'["{self.code}",{{{names}}}]'
        return [pattern % values for values in zip(*figures.values(), strict=True)]


def reasons(
    model: FittedProbability, ledger: Ledger, *, predicted: Predicted, days: int = YEAR
) -> list[str]:
    """JSON per customer of the ledger: [[code, {name: number}], …], at most three, largest first.

    Value of the next `days` beside that of a typical customer of the same age (`effects`), times
    `predicted.scale`; what the prediction says beyond that is a part of its own. Reasons without
    an amount fill the places that are left.
    """
    facts = facts_of(model, ledger)
    typical = typical_of(facts)
    found = effects(model, facts, typical, weeks=days / WEEK)
    chance = _chance(model, facts, days / WEEK)
    parts = list(_parts(facts, typical, found, chance=chance, predicted=predicted))
    least = REMARKABLE * np.maximum(predicted.value, predicted.scale * found.typical)
    slots, used = _largest(parts, np.maximum(least, 0.005))
    ordinary = Reason("typical", used == 0, None, {"value": _cents(predicted.value)})
    for one in (ordinary, *_discounted(ledger, facts), *_wide(predicted)):
        _append(slots, used, one)
    return [f"[{','.join(filter(None, row))}]" for row in slots.T.tolist()]


def simple_reasons(ledger: Ledger) -> list[str]:
    """The same below the gate: mean purchase and purchases of the last year, nothing compared."""
    bought = ledger.orders > 0
    lately = bought & (ledger.day > ledger.until - YEAR)

    def total(values: npt.NDArray[Any]) -> Floats:
        return np.bincount(ledger.customer, values, ledger.customers).astype(np.float64)

    basket = total(ledger.net - ledger.returned) / np.maximum(total(bought), 1)
    figures = {"basket": _cents(basket), "orders": total(lately)}
    everyone = np.ones(ledger.customers, dtype=bool)
    one = Reason("simple_formula", everyone, None, figures)
    return [f"[{text}]" for text in one.written(everyone)]


def _parts(
    facts: Facts, typical: Typical, found: Effects, *, chance: Floats, predicted: Predicted
) -> Iterator[Reason]:
    scale, once, back = predicted.scale, facts.once, ~facts.once
    rhythm, silence = _untangled(facts, typical, found)
    gap = WEEK * facts.recency / np.maximum(facts.frequency, 1)
    days = {"gap": np.maximum(np.rint(gap), 1), "silence": WEEK * (facts.tenure - facts.recency)}
    days["silence"] = np.rint(days["silence"])
    yield Reason("one_order", once, scale * rhythm, {"chance": chance})
    orders = {"orders": facts.frequency + 1, "typical": typical.frequency + 1}
    yield Reason("orders", back, scale * rhythm, orders)
    yield Reason("silent", back & (silence < 0), scale * silence, days)
    yield Reason("recent", back & (silence > 0), scale * silence, days)
    baskets = {"basket": _cents(facts.basket), "typical": _same(_cents(typical.basket), once)}
    known = back & np.isfinite(facts.basket)
    yield Reason("basket", known, scale * found.parts["basket"], baskets)
    shares = {
        "share": np.round(facts.return_share, 2),
        "typical": _same(np.round(typical.return_share, 2), once),
    }
    returns = scale * found.parts["returns"]
    yield Reason("returns", np.isfinite(facts.return_share), returns, shares)
    everyone = np.ones(once.size, dtype=bool)
    yield Reason("other", everyone, predicted.value - scale * found.own, {})


def _untangled(facts: Facts, typical: Typical, found: Effects) -> tuple[Floats, Floats]:
    """Parts of rhythm and silence, each of the sign that its sentence has.

    Many orders can lower the expectation, since the same silence then says more (the increasing
    frequency paradox, Fader, Hardie & Lee 2005): that is part of what the silence says.
    """
    orders, silence = found.parts["orders"], found.parts["silence"]
    against = ~facts.once & ((facts.frequency - typical.frequency) * orders < 0)
    return np.where(against, 0.0, orders), np.where(against, silence + orders, silence)


def _chance(model: FittedProbability, facts: Facts, weeks: float) -> Floats:
    """Of a further order, for customers with one; in whole per cent, 0.5% at least."""
    ages, place = np.unique(facts.tenure[facts.once], return_inverse=True)
    chance = np.full(facts.tenure.size, np.nan)
    if ages.size:
        none = np.zeros(ages.size)
        of_age = model.purchases.probability_of_purchase(
            weeks, frequency=none, recency=none, tenure=ages
        )
        chance[facts.once] = np.round(np.maximum(of_age, 0.005), 3)[place]
    return chance


def _discounted(ledger: Ledger, facts: Facts) -> Iterator[Reason]:
    """For one-time buyers whose first order was discounted, where that goes with coming back."""
    found = first_discount(ledger)
    if found is not None:
        told = facts.once & found.discounted
        shares = {"share": _same(found.share, told), "others": _same(found.others, told)}
        yield Reason("first_discounted", told, None, shares)


def _wide(predicted: Predicted) -> Iterator[Reason]:
    if predicted.low is None or predicted.high is None:
        return
    with np.errstate(invalid="ignore"):
        told = (predicted.high - predicted.low > WIDE * predicted.value) & (predicted.value > 0)
    ends = {"low": _two_digits(predicted.low), "high": _two_digits(predicted.high)}
    yield Reason("wide", told, None, ends)


def _largest(parts: Sequence[Reason], least: Floats) -> tuple[npt.NDArray[Any], Any]:
    """Texts of the largest parts, (MOST, customers), and how many each customer has."""
    size = np.array([np.where(one.told, np.abs(one.effect), 0.0) for one in parts])
    size[~(size >= least)] = 0.0
    order = np.argsort(-size, axis=0, kind="stable")[:MOST]
    slots = np.full((MOST, least.size), None, dtype=object)
    for place, row in enumerate(order):
        for number, one in enumerate(parts):
            chosen = np.flatnonzero((row == number) & (size[number] > 0))
            slots[place, chosen] = one.written(chosen)
    return slots, np.minimum((size > 0).sum(axis=0), MOST)


def _append(slots: npt.NDArray[Any], used: npt.NDArray[Any], one: Reason) -> None:
    """In the first place that is left, if any."""
    chosen = np.flatnonzero(one.told & (used < MOST))
    slots[used[chosen], chosen] = one.written(chosen)
    used[chosen] += 1


def _same(value: float | Floats, like: npt.NDArray[Any]) -> Floats:
    return np.full(like.size, value, dtype=np.float64)


def _cents(values: Any) -> Floats:
    rounded: Floats = np.round(values, 2)
    return rounded


def _two_digits(values: Floats) -> Floats:
    """Two significant digits: a model's amount is known no better."""
    with np.errstate(divide="ignore"):
        power = np.floor(np.log10(np.abs(values))) - 1
    unit = 10.0 ** np.where(np.isfinite(power), power, 0.0)
    rounded: Floats = np.rint(values / unit) * unit
    return rounded
