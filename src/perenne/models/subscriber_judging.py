"""Forecasts of subscriptions beside what happened: backtests, and what an earlier snapshot said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from perenne.core import PerenneError, add_months
from perenne.models.contracts.fitted_contract import FittedContract
from perenne.models.histories import Floats
from perenne.models.judging.recalibration import LARGEST_MISS, Adjustment, centre_of, spread_of
from perenne.models.subscriber_lives import YEAR_MONTHS, Counts, Flags, Lives, fit

# Past days from which a forecast is made, and the latest of them that are judged; the others teach.
MOST_ORIGINS, JUDGED = 8, 4
# Subscriptions of an interval on which they are; of more, every k-th.
MOST_JUDGED = 20_000
DRAWS = 400
EVERYONE = "all"
INTERVAL = (0.05, 0.95)


@dataclass(frozen=True)
class Foreseen:
    """Subscriptions in force on a past day, (n,), what was said of them, and what they did.

    renewals: ahead of that day. stayed: there after so many. usual: share that last year's
    renewals kept, each.
    """

    origin: date
    renewals: int
    model: FittedContract
    tenure: Counts
    cohort: npt.NDArray[Any]
    stayed: Flags
    usual: float

    def chances(self, pace: float = 1.0) -> Floats:
        """Of each to be there after the renewals ahead."""
        return self.model.probability_alive(self.renewals, tenure=self.tenure, pace=pace)

    @property
    def baseline(self) -> float:
        """The same of everybody: as many renewals at last year's rate."""
        return float(self.usual**self.renewals)

    @property
    def miss(self) -> float:
        """Logarithm of the pace of leaving at which as many would have stayed as did."""
        kept = float(self.stayed.sum())

        def over(log_pace: float) -> float:
            return float(self.chances(np.exp(log_pace)).sum()) - kept

        widest = 2 * LARGEST_MISS
        if over(widest) > 0 or over(-widest) < 0:
            return widest if over(widest) > 0 else -widest
        return float(brentq(over, -widest, widest))

    @property
    def noise(self) -> float:
        """Variance of `miss` that chance explains."""
        step = 0.01
        up, down = (self.chances(float(np.exp(one))).sum() for one in (step, -step))
        slope = float(up - down) / (2 * step)
        chance = self.chances()
        return float(chance @ (1 - chance)) / slope**2 if slope < 0 else np.inf


@dataclass(frozen=True)
class Scored:
    """One cohort, or all, at one past day: how many of those in force were expected to stay."""

    origin: date
    renewals: int
    cohort: str
    in_force: int
    expected: float
    low: float
    high: float
    baseline: float
    actual: int

    @property
    def inside(self) -> bool:
        return self.low <= self.actual <= self.high


@dataclass(frozen=True)
class Judgement:
    """How forecasts of one interval did, and what they teach.

    pace: of leaving beside what the model says. brier, baseline_brier: mean squared error of each
    one's chance to stay; NaN where no past day could be judged.
    """

    pace: Adjustment
    scores: tuple[Scored, ...] = ()
    brier: float = np.nan
    baseline_brier: float = np.nan

    @property
    def beats_baseline(self) -> bool:
        return self.brier < self.baseline_brier

    @property
    def totals(self) -> list[Scored]:
        """Of all cohorts together, by past day."""
        return [one for one in self.scores if one.cohort == EVERYONE]


def judge(lives: Lives, *, rng: np.random.Generator) -> Judgement:
    """Forecasts of a year from past days, on what was known then; level and width as learnt before.

    From every half year back, for as long as there is enough to fit. What an origin is judged with
    was learnt from origins whose year was over by then.
    """
    span = max(YEAR_MONTHS, round(YEAR_MONTHS / lives.per_year))
    foreseen = list(_foreseen(_sample(lives), span))
    scores: list[Scored] = []
    brier, usual = [], []
    for one in foreseen[:JUDGED]:
        before = [past for past in foreseen if add_months(past.origin, span) <= one.origin]
        pace = learn_pace(before)
        scores += _scored(one, pace, rng=rng)
        brier.append(float(np.mean((one.chances(pace.level) - one.stayed) ** 2)))
        usual.append(float(np.mean((one.baseline - one.stayed) ** 2)))
    if not scores:
        return Judgement(learn_pace(foreseen))
    return Judgement(
        learn_pace(foreseen), tuple(scores), float(np.mean(brier)), float(np.mean(usual))
    )


