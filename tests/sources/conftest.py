"""What the tests of sources share: an engine, a context, and a way to write a file and stage it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from perenne.sources import ReadContext, Recognition, StagedFile, recognise, stage
from perenne.warehouse import DuckEngine
from tests.sources.golden import CONTEXT, read_rows


@dataclass(frozen=True)
class Outcome:
    """A staged file with its tables read back."""

    found: Recognition
    done: StagedFile
    tables: dict[str, list[dict[str, Any]]]
    quarantine: list[dict[str, Any]]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckEngine]:
    with DuckEngine(threads=1) as opened:
        yield opened


@pytest.fixture
def context() -> ReadContext:
    return CONTEXT


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write `content` (text or bytes) to a file and return its path."""

    def _write(content: str | bytes, name: str = "file.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return _write


@pytest.fixture
def bring_in(engine: DuckEngine, tmp_path: Path) -> Callable[..., Outcome]:
    """Recognise and stage a file; options go to `recognise`, `context` to both."""

    def _bring_in(path: Path, context: ReadContext = CONTEXT, **options: Any) -> Outcome:
        found = recognise(path, engine=engine, context=context, **options)
        done = stage(found, engine=engine, context=context, into=tmp_path / "staged")
        tables = {name: read_rows(engine, file) for name, file in done.tables.items()}
        return Outcome(found, done, tables, read_rows(engine, done.quarantine))

    return _bring_in
