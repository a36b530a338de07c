"""Workspaces that older versions wrote (`old/README.md`): read, computed anew, rid of persons."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from perenne.workspace import Layout, list_imports
from perenne.workspace.snapshots import current, damaged, published
from tests.cli.program import perenne, succeed
from tests.workspace.erasure_shop import traces
from tests.workspace.kills import figures
from tests.workspace.shops import bring, computed, leftovers, new_workspace, table, values

OLD = Path(__file__).parent / "old"
FILES = (OLD / "orders.csv", OLD / "customers.csv")
VERSIONS = ("first", "unsigned", "signed")
ENDS = [pytest.param(one, marks=[pytest.mark.long] * (one == "unsigned")) for one in VERSIONS]
"""The oldest and the newest for the slow suite; the one between for the long one."""
SOMEBODY = "client3@mail.example"
NAMES = (SOMEBODY, "Flot3")


def unpacked(version: str, folder: Path) -> Layout:
    with tarfile.open(OLD / f"{version}.tar.gz") as whole:
        whole.extractall(folder / "shop", filter="data")
    return Layout(folder / "shop")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The figures of today's version."""
    place = new_workspace(tmp_path_factory.mktemp("fresh") / "shop")
    bring(place, *FILES)
    computed(place)
    return rounded(values(place))


def rounded(told: Mapping[str, Any]) -> dict[str, Any]:
    """Each workspace has a key, and so ids, of its own: floats are not added in the same order."""
    return {n: float(f"{v:.12g}") if isinstance(v, float) else v for n, v in told.items()}


@pytest.mark.parametrize("version", VERSIONS)
def test_workspace_is_shown_or_refused_in_words(version: str, tmp_path: Path) -> None:
    place = unpacked(version, tmp_path)
    before = current(place).id
    assert before in succeed("status", "-w", place.root).out
    for words in (["kpis"], ["segments"], ["export", "customers", "-o", str(tmp_path / "c.csv")]):
        said = perenne(*words, "-w", str(place.root))
        assert said.code in (0, 1), said.all
        if said.code:
            assert "was computed by an older version of Perenne" in said.err, said.err
            assert "perenne refresh" in said.err
    assert "✗" not in perenne("doctor", "-w", place.root).all
    assert [one.id for one in published(place)] == [before]


@pytest.mark.slow
@pytest.mark.parametrize("version", ENDS)
def test_workspace_is_computed_anew(version: str, tmp_path: Path, fresh: dict[str, Any]) -> None:
    place = unpacked(version, tmp_path)
    before = current(place).id
    imports = [one.sha256 for one in list_imports(place)]
    succeed("refresh", "-w", place.root)
    assert current(place).id != before
    assert rounded(values(place)) == fresh
    assert not damaged(current(place))
    succeed("import", *FILES, "-w", place.root)
    assert [one.sha256 for one in list_imports(place)] == imports
    succeed("rollback", before, "-w", place.root)
    assert current(place).id == before
    assert not leftovers(place)


@pytest.mark.slow
@pytest.mark.parametrize("version", ENDS)
def test_person_is_erased_from_it(version: str, tmp_path: Path, fresh: dict[str, Any]) -> None:
    """From the snapshot of then and, once it is computed anew, from both."""
    place = unpacked(version, tmp_path)
    assert len(traces(place.root, NAMES)) > 2
    assert "Proved" in succeed("erase", SOMEBODY, "--yes", "-w", place.root).out
    assert traces(place.root, NAMES) == []
    succeed("refresh", "-w", place.root)
    known = rounded(figures(place))
    assert known == {name: value for name, value in fresh.items() if name in known}
    other = "client5@mail.example"
    assert "Proved" in succeed("erase", other, "--yes", "-w", place.root).out
    assert traces(place.root, [*NAMES, other]) == []
    assert len(table(place, "orders")) == 60
    assert not any(damaged(one) for one in published(place))
