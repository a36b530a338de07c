"""Finds the presets that ship with the package and reads them once."""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from perenne.core import PerenneError, closest
from perenne.sources.presets.model import Preset
from perenne.text import gettext as _

# The parser in C is ten times quicker; every import reads all presets.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def preset_names() -> tuple[str, ...]:
    """Names of all presets, in alphabetical order."""
    found = (f.name for f in _shelf().iterdir() if f.joinpath("preset.yaml").is_file())
    return tuple(sorted(found))


@cache
def preset(name: str) -> Preset:
    """The preset called `name`. Raises PerenneError with the allowed names when there is none."""
    if name not in preset_names():
        near = closest(name, preset_names())
        raise PerenneError(
            _("There is no preset “{name}”.").format(name=name),
            given=name,
            allowed=preset_names(),
            next_step=_("Did you mean {near}?").format(near=near)
            if near
            else _("Choose one of: {names}.").format(names=", ".join(preset_names())),
        )
    content = _read(f"{name}/preset.yaml")
    return Preset.model_validate({"name": name, **_with_shared(content)})


def _with_shared(content: dict[str, Any]) -> dict[str, Any]:
    """Fill in what a preset takes from `fields.yaml` and `tables.yaml` by writing `use`."""
    used = content.pop("use", [])
    own: dict[str, Any] = content.get("fields", {})
    shared = _shared("fields.yaml")
    fields = {name: own.get(name, shared.get(name)) for name in [*used, *own]}
    tables = [one for table in content.get("tables", ()) for one in _tables(table)]
    for table in tables:
        for value in table["columns"].values():
            if isinstance(value, dict) and isinstance(value["rules"], str):
                value["rules"] = _rules(value["rules"])
    return {**content, "fields": fields, "tables": tables}


def _rules(name: str) -> list[dict[str, str]]:
    """The shared rules of this name, those of others that they use in their place."""
    rules = _shared("rules.yaml")[name]
    return [one for rule in rules for one in (_rules(rule["use"]) if "use" in rule else [rule])]


def _tables(table: dict[str, Any]) -> list[dict[str, Any]]:
    """A table as it stands, or those that are shared under the name it uses, with its columns."""
    if "use" not in table:
        return [table]
    own = table.get("columns", {})
    return [
        {**one, "columns": one["columns"] | own} for one in _shared("tables.yaml")[table["use"]]
    ]


@cache
def unnested() -> frozenset[str]:
    """The lists within objects that some preset makes rows of."""
    return frozenset(name for kind in preset_names() for name in preset(kind).unnest)


@cache
def _shared(file: str) -> dict[str, Any]:
    return _read(file)


def _read(file: str) -> dict[str, Any]:
    text = _shelf().joinpath(*file.split("/")).read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.load(text, Loader=_LOADER)
    return found


def _shelf() -> Traversable:
    return resources.files("perenne.sources.presets")
