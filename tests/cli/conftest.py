"""The demo shop, made once; these tests only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import demo_workspace


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo_workspace(tmp_path_factory.getbasetemp())
