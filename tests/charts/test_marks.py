"""Each chart draws what it was given: as many marks, in the right places, with the right words."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from perenne.charts import (
    Band,
    Bar,
    Bin,
    Change,
    Marker,
    Reference,
    RfmCell,
    Series,
    Step,
    bar_chart,
    concentration_curve,
    funnel,
    histogram,
    line_chart,
    rfm_map,
    sparkline,
    waterfall,
)
from tests.charts.drawing import CAPTION, NS, is_sound, marks, numbers, texts, tree, words


def plain(value: float) -> str:
    return f"{value:g}"


def percent(value: float) -> str:
    return f"{value:.0%}"


def test_histogram_columns_stand_for_counts() -> None:
    counted = [Bin(0, 10, 40), Bin(10, 20, 20), Bin(20, 30, 0), Bin(30, None, 10)]
    svg = histogram(
        counted,
        caption=CAPTION,
        format_value=plain,
        format_count=plain,
        markers=[Marker(15, "median 15"), Marker(500, "best 500"), Marker(None, "nobody")],
    )
    heights = numbers(svg, "height")
    assert len(heights) == 4
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)
    assert heights[2] == 0
    assert {"≥ 30", "median 15", "best 500", "0", "20"} <= set(texts(svg))
    assert "nobody" not in texts(svg)
    dashed = [mark.get("stroke-dasharray") for mark in marks(svg)]
    assert [bool(dash) for dash in dashed] == [False, False, False, True]
    assert is_sound(svg)


def test_histogram_markers_stand_at_their_value() -> None:
    svg = histogram(
        [Bin(0, 10, 5), Bin(10, 20, 5)],
        caption=CAPTION,
        format_value=plain,
        format_count=plain,
        markers=[Marker(10, "ten")],
    )
    second = float(marks(svg)[1].get("x", "nan"))
    lines = [e for e in tree(svg).iter(NS + "line") if e.get("stroke-dasharray")]
    assert [float(line.get("x1", "nan")) for line in lines] == [pytest.approx(second, abs=1.1)]


def test_concentration_says_its_points() -> None:
    curve = [(0.0, 0.0), (0.2, 0.68), (0.5, 0.9), (1.0, 1.0)]
    svg = concentration_curve(
        curve, caption=CAPTION, format_share=percent, highlights=(0.2, 0.5), equality_label="equal"
    )
    assert {"20% → 68%", "50% → 90%", "equal"} <= set(texts(svg))
    dots = numbers(svg, "cx", "circle"), numbers(svg, "cy", "circle")
    assert dots[0] == sorted(dots[0])
    assert dots[1] == sorted(dots[1], reverse=True)
    assert is_sound(svg)


def test_lines_are_named_dashed_where_incomplete_and_broken_where_unknown() -> None:
    grown = Series("2025 Q1", [(0, 1), (1, None), (2, 3), (3, 4), (4, 5)], incomplete_from=4)
    flat = Series("2025 Q2", [(0, Decimal(2)), (1, Decimal(2))], band=[(0, 1, 3), (1, 1, 4)])
    svg = line_chart(
        [grown, flat, Series("nothing", [(0, None)])],
        caption=CAPTION,
        format_x=plain,
        format_y=plain,
        references=[Reference(3, "CAC 3")],
    )
    assert {"2025 Q1", "2025 Q2", "CAC 3"} <= set(texts(svg))
    assert "nothing" not in texts(svg)
    assert len(marks(svg, "circle")) == 4 + 2
    dashes = [bool(e.get("stroke-dasharray")) for e in tree(svg).iter(NS + "path")]
    assert dashes.count(True) == 1
    assert is_sound(svg)


def test_line_heights_follow_values() -> None:
    svg = line_chart(
        [Series("a", [(x, x * x) for x in range(10)])],
        caption=CAPTION,
        format_x=plain,
        format_y=plain,
    )
    across, down = numbers(svg, "cx", "circle"), numbers(svg, "cy", "circle")
    assert across == sorted(across)
    assert down == sorted(down, reverse=True)


def test_many_lines_are_a_ramp_with_a_legend() -> None:
    series = [Series(f"cohort {n}", [(0, n), (1, n + 1)]) for n in range(40)]
    svg = line_chart(series, caption=CAPTION, format_x=plain, format_y=plain)
    assert "cohort 0" in texts(svg)
    assert "cohort 39" in texts(svg)
    assert len(marks(svg, "circle")) == 80
    assert is_sound(svg)


def test_bars_start_at_zero_and_say_what_is_missing() -> None:
    svg = bar_chart(
        [Bar("SEO", 8), Bar("Meta", 4), Bar("Shop", None, "no spend"), Bar("Market", -2)],
        caption=CAPTION,
        format_value=plain,
        missing="not available",
        band=Band(3, 5, "3:1 to 5:1"),
    )
    wide, left = numbers(svg, "width"), numbers(svg, "x")
    assert len(wide) == 3
    assert wide[0] == pytest.approx(2 * wide[1], abs=0.2)
    assert wide[1] == pytest.approx(2 * wide[2], abs=0.2)
    assert left[0] == left[1] == pytest.approx(left[2] + wide[2], abs=0.2)
    assert {"8", "4", "-2", "not available", "3:1 to 5:1"} <= set(texts(svg))
    assert "Shop · no spend" in {e.text for e in tree(svg).iter(NS + "title")}
    assert is_sound(svg)


def test_the_funnel_names_its_largest_drop_once() -> None:
    svg = funnel(
        [Step("1st", 1000), Step("2nd", 400), Step("3rd", 300), Step("4th", 270)],
        caption=CAPTION,
        format_count=plain,
        format_share=percent,
        largest_drop="largest drop",
    )
    wide = numbers(svg, "width")
    assert all(a >= b for a, b in pairwise(wide))
    assert wide[1] / wide[0] == pytest.approx(0.4, abs=0.01)
    said = texts(svg)
    assert {"40% · largest drop", "75%", "90%", "1000 · 100%", "270 · 27%"} <= set(said)
    assert sum("largest drop" in text for text in said) == 1
    assert is_sound(svg)


def test_the_funnel_takes_another_drop_and_names_none_without_a_loss() -> None:
    def said(counts: list[int], drop: int | None = None) -> list[str]:
        svg = funnel(
            [Step(str(i), count) for i, count in enumerate(counts)],
            caption=CAPTION,
            format_count=plain,
            format_share=percent,
            largest_drop="largest drop",
            drop=drop,
        )
        return [text for text in texts(svg) if "largest drop" in text]

    assert said([1000, 400, 100], drop=2) == ["25% · largest drop"]
    assert said([5, 5, 5]) == []


def test_the_map_has_a_tile_per_pair_and_the_best_at_the_top_right() -> None:
    cells = [
        RfmCell(5, 5, 12, Decimal(900), "VIP"),
        RfmCell(1, 1, 40, Decimal(30), "Lost"),
        RfmCell(3, 3, 0, Decimal(0), "Nobody"),
    ]
    svg = rfm_map(
        cells,
        caption=CAPTION,
        format_count=plain,
        format_value=plain,
        recency_title="recency",
        frequency_title="frequency",
    )
    assert len(list(tree(svg).iter(NS + "rect"))) == 25
    assert len(marks(svg)) == 2
    where = {word.text: word for word in words(svg)}
    assert where["VIP"].left > where["Lost"].left
    assert where["VIP"].top < where["Lost"].top
    assert {"12", "900", "40", "30"} <= set(texts(svg))
    assert "Nobody" not in texts(svg)
    assert "f-heat-8" in marks(svg)[0].get("class", "")
    assert is_sound(svg)


def test_the_waterfall_ends_at_the_exact_sum() -> None:
    svg = waterfall(
        Change("files", Decimal("100.10")),
        [Change("duplicates", Decimal("-30.05")), Change("rounding", Decimal("0.05"))],
        end_label="net",
        caption=CAPTION,
        format_value=lambda value: f"{value:.2f}",
        format_change=lambda value: f"{value:+.2f}",
    )
    left, wide = numbers(svg, "x"), numbers(svg, "width")
    assert len(wide) == 4
    assert left[1] + wide[1] == pytest.approx(left[0] + wide[0], abs=0.2)
    assert wide[3] / wide[0] == pytest.approx(70.10 / 100.10, abs=0.01)
    assert {"100.10", "-30.05", "+0.05", "70.10"} <= set(texts(svg))
    assert is_sound(svg)


def test_the_sparkline_follows_values_and_ends_in_a_dot() -> None:
    svg = sparkline([1, 2, None, 3, 9], caption=CAPTION, incomplete_last=True)
    assert len(list(tree(svg).iter(NS + "path"))) == 2
    (dot,) = tree(svg).iter(NS + "circle")
    assert "f-surface" in dot.get("class", "")
    assert float(dot.get("cy", "nan")) < 10
    assert texts(svg) == []
