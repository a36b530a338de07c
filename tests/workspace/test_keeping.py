"""Snapshots beyond the number to keep go after a refresh; never the published one, nor half."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from perenne.workspace import Layout, keeping, publish_again
from perenne.workspace.snapshots import current, damaged, published
from tests.cli.files import write
from tests.cli.program import succeed
from tests.workspace.shops import (
    bring,
    carry_over,
    computed,
    leftovers,
    new_workspace,
    without_models,
)

ORDERS = "order_id,order_date,customer_id,total\n" + "".join(
    f"o{n},2025-0{n},c{n % 3},9.50\n".replace(f"2025-0{n}", f"2025-0{n}-01") for n in range(1, 9)
)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A shop of three snapshots."""
    folder = tmp_path_factory.mktemp("keeping")
    made = new_workspace(folder / "shop")
    without_models(made)
    bring(made, write(folder / "orders.csv", ORDERS))
    for month in (3, 4, 5):
        computed(made, as_of=date(2025, month, 1))
    return made


@pytest.fixture
def place(three: Layout, tmp_path: Path) -> Layout:
    """A copy of it, which a test may change."""
    return Layout(Path(shutil.copytree(three.root, tmp_path / "shop")))


def keep(place: Layout, n: int) -> None:
    text = place.settings.read_text(encoding="utf-8").partition("\n[snapshots]")[0]
    place.settings.write_text(f"{text}\n[snapshots]\nkeep = {n}\n", encoding="utf-8")


def ids(place: Layout) -> list[str]:
    return [one.id for one in published(place)]


def test_all_are_kept_unless_it_is_said(place: Layout) -> None:
    assert ids(place) == ["000001-20250301", "000002-20250401", "000003-20250501"]


def test_the_newest_are_kept(place: Layout) -> None:
    keep(place, 2)
    said = succeed("refresh", "--as-of", "2025-06-01", "-w", place.root)
    assert "2 older snapshots were removed" in said.out
    assert "000001-20250301" in said.out
    assert ids(place) == ["000003-20250501", "000004-20250601"]
    assert not damaged(current(place))
    assert not leftovers(place)
    assert "the 2 newest are kept" in succeed("status", "-w", place.root).out


def test_another_number_computes_nothing_and_is_heeded(place: Layout) -> None:
    keep(place, 2)
    made = computed(place, as_of=date(2025, 5, 1))
    assert not made.changed
    assert made.snapshot.id == "000003-20250501"
    assert made.removed == ("000001-20250301",)


def test_the_published_one_stays(place: Layout) -> None:
    publish_again(place, "000001-20250301")
    assert keeping.remove_old(place, 2) == ()
    assert ids(place) == ["000001-20250301", "000002-20250401", "000003-20250501"]
    publish_again(place, "000002-20250401")
    assert keeping.remove_old(place, 2) == ("000001-20250301",)


def test_a_damaged_one_neither_counts_nor_goes(place: Layout) -> None:
    newest = published(place)[-1]
    publish_again(place, "000002-20250401")
    (newest.folder / "orders.parquet").unlink()
    assert keeping.remove_old(place, 2) == ()
    assert len(ids(place)) == 3


def test_a_run_that_is_killed_under_way_leaves_whole_ones(
    place: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while files are being removed: the folder has left its place, the next run sweeps."""
    keep(place, 2)

    def killed(path: Path, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            next(path.glob("*.parquet")).unlink()
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("perenne.workspace.keeping.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            keeping.remove_old(place, 2)
    assert ids(place) == ["000002-20250401", "000003-20250501"]
    assert leftovers(place)
    computed(place, as_of=date(2025, 5, 1))
    assert not leftovers(place)
    assert not [one for one in published(place) if damaged(one)]


@pytest.mark.long
def test_parts_that_a_later_snapshot_took_over_stay(tmp_path: Path) -> None:
    place = new_workspace(tmp_path / "shop")
    without_models(place)
    carry_over(place)
    bring(place, write(tmp_path / "orders.csv", ORDERS))
    computed(place)
    for n in (1, 2):
        more = f"order_id,order_date,customer_id,total\np{n},2025-09-0{n},c1,5\n"
        bring(place, write(tmp_path / f"more{n}.csv", more))
        computed(place)
    assert current(place).manifest["carried"]["from"]
    assert keeping.remove_old(place, 2) == ("000001-20250801",)
    assert not [one for one in published(place) if damaged(one)]
