"""Writes the generated half of settings.md from the settings models: `make reference`.

A test fails when the page and the models differ, so that a setting cannot stay undocumented.
"""

import dataclasses
import importlib
import inspect
import types
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

PAGE = Path(__file__).with_name("settings.md")
MARK = "<!-- generated below by docs/reference/build_settings.py -->"
HOME = "perenne.workspace.settings"


@dataclasses.dataclass(frozen=True)
class Setting:
    """One key: its dotted path, what it takes, what it is when absent, and what it means."""

    path: str
    kind: str
    default: str
    meaning: str


def settings_model() -> type[Any]:
    """Return the model of a whole perenne.toml; ImportError while there is none."""
    model: type[Any] = importlib.import_module(HOME).Settings
    return model


def render(model: type[Any]) -> str:
    """Return the generated half of the page: one section and table per settings table."""
    pieces = []
    for path, table in tables(model):
        rows = list(_settings(table, path))
        if rows:
            title = f"`[{path}]`" if path else "At the top of the file"
            pieces.append("\n".join([f"## {title}", "", _summary(table), "", *_table(rows)]))
    return "\n\n".join(pieces) + "\n"


def tables(model: type[Any], path: str = "") -> Iterator[tuple[str, type[Any]]]:
    """Yield each settings table with its dotted path; `<name>` stands for a key of one's own."""
    yield path, model
    for name, (annotation, _default, _meaning) in _members(model).items():
        for inner in _models_in(annotation):
            own_key = ".<name>" if _is_mapping(annotation) else ""
            yield from tables(inner, f"{path}.{name}{own_key}".lstrip("."))


def setting_paths(model: type[Any]) -> list[str]:
    """Return the dotted path of every key that holds a value."""
    return [s.path for path, table in tables(model) for s in _settings(table, path)]


def _settings(table: type[Any], path: str) -> Iterator[Setting]:
    for name, (annotation, default, meaning) in _members(table).items():
        if not _models_in(annotation):
            dotted = f"{path}.{name}".lstrip(".")
            yield Setting(dotted, _kind(annotation), _shown(default), meaning)


def _members(table: type[Any]) -> dict[str, tuple[Any, Any, str]]:
    """Return annotation, default and meaning by key, for a pydantic model or a dataclass."""
    if issubclass(table, BaseModel):
        return {
            field.alias or name: (
                field.annotation,
                field.get_default(call_default_factory=True, validated_data={}),
                field.description or "",
            )
            for name, field in table.model_fields.items()
        }
    hints = get_type_hints(table)
    return {f.name: (hints[f.name], f.default, "") for f in dataclasses.fields(table)}


def _models_in(annotation: Any) -> list[type[Any]]:
    if inspect.isclass(annotation) and not get_args(annotation):
        is_table = issubclass(annotation, BaseModel) or dataclasses.is_dataclass(annotation)
        return [annotation] if is_table else []
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _is_mapping(annotation: Any) -> bool:
    return any(get_origin(a) is dict for a in (annotation, *get_args(annotation)))


def _kind(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{value!r}`".replace("'", '"') for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(_kind(a) for a in arguments if a is not type(None))
    if origin in (list, tuple, set, frozenset):
        inside = dict.fromkeys(_kind(a) for a in arguments if a is not Ellipsis)
        return f"list of {' or '.join(inside)}"
    if origin is dict:
        return f"table of {_kind(arguments[1])}"
    if origin is not None:
        return _kind(arguments[0])
    names = {str: "text", bool: "true or false", int: "whole number", Decimal: "number"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)).lower())


def _shown(default: Any) -> str:
    if default is PydanticUndefined or default is dataclasses.MISSING:
        return "required"
    if default is None:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, str):
        return f'`"{default}"`'
    if isinstance(default, list | tuple | set | frozenset):
        return "`[" + ", ".join(_shown(value).strip("`") for value in default) + "]`"
    return "" if default == {} else f"`{default}`"


def _summary(table: type[Any]) -> str:
    return " ".join((table.__doc__ or "").split("\n\n")[0].split())


def _table(rows: list[Setting]) -> list[str]:
    head = ["| key | takes | by default | meaning |", "|---|---|---|---|"]
    return head + [
        f"| `{row.path}` | {row.kind} | {row.default} | {row.meaning} |".replace("  |", " |")
        for row in rows
    ]


def main() -> None:
    """Rewrite the generated half of the page."""
    written = PAGE.read_text(encoding="utf-8").split(MARK)[0].rstrip()
    PAGE.write_text(f"{written}\n\n{MARK}\n\n{render(settings_model())}", encoding="utf-8")


if __name__ == "__main__":
    main()
