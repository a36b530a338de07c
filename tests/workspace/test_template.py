"""The perenne.toml of a new workspace tells the truth about the defaults."""

from __future__ import annotations

import re
import tomllib

from perenne.workspace.settings import Settings, template

NEW = template(name="Shop", currency="EUR", time_zone="Europe/Paris", language="fr")
SECTION = re.compile(r"^\[(\w+)\]$")
SHOWN = re.compile(r"^# (\w+ = .+)$")
UNSET = "# unset: "


def _shown() -> list[tuple[str, str, object, str]]:
    """Section, key, value and line of every commented setting under a section that is open;
    whole tables that are commented out (channels, connections, rates) are examples."""
    section, found = "", []
    for line in NEW.splitlines():
        if line.startswith("# ["):
            section = ""
        if match := SECTION.match(line):
            section = match[1]
        if section and (match := SHOWN.match(line)):
            ((key, value),) = tomllib.loads(match[1]).items()
            found.append((section, key, value, line))
    return found


def test_every_commented_setting_shows_the_default_or_says_that_there_is_none() -> None:
    defaults = Settings()
    shown = _shown()
    assert len(shown) >= 10
    for section, key, value, line in shown:
        name = f"{section}.{key}"
        default = getattr(getattr(defaults, section), key)
        assert (default is None) == (UNSET in line), f"{name}: {line}"
        if default is not None:
            read = Settings.model_validate({section: {key: value}})
            assert getattr(getattr(read, section), key) == default, f"{name} is {default}: {line}"