def learn_pace(foreseen: Sequence[Foreseen]) -> Adjustment:
    """As the level of other forecasts is learnt: shrunk to none, with the error of the next."""
    misses = np.array([one.miss for one in foreseen])
    # n years that overlap by half cover (n + 1) / 2 years.
    weights = np.full(misses.size, (misses.size + 1) / (2 * max(misses.size, 1)))
    centre = centre_of(misses, weights)
    noise = np.array([one.noise for one in foreseen])
    spread, freedom = spread_of(misses - centre, weights, noise)
    return Adjustment(level=float(np.exp(centre)), level_spread=spread, freedom=freedom)


def _sample(lives: Lives) -> Lives:
    step = -(-lives.size // MOST_JUDGED)
    return lives if step == 1 else lives.part(np.arange(0, lives.size, step))


def _foreseen(lives: Lives, span: int) -> Iterator[Foreseen]:
    """From `span` months ago and half as much further back each time, the latest first."""
    renewals = max(1, int(lives.per_year * span / YEAR_MONTHS + 1e-9))
    first = lives.start.min().item()
    for number in range(MOST_ORIGINS):
        origin = add_months(lives.as_of, -span - number * (span // 2))
        if origin <= first:
            return
        known = lives.at(origin)
        try:
            model = fit(known).model
        except PerenneError:
            return
        usual = _usual(known, add_months(origin, -span))
        there = np.flatnonzero(known.in_force)
        if usual is None or not there.size:
            return
        then = known.part(there)
        later = lives.part(np.flatnonzero(lives.start <= np.datetime64(origin))[there])
        yield Foreseen(
            origin=origin,
            renewals=renewals,
            model=model,
            tenure=then.tenure,
            cohort=then.cohort,
            stayed=stayed(later, then.tenure + renewals),
            usual=usual,
        )


def stayed(lives: Lives, renewals: Counts) -> Flags:
    """Who survived so many renewals, (subscriptions,)."""
    return ~lives.churned | (lives.tenure > renewals)


def _usual(known: Lives, since: date) -> float | None:
    """Share of the renewals since a day that were kept; None when there was none."""
    day = np.datetime64(since)
    before = np.where(known.start <= day, known.renewals(np.minimum(day, known.until))[0], 0)
    faced = float(np.maximum(known.tenure - before, 0)[known.until > day].sum())
    left = float((known.churned & (known.until > day)).sum())
    return 1 - left / faced if faced > 0 else None


def _scored(one: Foreseen, pace: Adjustment, *, rng: np.random.Generator) -> Iterator[Scored]:
    chances = one.chances(pace.level)
    groups = [(EVERYONE, np.ones(chances.size, dtype=bool))]
    names = np.unique(one.cohort).tolist()
    groups += [(name, one.cohort == name) for name in names] if len(names) > 1 else []
    drawn = survivors(
        one.model, pace, [(one.tenure, one.renewals, mask) for _, mask in groups], rng=rng
    )
    for (cohort, mask), draws in zip(groups, drawn, strict=True):
        low, high = np.quantile(draws, INTERVAL, method="inverted_cdf")
        yield Scored(
            origin=one.origin,
            renewals=one.renewals,
            cohort=cohort,
            in_force=int(mask.sum()),
            expected=float(chances[mask].sum()),
            low=float(low),
            high=float(high),
            baseline=one.baseline * int(mask.sum()),
            actual=int(one.stayed[mask].sum()),
        )


Asked = tuple[Counts, Any, Flags]
"""(renewals survived, renewals ahead, one or each; whose total is asked), (subscriptions,)."""


def survivors(
    model: FittedContract, pace: Adjustment, asked: Sequence[Asked], *, rng: np.random.Generator
) -> list[Floats]:
    """Draws of how many are there after the renewals ahead, (draws,) for each of `asked`.

    One draw has one vector of parameters and one error of the pace, for all alike.
    """
    drawn = {name: v[:, None] for name, v in model.parameter_draws(DRAWS, rng=rng).items()}
    curve, paces = model.curve(drawn), pace.drawn(DRAWS, rng=rng)[:, None]
    found = []
    for tenure, ahead, mask in asked:
        pairs = np.stack((tenure[mask], np.broadcast_to(ahead, tenure.shape)[mask]))
        kinds, count = np.unique(pairs, axis=1, return_counts=True)
        chance = np.exp(curve.log_stays(kinds[0][None, :], kinds[1][None, :], paces))
        found.append(rng.binomial(count, np.clip(chance, 0, 1)).sum(axis=1).astype(np.float64))
    return found


@dataclass(frozen=True)
class EarlierSubscriptions:
    """What an earlier snapshot said: its day, rows of `subscription_predictions`, its manifest."""

    made: date
    rows: Sequence[Mapping[str, Any]]
    manifest: Mapping[str, Any]


def months_ahead(
    lives: Lives, model: FittedContract, pace: Adjustment, *, rng: np.random.Generator
) -> list[dict[str, float]]:
    """How many of those in force will be there after 1 … 12 months, with the 90% interval."""
    now = lives.part(np.flatnonzero(lives.in_force))
    everyone = np.ones(now.size, dtype=bool)
    ahead = [
        np.maximum(_renewals_by(now, add_months(lives.as_of, month)) - now.tenure, 0)
        for month in range(1, YEAR_MONTHS + 1)
    ]
    drawn = survivors(model, pace, [(now.tenure, one, everyone) for one in ahead], rng=rng)
    found = []
    for month, (more, draws) in enumerate(zip(ahead, drawn, strict=True), start=1):
        low, high = np.quantile(draws, INTERVAL, method="inverted_cdf")
        expected = model.probability_alive(more, tenure=now.tenure, pace=pace.level).sum()
        ends = {"expected": float(expected), "lo90": float(low), "hi90": float(high)}
        found.append({"months": month, **ends})
    return found


def _renewals_by(lives: Lives, day: date) -> Counts:
    return lives.renewals(np.datetime64(day))[0]


def came_true(
    groups: Sequence[Lives], earlier: EarlierSubscriptions, *, as_of: date
) -> dict[str, Any] | None:
    """What an earlier snapshot expected by now beside what came; None within the first month.

    Of subscriptions that the records no longer know (erased, merged) nothing is said: what was
    expected of all counts in proportion.
    """
    months = min(_months_between(earlier.made, as_of), YEAR_MONTHS)
    if months < 1:
        return None
    day = add_months(earlier.made, months)
    told: dict[str, list[str]] = {}
    for row in earlier.rows:
        told.setdefault(row["interval"], []).append(row["subscription_id"])
    found = {}
    for name, said in (earlier.manifest.get("intervals") or {}).items():
        ahead = (said.get("ahead") or [])[months - 1 : months]
        known = _known(groups, set(told.get(name, ())))
        size = sum(one.size for one in known)
        if not ahead or not size:
            continue
        part = size / len(told[name])
        low, high = ahead[0]["lo90"] * part, ahead[0]["hi90"] * part
        actual = sum(int(stayed(one, np.maximum(_renewals_by(one, day), 0)).sum()) for one in known)
        found[name] = {
            "in_force": size,
            "expected": ahead[0]["expected"] * part,
            "lo90": low,
            "hi90": high,
            "actual": actual,
            "inside": bool(low <= actual <= high),
        }
    return {"made": earlier.made.isoformat(), "months": months, "intervals": found}


def _known(groups: Sequence[Lives], ids: set[str]) -> list[Lives]:
    """The subscriptions of those ids, wherever they are found now."""
    parts = []
    for lives in groups:
        chosen = [n for n, row in enumerate(lives.rows) if row["subscription_id"] in ids]
        if chosen:
            parts.append(lives.part(np.array(chosen)))
    return parts


def _months_between(start: date, end: date) -> int:
    months = (end.year - start.year) * YEAR_MONTHS + end.month - start.month
    return months - (add_months(start, months) > end)
