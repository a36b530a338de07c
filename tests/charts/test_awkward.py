"""Every chart on every awkward input: sound, or a clear sentence that says why it is empty."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perenne.charts import (
    Band,
    Bar,
    Change,
    Marker,
    Number,
    Reference,
    RfmCell,
    Series,
    Size,
    Step,
    Svg,
    bar_chart,
    bins,
    concentration,
    concentration_curve,
    funnel,
    histogram,
    line_chart,
    rfm_map,
    sparkline,
    waterfall,
)
from tests.charts.drawing import CAPTION, is_sound, texts, tree

LONG = "a customer segment with a name that nobody would ever want to read in a chart"
Values = Sequence[Number | None]
Chart = Callable[[Values], Svg]


def money(value: float) -> str:
    return f"€{value:,.2f}" if abs(value) < 1e15 else f"€{value:.2e}"


def draw_histogram(values: Values) -> Svg:
    markers = [Marker(value, f"marker {i}") for i, value in enumerate(values[:4])]
    return histogram(
        bins(values),
        caption=CAPTION,
        format_value=money,
        format_count=money,
        markers=markers,
        x_title="value",
        y_title="customers",
    )


def draw_concentration(values: Values) -> Svg:
    return concentration_curve(
        concentration(values), caption=CAPTION, format_share=money, x_title="x", y_title="y"
    )


def draw_lines(values: Values) -> Svg:
    return line_chart(
        [
            Series("first", list(enumerate(values)), incomplete_from=2),
            Series(LONG, [(i, v) for i, v in enumerate(values) if i % 2]),
        ],
        caption=CAPTION,
        format_x=money,
        format_y=money,
        references=[Reference(0, "zero"), Reference(1, "one")],
        x_title="x",
        y_title="y",
    )


def draw_bars(values: Values) -> Svg:
    bars = [Bar(f"{i} {LONG}", value) for i, value in enumerate(values)]
    return bar_chart(bars, caption=CAPTION, format_value=money, band=Band(3, 5, "3:1 to 5:1"))


def draw_funnel(values: Values) -> Svg:
    known: list[Number] = [0 if value is None else value for value in values]
    steps = [Step(f"step {i}", abs(float(value))) for i, value in enumerate(known)]
    return funnel(
        steps, caption=CAPTION, format_count=money, format_share=money, largest_drop="largest drop"
    )


def draw_map(values: Values) -> Svg:
    cells = [RfmCell(1 + i % 5, 1 + i // 5 % 5, i, value, LONG) for i, value in enumerate(values)]
    return rfm_map(
        cells,
        caption=CAPTION,
        format_count=money,
        format_value=money,
        recency_title="recency",
        frequency_title="frequency",
    )


def draw_waterfall(values: Values) -> Svg:
    amounts = [Change(f"step {i}", Decimal(str(value))) for i, value in enumerate(values) if value]
    return waterfall(
        amounts[0] if amounts else Change("start", Decimal(0)),
        amounts[1:],
        end_label="end",
        caption=CAPTION,
        format_value=money,
        format_change=money,
    )


def draw_sparkline(values: Values) -> Svg:
    return sparkline(values, caption=CAPTION)


CHARTS: list[Chart] = [
    draw_histogram,
    draw_concentration,
    draw_lines,
    draw_bars,
    draw_funnel,
    draw_map,
    draw_waterfall,
    draw_sparkline,
]
AWKWARD: dict[str, Values] = {
    "empty": [],
    "one": [42],
    "one negative": [-42],
    "two": [1, 2],
    "all equal": [7] * 12,
    "all zero": [0] * 5,
    "negative": [-5, -1, -300],
    "both signs": [-50, 20, 0, 400, -3],
    "huge": [1e12, 3e13, 9e14],
    "beyond drawing": [1e308, -1e308, 5],
    "tiny": [1e-9, 2e-9],
    "decimals": [Decimal("10.10"), Decimal("-3.33"), Decimal("NaN")],
    "missing": [None, math.nan, math.inf],
    "some missing": [None, 4, math.nan, 5, None],
    "long tail": [*range(1, 60), 100_000],
    "many": list(range(300)),
}


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
@pytest.mark.parametrize("values", AWKWARD.values(), ids=AWKWARD.keys())
def test_awkward_values_are_drawn_soundly(chart: Chart, values: Values) -> None:
    assert is_sound(chart(values))


@pytest.mark.parametrize("chart", CHARTS[:6], ids=lambda chart: chart.__name__)
def test_no_data_is_said_with_its_reason(chart: Chart) -> None:
    svg = chart([])
    assert "chart-empty" in (tree(svg).get("class") or "")
    assert " ".join(texts(svg)) == CAPTION.empty


@pytest.mark.parametrize("chart", CHARTS[:5], ids=lambda chart: chart.__name__)
def test_only_missing_values_are_no_data(chart: Chart) -> None:
    assert " ".join(texts(chart([None, math.nan]))) == CAPTION.empty


def test_an_empty_sparkline_says_it_in_its_description() -> None:
    svg = sparkline([], caption=CAPTION)
    assert CAPTION.empty in svg
    assert CAPTION.description not in svg


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
@settings(max_examples=25)
@given(values=st.lists(st.floats(-1e9, 1e9) | st.integers(-99, 99) | st.none(), max_size=30))
def test_any_values_are_drawn_soundly(chart: Chart, values: list[Number | None]) -> None:
    assert is_sound(chart(values))
    assert chart(values) == chart(values)


@pytest.mark.parametrize("width", [360, 480, 1000])
def test_labels_keep_apart_at_every_size(width: float) -> None:
    size = Size(width, 300)
    series = [Series(f"series {n}", [(x, x * n) for x in range(24)]) for n in range(6)]
    assert is_sound(line_chart(series, caption=CAPTION, format_x=money, format_y=money, size=size))
    values = [x**1.7 for x in range(200)]
    assert is_sound(
        histogram(bins(values), caption=CAPTION, format_value=money, format_count=str, size=size)
    )
    assert is_sound(
        bar_chart([Bar(LONG, 3), Bar("b", -4)], caption=CAPTION, format_value=money, size=size)
    )


def test_bands_and_references_that_cannot_be_drawn_are_left_out() -> None:
    svg = line_chart(
        [Series("a", [(0, 1), (1, 2)], band=[(0, math.nan, 2), (1, 1, math.inf)])],
        caption=CAPTION,
        format_x=money,
        format_y=money,
        references=[Reference(math.nan, "unknown cost")],
    )
    assert is_sound(svg)
    assert "unknown cost" not in texts(svg)
