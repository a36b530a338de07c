"""Predictions for the report's tests: tables of a snapshot, made up but consistent."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from perenne.core import add_months
from perenne.models.schema import PREDICTED
from perenne.reports import ReportInput
from perenne.warehouse import DuckEngine

Rows = list[dict[str, Any]]
CONTENDERS = ("bg_nbd", "pareto_nbd", "stack", "simple_clv", "last_period", "all_zero")
MANIFEST: dict[str, Any] = {
    "model": "bg_nbd",
    "as_of": "2025-03-28",
    "gate": {
        "passed": True,
        "requirements": [{"name": "buyers", "found": 80, "needed": 50, "passed": True}],
    },
    "champion": {"name": "bg_nbd"},
    "models": {"12": "bg_nbd", "24": "bg_nbd", "36": "pareto_nbd"},
    "purchase_model": "bg_nbd",
    "level": 1.04,
    "level_spread": 0.08,
    "parameters": {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259},
    "refit": {
        "made": "2025-02-28",
        "advised": False,
        "days": 28,
        "expected": 500.0,
        "actual": 480.0,
        "low": 300.0,
        "high": 700.0,
        "slope": None,
    },
    "truncation": {"found": False},
    "independence": {"correlation": 0.11},
}
GATED: dict[str, Any] = {
    "model": "simple_clv",
    "gate": {
        "passed": False,
        "requirements": [
            {"name": "buyers", "found": 40, "needed": 500, "passed": False},
            {"name": "history", "found": 800, "needed": 365, "passed": True},
        ],
    },
}


def with_predictions(
    data: ReportInput,
    engine: DuckEngine,
    folder: Path,
    *,
    manifest: dict[str, Any] | None = None,
    only: tuple[str, ...] | None = None,
) -> ReportInput:
    """The same snapshot with predictions, through Parquet as a refresh does."""
    said = manifest or MANIFEST
    gated = not said["gate"]["passed"]
    rows = tables_of(data, gated=gated)
    tables = dict(data.tables)
    for name, schema in PREDICTED.items():
        if only is None or name in only:
            engine.write(engine.rows(schema, rows[name]), folder / f"{name}.parquet")
            tables[name] = engine.read(folder / f"{name}.parquet")
    return replace(data, tables=tables, prediction=said)


def tables_of(data: ReportInput, *, gated: bool = False) -> dict[str, Rows]:
    facts = data.tables["customer_facts"].select("customer_id", "orders", "days_since_last_order")
    segments = data.tables["segments"].select("customer_id", "segment")
    known = data.fetch(facts.inner_join(segments, "customer_id")).to_pylist()
    known.sort(key=lambda row: row["customer_id"])
    customers = [customer(row, gated=gated) for row in known]
    as_of = data.context.as_of
    return {
        "predictions": customers,
        "prediction_totals": totals(known, customers, gated=gated),
        "account_predictions": [],
        "prediction_months": [] if gated else months(as_of),
        "model_scores": [] if gated else scores(as_of),
        "model_deciles": [] if gated else deciles(as_of),
        "model_tracking": [] if gated else tracking(as_of),
        "model_frequency": [] if gated else frequency(),
        "model_map": [] if gated else mapped(),
    }


def customer(row: dict[str, Any], *, gated: bool) -> dict[str, Any]:
    """A customer's value falls with silence and grows with orders."""
    mean = 40.0 * float(row["orders"]) * math.exp(-float(row["days_since_last_order"]) / 300)
    found: dict[str, Any] = {
        "customer_id": row["customer_id"],
        "model": "simple_clv" if gated else "bg_nbd",
        "p_alive": None if gated else 0.5,
        "why": "[]",
    }
    for months_ahead in (12, 24, 36):
        end, value = f"{months_ahead}m", mean * months_ahead / 12
        found |= {
            f"expected_orders_{end}": value / 50,
            f"p_order_{end}": None if gated else 1 - math.exp(-value / 50),
            f"clv_{end}": money(value),
        }
        if not gated:
            found |= {
                f"clv_{end}_median": money(value * 0.6),
                f"clv_{end}_lo50": money(value * 0.2),
                f"clv_{end}_hi50": money(value * 1.4),
                f"clv_{end}_lo90": money(0),
                f"clv_{end}_hi90": money(value * 3),
            }
    return found


def money(value: float) -> Decimal:
    return Decimal(f"{value:.4f}")


def totals(known: Rows, customers: Rows, *, gated: bool) -> Rows:
    groups: dict[tuple[str, str | None], Rows] = {("all", None): customers}
    for row, one in zip(known, customers, strict=True):
        groups.setdefault(("segment", row["segment"]), []).append(one)
        groups.setdefault(("channel", "ads" if len(groups) % 2 else None), []).append(one)
        quarter = ("2024-Q1", "2024-Q4")[int(row["orders"]) % 2]
        groups.setdefault(("cohort_quarter", quarter), []).append(one)
    return [
        total(dimension, value, found, months_ahead=months_ahead, gated=gated)
        for (dimension, value), found in groups.items()
        for months_ahead in (12, 24, 36)
    ]


