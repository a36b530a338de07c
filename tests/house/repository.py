"""Where things stand in the repository, for the tests about the project itself."""

import subprocess
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "perenne"


def parts() -> list[str]:
    """Return the names of the parts that exist: folders of the package with a Python face."""
    return sorted(face.parent.name for face in PACKAGE.glob("*/__init__.py"))


def python_files(folder: Path = PACKAGE) -> list[Path]:
    """Return every Python file under ``folder``."""
    return sorted(p for p in folder.rglob("*.py") if "__pycache__" not in p.parts)


def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def own_files() -> list[Path]:
    """Return the files that git tracks or would track, as absolute paths."""
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def relative(path: Path) -> str:
    """Return ``path`` as written from the root of the repository."""
    return path.relative_to(ROOT).as_posix()
