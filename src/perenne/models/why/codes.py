"""Which reasons are told of each customer, as codes with their figures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.contenders.probability import FittedProbability
from perenne.models.histories import Floats
from perenne.models.ledger import History, Ledger
from perenne.models.why.parts import Mask, Parts, discounts, parts
from perenne.models.why.seasons import Season, season_of
from perenne.models.why.traits import TRAITS, Traits, no_traits

MOST = 4
# Parts below this share of the mean customer's value, or of the customer's own, go without a word.
SMALL, SMALL_OF_OWN = 0.15, 0.10
# An interval wider than so many times the expected value is told.
WIDE = 4.0
# Customers whose reasons are put together at a time.
AT_ONCE = 50_000


@dataclass(frozen=True)
class Expected:
    """What is told of each customer: value, 90% interval, chance of an order; NaN where none."""

    value: Floats
    low: Floats
    high: Floats
    chance: Floats


@dataclass(frozen=True)
class Reason:
    """One thing that may be told: how much it weighs, (customers,), 0 where it is not told, and the
    figures that go with it, each (customers,) or one number for all."""

    code: str
    weight: Floats
    said: Mapping[str, Any]


def reasons(
    ledger: Ledger, told: Expected, model: FittedProbability, *, known: Traits | None = None
) -> list[str]:
    """JSON per customer: [code, figures] of the value, then of its reasons, the largest first.

    Effects are in the money of the predicted value: the parts of the purchase model times the ratio
    of the shop's totals, as the contender that predicts need not be that model.
    """
    part = parts(ledger, model)
    whole = float(np.nansum(part.value))
    scale = float(np.nansum(told.value)) / whole if whole > 0 else 1.0
    mean = part.mean * scale
    least = np.maximum(SMALL * mean, SMALL_OF_OWN * np.abs(np.nan_to_num(told.value)))
    own = _Own(ledger, part, told, known or no_traits(ledger.customers), scale=scale, least=least)
    lead = Reason("worth", np.ones(ledger.customers), {"value": _rounded(told.value), "mean": mean})
    return _written(lead, own.reasons(), own.wide())


def simple_reasons(ledger: Ledger) -> list[str]:
    """Below the gate: the simple formula, with the customer's own basket and orders."""
    orders = (ledger.histories().frequency + 1).astype(int).tolist()
    baskets = np.nan_to_num(_mean_basket(ledger)).round(2).tolist()
    return [
        json.dumps([["simple_formula", {"orders": count, "basket": basket}]])
        for count, basket in zip(orders, baskets, strict=True)
    ]


@dataclass(frozen=True)
class _Own:
    """What may be told of the customers of a ledger. least: money below which a part is no news."""

    ledger: Ledger
    part: Parts
    told: Expected
    traits: Traits
    scale: float
    least: Floats

    def reasons(self) -> list[Reason]:
        history = self.ledger.histories()
        return [
            *self._rhythm(history),
            *self._basket(history.frequency > 0),
            *self._shares(),
            *self._traits(),
        ]

    def wide(self) -> Reason:
        low, high, value = self.told.low, self.told.high, self.told.value
        with np.errstate(invalid="ignore"):
            is_wide = high - low > WIDE * np.maximum(value, 1e-9)
        figures = {"low": _rounded(low), "high": _rounded(high)}
        return Reason("wide", is_wide.astype(float), figures)

    def _told(self, code: str, effect: Floats, where: Mask, **said: Any) -> Reason:
        """`code` where it holds and its effect, in the money of the shop's models, is material."""
        money = effect * self.scale
        weight = np.where(where & (np.abs(money) >= self.least), np.abs(money), 0.0)
        return Reason(code, weight, {**said, "effect": _rounded(money)})

    def _rhythm(self, history: History) -> Iterator[Reason]:
        days = (history.tenure - history.recency).astype(int)
        again = history.frequency > 0
        with np.errstate(invalid="ignore", divide="ignore"):
            gap = np.nan_to_num(history.recency / history.frequency).round().astype(int)
        orders = (history.frequency + 1).astype(int)
        season = season_of(self.ledger)
        silent = again & (self.part.silence < 0)
        off = self.part.silence
        yield self._told("silent", off, silent & ~season.is_due_later, gap=gap, days=days)
        yield self._out_of_season(season, silent, orders)
        rhythm = self.part.rhythm
        for code, where in (("often", rhythm > 0), ("seldom", rhythm <= 0)):
            yield self._told(code, rhythm, again & where, orders=orders, gap=gap)
        said = {"days": days, "chance": _rounded(self.told.chance)}
        weight = np.where(again | np.isnan(self.told.chance), 0.0, np.abs(rhythm * self.scale))
        yield Reason("one_order", np.where(weight > 0, weight + self.least, 0.0), said)

    def _out_of_season(self, season: Season, silent: Mask, orders: Any) -> Reason:
        off = self.part.silence
        return self._told(
            "season", off, silent & season.is_due_later, month=season.month, orders=orders
        )

    def _basket(self, again: Mask) -> Iterator[Reason]:
        basket, worth = _mean_basket(self.ledger), self.part.basket
        usual = float(np.nanmean(basket))
        figures = {"basket": _rounded(basket), "usual": usual}
        high = basket > usual
        yield self._told("basket_high", worth, again & high & (worth > 0), **figures)
        yield self._told("basket_low", worth, again & ~high & (worth < 0), **figures)

    def _shares(self) -> Iterator[Reason]:
        """Discounts and returns: the customer's own share beside that of the shop."""
        sums = {"discount": discounts(self.ledger), "returns": _returns(self.ledger)}
        for name, (whole, part) in sums.items():
            share = np.divide(part, whole, out=np.zeros(whole.size), where=whole > 0)
            usual, effect = self.part.usual[name], getattr(self.part, name)
            figures = {"share": _rounded(share), "usual": usual}
            above = share > usual
            yield self._told(f"{name}_high", effect, above & (effect < 0), **figures)
            yield self._told(f"{name}_low", effect, ~above & (effect > 0), **figures)

    def _traits(self) -> Iterator[Reason]:
        """What the first order tells beyond the purchases: it is not in the predicted value."""
        found = self.traits
        effect = (found.ratio - 1) * np.nan_to_num(self.told.value) / self.scale
        for place, name in enumerate(TRAITS):
            where = found.trait == place
            if not where.any():
                continue
            named: Any = found.code
            if names := found.names.get(name):
                written = np.array([json.dumps(one) for one in names], dtype=object)
                named = written[np.where(where, found.code, 0)]
            yield self._told(name, effect, where, name=named, ratio=_rounded(found.ratio))


