"""A skipped known-answer test is counted and says where the data was looked for."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.house.repository import ROOT

SAMPLE = """
import pytest

def test_reads_the_data(shared_data):
    assert shared_data.is_dir()

@pytest.mark.known_answer
def test_published_figure():
    assert 500 * 24 == 12_000

def test_ordinary():
    pass
"""


def _run(folder: Path, data: Path) -> tuple[str, dict[str, object]]:
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    (folder / "test_sample.py").write_text(SAMPLE)
    summary = folder / "summary.jsonl"
    environment = {
        **os.environ,
        "PERENNE_SHARED_DATA": str(data),
        "PERENNE_KNOWN_ANSWER_SUMMARY": str(summary),
    }
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", os.devnull]
    command += ["-o", "markers=known_answer", "--rootdir", str(folder), str(folder)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout, json.loads(summary.read_text())


def test_absent_data_skips_and_is_counted(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    output, counted = _run(tmp_path, absent)
    assert "1 known-answer tests ran, 1 skipped" in output
    assert counted["ran"] == 1
    assert counted["skipped"] == {
        f"known-answer data not present: {absent} (set PERENNE_SHARED_DATA to its folder)": 1
    }


def test_present_data_is_used(tmp_path: Path) -> None:
    output, counted = _run(tmp_path, tmp_path)
    assert "2 known-answer tests ran, 0 skipped" in output
    assert counted == {"ran": 2, "skipped": {}}
