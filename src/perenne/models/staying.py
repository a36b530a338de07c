"""Whether customers are still there, and by when each is as likely as not to order again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from perenne.models.contenders.occasions import FittedOccasions
from perenne.models.contenders.probability import NEVER_LEAVE, WEEK, FittedProbability
from perenne.models.contenders.seasonal import SEASON
from perenne.models.histories import Floats, compress
from perenne.models.ledger import Ledger
from perenne.models.next_order import DAYS_A_YEAR, placed, ultimate
from perenne.models.value.discounting import LONGEST_YEARS, units_per_year
from perenne.models.value.even_odds import even_odds

# Under these a customer with one order is alive by construction, which says nothing.
ALIVE_BY_CONSTRUCTION = ("bg_nbd", "bg_cnbd")
# An order of the last day came at some hour of it: half a day ago on average.
SINCE_LAST_DAY = 0.5 / WEEK
# Distinct histories times occasions looked at together.
CELLS = 2_000_000


# Why there is no day: the chance that any order follows stays below one half; or it reaches it
# after the last horizon of which a chance is stated.
NEVER, LATER = "never_even_odds", "after_horizons"


@dataclass(frozen=True)
class Staying:
    """(customers,) each. alive: chance of still being a customer, NaN where the model cannot but
    say so. days: from the last of the ledger until a further order is as likely as not; NaN where
    `notes` say why there is no such day.
    """

    alive: Floats
    days: Floats
    notes: Sequence[str | None]


def staying(
    model: FittedProbability, ledger: Ledger, *, stated: Mapping[int, Floats] | None = None
) -> Staying:
    """As the purchase model has it; on occasions, by the occasion that comes next.

    stated: days ahead → the chance of an order until then as another contender tells it,
    (customers,), rising; NaN where it tells none. What is told here keeps with it: nobody is less
    likely to be there than to order, and the day lies where these chances put it (`placed`).
    """
    alive = told_alive(model, ledger)
    known = {day: chance for day, chance in (stated or {}).items() if not np.isnan(chance).any()}
    if not known:
        days = (
            _by_occasion(model, ledger)
            if isinstance(model, FittedOccasions)
            else _by_day(model, ledger)
        )
        return Staying(alive, days, [NEVER if never else None for never in np.isnan(days)])
    last = known[max(known)]
    days = placed(model, ledger, known)
    likely = last >= 0.5
    ever = likely | (ultimate(model, ledger) >= 0.5)
    notes = [
        None if on else LATER if some else NEVER for on, some in zip(likely, ever, strict=True)
    ]
    return Staying(np.maximum(alive, last), days, notes)


def chance_alive(model: FittedProbability, ledger: Ledger) -> Floats:
    """Chance of still being a customer, whatever it rests on.

    Who ordered on the last day itself has had half a day to leave: Pareto/NBD would say 1 of them.
    """
    history = model.history(ledger)
    if not isinstance(model, FittedOccasions):
        just = history["recency"] >= history["tenure"]
        history |= {"tenure": history["tenure"] + np.where(just, SINCE_LAST_DAY, 0.0)}
    return np.asarray(model.purchases.probability_alive(**history), dtype=np.float64)


def told_alive(model: FittedProbability, ledger: Ledger) -> Floats:
    """The same, NaN where the model has no way to say otherwise."""
    source = model.name.removesuffix(SEASON)
    alive = chance_alive(model, ledger)
    if source in ALIVE_BY_CONSTRUCTION:
        return np.where(model.history(ledger)["frequency"] > 0, alive, np.nan)
    return np.full_like(alive, np.nan) if source in NEVER_LEAVE else alive


def _by_day(model: FittedProbability, ledger: Ledger) -> Floats:
    history = model.history(ledger)
    rows = compress(*history.values())
    distinct = {name: getattr(rows, name) for name in history}
    weeks, _reason = even_odds(
        lambda time, place: model.purchases.probability_of_purchase(
            time, **{name: column[place] for name, column in distinct.items()}
        ),
        size=rows.frequency.size,
        longest=LONGEST_YEARS * units_per_year("week"),
    )
    return model.days_until(ledger, weeks)[rows.row]


def _by_occasion(model: FittedOccasions, ledger: Ledger) -> Floats:
    """Days until the first occasion by which a purchase has come as likely as not."""
    history: Mapping[str, Floats] = model.history(ledger)
    rows = compress(*history.values())
    longest = int(LONGEST_YEARS * DAYS_A_YEAR / model.occasions.step)
    width = max(CELLS // longest, 1)
    ahead = np.full(rows.frequency.size, np.nan)
    for start in range(0, ahead.size, width):
        part = slice(start, start + width)
        chances = model.purchases.next_purchase_probabilities(
            frequency=rows.frequency[part],
            recency=rows.recency[part],
            periods=rows.tenure[part],
            up_to=longest,
        )
        reached = np.cumsum(chances, axis=1) >= 0.5
        ahead[part] = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.nan)
    return model.occasions.days_until(ledger.until, ahead)[rows.row]
