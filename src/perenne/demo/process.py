"""Who comes to the shop and when they buy: the known process behind the simulated exports."""

import numpy as np

from perenne.demo import channels, season
from perenne.demo.season import DAY, FUTURE_DAYS, Calendar, Floats, Ints
from perenne.demo.shapes import CANCELLED, PENDING, PERSON, SALE, VOIDED, Table

_COUNTRY_SHARES = np.array([0.90, 0.07, 0.02, 0.01])
_STATUS_SHARES = np.array([0.967, 0.008, 0.020, 0.005])
#: A first order bought with a discount brings less faithful customers.
DEAL_SEEKER_DROPOUT = 1.35
_LOYALTY_SHARE, _FREE_SHARE = 0.05, 0.003


def draw_people(
    rng: np.random.Generator, size: int, *, first_number: int, calendar: Calendar
) -> Table:
    """`size` new people: arrival, channel, latent rates, tastes. One row of PERSON each."""
    people = np.zeros(size, dtype=PERSON)
    people["number"] = first_number + np.arange(size)
    people["joined"] = calendar.arrival(rng.random(size))
    channel = _channel(rng, calendar.progress(people["joined"]))
    people["channel"] = channel
    people["country"] = _choose(rng, _COUNTRY_SHARES, size)
    people["first_code"] = _first_code(rng, channel, calendar.code(people["joined"]))
    _draw_rates(rng, people)
    people["taste"] = rng.normal(channels.column("taste")[channel], 0.45)
    people["appetite"] = rng.gamma(2.0, 0.4 * channels.column("basket")[channel])
    people["favourite"] = np.floor(rng.random(size) * 6)
    return people


def _choose(rng: np.random.Generator, shares: Floats, size: int) -> Ints:
    cut = np.cumsum(shares) / shares.sum()
    return np.minimum(np.searchsorted(cut, rng.random(size), side="right"), len(shares) - 1)


def _channel(rng: np.random.Generator, progress: Floats) -> Ints:
    """The mix moves along the history: Meta grows, the store shrinks."""
    shares = channels.column("share") + progress[:, None] * channels.column("trend")
    cuts = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    found = (rng.random(len(progress))[:, None] >= cuts).sum(axis=1)
    mixed: Ints = np.minimum(found, len(channels.CHANNELS) - 1)
    return mixed


def _first_code(rng: np.random.Generator, channel: Ints, running: Ints) -> Ints:
    size = len(channel)
    welcomed = rng.random(size) < channels.column("welcome")[channel]
    promoted = rng.random(size) < season.UPTAKE[running]
    return np.where(promoted, running, np.where(welcomed, season.WELCOME, season.NO_CODE))


def _draw_rates(rng: np.random.Generator, people: Table) -> None:
    channel, size = people["channel"], len(people)
    rate = rng.gamma(channels.R, 1 / channels.ALPHA, size) * channels.column("rate")[channel]
    dropout = rng.gamma(channels.S, 1 / channels.BETA, size)
    dropout *= channels.column("dropout")[channel]
    dropout *= np.where(people["first_code"] > 0, DEAL_SEEKER_DROPOUT, 1.0)
    people["rate"], people["dropout"] = rate, dropout
    # A gamma draw near zero would overflow: a century is as good as for ever.
    lifetime = rng.exponential(size=size) / np.maximum(dropout, 1e-12)
    people["lifetime"] = np.minimum(lifetime, 36_525.0)


def draw_purchases(rng: np.random.Generator, people: Table, calendar: Calendar) -> Table:
    """Every purchase up to the calendar's end, sorted by person and time: rows of SALE.

    The first purchase is the arrival itself; the following ones are uniform in operational
    time, their number Poisson, as in a Poisson process. Purchases of the year after the end
    are only counted, in `future_orders`.
    """
    joined = people["joined"]
    death = joined + (people["lifetime"] * DAY).astype(np.int64)
    begun = calendar.elapsed(joined)
    stopped = calendar.elapsed(np.minimum(death, calendar.end))
    counts = rng.poisson(people["rate"] * np.maximum(stopped - begun, 0.0))
    _draw_future(rng, people, calendar, death=death)
    owner = np.repeat(np.arange(len(people)), counts)
    elapsed = begun[owner] + rng.random(len(owner)) * (stopped - begun)[owner]
    again = np.minimum(calendar.at(elapsed), calendar.end - 1)
    return _sales(people, np.concatenate([np.arange(len(people)), owner]),
                  np.concatenate([joined, again]))  # fmt: skip


