"""Where sources tell nothing but ids of their own, a refresh looks at nobody but who is new."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from perenne.warehouse import DuckEngine, Table, files_of
from perenne.workspace import Layout, parts
from perenne.workspace.erasure.jobs import erase
from perenne.workspace.snapshots import Snapshot, current, damaged
from tests.cli.files import write
from tests.workspace.growing import (
    FIRST,
    Exports,
    assert_like_a_whole_one,
    carrying,
    later,
    taken,
)
from tests.workspace.shops import bring, computed, new_workspace, table


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Layout, Exports]:
    """Four months of sales; the last order is the only one of its customer."""
    exports = Exports(1, tmp_path)
    for day in range(120):
        exports.day(FIRST + timedelta(days=day), orders=2)
    exports.known["A239"] = (FIRST + timedelta(days=119), "once")
    place = carrying(new_workspace(tmp_path / "shop"))
    bring(place, exports.lines(list(exports.known)))
    computed(place)
    return place, exports


def numbers(place: Layout) -> dict[str, int]:
    return {row["customer_id"]: row["customer_number"] for row in table(place, "profiles")}


def files(place: Layout, name: str) -> list[str]:
    return [file.name for file in files_of(current(place).table_path(name))]


@pytest.mark.long
def test_who_is_new_stands_beside_who_was_there(shop: tuple[Layout, Exports]) -> None:
    """Numbers stay, and go on for newcomers; links and ids get a part of their own, and none where
    nobody came."""
    place, exports = shop
    before = numbers(place)
    new = later(exports, range(3))
    for name, who in zip(new[:2], ("n1", "n2"), strict=True):
        exports.known[name] = (exports.known[name][0], who)
    bring(place, exports.lines(new))
    made = computed(place)
    assert "from" in taken(place)
    now = numbers(place)
    assert now.items() >= before.items()
    assert sorted(set(now.values()) - set(before.values())) == [
        max(before.values()) + 1 + place for place in range(len(now) - len(before))
    ]
    assert files(place, "customer_links") == files(place, "customer_ids")
    assert len(files(place, "customer_links")) == 2
    told = made.snapshot.manifest["identity"]
    assert (told["records"], told["customers"]) == (len(now), len(now))
    assert_like_a_whole_one(place, made)
    bring(place, exports.lines(new[:1]))
    assert_like_a_whole_one(place, computed(place))
    assert len(files(place, "customer_links")) == 2


@pytest.mark.long
def test_a_customer_whose_only_order_is_another_s_now(shop: tuple[Layout, Exports]) -> None:
    """Who is named no more is gone, so that all are looked at."""
    place, exports = shop
    on, _who = exports.known["A239"]
    links = table(place, "customer_links")
    (gone,) = (row["customer_id"] for row in links if row["source_id"] == "once")
    exports.known["A239"] = (on, "c1")
    bring(place, exports.lines(["A239", *later(exports, range(2))]))
    made = computed(place)
    assert "from" in taken(place)
    assert files(place, "customer_links") == ["customer_links.parquet"]
    assert gone not in numbers(place)
    assert_like_a_whole_one(place, made)


@pytest.mark.slow
def test_the_first_word_of_a_person(shop: tuple[Layout, Exports]) -> None:
    """An address among the new rows: all are looked at, since it may link anybody."""
    place, exports = shop
    told = write(exports.folder / "persons.csv", "customer_id,email\nc1,ada@mail.example\n")
    bring(place, exports.lines(later(exports, range(2))), told)
    made = computed(place)
    assert "from" in taken(place)
    assert made.snapshot.manifest["identity"]["model"] != "nothing"
    assert files(place, "customer_links") == ["customer_links.parquet"]


@pytest.mark.slow
def test_an_erasure_reaches_the_parts_of_links(shop: tuple[Layout, Exports]) -> None:
    """Somebody of the first part, and somebody who came later."""
    place, exports = shop
    new = later(exports, range(2))
    exports.known[new[0]] = (exports.known[new[0]][0], "newcomer-quux")
    bring(place, exports.lines(new))
    computed(place)
    assert len(files(place, "customer_links")) == 2
    for who in ("once", "newcomer-quux"):
        done = erase(place, [who])
        assert done.proof is not None
        assert not done.proof.found
    assert not {"once", "newcomer-quux"} & {
        row["source_id"] for row in table(place, "customer_links")
    }
    assert not damaged(current(place))


def test_parts_become_one_file_again(tmp_path: Path) -> None:
    """However often somebody comes, a table lies in no more parts than are quick to read."""
    with DuckEngine() as engine:
        out = tmp_path / "000"
        (out / "ids.parquet").mkdir(parents=True)
        engine.write(_row(engine, 0), out / "ids.parquet" / parts.part_name(0))
        seen = []
        for number in range(1, parts.MOST_PARTS + 3):
            found, out = Snapshot(out, {}), tmp_path / f"{number:03}"
            out.mkdir()
            rows = parts.extend(found, "ids", _row(engine, number), engine=engine, out=out)
            assert engine.fetch(rows.count()).as_py() == number + 1
            seen.append(len(files_of(out / "ids.parquet")))
    assert max(seen) == parts.MOST_PARTS
    assert seen[-4:] == [parts.MOST_PARTS, 1, 2, 3]


def _row(engine: DuckEngine, number: int) -> Table:
    return engine.arrow(pa.table({"n": [number]}))
