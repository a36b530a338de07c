"""Presets: one folder per export, read by pydantic. A folder added here is a preset added."""

from perenne.sources.presets.model import (
    ContentCheck,
    ControlSpec,
    Detection,
    FieldSpec,
    Grouping,
    Preset,
    Refusal,
    Rule,
    RuleValue,
    TableSpec,
)
from perenne.sources.presets.shelf import preset, preset_names, unnested

__all__ = [
    "ContentCheck",
    "ControlSpec",
    "Detection",
    "FieldSpec",
    "Grouping",
    "Preset",
    "Refusal",
    "Rule",
    "RuleValue",
    "TableSpec",
    "preset",
    "preset_names",
    "unnested",
]
