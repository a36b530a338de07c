"""Files and workspaces for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from perenne.workspace import Layout
from tests.cli.files import orders, write
from tests.workspace.shops import bring, computed, new_workspace


@pytest.fixture
def place(tmp_path: Path) -> Layout:
    return new_workspace(tmp_path / "shop")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write(tmp_path / "orders.csv", orders())


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A workspace with one import and one snapshot; tests only read it, or copy it."""
    folder = tmp_path_factory.mktemp("published")
    place = new_workspace(folder / "shop")
    bring(place, write(folder / "orders.csv", orders()))
    computed(place)
    return place
