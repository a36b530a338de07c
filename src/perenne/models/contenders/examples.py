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

Describe = Callable[[Ledger], Features]
"""Features of every customer of a ledger, as of its last day."""

ORIGINS = 6
FOLDS = 3
# More examples than this teach little more and cost time.
MOST_EXAMPLES = 240_000
FEWEST_CUSTOMERS = 200
FEWEST_EITHER = 60
HALF_LIFE = 365.0


@dataclass(frozen=True)
class Examples:
    """One row per customer and origin. `fold` parts the customers, so that none is on two sides.

    orders, value: what followed within the horizon, value net of returns. basket: what an order
    of the customer was worth so far. weight: less for origins long ago.
    """

    names: tuple[str, ...]
    values: Matrix
    categorical: npt.NDArray[np.bool_]
    origin: Ints
    fold: Ints
    orders: Floats
    value: Floats
    basket: Floats
    weight: Floats

    @property
    def bought(self) -> npt.NDArray[np.bool_]:
        return self.orders > 0


def gather(
    ledger: Ledger, *, horizon: int, describe: Describe, rng: np.random.Generator
) -> Examples:
    """Examples of up to `ORIGINS` earlier days; every outcome lies within `ledger.until`.

    Raises PerenneError when the history is too short or too few customers did, or did not, order.
    """
    first = int(ledger.day.min()) if ledger.day.size else ledger.until
    days = origins(first, ledger.until, horizon=horizon)
    fold_of = rng.permutation(ledger.customers) % FOLDS
    taken = [
        _at(ledger, day, horizon=horizon, describe=describe, fold_of=fold_of, rng=rng, of=len(days))
        for day in days
    ]
    told = [part for part in taken if part is not None]
    if not told:
        raise _too_short(first, ledger.until, horizon)
    together = Examples(
        told[0].names,
        np.concatenate([part.values for part in told]),
        told[0].categorical,
        *(
            np.concatenate([getattr(part, name) for part in told])
            for name in ("origin", "fold", "orders", "value", "basket", "weight")
        ),
    )
    _require_both(together)
    return together


def origins(first: int, until: int, *, horizon: int) -> list[int]:
    """Days to learn from, the latest first: a whole horizon follows, half of one lies before."""
    step = max(7, horizon // 4)
    earliest = first + max(horizon // 2, 28)
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
    described = describe(past)
    same = np.isin(ledger.customer_ids, past.customer_ids, assume_unique=True)
    return Examples(
        described.names,
        described.values[kept],
        described.categorical,
        np.full(kept.size, day),
        fold_of[same][kept],
        outcome.orders[kept],
        outcome.value[kept],
        basket(past)[kept],
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


def _too_short(first: int, until: int, horizon: int) -> PerenneError:
    return PerenneError(
        _("The history is too short to learn what customers do in {horizon} days.").format(
            horizon=horizon
        ),
        given={"days": until - first, "horizon": horizon},
        allowed=(
            _(
                "one and a half horizons of history, and {fewest} customers by the first third"
            ).format(fewest=FEWEST_CUSTOMERS),
        ),
        next_step=_("Use a probability model, a longer history or a shorter horizon."),
    )
