"""What is offered to be typed or written can be: commands, settings, `python -m perenne`."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

from perenne import __version__
from tests.cli.files import HEADER, orders, write
from tests.cli.program import refused, succeed


def _offered(said: str, command: str) -> list[str]:
    """The words of the command that ends a text, as a shell splits them."""
    return shlex.split(said[said.rindex(f"perenne {command}") :].splitlines()[0])


def test_python_runs_the_package() -> None:
    command = [sys.executable, "-m", "perenne", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"perenne {__version__}\n"


def test_folders_with_spaces_are_quoted_in_offered_commands(tmp_path: Path) -> None:
    shop = tmp_path / "l’été à moi" / "it's (1)"
    said = succeed("init", shop).out
    assert _offered(said, "import")[-1] == str(shop)
    assert _offered(refused("init", shop), "import")[-1] == str(shop)
    said = succeed("run", write(tmp_path / "o.csv", orders()), "--into", shop).out
    assert _offered(said, "kpis")[-2:] == ["--workspace", str(shop)]


def test_offered_rates_are_settings_as_they_stand(tmp_path: Path) -> None:
    rows = ("A,2025-01-01,c1,10,EUR", "B,2025-01-02,c2,20,USD")
    file = write(tmp_path / "o.csv", "\n".join([HEADER + ",currency", *rows, ""]))
    shop = tmp_path / "shop"
    said = refused("run", file, "--into", shop)
    offered = said[said.index("[[rates]]") :]
    assert tomllib.loads(offered)["rates"] == [{"currency": "USD", "rate": 0.92}]
    settings = shop / "perenne.toml"
    told = settings.read_text(encoding="utf-8")
    settings.write_text(told + "\n" + offered + "since = 2025-01-05\n", encoding="utf-8")
    said = refused("refresh", "-w", shop)
    (rate,) = tomllib.loads(said[said.index("[[rates]]") :])["rates"]
    assert (rate["currency"], str(rate["since"])) == ("USD", "2025-01-02")
    settings.write_text(told + "\n" + offered, encoding="utf-8")
    succeed("refresh", "-w", shop)
