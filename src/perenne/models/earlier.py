"""Predictions of an earlier snapshot, scored on what has happened since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perenne.models.histories import Floats
from perenne.models.judging.drift import Prediction, drift
from perenne.models.ledger import Ledger, day_number
from perenne.models.schema import HORIZONS
from perenne.text import LANGUAGES, use_language
from perenne.text import gettext as _

YEAR = 365


@dataclass(frozen=True)
class Earlier:
    """What an earlier snapshot said: its day, its tables by name and its manifest of models."""

    made: date
    tables: Mapping[str, pa.Table]
    manifest: Mapping[str, Any] = field(default_factory=dict)


def refit(ledger: Ledger, earlier: Earlier | None) -> dict[str, Any] | None:
    """How the predictions of an earlier snapshot did since, for the manifest; None without one."""
    said = None if earlier is None else prediction(earlier)
    if earlier is None or said is None:
        return None
    reasons: dict[str, str] = {}
    for language in LANGUAGES:
        with use_language(language):
            found = drift(ledger, said)
            reasons[f"reason_{language}"] = _("; ").join(found.reasons)
    return {
        "made": earlier.made.isoformat(),
        "advised": found.refit,
        **reasons,
        "days": found.days,
        "expected": found.expected,
        "actual": found.actual,
        "low": found.low,
        "high": found.high,
        "slope": None if np.isnan(found.slope) else found.slope,
    }


def prediction(earlier: Earlier) -> Prediction | None:
    """What was said of the next twelve months, undiscounted; None when it had no interval."""
    whole = [
        row
        for row in earlier.tables["prediction_totals"].to_pylist()
        if row["dimension"] == "all" and row["horizon_months"] == HORIZONS[0]
    ]
    if not whole or whole[0]["lo90"] is None:
        return None
    customers = earlier.tables["predictions"]
    by_day = curve(earlier.tables.get("prediction_months"))
    factor = _discount(by_day, rate=float(earlier.manifest.get("discount_rate") or 0.0))
    return Prediction(
        made=day_number(earlier.made),
        horizon=YEAR,
        customer_ids=np.asarray(customers["customer_id"].to_numpy(zero_copy_only=False)),
        expected=np.asarray(customers["clv_12m"].cast(pa.float64()).to_numpy()) / factor,
        total_low=whole[0]["lo90"] / factor,
        total_high=whole[0]["hi90"] / factor,
        by_day=by_day,
        level_spread=float(earlier.manifest.get("total_level_spread") or 0.0),
    )


def curve(months: pa.Table | None) -> Floats | None:
    """Part of a year's value that is expected by each of its days, (365,), of known customers.

    From the monthly forecast, which knows how fast customers leave and the season; None without
    one. Its months follow the day of the prediction.
    """
    if months is None:
        return None
    ahead = months.filter(pc.equal(months["part"], "existing")).sort_by("month")
    revenue = np.asarray(ahead["revenue"].to_numpy(), dtype=float)[:12]
    if revenue.size < 12 or not (revenue > 0).all():
        return None
    ends = np.concatenate(([0.0], np.cumsum(revenue) / revenue.sum()))
    return np.interp(np.arange(1, YEAR + 1), np.linspace(0, YEAR, 13), ends)


def _discount(by_day: Floats | None, *, rate: float) -> float:
    """Mean factor of discount on the value of a year that comes as `by_day` says."""
    reached = np.arange(1, YEAR + 1) / YEAR if by_day is None else by_day
    parts = np.diff(reached, prepend=0.0)
    return float(parts @ (1 + rate) ** (-(np.arange(YEAR) + 0.5) / YEAR))
