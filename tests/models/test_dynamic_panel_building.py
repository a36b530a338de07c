"""Building a panel: any table, dates, single days, gaps, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from perenne.core import PerenneError
from perenne.models import DynamicParetoNBD, Panel
from perenne.models.purchases.dynamic_histories import read_purchases
from perenne.models.purchases.dynamic_panel_likelihood import PanelLikelihood
from perenne.models.purchases.dynamic_paths import Sources

from .test_dynamic_panel import fitted


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


@pytest.mark.parametrize("kind", ["mapping", "pandas", "polars", "lazy", "arrow"])
def test_a_panel_from_any_table_with_dates(kind: str) -> None:
    columns = {
        "customer": ["b", "a", "a"],
        "start": [date(2024, 1, 1), date(2024, 3, 4), date(2024, 1, 8)],
        "end": [date(2024, 1, 7), date(2024, 3, 10), date(2024, 1, 14)],
        "promotion": [1, 1, 1],
    }
    polars = pytest.importorskip("polars", reason="polars is not installed")
    arrow = pytest.importorskip("pyarrow")
    made: dict[str, Any] = {
        "mapping": columns,
        "pandas": pd.DataFrame(columns),
        "polars": polars.DataFrame(columns),
        "lazy": polars.LazyFrame(columns),
        "arrow": arrow.table(columns),
    }
    panel = Panel.of(made[kind], otherwise=0)
    assert panel.customer_ids.tolist() == ["a", "b"]
    assert panel.first.tolist() == [0, 2, 3]
    assert panel.dated
    np.testing.assert_allclose(panel.end - panel.start, 1.0)


def test_spells_of_single_days_are_those_days() -> None:
    first = date(2024, 5, 1)
    by_day = Panel.of({"customer": [7] * 3, "day": days(first, 3), "mail": [1, 1, 1]}, otherwise=0)
    spell = Panel.of(
        {"customer": [7], "start": [first], "end": [first + timedelta(2)], "mail": [1]},
        otherwise=0,
    )
    assert by_day.start[0] == spell.start[0]
    assert by_day.end[-1] == spell.end[0]
    rows = {"customer": [7, 7], "time": [first - timedelta(9), first + timedelta(1)]}
    told = []
    for panel in (by_day, spell):
        read = read_purchases(rows, until=first + timedelta(30))
        sources = Sources.of(panel, None)
        told.append(
            PanelLikelihood.of(read, sources, trans=("mail",), life=(), ridge=0)(np.zeros(5))[0]
        )
    assert told[0] == pytest.approx(told[1], abs=1e-10)


def test_a_purchase_on_the_last_day_of_a_promotion_counts_as_within() -> None:
    first = date(2024, 5, 1)
    panel = Panel.of(
        {"customer": [7], "start": [first], "end": [first + timedelta(2)], "mail": [1]},
        otherwise=0,
    )
    for day, inside in ((-1, 0.0), (0, 1.0), (2, 1.0), (3, 0.0)):
        rows = {"customer": [7, 7], "time": [first - timedelta(9), first + timedelta(day)]}
        read = read_purchases(rows, until=first + timedelta(30))
        found = PanelLikelihood.of(read, Sources.of(panel, None), trans=("mail",), life=(), ridge=0)
        assert found.effects.tolist() == [inside]


def test_a_gap_is_refused_with_customer_and_dates() -> None:
    week = [date(2024, 1, 1) + timedelta(7 * n) for n in range(3)]
    kept = [0, 2]
    columns = {
        "customer": ["anna"] * 2,
        "start": [week[n] for n in kept],
        "end": [week[n] + timedelta(6) for n in kept],
        "price": [1.0, 1.2],
    }
    rows = {"customer": ["anna", "anna"], "time": [date(2024, 1, 1), date(2024, 1, 3)]}
    with pytest.raises(
        PerenneError, match=r"nothing of price for customer anna from 2024-01-08 to 2024-01-14"
    ) as refused:
        DynamicParetoNBD().fit(rows, until=date(2024, 1, 20), panel=Panel.of(columns))
    assert "otherwise=0" in refused.value.next_step


def test_a_horizon_beyond_the_panel_is_refused() -> None:
    panel = Panel.of({"customer": [1], "start": [0.0], "end": [85.0], "promotion": [1.0]})
    model = fitted({"trans.promotion": 0.5})
    one = {"customer": [1], "frequency": [1.0], "recency": [3.0], "tenure": [30.0]}
    model.expected_purchases(5.0, **one, panel=panel)
    with pytest.raises(PerenneError, match=r"for customer 1 from 85 to 92"):
        model.expected_purchases(12.0, **one, panel=panel)


GOOD: dict[str, Any] = {"customer": [1, 1], "start": [0.0, 5.0], "end": [5.0, 9.0], "on": [0, 1]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"customer": None}, "column customer is missing"),
        ({"end": None}, "column end is missing"),
        ({"on": None}, "has no values"),
        ({"on": ["yes", "no"]}, "on is no column of numbers"),
        ({"on": [1.0, np.nan]}, "missing or infinite"),
        ({"end": [5.0, 4.0]}, "ends before it starts"),
        ({"end": [6.0, 9.0]}, "Two spells of customer 1 overlap at 6"),
        ({"end": [date(2024, 1, 1), date(2024, 2, 1)]}, "one holds dates and the other numbers"),
        ({"start": None, "end": None, "day": [1.0, 2.0]}, "day holds no dates"),
        ({"start": None, "end": None, "day": [date(2024, 1, 1), "x"]}, "not a date"),
        (
            {"start": None, "end": None, "day": np.array(["2024-01-01", "NaT"], "M8[D]")},
            "A date is",
        ),
    ],
)
def test_bad_panels_are_refused(changes: dict[str, Any], said: str) -> None:
    columns = {name: value for name, value in (GOOD | changes).items() if value is not None}
    with pytest.raises(PerenneError, match=said):
        Panel.of(columns)


def test_other_refusals_of_panels() -> None:
    with pytest.raises(PerenneError, match="no table"):
        Panel.of([1, 2])
    with pytest.raises(PerenneError, match="otherwise does not give one value"):
        Panel.of(GOOD, otherwise={"off": 0})
    panel = Panel.of(GOOD, otherwise={"on": 0})
    rows = {"customer": ["1", "1"], "time": [1.0, 3.0]}
    with pytest.raises(PerenneError, match="has none of these customers"):
        DynamicParetoNBD().fit(rows, until=9.0, panel=panel)
    rows = {"customer": [1, 1], "time": [1.0, 3.0]}
    with pytest.raises(PerenneError, match="Two covariates have one name: on"):
        DynamicParetoNBD().fit(rows, until=9.0, panel=[panel, panel])
    with pytest.raises(PerenneError, match="no covariate other"):
        DynamicParetoNBD(trans=("other",)).fit(rows, until=9.0, panel=panel)
    with pytest.raises(PerenneError, match="neither a calendar nor a panel"):
        DynamicParetoNBD().fit(rows, until=9.0)
    same = Panel.of({"customer": [1, 2], "member": [1, 1]})
    with pytest.raises(PerenneError, match="member do not change"):
        DynamicParetoNBD().fit(
            {"customer": [1, 1, 2], "time": [1.0, 3.0, 2.0]}, until=9.0, panel=same
        )
    one = {"frequency": [1.0], "recency": [3.0], "tenure": [30.0]}
    with pytest.raises(PerenneError, match="not one customer per row: 0 for 1"):
        fitted({"trans.on": 0.5}).probability_alive(**one, panel=panel)
