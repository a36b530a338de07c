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


@dataclasses.dataclass(frozen=True)
class Table:
    """One table of the file: its heading as TOML writes it, its dotted path and its model."""

    heading: str
    path: str
    model: type[Any]


def render(model: type[Any]) -> str:
    """Return the generated half of the page: one section and table per settings table."""
    pieces = []
    for table in tables(model):
        rows = list(settings_of(table))
        if rows:
            summary = " ".join((table.model.__doc__ or "").split("\n\n")[0].split())
            pieces.append("\n".join([f"## {table.heading}", "", summary, "", *markdown(rows)]))
    return "\n\n".join(pieces) + "\n"


def tables(model: type[Any]) -> Iterator[Table]:
    """Yield every table of the file, outer before inner."""
    yield from _tables(Table("At the top of the file", "", model))


def _tables(table: Table) -> Iterator[Table]:
    yield table
    for name, (annotation, _default, _meaning) in _members(table.model).items():
        path = f"{table.path}.{name}".lstrip(".")
        for inner in _models_in(annotation):
            yield from _tables(_inner_table(path, annotation, inner))


def _inner_table(path: str, annotation: Any, model: type[Any]) -> Table:
    """Return a table as TOML writes it: `[[list]]`, `[mapping.<name>]` or `[table]`."""
    origins = {get_origin(a) for a in (annotation, *get_args(annotation))}
    if dict in origins:
        return Table(f"`[{path}.<name>]`", f"{path}.<name>", model)
    if origins & {list, tuple}:
        return Table(f"`[[{path}]]`", path, model)
    return Table(f"`[{path}]`", path, model)


def setting_paths(model: type[Any]) -> list[str]:
    """Return the dotted path of every key that holds a value."""
    return [setting.path for table in tables(model) for setting in settings_of(table)]


def settings_of(table: Table) -> Iterator[Setting]:
    for name, (annotation, default, meaning) in _members(table.model).items():
        if not _models_in(annotation):
            path = f"{table.path}.{name}".lstrip(".")
            yield Setting(path, _kind(annotation), _shown(default), meaning)


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


def markdown(rows: list[Setting]) -> list[str]:
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
