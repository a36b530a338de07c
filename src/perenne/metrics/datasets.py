"""What a metric can count: named datasets, the days each looks at, and what they can be split by.

A dataset is a row source (see `tables/rows.py`) seen through a window of days. Windows let
`sales` (the period), `year` (365 days to its end) and `life` (all days to its end) be one source.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from perenne.core import Period, add_months
from perenne.metrics.settings import Context

Source = Literal[
    "sales",
    "customers",
    "buyers",
    "states",
    "gaps",
    "steps",
    "firsts",
    "lives",
    "spend",
    "attributed",
    "predictions",
    "people",
    "reach",
    "starts",
    "answers",
    "subscriptions",
    "subscribers",
    "events",
    "visits",
]
Grain = Literal["order", "customer", "step", "spend", "person", "answer", "subscription", "event"]
"""What a metric's figures belong to; decides which dimensions it knows and what they mean."""

DAYS_PER_YEAR = 365
SHORTEST_CHURN_PERIOD = 28
BEGINNING = date(1, 1, 1)

Window = Callable[[Period, Context], Period | None]


@dataclass(frozen=True)
class Dataset:
    name: str
    source: Source
    window: Window
    meaning: str


def period(asked: Period, context: Context) -> Period:
    return asked


def to_date(asked: Period, context: Context) -> Period:
    return Period(min(BEGINNING, asked.end), asked.end)


def year(asked: Period, context: Context) -> Period:
    return Period(asked.end - timedelta(days=DAYS_PER_YEAR - 1), asked.end)


def trailing(months: int) -> Window:
    """The days after the same day `months` calendar months earlier."""

    def window(asked: Period, context: Context) -> Period:
        return Period(add_months(asked.end, -months) + timedelta(days=1), asked.end)

    return window


def churn_year(asked: Period, context: Context) -> Period | None:
    """365 days; fewer when the inactivity window does not fit before them; None below 28."""
    whole = year(asked, context)
    earliest = context.customers_from + timedelta(days=context.inactivity_days)
    if whole.start >= earliest:
        return whole
    start = earliest + timedelta(days=1)
    days = (asked.end - start).days + 1
    return Period(start, asked.end) if days >= SHORTEST_CHURN_PERIOD else None


DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset("sales", "sales", period, "product lines and returns of the period"),
        Dataset("year", "sales", year, "product lines and returns of the 365 days to its end"),
        Dataset("life", "sales", to_date, "product lines and returns up to its end"),
        Dataset("last12", "sales", trailing(12), "product lines and returns of 12 months"),
        Dataset("last24", "sales", trailing(24), "product lines and returns of 24 months"),
        Dataset("last36", "sales", trailing(36), "product lines and returns of 36 months"),
        Dataset("customers", "customers", period, "known customers with a purchase by its end"),
        Dataset("year_customers", "customers", year, "the same; new = within the 365 days"),
        Dataset("buyers", "buyers", period, "known customers with a purchase in the period"),
        Dataset("year_buyers", "buyers", year, "known customers with a purchase in the 365 days"),
        Dataset("states", "states", period, "known customers: active before, at the end, both"),
        Dataset("year_states", "states", churn_year, "the same over the year of the annual churn"),
        Dataset("gaps", "gaps", to_date, "gaps between two purchase days of a customer"),
        Dataset("steps", "steps", to_date, "known orders by rank, and whether one more followed"),
        Dataset("firsts", "firsts", to_date, "customers whose first 12 months are over"),
        Dataset("lives", "lives", to_date, "sales of known customers by age in months"),
        Dataset("spend", "spend", period, "acquisition and retention spend of the period"),
        Dataset("year_spend", "spend", year, "spend of the 365 days to its end"),
        Dataset("life_spend", "spend", to_date, "spend up to its end"),
        Dataset("life_costs", "attributed", to_date, "spend attributed to customers"),
        Dataset("costs12", "attributed", trailing(12), "the same over 12 months"),
        Dataset("costs24", "attributed", trailing(24), "the same over 24 months"),
        Dataset("costs36", "attributed", trailing(36), "the same over 36 months"),
        Dataset("predictions", "predictions", period, "what the snapshot predicts of customers"),
        Dataset("people", "people", period, "everybody known by its end, prospects included"),
        Dataset("reach", "reach", period, "customers and what they allow, on as_of only"),
        Dataset("starts", "starts", period, "customers who first bought in it, and what they did"),
        Dataset("answers", "answers", period, "the last answer of each person to each survey"),
        Dataset("subscriptions", "subscriptions", period, "subscriptions, at its start and end"),
        Dataset("subscribers", "subscribers", period, "what each subscriber pays, start and end"),
        Dataset("events", "events", period, "what happened beside orders"),
        Dataset("visits", "visits", period, "visits of the site that began in it"),
    )
}


def annual_scale(asked: Period, context: Context) -> float:
    """Factor that brings orders of a history shorter than 365 days to a year; 1 otherwise."""
    history = (asked.end - context.customers_from).days + 1
    return DAYS_PER_YEAR / history if 0 < history < DAYS_PER_YEAR else 1.0


FACTS: dict[str, Callable[[Period, Context], float | int | None]] = {
    "annual_scale": annual_scale,
    "churn_days": lambda asked, context: (
        window.days if (window := churn_year(asked, context)) else None
    ),
}
"""Names that an expression may use besides metrics."""
