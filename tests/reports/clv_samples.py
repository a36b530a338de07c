"""CLV models for the tests, and the model's arithmetic written a second time."""

import math
from datetime import date
from typing import Any

from perenne.reports import ClvInputs, ClvModel, ClvRow

FIGURES = (
    "customer_value",
    "clv_simple",
    "clv_margin",
    "clv_net",
    "clv_discounted",
    "clv_cac",
)
NASTY = '=HYPERLINK("http://example.invalid";"click")'


def model(**changes: Any) -> ClvModel:
    """Return a shop with segments and channels, one of which has no CAC."""
    given: dict[str, Any] = {
        "shop": "Boutique du Lac",
        "currency": "EUR",
        "as_of": date(2025, 3, 31),
        "period": "2024",
        "whole": ClvRow("Boutique du Lac", ClvInputs(2357, 61.35, 2.4, 3.2, 0.42, 18.5, 3.1)),
        "segments": (
            ClvRow("VIP", ClvInputs(120, 140.2, 6.1, 6.0, 0.45, 18.5, 9.0)),
            ClvRow(NASTY, ClvInputs(1100, 55, 1.6, 2.0, 0.4, 18.5, 3.1)),
            ClvRow("One-and-done", ClvInputs(1137, 48, 1.0, 0.8, 0.39, 18.5, 1.2)),
        ),
        "channels": (
            ClvRow("Meta Ads", ClvInputs(1357, 58, 2.1, 2.9, 0.41, 26, 3.1)),
            ClvRow(
                "@organic",
                ClvInputs(1000, 64, 2.9, 3.6, 0.43, None, 3.1),
                missing={"cac": "import the spend of this channel."},
            ),
        ),
        "discount_rate": 0.1,
    }
    return ClvModel(**{**given, **changes})


def by_hand(row: dict[str, float | None], rate: float | None) -> dict[str, float | None]:
    """Compute the figures by a numerical integral and plain sums, None where one input is None.

    Shares nothing with the product: the discounted value is summed over small steps of time.
    """

    def known(*names: str) -> bool:
        return all(row[name] is not None for name in names)

    b, f, years, m, cac, keep = (
        row[n] for n in ("basket", "frequency", "lifespan", "margin", "cac", "retention_cost")
    )
    out: dict[str, Any] = dict.fromkeys(FIGURES)
    if known("basket", "frequency"):
        out["customer_value"] = f * b
    if known("basket", "frequency", "lifespan"):
        out["clv_simple"] = b * years * f
    if known("basket", "frequency", "lifespan", "margin"):
        out["clv_margin"] = m * (years * b) * f
    if known("basket", "frequency", "lifespan", "margin", "cac") and cac:
        out["clv_cac"] = m * years * b * f / cac
    if known("basket", "frequency", "lifespan", "margin", "cac", "retention_cost"):
        out["clv_net"] = (b * f * m - keep) * years - cac
        if rate is not None:
            out["clv_discounted"] = (b * f * m - keep) * _integral(years, rate) - cac
    return out


def _integral(years: float, rate: float, steps: int = 2000) -> float:
    """Integrate (1 + rate)^-t from 0 to `years` by Simpson's rule."""
    width = years / steps
    weights = [1, *([4, 2] * (steps // 2 - 1)), 4, 1]
    return width / 3 * math.fsum(w * (1 + rate) ** -(i * width) for i, w in enumerate(weights))
