"""The doors open fast: no heavy library is imported before a command needs it."""

import importlib.util
import subprocess
import sys

import pytest

HEAVY = (
    "duckdb",
    "email_validator",
    "ibis",
    "jinja2",
    "narwhals",
    "numpy",
    "pandas",
    "phonenumbers",
    "pointblank",
    "polars",
    "pyarrow",
    "pydantic",
    "scipy",
    "sklearn",
    "splink",
    "xlsxwriter",
)
REPORT = f"import sys; print([m for m in {HEAVY!r} if m in sys.modules])"


def _loaded_by(code: str) -> str:
    command = [sys.executable, "-c", f"{code}\n{REPORT}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert _loaded_by("import perenne") == "[]"


def test_help_loads_nothing_heavy() -> None:
    if importlib.util.find_spec("perenne.cli") is None:
        pytest.skip("perenne.cli does not exist yet")
    code = (
        "import sys\nsys.argv = ['perenne', '--help']\nfrom perenne.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code"
    )
    assert _loaded_by(code) == "[]"
