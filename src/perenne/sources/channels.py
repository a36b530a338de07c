"""Channel of an order, from its utm parameters and tags, by rules."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml

from perenne.sources.context import ChannelRule, ReadContext
from perenne.sources.recognition import Recognition
from perenne.sources.typing_sql import raw
from perenne.warehouse import quote_text

_UTM = ("utm_source", "utm_medium")


@cache
def default_channel_rules() -> tuple[ChannelRule, ...]:
    """The rules that ship with Perenne; those of the workspace are tried before them."""
    text = resources.files("perenne.sources").joinpath("channels.yaml").read_text("utf-8")
    return tuple(ChannelRule(**rule) for rule in yaml.safe_load(text))


def channel_columns(recognition: Recognition, *, context: ReadContext) -> dict[str, str]:
    """SQL of `known_channel`: the first rule whose patterns all match, null when none does.

    Reads the fields `attributes` (lines `utm_source: x`) and `tags` (separated by commas); what
    they hold is cut out once, in columns of its own.
    """
    rules = (*context.channel_rules, *default_channel_rules())
    cases = [
        f"WHEN {condition} THEN {quote_text(rule.channel)}"
        for rule in rules
        if (condition := _condition(rule, recognition))
    ]
    found = {}
    if "attributes" in recognition.columns:
        found = {
            f"{name}__text": f"regexp_extract({raw('attributes')}, "
            f"'(?i){name}\\s*[:=]\\s*([^\\s,;&]+)', 1)"
            for name in _UTM
        }
    channel = f"CASE {' '.join(cases)} END" if cases else "CAST(NULL AS VARCHAR)"
    return {**found, "known_channel": channel}


def _condition(rule: ChannelRule, recognition: Recognition) -> str | None:
    parts = []
    for name in _UTM:
        pattern = getattr(rule, name)
        if pattern is not None:
            if "attributes" not in recognition.columns:
                return None
            parts.append(_equals(f"{name}__text", pattern))
    if rule.tag is not None:
        if "tags" not in recognition.columns:
            return None
        one_of = f"(^|,)\\s*({rule.tag})\\s*(,|$)"
        parts.append(f"regexp_matches({raw('tags')}, {quote_text('(?i)' + one_of)})")
    return " AND ".join(parts) or None


def _equals(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {quote_text('(?i)' + pattern)})"
