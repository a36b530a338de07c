"""Forecast fans, maps of figures and upright lines: where they stand and what they say."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perenne.charts import Ahead, Moment, Series, Size, Tile, fan_chart, heat_map, line_chart
from perenne.charts.svg import Svg
from tests.charts.drawing import CAPTION, NS, is_sound, marks, texts, tree, words


def plain(value: float) -> str:
    return f"{value:g}"


def fan(values: list[float], *, size: Size | None = None) -> Svg:
    ahead = [
        Ahead(12 + i, value, (value - 1, value + 1), (value - 3, value + 3))
        for i, value in enumerate(values)
    ]
    past = [(float(i), 10.0 + i % 3) for i in range(12)]
    return fan_chart(
        past,
        ahead,
        caption=CAPTION,
        format_x=plain,
        format_y=plain,
        names=("actual", "expected"),
        now="today",
        y_title="revenue",
        size=size,
    )


def grid(values: list[float | None], *, columns: int = 6, size: Size | None = None) -> Svg:
    return heat_map(
        [Tile(i % columns, i // columns, value) for i, value in enumerate(values)],
        caption=CAPTION,
        format_across=plain,
        format_up=plain,
        format_value=lambda value: f"{value:.1f}",
        x_title="last purchase",
        y_title="purchases",
        size=size,
    )


def test_a_fan_has_two_bands_the_narrow_inside_the_wide_one() -> None:
    svg = fan([11, 12, 13])
    bands = [e for e in tree(svg).iter(NS + "path") if e.get("fill-opacity")]
    wide, narrow = (
        [float(p.split()[1]) for p in e.get("d", "").strip("MZ").split("L")] for e in bands
    )
    assert min(wide) < min(narrow) < max(narrow) < max(wide)
    assert {"actual", "expected", "today"} <= set(texts(svg))
    assert is_sound(svg)


def test_a_fan_without_forecast_is_the_past() -> None:
    svg = fan([])
    assert "actual" in texts(svg)
    assert "today" not in texts(svg)
    assert is_sound(svg)


@settings(max_examples=25)
@given(values=st.lists(st.floats(-1e6, 1e6), max_size=40))
def test_any_fan_is_drawn_soundly(values: list[float]) -> None:
    assert is_sound(fan(values))


@pytest.mark.parametrize("width", [360, 480, 1000])
def test_fans_and_maps_keep_their_words_apart_at_every_size(width: float) -> None:
    assert is_sound(fan([11, 12, 13], size=Size(width, 300)))
    assert is_sound(grid([*range(60)], columns=10, size=Size(width, 300)))


def test_moments_stand_at_their_place_and_only_inside() -> None:
    svg = line_chart(
        [Series("a", [(0, 1), (10, 3)])],
        caption=CAPTION,
        format_x=plain,
        format_y=plain,
        moments=[Moment(5, "end of calibration"), Moment(2), Moment(50, "later"), Moment(math.nan)],
        y_title="purchases",
    )
    assert "end of calibration" in texts(svg)
    assert "later" not in texts(svg)
    upright = [
        e for e in tree(svg).iter(NS + "line") if e.get("x1") == e.get("x2")
        and "s-ink-soft" in e.get("class", "")
    ]  # fmt: skip
    assert len(upright) == 2
    assert is_sound(svg)


def test_a_map_has_its_most_at_the_darkest_and_larger_above() -> None:
    svg = grid([0.0, 1.0, 2.0, 3.0], columns=2)
    assert len(marks(svg)) == 4
    where = {word.text: word for word in words(svg)}
    assert where["3.0"].top < where["1.0"].top
    assert where["3.0"].left > where["2.0"].left
    assert "f-heat-8" in marks(svg)[-1].get("class", "")
    said = [e.text for e in tree(svg).iter(NS + "title")]
    assert "last purchase 1 · purchases 1 = 3.0" in said
    assert is_sound(svg)


def test_a_map_of_many_tiles_keeps_its_figures_for_the_pointer() -> None:
    svg = grid([float(i) for i in range(2_000)], columns=50)
    assert "7.0" not in texts(svg)
    assert any((e.text or "").endswith(" = 7.0") for e in tree(svg).iter(NS + "title"))
    assert is_sound(svg)


@pytest.mark.parametrize("values", [[], [None, math.nan]])
def test_a_map_of_nothing_says_so(values: list[float | None]) -> None:
    assert " ".join(texts(grid(values))) == CAPTION.empty


@settings(max_examples=25)
@given(values=st.lists(st.floats(-1e9, 1e9) | st.none(), max_size=40))
def test_any_map_is_drawn_soundly(values: list[float | None]) -> None:
    assert is_sound(grid(values))
