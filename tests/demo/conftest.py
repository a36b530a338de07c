"""One simulated shop for the whole folder; tests only read it."""

import json
from pathlib import Path
from typing import Any

import pytest

from perenne.demo import Simulation, simulate
from tests.demo.plain_reader import Export, read_export


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    return simulate(tmp_path_factory.mktemp("shop"), customers=2500, seed=11, several=False)


@pytest.fixture(scope="session")
def directory(shop: Simulation) -> Path:
    return shop.truth.parent.parent


@pytest.fixture(scope="session")
def truth(shop: Simulation) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(shop.truth.read_text(encoding="utf-8"))
    return facts


@pytest.fixture(scope="session")
def export(directory: Path) -> Export:
    return read_export(directory)
