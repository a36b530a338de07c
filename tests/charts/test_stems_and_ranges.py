"""Orders on a line of time, and a value with its intervals."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from perenne.charts import Caption, Expected, Moment, Stem, range_chart, stem_chart

CAPTION = Caption("Orders", "One bar per day", "No order")


def _rects(svg: str) -> list[dict[str, float]]:
    found = re.findall(r"<rect([^>]*class=\"[^\"]*mark[^\"]*\"[^>]*)", svg)
    names = ("x", "y", "width", "height")
    return [
        {n: float(m[1]) for n in names if (m := re.search(rf'\b{n}="([\d.]+)"', one))}
        for one in found
    ]


def stems(*values: float) -> str:
    return stem_chart(
        [Stem(place * 10, value, f"{value}") for place, value in enumerate(values)],
        caption=CAPTION,
        marks=[(0, "2024"), (20, "2025")],
        format_y=str,
        names=("Orders", "Refunds"),
        moments=[Moment(15, "today")],
        span=(-5, 25),
    )


def test_what_is_given_back_hangs_below_what_was_bought() -> None:
    up, down, twice = _rects(stems(50, -20, 100))
    assert up["y"] + up["height"] == down["y"]
    assert abs(twice["height"] - 2 * up["height"]) < 0.3
    assert up["x"] < down["x"] < twice["x"]


def test_a_key_stands_only_where_something_was_given_back() -> None:
    assert "Refunds" in stems(50, -20)
    assert "Refunds" not in stems(50, 20)
    assert "today" in stems(50)


def test_nothing_to_draw_says_so() -> None:
    assert "No order" in stems()
    assert "No order" in range_chart([], caption=CAPTION, format_value=str)


def test_intervals_enclose_each_other_around_the_mean() -> None:
    rows = [Expected("12 months", 50, inner=(40, 60), outer=(0, 100)), Expected("24 months", 70)]
    svg = range_chart(rows, caption=CAPTION, format_value=lambda value: f"{value:.0f} €")
    ElementTree.fromstring(svg)
    bars = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*fill-opacity', svg)
    (outer, inner) = [(float(x), float(x) + float(w)) for x, w in bars]
    (dot, _other) = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', svg)]
    assert outer[0] < inner[0] < dot < inner[1] < outer[1]
    assert "50 €" in svg
