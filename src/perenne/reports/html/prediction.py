"""What the snapshot predicts: its tables and what its manifest says of the models."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from perenne.reports.html.measured import Measured
from perenne.reports.html.tables import predicted_values, prediction_shares, silent_customers
from perenne.reports.html.words import Words
from perenne.text import LANGUAGES, bilingual

Row = Mapping[str, Any]
YEAR_DAYS = 365
HORIZON = 12
"""Months of the headline."""


@dataclass(frozen=True)
class Prediction:
    """The predictions of one snapshot; a table that is absent has no rows.

    Tables: `predictions` (a row per customer), `prediction_totals`, `prediction_months`,
    `model_scores`, `model_deciles`, `model_tracking`, `model_frequency`.
    """

    measured: Measured

    @property
    def manifest(self) -> Row:
        return self.measured.data.prediction or {}

    def rows(self, name: str) -> Sequence[Row]:
        return self.measured.data.all_rows(name)

    @cached_property
    def is_known(self) -> bool:
        """Is there a prediction for anybody?"""
        return self.total() is not None

    @property
    def as_of(self) -> date:
        said = self.manifest.get("as_of")
        return date.fromisoformat(str(said)[:10]) if said else self.measured.context.as_of

    @property
    def model(self) -> str:
        """The contender whose predictions are shown; empty when it is not said."""
        champion = self.part("champion").get("name")
        return str(self.manifest.get("model") or champion or "")

    def part(self, name: str) -> Row:
        """A mapping of the manifest, empty when it is not there."""
        found = self.manifest.get(name)
        return found if isinstance(found, Mapping) else {}

    @property
    def is_gated(self) -> bool:
        """Were the data too few for a model?"""
        return self.part("gate").get("passed") is False

    @cached_property
    def totals(self) -> Sequence[Row]:
        return self.rows("prediction_totals")

    def total(self, months: int = HORIZON) -> Row | None:
        found = self.by("all", months=months)
        return found[0] if found and number(found[0], "mean") is not None else None

    def by(self, dimension: str, *, months: int = HORIZON) -> list[Row]:
        """Groups of one dimension that hold somebody."""
        return [
            row
            for row in self.totals
            if row["dimension"] == dimension
            and row["horizon_months"] == months
            and number(row, "customers")
        ]

    @cached_property
    def horizons(self) -> list[int]:
        return sorted({int(row["horizon_months"]) for row in self.totals})

    @cached_property
    def shares(self) -> Mapping[str | None, float]:
        """Share of customers likelier than not to order again, by segment; None for all."""
        tables = self.measured.data.tables
        if not {"predictions", "segments"} <= set(tables):
            return {}
        found = self.measured.data.rows("predictions", prediction_shares(tables))
        known = [row for row in found if row["known"]]
        shares: dict[str | None, float] = {
            row["segment"]: row["likely"] / row["known"] for row in known
        }
        if known:
            shares[None] = sum(row["likely"] for row in known) / sum(row["known"] for row in known)
        return shares

    @cached_property
    def values(self) -> list[float]:
        """Predicted value of the next 12 months, one number per customer."""
        data = self.measured.data
        if "predictions" not in data.tables:
            return []
        column = data.fetch(predicted_values(data.tables)).column("value")
        return [one for one in column.to_pylist() if one is not None and math.isfinite(one)]

    @cached_property
    def silent(self) -> Sequence[Row]:
        """Customers not heard of for longer than usual, the highest predicted value first."""
        data = self.measured.data
        if not {"predictions", "customer_facts"} <= set(data.tables):
            return []
        return data.rows("predictions", silent_customers(data.tables))


def number(row: Row | None, name: str) -> float | None:
    """The figure as a float; None when it is missing or not a number."""
    value = (row or {}).get(name)
    if value is None or isinstance(value, str | bool):
        return None
    return float(value) if math.isfinite(value) else None


def between(row: Row, words: Words, *, ends: tuple[str, str]) -> str:
    """`€1,000 to €2,000` from two columns; empty when there is no interval."""
    lowest, highest = (number(row, end) for end in ends)
    return "" if lowest is None or highest is None else words.between(lowest, highest)


def said_of(row: Row, name: str) -> str:
    """What the manifest says under `name_en` and `name_fr`, in the current language."""
    return bilingual({language: str(row.get(f"{name}_{language}") or "") for language in LANGUAGES})


def numbers(rows: Iterable[Row], name: str) -> list[float]:
    """The figures that are there."""
    return [value for row in rows if (value := number(row, name)) is not None]
