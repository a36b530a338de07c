"""What the first order tells beyond a customer's own purchases, measured on the shop's past.

The purchase models read when and how much a customer bought, and nothing else. Whether customers of
one channel, first category, first season or first discount bring more than such purchases promise
is asked of the last twelve months: what the model, fitted as of their beginning, expected of the
customers of that time, beside what they brought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.contenders.roster import contender
from perenne.models.histories import Floats, Ints
from perenne.models.judging.trials import ask, first_day, numbers_that_hold
from perenne.models.ledger import Ledger

YEAR = 365
LEAST_HISTORY = 180
"""Days before those twelve months below which nothing is asked."""
FEWEST, FEWEST_BUYERS = 100, 30
"""Customers of a group, and buyers of the whole shop, below which nothing is told."""
BINS = 10
SURE = 3.0
"""Standard errors: with some twenty groups, one shop in twenty is told of a trait that is none."""
ATTRIBUTES = ("channel", "first_category", "first_discounted")
TRAITS = (*ATTRIBUTES, "first_season")


@dataclass(frozen=True)
class Traits:
    """Of each customer the trait that matters most: factor on the value, and which it is.

    ratio: (customers,), 1 where nothing is told. trait: place in `TRAITS`, −1 for none; code: which
    of its groups. names: trait → name of each code, those of `first_season` being quarters 1 to 4.
    """

    ratio: Floats
    trait: Ints
    code: Ints
    names: Mapping[str, Sequence[str | None]] = field(default_factory=dict)


def no_traits(customers: int) -> Traits:
    none = np.full(customers, -1)
    return Traits(np.ones(customers), none, none)


def traits(
    ledger: Ledger,
    model: str,
    labels: Mapping[str, Sequence[str | None]],
    *,
    sample: Ledger,
    rng: np.random.Generator,
) -> Traits:
    """The traits of the customers of `ledger`, measured on `sample`, a part of them or all.

    model: id of the purchase model. labels: names behind the codes of attributes.
    """
    found = no_traits(ledger.customers)
    past = _past(sample)
    if past is None:
        return found
    try:
        with numbers_that_hold(model):
            fitted = contender(model).fit(past, horizon=YEAR, rng=rng)
        told = ask(fitted, past, horizon=YEAR, draws=0, rng=rng)
    except PerenneError:
        return found
    actual = sample.outcome(past, horizon=YEAR).value
    ratio, trait, code = found.ratio.copy(), found.trait.copy(), found.code.copy()
    then, now = groups(past), groups(ledger)
    for place, name in enumerate(TRAITS):
        if name not in then:
            continue
        effects = measured(actual, told.mean_value, then[name])
        own = now[name]
        inside = (own >= 0) & (own < effects.size)
        theirs = np.where(inside, effects[np.where(inside, own, 0)], 1.0)
        stronger = np.abs(theirs - 1) > np.abs(ratio - 1)
        ratio[stronger], trait[stronger], code[stronger] = theirs[stronger], place, own[stronger]
    return Traits(ratio, trait, code, {name: labels.get(name, ()) for name in ATTRIBUTES})


def _past(ledger: Ledger) -> Ledger | None:
    """The ledger a year before its end; None when too little lies before."""
    origin = ledger.until - YEAR
    if origin - first_day(ledger) < LEAST_HISTORY:
        return None
    past = ledger.as_of(origin)
    return past if past.customers >= FEWEST else None


def groups(ledger: Ledger) -> dict[str, npt.NDArray[np.int64]]:
    """Code of each customer by trait, −1 where unknown; the season is the quarter, 0 to 3."""
    first = ledger.day[ledger.starts[:-1]].astype("datetime64[D]").astype("datetime64[M]")
    found = {
        name: np.asarray(ledger.attributes[name], dtype=np.int64)
        for name in ATTRIBUTES
        if name in ledger.attributes
    }
    return {**found, "first_season": first.astype(np.int64) % 12 // 3}


def measured(actual: Floats, expected: Floats, codes: npt.NDArray[np.int64]) -> Floats:
    """Factor of each code on what is expected: actual over expected, beside the whole shop.

    1 for fewer than 100 customers, and where the group's total is within three standard errors of
    what it would be were it like the shop; else pulled to 1 by as much as its error says
    (James & Stein 1961: by 1 / z²). The error is that of customers with such expectations in the
    whole shop: of the group alone, it would be small just where large orders happen to be missing.
    """
    size = int(codes.max(initial=-1)) + 1
    found = np.ones(size)
    if float(expected.sum()) <= 0 or (actual > 0).sum() < FEWEST_BUYERS:
        return found
    level = float(actual.sum() / expected.sum())
    off = actual - level * expected
    known = codes >= 0
    count, miss, promised, square, cube = (
        np.bincount(codes[known], weights=values[known], minlength=size)
        for values in (
            np.ones(codes.size),
            off,
            level * expected,
            _like(off**2, expected),
            _like(off**3, expected),
        )
    )
    # The others of the shop have their part in its level.
    error = np.sqrt(square * np.clip(1 - count / codes.size, 0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        certain = np.abs(_normal(miss / error, skew=cube / square**1.5))
        ratio = 1 + miss / promised * (1 - 1 / certain**2)
    told = (count >= FEWEST) & (certain >= SURE) & (promised > 0)
    return np.where(told, np.maximum(ratio, 0.0), found)


def _like(moment: Floats, expected: Floats) -> Floats:
    """Mean of `moment` by customer, over the tenth of customers of the same expectation."""
    place = np.argsort(np.argsort(expected, kind="stable"), kind="stable") * BINS // moment.size
    mean = np.bincount(place, weights=moment) / np.bincount(place)
    return np.asarray(mean[place], dtype=np.float64)


def _normal(z: Floats, *, skew: Floats) -> Floats:
    """Standard errors as of a normal total, of one that large orders skew (normal power)."""
    bent = np.maximum(skew, 1e-3)
    inside = 9 / bent**2 + 6 * z / bent + 1
    return np.asarray(np.sqrt(np.maximum(inside, 0.0)) - 3 / bent, dtype=np.float64)
