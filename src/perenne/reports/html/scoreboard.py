"""How every contender did on past dates: one figure per measure, the median over the dates."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median

from perenne.reports.html.contenders import BASELINES
from perenne.reports.html.prediction import YEAR_DAYS, Prediction, Row, number
from perenne.text import LANGUAGES, bilingual

LOWER_IS_BETTER = ("bias", "rmse", "mae_median", "crps")
HIGHER_IS_BETTER = ("gini", "capture_10", "capture_20", "spearman")
_NEAREST = {"coverage_50": 0.5, "coverage_90": 0.9, "pit_50": 0.5, "pit_90": 0.9, "slope": 1.0}


@dataclass(frozen=True)
class Contender:
    """One contender: its values by measure and past date; `refused` says why it could not fit."""

    name: str
    values: Mapping[str, Mapping[date, float]]
    refused: Sequence[str] = ()

    @property
    def is_baseline(self) -> bool:
        return self.name in BASELINES

    @property
    def dates(self) -> int:
        """Past dates on which it was judged."""
        return max((len(values) for values in self.values.values()), default=0)

    def typical(self, measure: str) -> float | None:
        """Median over the dates; of the bias, its size."""
        found = self.values.get(measure, {}).values()
        return median(abs(v) if measure == "bias" else v for v in found) if found else None

    def inside(self) -> tuple[int, int] | None:
        """Of how many dates the actual total lay in its 90% interval."""
        found = self.values.get("total_in_90", {}).values()
        return (round(sum(found)), len(found)) if found else None

    def against(self, other: Contender, measure: str) -> float | None:
        """Its mean error as a part of that of `other`, on the dates that both were judged on."""
        ours, theirs = (one.values.get(measure, {}) for one in (self, other))
        common = ours.keys() & theirs.keys()
        error = sum(theirs[day] for day in common)
        return sum(ours[day] for day in common) / error if error else None


@dataclass(frozen=True)
class Scoreboard:
    """The backtest at one horizon (days): its dates and its contenders, models first."""

    horizon: int
    origins: Sequence[date]
    contenders: Sequence[Contender]
    groups: Sequence[Row] = field(default_factory=tuple)

    def find(self, name: str) -> Contender | None:
        return next((one for one in self.contenders if one.name == name), None)

    def best(self, measure: str) -> float | None:
        """The best typical value, over the contenders judged on as many dates as any."""
        most = max((one.dates for one in self.contenders), default=0)
        found = [
            value
            for one in self.contenders
            if one.dates == most and (value := one.typical(measure)) is not None
        ]
        return min(found, key=lambda value: _distance(measure, value)) if found else None

    def hardest(self, champion: Contender, measure: str) -> tuple[Contender, float] | None:
        """The simple rule that comes nearest to `champion`, or beats it, and their ratio."""
        found = [
            (one, ratio)
            for one in self.contenders
            if one.is_baseline and (ratio := champion.against(one, measure)) is not None
        ]
        return max(found, key=lambda pair: pair[1], default=None)


def _distance(measure: str, value: float) -> float:
    """How far from the best there could be."""
    if measure in HIGHER_IS_BETTER:
        return -value
    return abs(value - _NEAREST.get(measure, 0.0))


def scoreboard(prediction: Prediction) -> Scoreboard | None:
    """The backtest at the horizon nearest a year; None without one."""
    rows = prediction.rows("model_scores")
    horizons = {int(row["horizon_days"]) for row in rows if row["measure"] != "refused"}
    if not horizons:
        return None
    horizon = min(horizons, key=lambda days: (abs(days - YEAR_DAYS), -days))
    kept = [row for row in rows if row["horizon_days"] == horizon]
    whole = [row for row in kept if row["dimension"] == "all"]
    names = sorted({row["contender"] for row in whole}, key=lambda name: (name in BASELINES, name))
    found = [_contender(name, whole) for name in names]
    return Scoreboard(
        horizon=horizon,
        origins=sorted({row["origin"] for row in whole}),
        contenders=sorted(found, key=_order),
        groups=[row for row in kept if row["dimension"] != "all"],
    )


def _contender(name: str, rows: Sequence[Row]) -> Contender:
    values: dict[str, dict[date, float]] = defaultdict(dict)
    refused: list[str] = []
    for row in sorted(rows, key=lambda row: row["origin"]):
        if row["contender"] != name:
            continue
        if row["measure"] == "refused":
            notes: dict[str, str] = {
                language: str(row.get(f"note_{language}") or "") for language in LANGUAGES
            }
            refused.append(bilingual(notes))
        elif (value := number(row, "value")) is not None:
            values[row["measure"]][row["origin"]] = value
    return Contender(name, values, tuple(dict.fromkeys(refused)))


def _order(one: Contender) -> tuple[bool, bool, float]:
    """Models before simple rules, what was refused last, the smallest error first."""
    error = one.typical("crps")
    return not one.values, one.is_baseline, math.inf if error is None else error
