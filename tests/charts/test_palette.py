"""Contrast and colour-blind safety, computed from the published formulas."""

from __future__ import annotations

import math
import re
from itertools import combinations

import pytest

from perenne.charts import heat_colour, stylesheet
from perenne.charts.palette import (
    DARK,
    HEAT_DARK,
    HEAT_INK_DARK,
    HEAT_INK_LIGHT,
    HEAT_LIGHT,
    LIGHT,
    RAMP,
    SERIES,
    paint,
    series_role,
)

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
VISION = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])

Triple = tuple[float, float, float]


def linear(colour: str) -> Triple:
    r, g, b = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return r, g, b


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio."""
    bright = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(linear, (one, other))]
    return (max(bright) + 0.05) / (min(bright) + 0.05)


def oklab(rgb: Triple) -> Triple:
    """Björn Ottosson's perceptual space, from linear RGB."""
    r, g, b = (max(c, 0.0) for c in rgb)
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def seen(colour: str, vision: str) -> Triple:
    rgb = linear(colour)
    r, g, b = (sum(w * c for w, c in zip(row, rgb, strict=True)) for row in VISION[vision])
    return oklab((r, g, b))


def apart(one: str, other: str, vision: str) -> float:
    return math.dist(seen(one, vision), seen(other, vision))


def test_the_formula_gives_the_published_extremes() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@THEMES
def test_words_reach_4_5_to_1(theme: dict[str, str]) -> None:
    for role in ("ink", "ink-soft", "alert", "good"):
        assert contrast(theme[role], theme["surface"]) >= 4.5, role
    assert contrast(theme["ink"], theme["band"]) >= 4.5


@THEMES
def test_marks_reach_3_to_1(theme: dict[str, str]) -> None:
    for role in (*SERIES, *RAMP, "alert", "good", "axis"):
        assert contrast(theme[role], theme["surface"]) >= 3, role


@pytest.mark.parametrize("vision", VISION)
@THEMES
def test_series_stay_apart_for_every_eye(theme: dict[str, str], vision: str) -> None:
    for one, other in combinations(SERIES, 2):
        assert apart(theme[one], theme[other], vision) >= 0.12, (one, other)


@pytest.mark.parametrize("steps", [HEAT_LIGHT, HEAT_DARK], ids=["light", "dark"])
def test_heat_steps_go_one_way(steps: tuple[str, ...]) -> None:
    light = [oklab(linear(colour))[0] for colour in steps]
    assert light in (sorted(light), sorted(light, reverse=True))
    assert len(set(light)) == len(light)


@pytest.mark.parametrize(
    ("steps", "inks"),
    [(HEAT_LIGHT, HEAT_INK_LIGHT), (HEAT_DARK, HEAT_INK_DARK)],
    ids=["light", "dark"],
)
def test_words_on_heat_reach_4_5_to_1(steps: tuple[str, ...], inks: tuple[str, ...]) -> None:
    for colour, ink in zip(steps, inks, strict=True):
        assert contrast(colour, ink) >= 4.5, colour


def test_both_themes_name_the_same_roles() -> None:
    assert LIGHT.keys() == DARK.keys()


def test_the_style_sheet_holds_every_theme_and_no_address() -> None:
    css = stylesheet()
    assert "@media (prefers-color-scheme:dark)" in css
    assert ':root[data-theme="dark"]' in css
    assert "@media print" in css
    assert "url(" not in css
    assert "http" not in css
    assert css.count("{") == css.count("}")
    used = set(re.findall(r"var\((--[\w-]+)\)", css))
    assert used <= set(re.findall(r"(--[\w-]+):", css))


def test_a_mark_has_a_colour_without_the_style_sheet_and_a_class_with_it() -> None:
    assert paint("chart-1", "heat-ink-8", mark=True) == {
        "fill": LIGHT["chart-1"],
        "stroke": HEAT_INK_LIGHT[8],
        "class_": "f-chart-1 s-heat-ink-8 mark",
    }
    assert paint("none") == {"fill": "none"}


def test_few_series_have_their_own_colour_and_many_a_ramp() -> None:
    assert [series_role(i, 6) for i in range(6)] == list(SERIES)
    many = [series_role(i, 24) for i in range(24)]
    assert many == sorted(many)
    assert (many[0], many[-1]) == (RAMP[0], RAMP[-1])


@pytest.mark.parametrize(
    ("value", "css_class"),
    [(0, "heat-0"), (50, "heat-4"), (100, "heat-8"), (-5, "heat-0"), (500, "heat-8")],
)
def test_heat_follows_the_value(value: float, css_class: str) -> None:
    heat = heat_colour(value, 0, 100)
    assert heat.css_class == css_class
    assert contrast(heat.background, heat.ink) >= 4.5


def test_heat_of_nothing_and_of_equal_ends() -> None:
    assert heat_colour(None, 0, 1).css_class == "heat-none"
    assert heat_colour(float("nan"), 0, 1).step is None
    assert heat_colour(3, 3, 3).css_class == "heat-0"
