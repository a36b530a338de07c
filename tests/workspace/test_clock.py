"""A clock that is set back, by a day or by ten years, loses nothing and turns no order round."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from perenne.workspace import Layout, import_files, list_imports, publish_again
from perenne.workspace.batches import Batch, Options, now
from perenne.workspace.connections import reached
from perenne.workspace.snapshots import current
from perenne.workspace.snapshots import published as all_of
from tests.cli.files import orders, write
from tests.cli.program import perenne
from tests.workspace.shops import bring, computed, new_workspace

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
BACK = [timedelta(days=1), timedelta(days=3653)]


def brought(place: Layout, file: Path, *, clock: datetime) -> bool:
    """Import a file at a moment by the machine's clock; was it known already?"""
    moment = now(place, clock=lambda: clock)
    (result,) = import_files(place, [file], options=Options(), imported_at=moment)
    return result.known


@pytest.mark.parametrize("back", BACK, ids=["a day", "ten years"])
def test_orders_of_yesterday_are_no_future_for_a_clock_set_back(
    place: Layout, tmp_path: Path, back: timedelta
) -> None:
    brought(place, write(tmp_path / "a.csv", orders()), clock=NOON)
    late = orders("Z1,2026-01-14,c1,5.00")
    brought(place, write(tmp_path / "b.csv", late), clock=NOON - back)
    first, second = list_imports(place)
    assert first.seq < second.seq
    assert first.imported_at <= second.imported_at
    assert second.quarantined == 0


def test_file_read_while_the_clock_was_wrong_is_read_again(place: Layout, tmp_path: Path) -> None:
    """Everything was "in the future" and refused; the same file is not known once it is not."""
    file = write(tmp_path / "a.csv", orders())
    brought(place, file, clock=NOON - BACK[1])
    assert list_imports(place)[0].quarantined == 60
    assert not brought(place, file, clock=NOON)
    (batch,) = list_imports(place)
    assert (batch.quarantined, batch.tables["orders"]["kept"]) == (0, 60)
    assert brought(place, file, clock=NOON + BACK[0])


def test_refused_rows_that_stay_refused_change_nothing(place: Layout, tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", orders(",,,"))
    brought(place, file, clock=NOON)
    before = list_imports(place)
    assert brought(place, file, clock=NOON + timedelta(days=400))
    assert list_imports(place) == before
    assert not place.scratch.exists()


def test_snapshots_follow_their_numbers_and_not_the_clock(
    published: Layout, tmp_path: Path
) -> None:
    """As of: the last order day. Files that a machine set back ten years has touched last come
    last all the same, and going back is by number."""
    mine = Layout(Path(shutil.copytree(published.root, tmp_path / "shop")))
    first = current(mine)
    assert first.as_of.isoformat() == "2024-10-24"
    second = computed(mine, as_of=first.as_of.replace(year=2030)).snapshot
    past = (NOON - BACK[1]).timestamp()
    for path in (second.folder, *second.folder.iterdir(), mine.current):
        os.utime(path, (past, past))
    assert [one.id for one in all_of(mine)] == [first.id, second.id]
    publish_again(mine, first.id)
    assert current(mine).id == first.id
    assert computed(mine, as_of=second.as_of).snapshot.id == second.id


def test_doctor_tells_a_clock_behind_the_newest_import(tmp_path: Path) -> None:
    place = new_workspace(tmp_path / "shop")
    file = write(tmp_path / "a.csv", orders())
    ahead = datetime.now(UTC) + timedelta(days=30)
    import_files(place, [file], options=Options(), imported_at=ahead)
    doctor = perenne("doctor", "-w", place.root)
    assert doctor.code == 1
    assert "set the clock of this machine" in doctor.out
    bring(place, write(tmp_path / "b.csv", orders("Z,2024-01-01,c,1.00")))
    assert len(list_imports(place)) == 2


def kept(came_from: str | None, to: str) -> Batch:
    """An import of a live source, by the positions it was read between."""
    origin = {"from": came_from, "to": to}
    return Batch(
        id=to, seq=1, source="shop", preset="shop/orders", file="orders", sha256=to,
        imported_at=to, identical="merge", mapping={}, columns={}, tables={}, controls=(),
        rows_read=1, origin=origin,
    )  # fmt: skip


def test_position_that_a_wrong_clock_wrote_ahead_is_not_trusted() -> None:
    """What changed between the two is asked for again, and stays asked for once the day comes."""
    first, day, ahead, third = (f"2026-01-{n}T00:00:00+00:00" for n in (10, 12, 20, 14))
    made = [kept(None, first), kept(first, day), kept(day, ahead)]
    assert reached(made, now=datetime(2026, 1, 13, tzinfo=UTC)) == day
    made.append(kept(day, third))
    for later in (15, 25):
        assert reached(made, now=datetime(2026, 1, later, tzinfo=UTC)) == third
    assert reached(made[1:], now=NOON) is None
    assert reached([made[0], kept(day, third)], now=NOON) == first
