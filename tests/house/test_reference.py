"""Every command, option and setting is documented, in both languages where there are two."""

import importlib
import importlib.util
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from docs.reference import build_metrics, build_settings
from tests.house.repository import ROOT

COMMANDS = ROOT / "docs" / "reference" / "commands.md"
SETTINGS = ROOT / "docs" / "reference" / "settings.md"
EVERYWHERE = {"--help"}
HEADING = re.compile(r"^(#+)\s", flags=re.MULTILINE)


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _command_tree() -> Any:
    if not _exists("perenne.cli"):
        pytest.skip("perenne.cli does not exist yet")
    import click

    cli = importlib.import_module("perenne.cli")
    modules = [
        cli,
        *(
            importlib.import_module(f"perenne.cli.{m}")
            for m in ("app", "main")
            if _exists(f"perenne.cli.{m}")
        ),
    ]
    groups = [v for m in modules for v in vars(m).values() if isinstance(v, click.Group)]
    assert groups, "perenne.cli shows no click.Group"
    return groups[0]


def _commands(group: Any, name: str = "perenne") -> Iterator[tuple[str, Any]]:
    import click

    context = click.Context(group)
    for child_name in group.list_commands(context):
        child = group.get_command(context, child_name)
        full = f"{name} {child_name}"
        if isinstance(child, click.Group):
            yield from _commands(child, full)
        else:
            yield full, child


def _sections(text: str) -> dict[str, str]:
    """Return each heading with the text up to the next one."""
    pieces = re.split(r"^#+\s+(.*)$", text, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def test_every_command_and_option_is_documented() -> None:
    sections = _sections(COMMANDS.read_text(encoding="utf-8"))
    shared = next(text for heading, text in sections.items() if "every command" in heading.lower())
    missing = []
    for name, command in _commands(_command_tree()):
        own = next((t for h, t in sections.items() if f"`{name}" in h), None)
        if own is None:
            missing.append(name)
            continue
        options = [max(p.opts, key=len) for p in command.params if p.opts[0].startswith("-")]
        text = own + shared
        missing += [f"{name} {o}" for o in options if f"`{o}" not in text and o not in EVERYWHERE]
    assert not missing


def test_no_command_is_documented_that_does_not_exist() -> None:
    known = {name for name, _ in _commands(_command_tree())}
    headings = re.findall(r"^#+\s+`(perenne [a-z -]+?)`", COMMANDS.read_text("utf-8"), re.MULTILINE)
    assert set(headings) <= known


def _settings_model() -> Any:
    if not _exists(build_settings.HOME):
        pytest.skip(f"{build_settings.HOME} does not exist yet")
    return build_settings.settings_model()


def test_settings_page_is_what_the_models_say() -> None:
    generated = build_settings.render(_settings_model())
    page = SETTINGS.read_text(encoding="utf-8").split(build_settings.MARK)[1]
    assert page.strip() == generated.strip(), "run `make reference`"


def test_every_setting_is_documented() -> None:
    text = SETTINGS.read_text(encoding="utf-8")
    paths = build_settings.setting_paths(_settings_model())
    assert not [path for path in paths if f"`{path}`" not in text]


def test_metrics_page_is_what_the_catalogue_says() -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
    assert page == build_metrics.render(build_metrics.catalogue()), "run `make reference`"


class _Rate(BaseModel):
    """What a currency is worth."""

    worth: Decimal


class _Sample(BaseModel):
    """A sample."""

    currency: Literal["EUR", "USD"] = Field("EUR", description="The shop's currency.")
    rates: dict[str, _Rate] = {}


def test_settings_page_names_tables_keys_and_defaults() -> None:
    page = build_settings.render(_Sample)
    assert '| `currency` | `"EUR"` or `"USD"` | `"EUR"` | The shop\'s currency. |' in page
    assert "## `[rates.<name>]`\n\nWhat a currency is worth." in page
    assert "| `rates.<name>.worth` | number | required | |" in page


def test_both_readmes_have_the_same_shape() -> None:
    french = ROOT / "README.fr.md"
    if not french.is_file():
        pytest.skip("README.fr.md does not exist yet")
    shapes = [
        [len(h) for h in HEADING.findall(_without_code(path.read_text(encoding="utf-8")))]
        for path in (ROOT / "README.md", french)
    ]
    assert shapes[0] == shapes[1]


def _without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
