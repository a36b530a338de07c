from collections.abc import Iterator

import pytest

from tests.cleaning.shop import pipeline


@pytest.fixture(scope="session", autouse=True)
def _engines_are_let_go() -> Iterator[None]:
    yield
    pipeline.cache_clear()
