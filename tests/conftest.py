"""What every test may use: the known-answer data, deterministic property tests, a skip count."""

import gc
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

from perenne.cli.app import GARBAGE_AFTER

ROOT = Path(__file__).resolve().parents[1]
DATA_VARIABLE = "PERENNE_SHARED_DATA"
SUMMARY_VARIABLE = "PERENNE_KNOWN_ANSWER_SUMMARY"

settings.register_profile("perenne", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "perenne")

# As in the program: most tests build queries without going through it.
gc.set_threshold(*GARBAGE_AFTER)
# Each processor has a process of tests: more threads of linear algebra would wait for each other.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")


def _data_folder() -> Path:
    """Return where the known-answer data should be: named by the environment or beside us."""
    named = os.environ.get(DATA_VARIABLE)
    return Path(named) if named else ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of the published data sets, or skip the test and say where it looked."""
    folder = _data_folder()
    if not folder.is_dir():
        pytest.skip(f"known-answer data not present: {folder} (set {DATA_VARIABLE} to its folder)")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Count every test that reads the known-answer data as a known-answer test."""
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.known_answer)


def _known_answer_reports(
    reporter: pytest.TerminalReporter, outcome: str
) -> list[pytest.TestReport]:
    return [r for r in reporter.getreports(outcome) if "known_answer" in getattr(r, "keywords", {})]


def _reason(report: pytest.TestReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many known-answer tests ran, how many were skipped, and why."""
    ran = sum(len(_known_answer_reports(terminalreporter, o)) for o in ("passed", "failed"))
    reasons = Counter(_reason(r) for r in _known_answer_reports(terminalreporter, "skipped"))
    terminalreporter.section("known answers")
    terminalreporter.line(f"{ran} known-answer tests ran, {reasons.total()} skipped")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"  {count} skipped: {reason}")
    if target := os.environ.get(SUMMARY_VARIABLE):
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"ran": ran, "skipped": reasons}) + "\n")
