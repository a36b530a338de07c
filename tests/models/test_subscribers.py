"""Subscriptions of a snapshot: read as lives, fitted, and worth what the simulation says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from perenne.core import add_months
from perenne.models.subscribers import FEWEST, by_interval, fit, predict_subscribers

AS_OF = date(2025, 12, 31)
FAR = date(9999, 12, 31)


def contract(number: int, start: date, end: date | None = None, **told: Any) -> dict[str, Any]:
    base = {"subscription_id": f"s{number}", "customer_id": f"c{number}", "plan": "basic"}
    paid = {"mrr": Decimal(10), "interval_unit": "month", "interval_count": 1}
    days = {"paying_from": start, "paying_until": end or FAR, "ended": end is not None}
    return {**base, **paid, **days, **told}


def tenures(*rows: dict[str, Any]) -> list[tuple[int, int]]:
    return [
        pair
        for one in by_interval(rows, AS_OF)
        for pair in zip(one.tenure, one.churned, strict=True)
    ]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (date(2025, 12, 1), None, (0, 0)),
        (date(2025, 11, 30), None, (1, 0)),
        (date(2025, 1, 31), None, (11, 0)),
        (date(2025, 1, 31), date(2025, 2, 28), (1, 1)),
        (date(2025, 1, 31), date(2025, 3, 1), (2, 1)),
        (date(2025, 1, 31), date(2025, 2, 10), (1, 1)),
        (date(2024, 2, 29), date(2025, 2, 28), (12, 1)),
    ],
)
def test_a_life_counts_renewals_faced(
    start: date, end: date | None, expected: tuple[int, int]
) -> None:
    assert tenures(contract(1, start, end)) == [expected]


def test_each_interval_has_its_own_periods() -> None:
    rows = [
        contract(1, date(2023, 12, 31), interval_unit="year"),
        contract(2, date(2025, 12, 17), interval_unit="week"),
        contract(3, date(2025, 6, 30), interval_count=3),
        contract(4, date(2025, 6, 30), interval_unit=None),
        contract(5, date(2026, 6, 30)),
    ]
    found = {one.interval: (one.tenure, one.per_year) for one in by_interval(rows, AS_OF)}
    assert found == {
        "year": ([2], 1.0),
        "week": ([2], pytest.approx(365 / 7)),
        "3 month": ([2], 4.0),
    }


def shop(rng: np.random.Generator, size: int, *, until: date) -> list[dict[str, Any]]:
    """Monthly subscriptions of shifted beta-geometric lives, as known on a day."""
    rows = []
    for number in range(size):
        start = add_months(date(2022, 1, 1), int(rng.integers(0, 48)))
        life = min(int(rng.geometric(rng.beta(1.2, 12))), 600)
        end = add_months(start, life)
        if start <= until:
            rows.append(contract(number, start, end if end <= until else None))
    return rows


def test_the_parameters_come_back() -> None:
    rows = shop(np.random.default_rng(1), 6000, until=AS_OF)
    (lives,) = by_interval(rows, AS_OF)
    found = fit(lives)
    assert float(found.churn_hazard(1)) == pytest.approx(1.2 / 13.2, abs=0.01)
    assert float(found.survival(24)) == pytest.approx(_survival(24), abs=0.02)


def _survival(periods: int) -> float:
    """S(t) of the shifted beta-geometric by its recursion."""
    alive = 1.0
    for t in range(1, periods + 1):
        alive *= 1 - 1.2 / (1.2 + 12 + t - 1)
    return alive


def test_what_was_told_of_a_past_day_came_true() -> None:
    """Churn within a year, predicted from a day in the past, beside what happened."""
    rng = np.random.default_rng(2)
    whole = shop(rng, 6000, until=date(2025, 12, 1))
    then = date(2024, 12, 1)
    known = [
        {**one, "paying_until": one["paying_until"], "ended": one["paying_until"] <= then}
        for one in whole
        if one["paying_from"] <= then
    ]
    known = [one if one["ended"] else {**one, "paying_until": FAR} for one in known]
    found = predict_subscribers(known, as_of=then, discount_rate=0.1, draws=200, rng=rng)
    rows = found.tables["subscription_predictions"].to_pylist()
    gone = {one["subscription_id"] for one in whole if one["ended"]}
    actual = np.mean([row["subscription_id"] in gone for row in rows])
    assert np.mean([row["churn_12m"] for row in rows]) == pytest.approx(actual, abs=0.03)


def test_tables_and_account() -> None:
    rng = np.random.default_rng(3)
    rows = shop(rng, 800, until=AS_OF)
    rows += [
        contract(10_000 + n, date(2025, 1, 1), interval_unit="year") for n in range(FEWEST - 1)
    ]
    found = predict_subscribers(rows, as_of=AS_OF, discount_rate=0.1, draws=200, rng=rng)
    told = found.manifest["intervals"]
    assert "refused_fr" in told["year"]
    assert told["month"]["subscriptions"] == told["month"]["left"] + told["month"]["in_force"]
    predicted = found.tables["subscription_predictions"].to_pylist()
    assert len(predicted) == told["month"]["in_force"]
    for row in predicted:
        assert row["residual_value_lo90"] <= row["residual_value_hi90"]
        assert 0 <= row["churn_next"] <= row["churn_12m"] <= 1
        assert 0 < row["remaining_months_60m"] <= 60
    total = found.manifest["residual_value"]
    assert total["lo90"] < total["mean"] < total["hi90"]
    assert total["mean"] == pytest.approx(sum(row["residual_value"] for row in predicted))
    survival = found.tables["subscription_survival"].to_pylist()
    everybody = [row for row in survival if (row["interval"], row["cohort"]) == ("month", "all")]
    shares = [row["survival"] for row in sorted(everybody, key=lambda row: row["period"])]
    assert shares == sorted(shares, reverse=True)
    assert sum(row["left"] for row in everybody) == told["month"]["left"]
    assert {row["cohort"] for row in survival} >= {"all", "2022", "2025"}


def test_an_older_subscriber_is_worth_more() -> None:
    rng = np.random.default_rng(4)
    rows = shop(rng, 1500, until=AS_OF)
    found = predict_subscribers(rows, as_of=AS_OF, discount_rate=0.1, draws=200, rng=rng)
    by_age = {
        row["tenure"]: row["residual_value"]
        for row in found.tables["subscription_predictions"].to_pylist()
    }
    assert by_age[max(by_age)] > by_age[min(by_age)]