def total(
    dimension: str, value: str | None, found: Rows, *, months_ahead: int, gated: bool
) -> dict[str, Any]:
    mean = float(sum(one[f"clv_{months_ahead}m"] for one in found))
    spread = mean * 0.8 / math.sqrt(len(found))
    row: dict[str, Any] = {
        "dimension": dimension,
        "value": value,
        "horizon_months": months_ahead,
        "customers": len(found),
        "mean": mean,
        "expected_orders": sum(one[f"expected_orders_{months_ahead}m"] for one in found),
    }
    if not gated:
        row |= {
            "median": mean - spread / 9,
            "lo50": mean - spread * 0.6,
            "hi50": mean + spread * 0.7,
            "lo90": mean - spread * 1.4,
            "hi90": mean + spread * 1.7,
            "learnt_days": 365,
        }
        # Its own width: rates are no surer than what is bought.
        ends = {"lo90": -0.6, "lo50": -0.25, "median": -0.05, "mean": 0.0, "hi50": 0.3, "hi90": 0.7}
        kept = 2.0 * len(found)
        for end, off in ends.items():
            row[f"margin_{end}"] = mean * 0.4 + spread * off
            row[f"net_{end}"] = row[f"margin_{end}"] - kept
        # Of one group a cost is unknown.
        if (dimension, value) == ("channel", None):
            row = {name: one for name, one in row.items() if name[:4] not in ("marg", "net_")}
        row["margin_unknown"] = 2 * (value is None and dimension == "channel")
    return row


def months(as_of: date) -> Rows:
    first = as_of.replace(day=1)
    past = [
        {"month": add_months(first, n - 24), "part": "actual", "revenue": 1500 + 300 * math.sin(n)}
        for n in range(25)
    ]
    ahead = [month(add_months(first, n + 1), n, part) for n in range(12) for part in PARTS]
    return past + ahead


PARTS = {"existing": 1000.0, "new": 600.0, "all": 1600.0}


def month(day: date, n: int, part: str) -> dict[str, Any]:
    mean = PARTS[part] + 100 * math.sin(n) - (20 * n if part == "existing" else 0)
    return {
        "month": day,
        "part": part,
        "revenue": mean,
        "revenue_lo50": mean * 0.9,
        "revenue_hi50": mean * 1.12,
        "revenue_lo90": mean * 0.75,
        "revenue_hi90": mean * 1.35,
        "margin": mean * 0.4,
        "margin_lo90": mean * 0.28,
        "margin_hi90": mean * 0.55,
        "orders": mean / 50,
    }


ORIGINS = (270, 180, 90)
TYPICAL = {
    "bias": (0.04, -0.06, 0.12, 0.3, 0.21, -1.0),
    "rmse": (90.0, 92.0, 88.0, 120.0, 130.0, 140.0),
    "mae_median": (21.0, 20.0, 22.0, 25.0, 31.0, 20.5),
    "crps": (14.2, 14.4, 14.9, 22.0, 24.0, 26.0),
    "gini": (0.66, 0.67, 0.65, 0.5, 0.6, None),
    "capture_10": (0.45, 0.46, 0.44, 0.3, 0.4, None),
    "coverage_50": (0.61, 0.62, 0.6, None, None, None),
    "coverage_90": (0.93, 0.95, 0.96, None, None, None),
    "pit_50": (0.51, 0.52, 0.47, None, None, None),
    "pit_90": (0.898, 0.91, 0.92, None, None, None),
    "total_in_90": (1.0, 1.0, 0.0, None, None, None),
}


def scores(as_of: date) -> Rows:
    found: Rows = []
    for n, days in enumerate(ORIGINS):
        origin = as_of - timedelta(days=days)
        for measure, values in TYPICAL.items():
            for name, value in zip(CONTENDERS, values, strict=True):
                if value is not None:
                    found.append(score(origin, name, measure, value * (1 + (n - 1) * 0.1)))
        found.append(score(origin, "bg_nbd", "bias", 0.2, dimension="segment", group="champions"))
        refused = score(origin, "pareto_ggg", "refused", None)
        found.append(refused | {"note_en": "Too few customers bought often."})
    return found


def score(
    origin: date,
    contender: str,
    measure: str,
    value: float | None,
    *,
    dimension: str = "all",
    group: str | None = None,
) -> dict[str, Any]:
    bounded = measure == "total_in_90" and value is not None
    return {
        "origin": origin,
        "horizon_days": 90,
        "contender": contender,
        "dimension": dimension,
        "value_of_dimension": group,
        "measure": measure,
        "value": float(round(value)) if bounded and value is not None else value,
    }


def deciles(as_of: date) -> Rows:
    return [
        {
            "origin": as_of - timedelta(days=90),
            "horizon_days": 90,
            "contender": name,
            "decile": n,
            "customers": 8,
            "predicted": 3.0 * n**2,
            "actual": 3.0 * n**2 + (-1) ** n * n,
            "actual_lo90": 2.4 * n**2,
            "actual_hi90": 3.8 * n**2,
        }
        for name in ("bg_nbd", "simple_clv")
        for n in range(1, 11)
    ]


def tracking(as_of: date) -> Rows:
    return [
        {
            "week": as_of - timedelta(weeks=52 - n),
            "actual": float(n * 3 + n % 4),
            "expected": n * 3.1,
            "is_holdout": n > 39,
        }
        for n in range(53)
    ]


def frequency() -> Rows:
    return [
        {
            "contender": "mbg_nbd",
            "frequency": n,
            "customers": 60 // (n + 1),
            "actual": 0.2 * n + 0.15,
            "expected": 0.21 * n + 0.1,
        }
        for n in range(8)
    ]


def mapped() -> Rows:
    """Of the purchase model, which is another than the one that predicts."""
    return [
        {
            "contender": "mbg_nbd",
            "frequency": n,
            "recency_weeks": 10.0 * week,
            "tenure_weeks": 60.0,
            "expected_52w": 0.1 + n * week / 20,
            "p_alive": week / 8,
        }
        for n in range(4)
        for week in range(1 if n else 0, 7 if n else 1)
    ]
