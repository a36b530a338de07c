"""Markup: escaped, rounded, named, and the same each time."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.charts import Bar, Caption, Svg, bar_chart
from perenne.charts.svg import element, number
from tests.charts.drawing import CAPTION, NS, is_sound, texts, tree


def drawn(label: str = "E-mail", caption: Caption = CAPTION) -> Svg:
    return bar_chart([Bar(label, 3)], caption=caption, format_value=str)


@pytest.mark.parametrize(
    "label", ['<script>alert("x")</script>', "a & b", "«\u00a0é\u00a0» 🎁", "]]>"]
)
def test_labels_are_written_as_they_are(label: str) -> None:
    assert label in texts(drawn(label))
    assert is_sound(drawn(label))


def test_what_xml_cannot_hold_is_left_out() -> None:
    assert "ab" in texts(drawn("a\x00\x0b\ud800b"))


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_words_give_well_formed_markup(label: str, title: str) -> None:
    svg = drawn(label, Caption(title, title, title, title))
    assert ElementTree.fromstring(svg).tag == NS + "svg"


def test_the_name_and_the_description_are_tied_to_the_drawing() -> None:
    root = tree(drawn(caption=Caption("CLV by channel", "E-mail leads.", "No data")))
    title, description = root.find(NS + "title"), root.find(NS + "desc")
    assert title is not None
    assert description is not None
    assert (title.text, description.text) == ("CLV by channel", "E-mail leads.")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_the_same_input_gives_the_same_text_and_a_key_gives_other_ids() -> None:
    other = dataclasses.replace(CAPTION, key="2")
    assert drawn() == drawn()
    assert tree(drawn()).get("aria-labelledby") != tree(drawn(caption=other)).get("aria-labelledby")


def test_templates_take_the_drawing_as_markup() -> None:
    svg = drawn()
    assert isinstance(svg, str)
    assert svg.__html__() == svg


@pytest.mark.parametrize(
    ("value", "written"), [(1.0, "1"), (1.25, "1.2"), (-0.01, "0"), (1e5, "100000"), (99.96, "100")]
)
def test_coordinates_are_short(value: float, written: str) -> None:
    assert number(value) == written


def test_attributes_are_escaped_and_none_is_left_out() -> None:
    assert element("g", class_='a"b', stroke_width=1.5, rx=None) == (
        '<g class="a&quot;b" stroke-width="1.5"/>'
    )
