"""What the shop spends to win and keep customers: Meta exports and a French spreadsheet.

The spend of a week is the number of customers expected in it, times the cost aimed at, times
a log-normal noise: it is decided before it is known who will come.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from perenne.demo import channels
from perenne.demo.season import DAY, Calendar, epoch_day

ACQUISITION, RETENTION = "acquisition", "retention"
_META_CAMPAIGNS = ("Prospection – Europe", "Reciblage | Panier", "Temps forts 🎄")


@dataclass(frozen=True, slots=True)
class Spend:
    """Cents spent from `first` to `last`, both included, by one campaign."""

    first: date
    last: date
    channel: str
    kind: str
    campaign: str
    cents: int


def draw_spending(rng: np.random.Generator, calendar: Calendar, customers: int) -> list[Spend]:
    """All spending of the history, week by week (Monday to Sunday)."""
    spending: list[Spend] = []
    for first, last in _weeks(calendar):
        spending += _week_spending(rng, calendar, first=first, last=last, customers=customers)
    return [spend for spend in spending if spend.cents > 0]


def _weeks(calendar: Calendar) -> list[tuple[date, date]]:
    weeks, day = [], calendar.start
    while day <= calendar.until:
        last = min(day + timedelta(days=6 - day.weekday()), calendar.until)
        weeks.append((day, last))
        day = last + timedelta(days=1)
    return weeks


def _week_spending(
    rng: np.random.Generator, calendar: Calendar, *, first: date, last: date, customers: int
) -> list[Spend]:
    bounds = np.array([epoch_day(first) * DAY, (epoch_day(last) + 1) * DAY], dtype=np.int64)
    arrived = np.interp(bounds, calendar.edges, calendar.arrivals)
    expected = customers * float(arrived[1] - arrived[0])
    shares = channels.column("share") + calendar.progress(bounds[:1])[0] * channels.column("trend")
    shares = shares / shares.sum()
    noise = rng.lognormal(-0.02, 0.2, len(channels.CHANNELS))
    won = expected * shares * channels.column("cac") * noise
    days = (last - first).days + 1
    kept = channels.column("retention") * customers / 1000 * days / 30.44
    spending = []
    for place, channel in enumerate(channels.NAMES):
        spending += _split(rng, Spend(first, last, channel, ACQUISITION, "", _cents(won[place])))
        spending.append(
            Spend(first, last, channel, RETENTION, "Programme fidélité", _cents(kept[place]))
        )
    return spending


def _cents(amount: float) -> int:
    return round(float(amount) * 100)


def _split(rng: np.random.Generator, spend: Spend) -> list[Spend]:
    """Meta's spend goes to three campaigns; other channels have one."""
    names: tuple[str, ...] = (f"{spend.channel} {spend.first.year}",)
    if spend.channel == channels.NAMES[channels.META]:
        names = _META_CAMPAIGNS
    cuts = np.floor(np.cumsum(rng.dirichlet([4.0] * len(names))) * spend.cents).astype(int)
    cuts[-1] = spend.cents
    parts = np.diff(cuts, prepend=0).tolist()
    return [
        Spend(spend.first, spend.last, spend.channel, spend.kind, name, int(part))
        for name, part in zip(names, parts, strict=True)
    ]
