"""Subscriptions of a snapshot: read as lives, fitted, and worth what the simulation says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from perenne.core import add_months
from perenne.models.subscriber_judging import EarlierSubscriptions, judge
from perenne.models.subscriber_lives import FEWEST, by_interval, fit
from perenne.models.subscribers import predict_subscribers

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
        for pair in zip(one.tenure.tolist(), one.churned.tolist(), strict=True)
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
    found = {one.interval: (one.tenure.tolist(), one.per_year) for one in by_interval(rows, AS_OF)}
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
    found = fit(lives).model
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


def drifting(
    rng: np.random.Generator, size: int, *, until: date, spread: float
) -> list[dict[str, Any]]:
    """The same, where each year makes everybody leave faster or slower than the model says."""
    pace = np.exp(spread * rng.standard_normal(12))
    rows = []
    for number in range(size):
        start, stays = add_months(date(2019, 1, 1), int(rng.integers(0, 84))), True
        end, leaving = start, rng.beta(1.5, 20)
        while stays and end <= until:
            end = add_months(end, 1)
            stays = rng.random() < (1 - leaving) ** pace[end.year - 2019]
        if start <= until:
            rows.append(contract(number, start, None if stays else end))
    return rows


def test_forecasts_from_past_days_know_nothing_later() -> None:
    rows = shop(np.random.default_rng(5), 1200, until=AS_OF)
    (lives,) = by_interval(rows, AS_OF)
    day = date(2024, 12, 31)
    (then,) = by_interval(as_known(rows, day), day)
    seen = lives.at(day)
    assert seen.tenure.tolist() == then.tenure.tolist()
    assert seen.churned.tolist() == then.churned.tolist()
    assert seen.in_force.tolist() == then.in_force.tolist()
    first = judge(lives, rng=np.random.default_rng(1)).totals[-1]
    longer = [
        one if one["paying_until"] <= first.origin else {**one, "paying_until": FAR, "ended": False}
        for one in rows
    ]
    again = judge(by_interval(longer, AS_OF)[0], rng=np.random.default_rng(1)).totals[-1]
    # All stayed that could: what was expected of them is the same.
    assert (again.expected, again.baseline) == (first.expected, first.baseline)
    assert again.actual == again.in_force == first.in_force


def as_known(rows: list[dict[str, Any]], day: date) -> list[dict[str, Any]]:
    """Rows as a system would have exported them on an earlier day."""
    known = [one for one in rows if one["paying_from"] <= day]
    return [
        one if one["paying_until"] <= day else {**one, "paying_until": FAR, "ended": False}
        for one in known
    ]


def test_the_backtest_tells_survivors_and_beats_last_year() -> None:
    rows = drifting(np.random.default_rng(6), 2000, until=AS_OF, spread=0.0)
    found = predict_subscribers(
        rows, as_of=AS_OF, discount_rate=0.1, draws=200, rng=np.random.default_rng(1)
    )
    told = found.manifest["intervals"]["month"]["backtest"]
    assert len(told["origins"]) == 4
    assert told["brier"] < told["baseline_brier"]
    assert told["beats_baseline"]
    assert told["cohorts_inside"] >= 0.8 * told["cohorts"]
    for one in told["origins"]:
        assert one["expected"] == pytest.approx(one["actual"], rel=0.04)
    scores = found.tables["subscription_scores"].to_pylist()
    for origin in {one["origin"] for one in scores}:
        rest = [one for one in scores if one["origin"] == origin and one["cohort"] != "all"]
        (whole,) = [one for one in scores if one["origin"] == origin and one["cohort"] == "all"]
        for name in ("in_force", "actual", "expected", "last_year"):
            assert sum(one[name] for one in rest) == pytest.approx(whole[name])


@pytest.mark.long
def test_totals_of_survivors_lie_in_their_interval_as_often_as_said() -> None:
    """Years differ by 12% in how fast people leave; 120 totals judged on days not learnt from."""
    inside = []
    for number in range(30):
        rng = np.random.default_rng(100 + number)
        (lives,) = by_interval(drifting(rng, 700, until=AS_OF, spread=0.12), AS_OF)
        inside += [one.inside for one in judge(lives, rng=rng).totals]
    assert len(inside) == 120
    assert 0.84 <= np.mean(inside) <= 0.97


@pytest.mark.slow
def test_what_was_said_earlier_is_put_beside_what_came() -> None:
    rows = shop(np.random.default_rng(7), 1500, until=AS_OF)
    made, today = date(2025, 3, 31), date(2025, 8, 31)
    rng = np.random.default_rng(1)
    given = {"discount_rate": 0.1, "draws": 200, "rng": rng}
    then = predict_subscribers(as_known(rows, made), as_of=made, **given)
    said = then.tables["subscription_predictions"].to_pylist()
    earlier = EarlierSubscriptions(made, said, then.manifest)
    now = predict_subscribers(as_known(rows, today), as_of=today, earlier=earlier, **given)
    told = now.manifest["earlier"]
    assert (told["made"], told["months"]) == ("2025-03-31", 5)
    month = told["intervals"]["month"]
    assert month["in_force"] == len(said)
    ids = {one["subscription_id"] for one in said}
    gone = [one for one in as_known(rows, today) if one["ended"] and one["subscription_id"] in ids]
    assert month["actual"] == pytest.approx(len(said) - len(gone), abs=0.02 * len(said))
    assert month["lo90"] < month["expected"] < month["hi90"]
    assert month["inside"]
    # A year in which twice as many leave is not what was said.
    fewer = [
        {**one, "paying_until": add_months(made, 2), "ended": True}
        if n % 5 == 0 and one["paying_until"] > made
        else one
        for n, one in enumerate(as_known(rows, today))
    ]
    off = predict_subscribers(fewer, as_of=today, earlier=earlier, **given).manifest["earlier"]
    assert not off["intervals"]["month"]["inside"]
    assert off["intervals"]["month"]["actual"] < month["actual"]
    soon = add_months(made, 0)
    assert (
        predict_subscribers(rows, as_of=soon, earlier=earlier, **given).manifest["earlier"] is None
    )


def test_records_that_begin_with_a_new_system_are_found_and_not_taken_for_loyalty() -> None:
    """Who left before 2024 is missing: those who stayed look loyal, and are not more so."""
    rows = shop(np.random.default_rng(8), 6000, until=AS_OF)
    kept = [one for one in rows if not (one["ended"] and one["paying_until"] < date(2024, 1, 1))]
    (whole,), (late,) = by_interval(rows, AS_OF), by_interval(kept, AS_OF)
    assert fit(whole).begins is None
    found = fit(late)
    assert found.begins is not None
    assert abs((found.begins - date(2024, 1, 1)).days) < 45
    assert float(found.model.survival(24)) == pytest.approx(_survival(24), abs=0.04)


def test_starts_dated_by_a_transfer_stand_apart() -> None:
    rng = np.random.default_rng(9)
    transfer = date(2023, 5, 10)
    rows = shop(rng, 4000, until=AS_OF)
    moved = [
        {**one, "paying_from": transfer} if one["paying_from"] < transfer else one
        for one in rows
        if one["paying_until"] > transfer
    ]
    younger, older = by_interval(moved, AS_OF)
    assert (younger.name, older.name) == ("month", "month+")
    assert older.start.max() < np.datetime64("2023-06-01")
    # Those who had stayed for long leave more slowly than new ones do.
    assert float(fit(older).model.churn_hazard(1)) < float(fit(younger).model.churn_hazard(1))
    assert float(fit(younger).model.survival(12)) == pytest.approx(_survival(12), abs=0.03)
    told = predict_subscribers(moved, as_of=AS_OF, discount_rate=0.1, draws=100, rng=rng)
    assert told.manifest["intervals"]["month+"]["older"]
    names = {row["interval"] for row in told.tables["subscription_predictions"].to_pylist()}
    assert names == {"month", "month+"}
