from collections.abc import Iterator

import pytest

from perenne.warehouse import DuckEngine


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckEngine]:
    with DuckEngine() as engine:
        yield engine
