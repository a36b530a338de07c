"""What a user installs is whole: catalogues, presets and translations travel with the code."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.house.repository import PACKAGE, ROOT, own_files


def test_wheel_contains_every_file_of_the_package(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    ours = {p.relative_to(PACKAGE.parent).as_posix() for p in own_files() if PACKAGE in p.parents}
    assert ours <= packed
    assert any(name.endswith("licenses/LICENSE") for name in packed)
