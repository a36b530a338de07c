"""Every command, option and setting is documented, in both languages where there are two."""

import importlib.util
import re
from decimal import Decimal
from typing import Any, Literal

import click
import pytest
from pydantic import BaseModel, Field

from docs.reference import (
    build_commands,
    build_connectors,
    build_metrics,
    build_person,
    build_settings,
)
from tests.house.repository import ROOT

COMMANDS = ROOT / "docs" / "reference" / "commands.md"
SETTINGS = ROOT / "docs" / "reference" / "settings.md"
HEADING = re.compile(r"^(#+)\s", flags=re.MULTILINE)


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _commands() -> dict[str, click.Command]:
    if not _exists("perenne.cli"):
        pytest.skip("perenne.cli does not exist yet")
    return build_commands.commands()


def test_commands_page_is_what_the_program_says() -> None:
    page = COMMANDS.read_text(encoding="utf-8").split(build_commands.MARK)[1]
    assert page.strip() == build_commands.render(_commands()).strip(), "run `make reference`"


def test_schema_of_a_customer_is_what_the_record_says() -> None:
    assert build_person.ACCOUNT.read_text(encoding="utf-8") == build_person.render_account(), (
        "run: make reference"
    )
    assert build_person.PAGE.read_text(encoding="utf-8") == build_person.render(), (
        "run `make reference`"
    )


def test_every_command_and_option_says_what_it_does() -> None:
    silent = []
    for name, command in _commands().items():
        options = [p for p in command.params if isinstance(p, click.Option)]
        silent += [name] * (not command.help)
        silent += [f"{name} {option.opts[0]}" for option in options if not option.help]
    assert not silent


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


def test_connectors_page_is_what_the_kinds_say() -> None:
    page = (ROOT / "docs" / "reference" / "connectors.md").read_text(encoding="utf-8")
    generated = build_connectors.render(build_connectors.kinds())
    assert page.split(build_connectors.MARK)[1].strip() == generated.strip(), "run `make reference`"


def test_every_kind_is_found_through_its_entry_point() -> None:
    folder = ROOT / "src" / "perenne" / "sources" / "connectors"
    folders = {path.parent.name for path in folder.glob("*/settings.py")}
    assert folders == {kind.kind for kind in build_connectors.kinds()}
    for name in folders:
        files = {"__init__.py", "settings.py", "client.py", "read.py", "README.md"}
        assert files <= {path.name for path in (folder / name).iterdir()}, name


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