def _draw_future(
    rng: np.random.Generator, people: Table, calendar: Calendar, *, death: Ints
) -> None:
    horizon = calendar.end + FUTURE_DAYS * DAY
    later = calendar.elapsed(np.clip(death, calendar.end, horizon))
    exposure = later - calendar.elapsed(np.array([calendar.end]))
    people["future_orders"] = rng.poisson(people["rate"] * exposure)


def _sales(people: Table, owner: Ints, at: Ints) -> Table:
    order = np.lexsort((at, owner))
    sales = np.zeros(len(owner), dtype=SALE)
    sales["owner"] = owner[order]
    sales["at"] = season.legal_time(at[order])[0]
    sales["number"] = people["number"][sales["owner"]]
    sales["country"] = people["country"][sales["owner"]]
    return sales


def is_first(sales: Table) -> Table:
    """Whether each sale is its person's very first; `sales` sorted by person."""
    owner = sales["owner"]
    return np.concatenate([[True], owner[1:] != owner[:-1]])


def draw_circumstances(
    rng: np.random.Generator, sales: Table, people: Table, *, calendar: Calendar
) -> None:
    """Fill in each sale's channel, how it shows, status, missing e-mail and discount code."""
    size, first = len(sales), is_first(sales)
    sales["channel"] = _order_channel(rng, people["channel"][sales["owner"]], first)
    online = sales["channel"] != channels.STORE
    hidden = online & (rng.random(size) < channels.UNKNOWN_SHARE)
    by_tag = ~online | (rng.random(size) < 0.35)
    sales["mark"] = np.where(hidden, channels.UNMARKED,
                             np.where(by_tag, channels.BY_TAG, channels.BY_UTM))  # fmt: skip
    sales["status"] = _choose(rng, _STATUS_SHARES, size)
    sales["guest"] = rng.random(size) < channels.column("guest")[sales["channel"]]
    sales["code"] = _codes(rng, sales, calendar)
    sales["code"][first] = people["first_code"][sales["owner"][first]]
    sales["rank"] = rank(sales)


def _order_channel(rng: np.random.Generator, acquired: Ints, first: Table) -> Ints:
    """Later orders mostly come back by themselves, by e-mail, by search, or in the store."""
    back = np.array([channels.DIRECT, channels.EMAIL, channels.ORGANIC, channels.STORE])
    chosen = back[_choose(rng, np.array([0.27, 0.41, 0.22, 0.10]), len(acquired))]
    same = rng.random(len(acquired)) < np.where(acquired == channels.STORE, 0.75, 0.35)
    return np.where(first | same, acquired, chosen)


def _codes(rng: np.random.Generator, sales: Table, calendar: Calendar) -> Ints:
    running = calendar.code(sales["at"])
    promoted = rng.random(len(sales)) < season.UPTAKE[running]
    draw = rng.random(len(sales))
    other = np.where(draw < _LOYALTY_SHARE, season.LOYALTY, season.NO_CODE)
    other[draw > 1 - _FREE_SHARE] = season.FREE
    return np.where(promoted, running, other)


def is_purchase(sales: Table) -> Table:
    """Orders that count: neither cancelled nor voided; waiting for payment counts."""
    counted: Table = (sales["status"] != CANCELLED) & (sales["status"] != VOIDED)
    return counted


def rank(sales: Table) -> Ints:
    """1, 2, 3 … for each person's attributable purchases in turn, 0 for other orders."""
    counted = is_purchase(sales) & (sales["guest"] == 0)
    running = np.cumsum(counted)
    before = (running - counted)[is_first(sales)]
    repeats = np.diff(np.concatenate([np.flatnonzero(is_first(sales)), [len(sales)]]))
    return np.where(counted, running - np.repeat(before, repeats), 0)


def is_unpaid(sales: Table) -> Table:
    """Orders whose money never came: nothing of them can be paid back."""
    unpaid: Table = (sales["status"] == PENDING) | (sales["status"] == VOIDED)
    return unpaid