def _returns(ledger: Ledger) -> tuple[Floats, Floats]:
    def total(values: Floats) -> Floats:
        sums = np.bincount(ledger.customer, weights=values, minlength=ledger.customers)
        return np.maximum(sums.astype(np.float64), 0.0)

    return total(ledger.net), total(ledger.returned)


def _mean_basket(ledger: Ledger) -> Floats:
    sold = ledger.orders > 0
    who = ledger.customer[sold]
    total = np.bincount(who, weights=ledger.net[sold], minlength=ledger.customers)
    return np.asarray(total / np.bincount(who, minlength=ledger.customers), dtype=np.float64)


def _rounded(values: Floats) -> Floats:
    return np.asarray(np.round(values, 4), dtype=np.float64)


def _written(lead: Reason, found: Sequence[Reason], wide: Reason) -> list[str]:
    texts: list[str] = []
    for start in range(0, lead.weight.size, AT_ONCE):
        texts += _part(lead, found, wide, rows=slice(start, start + AT_ONCE))
    return texts


def _part(lead: Reason, found: Sequence[Reason], wide: Reason, *, rows: slice) -> list[str]:
    """The largest reasons of the customers `rows`; a wide interval takes the last place."""
    weights = np.stack([one.weight[rows] for one in found])
    order = np.argsort(-weights, axis=0, kind="stable")[:MOST]
    is_wide = wide.weight[rows] > 0
    size = weights.shape[1]
    pieces = np.full((MOST + 2, size), "", dtype=object)
    everyone = np.arange(size)
    pieces[0] = _fragments(lead, everyone + rows.start)
    for rank in range(MOST):
        room = ~is_wide if rank == MOST - 1 else np.ones(size, dtype=bool)
        for place, one in enumerate(found):
            who = np.flatnonzero((order[rank] == place) & (weights[place] > 0) & room)
            pieces[rank + 1, who] = _fragments(one, who + rows.start)
    who = np.flatnonzero(is_wide)
    pieces[-1, who] = _fragments(wide, who + rows.start)
    return [f"[{', '.join(filter(None, told))}]" for told in pieces.T.tolist()]


def _fragments(one: Reason, who: npt.NDArray[np.intp]) -> list[str]:
    """`["code", {"name": figure}]` of the customers `who`; what is no number becomes null."""
    names = ", ".join(f'"{name}": %s' for name in one.said)
    template = f'["{one.code}", {{{names}}}]'
    columns = [_plain(values, who) for values in one.said.values()]
    return [template % row for row in zip(*columns, strict=True)]


def _plain(values: Any, who: npt.NDArray[np.intp]) -> list[Any]:
    if not isinstance(values, np.ndarray):
        return [round(float(values), 4)] * who.size
    chosen = values[who]
    if chosen.dtype.kind != "f":
        return list(chosen.tolist())
    return [one if one == one else "null" for one in chosen.tolist()]
