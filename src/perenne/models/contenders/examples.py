"""What a learner learns from: customers as they stood on earlier days, and what they did next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.features import Features, Matrix
from perenne.models.histories import Floats, Ints
from perenne.models.ledger import Ledger
from perenne.text import gettext as _

ORIGINS = 4
FOLDS = 3
# More examples than this teach little more and cost time.
MOST_EXAMPLES = 60_000
FEWEST_CUSTOMERS = 200
FEWEST_EITHER = 60
HALF_LIFE = 365.0
# Days of history that must lie before an origin, and days below which nothing is learnt.
LEAST_BEFORE = 28
SHORTEST = 28
# A learner looks ahead by this part of the horizon at least, and adds the rest by a model.
LEAST_PART = 4


@dataclass(frozen=True)
class Described:
    """What is known of each customer on a day, and what a plain guess makes of it.

    further: orders beyond the first, value: what all orders are worth, both given that there is
    an order, positive; the learner learns what to multiply them with.
    """

    features: Features
    further: Floats
    value: Floats


Describe = Callable[[Ledger], Described]
"""Every customer of a ledger as of its last day: nothing else may be read."""


@dataclass(frozen=True)
class Examples:
    """One row per customer and origin. `fold` parts the customers, so that none is on two sides.

    orders, value: what followed within the horizon, value net of returns. usual_further,
    usual_value: the plain guesses of `Described`. weight: less for origins long ago.
    """

    names: tuple[str, ...]
    values: Matrix
    categorical: npt.NDArray[np.bool_]
    origin: Ints
    fold: Ints
    orders: Floats
    value: Floats
    usual_further: Floats
    usual_value: Floats
    weight: Floats

    @property
    def bought(self) -> npt.NDArray[np.bool_]:
        return self.orders > 0


COLUMNS = ("origin", "fold", "orders", "value", "usual_further", "usual_value", "weight")


def gather(
    ledger: Ledger, *, horizon: int, describe: Describe, rng: np.random.Generator
) -> Examples:
    """Examples of up to `ORIGINS` earlier days; every outcome lies within `ledger.until`.

    Raises PerenneError when too few customers did, or did not, order.
    """
    days = origins(int(ledger.day.min()), ledger.until, horizon=horizon)
    fold_of = rng.permutation(ledger.customers) % FOLDS
    taken = [
        _at(ledger, day, horizon=horizon, describe=describe, fold_of=fold_of, rng=rng, of=len(days))
        for day in days
    ]
    told = [part for part in taken if part is not None]
    if not told:
        raise _too_short(ledger, horizon)
    together = Examples(
        told[0].names,
        np.concatenate([part.values for part in told]),
        told[0].categorical,
        *(np.concatenate([getattr(part, name) for part in told]) for name in COLUMNS),
    )
    _require_both(together)
    return together


def learnt_horizon(ledger: Ledger, horizon: int) -> int:
    """Days ahead that can be learnt: `horizon`, or as much of it as half the history allows.

    Raises PerenneError, before anything is computed, when that is less than a quarter of it, or
    when too few customers had bought, or had come back, to learn from.
    """
    first = int(ledger.day.min()) if ledger.day.size else ledger.until
    span = ledger.until - first
    days = horizon if origins(first, ledger.until, horizon=horizon) else min(span // 2, horizon)
    if days < max(SHORTEST, horizon // LEAST_PART):
        raise _too_short(ledger, horizon)
    bought = ledger.day[ledger.orders > 0] <= ledger.until - days
    if np.unique(ledger.customer[ledger.orders > 0][bought]).size < FEWEST_CUSTOMERS:
        raise _too_short(ledger, horizon)
    return days


def origins(first: int, until: int, *, horizon: int) -> list[int]:
    """Days to learn from, the latest first: a whole horizon follows, half of one lies before."""
    step = max(7, horizon // 4)
    earliest = first + max(horizon // 2, LEAST_BEFORE)
    return [day for day in (until - horizon - k * step for k in range(ORIGINS)) if day >= earliest]


def basket(ledger: Ledger) -> Floats:
    """Net per purchase day so far, drawn to the shop's as if two of those had been seen as well.

    Positive for every customer: it is the scale that the learner's ratios are multiplied with.
    """
    sold = ledger.orders > 0
    who = ledger.customer[sold]
    spent = np.bincount(who, ledger.net[sold], minlength=ledger.customers)
    days = np.bincount(who, minlength=ledger.customers)
    usual = max(ledger.shop.usual_net, 1e-6)
    shrunk: Floats = (spent + 2 * usual) / (days + 2)
    return np.maximum(shrunk, 0.05 * usual)


def _at(
    ledger: Ledger,
    day: int,
    *,
    horizon: int,
    describe: Describe,
    fold_of: Ints,
    rng: np.random.Generator,
    of: int,
) -> Examples | None:
    past = ledger.as_of(day)
    if past.customers < FEWEST_CUSTOMERS:
        return None
    outcome = ledger.outcome(past, horizon=horizon)
    kept = _sample(past.customers, MOST_EXAMPLES // of, rng)
    told = describe(past)
    same = np.isin(ledger.customer_ids, past.customer_ids, assume_unique=True)
    return Examples(
        told.features.names,
        told.features.values[kept],
        told.features.categorical,
        np.full(kept.size, day),
        fold_of[same][kept],
        outcome.orders[kept],
        outcome.value[kept],
        told.further[kept],
        told.value[kept],
        np.full(kept.size, 0.5 ** ((ledger.until - horizon - day) / HALF_LIFE)),
    )


def _sample(size: int, most: int, rng: np.random.Generator) -> Ints:
    if size <= most:
        return np.arange(size)
    chosen: Ints = np.sort(rng.choice(size, most, replace=False))
    return chosen


def _require_both(examples: Examples) -> None:
    buyers = int(examples.bought.sum())
    others = examples.bought.size - buyers
    if min(buyers, others) >= FEWEST_EITHER:
        return
    raise PerenneError(
        _(
            "Too few examples to learn from: {buyers} with a further order, {others} without."
        ).format(buyers=buyers, others=others),
        given={"buyers": buyers, "others": others},
        allowed=(_("at least {fewest} of each").format(fewest=FEWEST_EITHER),),
        next_step=_("Use a probability model, a longer history or another horizon."),
    )


def _too_short(ledger: Ledger, horizon: int) -> PerenneError:
    days = ledger.until - int(ledger.day.min()) if ledger.day.size else 0
    return PerenneError(
        _("The history is too short to learn what customers do in {horizon} days.").format(
            horizon=horizon
        ),
        given={"days": days, "customers": ledger.customers, "horizon": horizon},
        allowed=(
            _("half a horizon of history, and {fewest} customers by its middle").format(
                fewest=FEWEST_CUSTOMERS
            ),
        ),
        next_step=_("Use a probability model, a longer history or a shorter horizon."),
    )
