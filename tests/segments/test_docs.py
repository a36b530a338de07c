"""The examples of the documentation run, and every setting is documented."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from perenne.segments import SegmentSettings, Sizes, Thresholds, read_settings, validate_rules

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs" / "how-to" / "edit-segments.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)


def test_the_settings_of_the_how_to_are_accepted() -> None:
    shares, rules = (read_settings(tomllib.loads(text)["segments"]) for text in blocks("toml"))
    assert shares.scoring == "thresholds"
    assert [rule.id for rule in rules.rules] == ["ambassadors", "to_call", "others"]
    assert {problem.kind for problem in validate_rules(rules)} == {"overlap"}


@pytest.mark.parametrize("model", [SegmentSettings, Sizes, Thresholds])
def test_every_setting_is_documented(model: type[SegmentSettings | Sizes | Thresholds]) -> None:
    text = HOW_TO.read_text("utf-8")
    assert [name for name in model.model_fields if name not in text] == []


def test_every_default_segment_is_explained() -> None:
    text = (ROOT / "docs" / "explanation" / "rfm-and-segments.md").read_text("utf-8")
    missing = [rule.id for rule in SegmentSettings().rules if f"| {rule.label['en']} |" not in text]
    assert missing == []
