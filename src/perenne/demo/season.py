"""The shop's calendar: seasons, promotions, the operational clock and French legal time.

Times are seconds of local wall-clock time since 1970-01-01 00:00 (Europe/Paris). Purchases
follow a Poisson process in *operational* time: one operational day holds the purchases of one
average day, so a December Saturday counts for more than one and an August night for hardly
anything. Stretching time this way keeps the process exact (an inhomogeneous Poisson process).
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

DAY = 86_400
HOUR = 3_600
#: Days simulated after `until`, for the truth about the year to come; never exported.
FUTURE_DAYS = 365

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Relative sales at the middle of each month, of each weekday (Monday first), of each hour.
_MONTHS = (1.0, 0.86, 0.9, 0.95, 1.06, 0.96, 0.88, 0.68, 1.0, 1.04, 1.25, 1.6)
_WEEKDAYS = (1.0, 0.98, 1.0, 0.96, 0.92, 1.05, 1.15)
_HOURS = (4, 2, 1, 1, 1, 2, 4, 8, 14, 20, 24, 24, 28, 26, 22, 22, 24, 27, 30, 34, 40, 42, 30, 14)
#: Arrivals of new customers grow by this factor from one year to the next.
YEARLY_GROWTH = 1.22

NO_CODE, WELCOME, LOYALTY, FREE, WINTER, SUMMER, BLACK_FRIDAY = range(7)
CODES = ("", "BIENVENUE10", "MERCI15", "AMBASSADRICE", "SOLDESHIVER", "SOLDESETE", "BLACKFRIDAY")
#: Per cent off, chance that an order uses the running promotion, lift of sales while it runs.
RATES = np.array([0, 10, 15, 100, 20, 30, 25], dtype=np.int64)
UPTAKE = np.array([0.0, 0.0, 0.0, 0.0, 0.45, 0.45, 0.70])
_LIFT = np.array([1.0, 1.0, 1.0, 1.0, 1.25, 1.2, 2.2])


def _nth_weekday(year: int, month: int, *, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _last_weekday(year: int, month: int, weekday: int) -> date:
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def promotions(year: int) -> list[tuple[int, date, date]]:
    """The promotions of a year: code, first day, last day (French sales, Black Friday)."""
    winter = _nth_weekday(year, 1, weekday=2, nth=2)
    summer = _last_weekday(year, 6, 2)
    friday = _nth_weekday(year, 11, weekday=3, nth=4) + timedelta(days=1)
    return [
        (WINTER, winter, winter + timedelta(days=27)),
        (SUMMER, summer, summer + timedelta(days=27)),
        (BLACK_FRIDAY, friday - timedelta(days=1), friday + timedelta(days=3)),
    ]


def epoch_day(day: date) -> int:
    """Days from 1970-01-01 to `day`."""
    return (day - date(1970, 1, 1)).days


@dataclass(frozen=True, slots=True)
class Calendar:
    """Seasons of one simulated history, from `start` to `until`, both included.

    `edges`: hourly local seconds; `clock`: operational days elapsed at each edge; `arrivals`:
    share of all new customers arrived at each edge (1 at the end of `until`); `codes`: the
    promotion running on each day since `start`.
    """

    start: date
    until: date
    edges: Ints
    clock: Floats
    arrivals: Floats
    codes: Ints

    @property
    def end(self) -> int:
        """First second after the history."""
        return (epoch_day(self.until) + 1) * DAY

    def elapsed(self, at: Ints) -> Floats:
        """Operational days at the given seconds."""
        return np.interp(at, self.edges, self.clock)

    def at(self, elapsed: Floats) -> Ints:
        """The inverse of `elapsed`, to the second."""
        return np.interp(elapsed, self.clock, self.edges).astype(np.int64)

    def arrival(self, draw: Floats) -> Ints:
        """When a new customer arrives, from a uniform draw."""
        seconds = np.interp(draw, self.arrivals, self.edges).astype(np.int64)
        return np.minimum(seconds, self.end - 1)

    def progress(self, at: Ints) -> Floats:
        """0 at the start of the history, 1 at its end."""
        first = epoch_day(self.start) * DAY
        return (at - first) / (self.end - first)

    def code(self, at: Ints) -> Ints:
        """The promotion running at the given seconds (0 when there is none)."""
        running: Ints = self.codes[at // DAY - epoch_day(self.start)]
        return running


def history_start(until: date, years: int) -> date:
    """The first day of `years` full years ending on `until`."""
    after = until + timedelta(days=1)
    try:
        return after.replace(year=after.year - years)
    except ValueError:  # 29 February in a year that has none
        return after.replace(year=after.year - years, day=28)


def make_calendar(until: date, years: int) -> Calendar:
    """The calendar of `years` years ending on `until`, with a year after it."""
    start = history_start(until, years)
    days = np.arange(epoch_day(start), epoch_day(until) + 1 + FUTURE_DAYS, dtype=np.int64)
    codes = _running_codes(days, start.year)
    weights = (_season(days) * _LIFT[codes])[:, None] * _hour_profile()[None, :]
    history = len(days) - FUTURE_DAYS
    weights /= weights[:history].sum() / history
    edges = np.arange(days[0] * 24, (days[-1] + 1) * 24 + 1, dtype=np.int64) * HOUR
    growth = YEARLY_GROWTH ** ((days - days[0]) / 365.25)
    arriving = (weights * growth[:, None])[:history].ravel()
    arrivals = np.concatenate([[0.0], np.cumsum(arriving), np.full(24 * FUTURE_DAYS, np.inf)])
    return Calendar(
        start=start,
        until=until,
        edges=edges,
        clock=np.concatenate([[0.0], np.cumsum(weights.ravel())]),
        arrivals=np.minimum(arrivals / arriving.sum(), 1.0),
        codes=codes,
    )


def _running_codes(days: Ints, first_year: int) -> Ints:
    codes = np.zeros(len(days), dtype=np.int64)
    last_year = int(days[-1].astype("datetime64[D]").astype("datetime64[Y]").astype(int)) + 1970
    for year in range(first_year, last_year + 1):
        for code, first, last in promotions(year):
            codes[(days >= epoch_day(first)) & (days <= epoch_day(last))] = code
    return codes


def _season(days: Ints) -> Floats:
    dates = days.astype("datetime64[D]")
    day_of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    middles = np.arange(12) * 30.44 + 15.2
    yearly = np.interp(day_of_year, middles, _MONTHS, period=365.25)
    # Parcels ordered after 23 December come too late for Christmas.
    yearly[(day_of_year >= 357) & (day_of_year <= 365)] *= 0.5
    weekday = (days + 3) % 7
    seasonal: Floats = yearly * np.array(_WEEKDAYS)[weekday]
    return seasonal


def _hour_profile() -> Floats:
    hours = np.array(_HOURS, dtype=np.float64)
    profile: Floats = hours / hours.sum()
    return profile


def _clock_changes(first_year: int, last_year: int) -> Ints:
    """Local seconds of the changes to summer and winter time, one of each a year."""
    changes = []
    for year in range(first_year, last_year + 1):
        changes.append(epoch_day(_last_weekday(year, 3, 6)) * DAY + 2 * HOUR)
        changes.append(epoch_day(_last_weekday(year, 10, 6)) * DAY + 3 * HOUR)
    return np.array(changes, dtype=np.int64)


def legal_time(at: Ints) -> tuple[Ints, Ints]:
    """Wall-clock seconds that exist in France, and their offset from UTC in hours.

    The hour skipped in March moves one hour on; the hour lived twice in October is taken as
    summer time.
    """
    years = at.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970
    changes = _clock_changes(int(years.min()), int(years.max()))
    skipped = np.isin(at // HOUR, changes[::2] // HOUR)
    existing = at + skipped * HOUR
    summer = np.searchsorted(changes, existing, side="right") % 2 == 1
    return existing, np.where(summer, 2, 1).astype(np.int64)
