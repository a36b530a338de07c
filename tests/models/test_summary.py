"""From transactions to what models read: against lifetimes, by hand, and what cannot be read."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from perenne.core import PerenneError
from perenne.models import BetaGeo, GammaGamma, purchase_summary

ROWS = {
    "customer": ["b", "a", "b", "a", "b", "c"],
    "date": ["2024-01-01", "2024-01-08", "2024-01-15", "2024-01-08", "2024-01-29", "2024-02-05"],
    "value": [10.0, 5.0, 20.0, 7.0, 40.0, 3.0],
}
DATES = [date.fromisoformat(day) for day in ROWS["date"]]
SHOP = {**ROWS, "date": DATES}


def shop(customers: int = 400, *, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    counts = 1 + rng.negative_binomial(0.7, 0.25, customers)
    who = np.repeat(np.arange(customers), counts)
    gaps = rng.exponential(1 / rng.gamma(2, 0.02, customers)[who])
    gaps[np.cumsum(counts) - counts] = rng.integers(0, 600, customers)
    since = np.cumsum(gaps)
    start = np.concatenate(([0.0], since))[np.cumsum(counts) - counts]
    day = np.floor(since - start[who]).astype(int)
    frame = pd.DataFrame({"who": who, "on": pd.Timestamp("2022-01-01"), "paid": 1.0})
    frame["on"] += pd.to_timedelta(day, unit="D")
    frame["paid"] = np.round(rng.gamma(6, 1 / rng.gamma(4, 1 / 15, customers)[who]), 2) + 0.01
    return frame[frame["on"] <= "2023-12-31"].sample(frac=1.0, random_state=seed)


def test_by_hand() -> None:
    told = purchase_summary(SHOP, value="value", until="2024-02-12", time_unit="week")
    assert told["customer"].tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(told["frequency"], [0, 2, 0])  # two rows of one day are one
    np.testing.assert_allclose(told["recency"], [0, 4, 0])
    np.testing.assert_allclose(told["tenure"], [5, 6, 1])
    np.testing.assert_allclose(told["log_intervals"], [0, 2 * np.log(2), 0])
    np.testing.assert_allclose(told["monetary_value"], [np.nan, 30, np.nan])
    np.testing.assert_allclose(told["first_value"], [12, 10, 3])


def test_what_comes_after_is_left_out_and_told_apart() -> None:
    told = purchase_summary(SHOP, value="value", until=date(2024, 1, 15), ahead=date(2024, 2, 5))
    assert told["customer"].tolist() == ["a", "b"]  # c had not come
    np.testing.assert_array_equal(told["frequency"], [0, 1])
    np.testing.assert_array_equal(told["purchases_ahead"], [0, 1])
    np.testing.assert_array_equal(told["value_ahead"], [0, 40])


@pytest.mark.parametrize(
    ("unit", "days"), [("day", 1), ("week", 7), ("month", 365.25 / 12), ("year", 365.25)]
)
def test_units_of_time(unit: str, days: float) -> None:
    told = purchase_summary(SHOP, time_unit=unit)
    np.testing.assert_allclose(told["tenure"], np.array([28, 35, 0]) / days)
    assert told["log_intervals"][1] == pytest.approx(2 * np.log(14 / days))
    assert not {"monetary_value", "first_value"} & told.keys()


def test_as_lifetimes_does() -> None:
    lifetimes = pytest.importorskip("lifetimes.utils", reason="lifetimes is not installed")
    frame = shop()
    theirs = lifetimes.calibration_and_holdout_data(
        frame, "who", "on", calibration_period_end="2023-06-30",
        observation_period_end="2023-12-31", monetary_value_col="paid",
    )  # fmt: skip
    ours = purchase_summary(
        frame, customer="who", date="on", value="paid", time_unit="day",
        until="2023-06-30", ahead="2023-12-31",
    )  # fmt: skip
    np.testing.assert_array_equal(ours["customer"], theirs.index)
    np.testing.assert_array_equal(ours["frequency"], theirs["frequency_cal"])
    np.testing.assert_array_equal(ours["recency"], theirs["recency_cal"])
    np.testing.assert_array_equal(ours["tenure"], theirs["T_cal"])
    repeat = ours["frequency"] > 0
    np.testing.assert_allclose(
        ours["monetary_value"][repeat], theirs["monetary_value_cal"][repeat], rtol=1e-9
    )
    np.testing.assert_array_equal(ours["purchases_ahead"], theirs["frequency_holdout"])


def kinds() -> dict[str, Any]:
    frame = shop()
    text = frame.assign(who="C" + frame["who"].astype(str).str.zfill(4))
    paris = frame.assign(on=frame["on"].dt.tz_localize("Europe/Paris") + pd.Timedelta("22h"))
    return {
        "whole": frame,
        "text": text,
        "categories": text.assign(who=text["who"].astype("category")),
        "far numbers": frame.assign(who=frame["who"] * 10**12),
        "floats": frame.assign(who=frame["who"].astype(float)),
        "money": frame.assign(paid=[Decimal(str(one)) for one in frame["paid"]]),
        "dates": frame.assign(on=frame["on"].dt.date),
        "numbers of days": frame.assign(on=(frame["on"] - pd.Timestamp("1970-01-01")).dt.days),
        "late in the evening, in Paris": paris,
        "arrays": {name: frame[name].to_numpy() for name in frame},
        "another index": frame.set_index(np.arange(len(frame))[::-1]),
    }


@pytest.mark.parametrize("kind", kinds())
def test_any_table_tells_the_same(kind: str) -> None:
    asked = {"customer": "who", "date": "on", "value": "paid", "until": "2023-12-31"}
    known, told = purchase_summary(shop(), **asked), purchase_summary(kinds()[kind], **asked)
    for name in known.keys() - {"customer"}:
        np.testing.assert_allclose(told[name], known[name], rtol=1e-12, err_msg=name)


def test_other_frames_tell_the_same() -> None:
    polars = pytest.importorskip("polars", reason="polars is not installed")
    duckdb = pytest.importorskip("duckdb")
    asked = {"customer": "who", "date": "on", "value": "paid", "until": "2023-12-31"}
    known = purchase_summary(shop(), **asked)
    frame = polars.from_pandas(shop().reset_index(drop=True))
    late = frame.with_columns(
        polars.col("on").dt.replace_time_zone("Europe/Paris") + polars.duration(hours=22)
    )
    tables = [frame, frame.lazy(), frame.to_arrow(), duckdb.sql("select * from frame"), late,
              late.to_arrow(), {name: late[name] for name in late.columns}]  # fmt: skip
    for table in tables:
        told = purchase_summary(table, **asked)
        for name in known:
            np.testing.assert_allclose(told[name], known[name], rtol=1e-12, err_msg=name)


def test_moments_with_a_time_zone_in_a_list() -> None:
    late = [datetime(2024, 1, day, 23, 30, tzinfo=ZoneInfo("Europe/Paris")) for day in (1, 8)]
    told = purchase_summary({"customer": ["a", "a"], "date": late}, until=late[1])
    assert told["recency"].tolist() == [1.0]
    assert told["tenure"].tolist() == [1.0]


def test_models_read_it_as_it_is() -> None:
    told = purchase_summary(shop(3000), customer="who", date="on", value="paid")
    assert BetaGeo().fit(told).parameters.keys() == {"r", "alpha", "a", "b"}
    assert GammaGamma().fit(told).parameters["q"] > 1
    assert len(pd.DataFrame(told)) == told["customer"].size


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "no such column": ({}, {"date": "day"}, "The column day is missing", "Name the columns"),
    "text for dates": ({"date": ROWS["date"]}, {}, "no date", "pandas.to_datetime"),
    "a date missing": ({"date": [*DATES[:5], None]}, {}, "no date", "none missing"),
    "a moment missing": (
        {"date": np.array([*ROWS["date"][:5], "NaT"], "datetime64[s]")},
        {},
        "no date",
        "none missing",
    ),
    "nobody": ({"customer": ["a"] * 5 + [None]}, {}, "1 rows have no customer", "Leave out"),
    "a value missing": ({"value": [1.0] * 5 + [np.nan]}, {}, "missing or infinite", "Remove"),
    "a return": ({"value": [1.0] * 5 + [-2.0]}, {}, "below zero: returns", "take them off"),
    "no rows": ({name: [] for name in ROWS}, {}, "There are no transactions", "one row per"),
    "too early": ({}, {"until": date(2020, 1, 1)}, "Nobody had bought by", "later day"),
    "ahead of nothing": (
        {},
        {"until": date(2024, 2, 1), "ahead": date(2024, 1, 1)},
        "does not lie after",
        "after until",
    ),
    "no day": ({}, {"until": "soon"}, "The column until holds something", "Give dates"),
    "no unit": ({}, {"time_unit": "hour"}, "hour is not a unit of time", "Use one of"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_read_is_told(case: str) -> None:
    changed, asked, what, next_step = WRONG[case]
    with pytest.raises(PerenneError, match=what) as it:
        purchase_summary({**SHOP, **changed}, **{"value": "value", **asked})
    assert next_step in it.value.next_step


def test_no_table() -> None:
    with pytest.raises(PerenneError, match="These data are no table"):
        purchase_summary([1, 2, 3])
