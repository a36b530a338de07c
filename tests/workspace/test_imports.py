"""Imports: known by their content, replaced when read otherwise, and never dropped in silence."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from perenne.core import PerenneError
from perenne.workspace import Layout, forget_import, list_imports
from tests.cli.files import HEADER, orders, write
from tests.cli.program import perenne, succeed
from tests.workspace.shops import bring, computed, contents, leftovers, table, values


def test_same_file_twice_changes_nothing(place: Layout, export: Path) -> None:
    (first,) = bring(place, export)
    before = contents(place.root)
    (again,) = bring(place, export)
    assert (first.known, again.known) == (False, True)
    assert again.batch == first.batch
    assert contents(place.root) == before


def test_same_content_under_another_name_changes_nothing(place: Layout, export: Path) -> None:
    bring(place, export)
    before = contents(place.root)
    copy = Path(shutil.copy(export, export.with_name("copy.csv")))
    (again,) = bring(place, copy)
    assert again.known
    assert again.batch.file == "orders.csv"
    assert contents(place.root) == before


def test_other_content_under_the_same_name_is_another_import(place: Layout, export: Path) -> None:
    bring(place, export)
    write(export, orders("Z,2024-11-30,c1,5"))
    bring(place, export)
    assert len(list_imports(place)) == 2


def test_other_mapping_replaces_the_import(place: Layout, tmp_path: Path) -> None:
    rows = "\n".join(["order_id,order_date,customer_id,total,paid", "A,2024-01-05,c,10,7", ""])
    file = write(tmp_path / "o.csv", rows)
    (first,) = bring(place, file)
    (second,) = bring(place, file, amount="paid")
    assert second.replaced == first.batch.id
    assert [batch.id for batch in list_imports(place)] == [second.batch.id]
    assert sorted(path.name for path in place.raw.iterdir()) == [second.batch.id]
    (order,) = pq.read_table(place.raw / second.batch.id / "orders.parquet").to_pylist()
    assert order["total"] == Decimal(7)


def test_two_stores_keep_their_customers_apart(place: Layout, tmp_path: Path) -> None:
    row = "{id},2024-01-0{day},c1,{total}"
    for store, day in (("paris", 3), ("lyon", 4)):
        content = f"{HEADER}\n{row.format(id='A', day=day, total=day)}\n"
        bring(place, write(tmp_path / f"{store}.csv", content), store=store)
    computed(place)
    found = table(place, "orders")
    assert len({order["customer_id"] for order in found}) == len(found) == 2
    assert {order["source"] for order in found} == {"files:paris", "files:lyon"}


def test_overlapping_files_of_one_store_are_merged(place: Layout, tmp_path: Path) -> None:
    for name, count in (("a", 40), ("b", 60)):
        bring(place, write(tmp_path / f"{name}.csv", orders(count=count)))
    account = computed(place).account
    assert sum(line.merged for line in account.rows) == 40
    assert account.balanced
    assert len(table(place, "orders")) == 60


def test_forgotten_import_no_longer_counts(published: Layout, tmp_path: Path) -> None:
    place = Layout(Path(shutil.copytree(published.root, tmp_path / "mine")))
    (mistake,) = bring(place, write(tmp_path / "m.csv", f"{HEADER}\nM,2024-05-05,c9,999\n,,,\n"))
    assert mistake.batch.quarantined == 1
    assert computed(place).account.balanced
    assert values(place) != values(published)
    forget_import(place, mistake.batch.id)
    assert not list(place.quarantine.iterdir())
    computed(place)
    assert values(place) == values(published)
    assert table(place, "orders") == table(published, "orders")


def test_unknown_import_cannot_be_forgotten(place: Layout, export: Path) -> None:
    (kept,) = bring(place, export)
    with pytest.raises(PerenneError) as refusal:
        forget_import(place, "000009-unknown")
    assert "000009-unknown" in refusal.value.what
    assert refusal.value.allowed == (kept.batch.id,)


@pytest.mark.parametrize("name", ["..", ".", "../raw", ""])
def test_forget_takes_nothing_outside(place: Layout, export: Path, name: str) -> None:
    bring(place, export)
    before = contents(place.root)
    with pytest.raises(PerenneError):
        forget_import(place, name)
    assert contents(place.root) == before


def test_dry_run_writes_nothing(place: Layout, export: Path) -> None:
    before = contents(place.root, leave=())
    said = succeed("import", export, "--dry-run", "-w", place.root)
    assert "Nothing was imported" in said.out
    assert "order_id" in said.out
    (seen,) = succeed("import", export, "--dry-run", "--json", "-w", place.root).json()
    assert seen["preset"] == "orders"
    assert seen["columns"]["ordered"] == "order_date"
    assert contents(place.root, leave=()) == before


def test_files_before_a_refused_one_stay_imported(place: Layout, export: Path) -> None:
    bad = write(export.with_name("bad.csv"), HEADER + "\n")
    said = perenne("import", export, bad, "-w", place.root)
    assert said.code == 1
    assert "✓ 60 rows read" in said.out
    assert "bad.csv" in said.err
    assert [batch.file for batch in list_imports(place)] == ["orders.csv"]
    assert not leftovers(place)


def test_quarantine_holds_every_refused_row(place: Layout, tmp_path: Path) -> None:
    bad = ("X,2024-02-30,c1,10", "Y,2024-02-03,c1,ten", ",2024-02-03,c1,4")
    (result,) = bring(place, write(tmp_path / "o.csv", orders(*bad)))
    file = place.quarantine / f"{result.batch.id}.parquet"
    rows = pq.read_table(file).to_pylist()
    assert [(r["file"], r["line"], r["column"], r["value"]) for r in rows] == [
        ("o.csv", 62, "order_date", "2024-02-30"),
        ("o.csv", 63, "total", "ten"),
        ("o.csv", 64, "order_id", None),
    ]
    assert all(row["reason"] for row in rows)
    assert result.batch.quarantined == 3


def test_sound_file_leaves_no_quarantine(place: Layout, export: Path) -> None:
    bring(place, export)
    assert not place.quarantine.exists()
    assert not leftovers(place)


def test_import_keeps_ids_as_text(place: Layout, tmp_path: Path) -> None:
    rows = ("007,2024-01-03,0612345678,5", "08,2024-01-04,00042,6", "1e5,2024-01-05,NA,7")
    (result,) = bring(place, write(tmp_path / "o.csv", "\n".join([HEADER, *rows, ""])))
    found = pq.read_table(place.raw / result.batch.id / "orders.parquet").to_pylist()
    assert [order["source_order_id"] for order in found] == ["007", "08", "1e5"]
    assert [order["customer_ref"] for order in found][:2] == ["0612345678", "00042"]


def test_another_answer_reads_the_file_again(place: Layout, tmp_path: Path) -> None:
    """Day and month swapped by mistake: answering anew is enough."""
    file = write(tmp_path / "o.csv", f"{HEADER}\nA,03/04/2025,c1,10\nB,05/06/2025,c2,20\n")
    (first,) = bring(place, file, date_order="mdy")
    (second,) = bring(place, file, date_order="dmy")
    assert second.replaced == first.batch.id
    found = pq.read_table(place.raw / second.batch.id / "orders.parquet").to_pylist()
    assert [order["ordered_on"].month for order in found] == [4, 6]
    assert bring(place, file, date_order="dmy")[0].known


def test_changed_reading_settings_read_the_file_again(place: Layout, tmp_path: Path) -> None:
    """The time zone decides on which day an order falls."""
    row = "A,2025-03-31T23:30:00Z,c1,10"
    file = write(tmp_path / "o.csv", f"{HEADER}\n{row}\n")
    days = []
    for zone in ("Europe/Paris", "America/New_York"):
        text = place.settings.read_text(encoding="utf-8")
        place.settings.write_text(text.replace("Europe/Paris", zone), encoding="utf-8")
        (result,) = bring(place, file)
        assert not result.known
        path = place.raw / result.batch.id / "orders.parquet"
        days.append(pq.read_table(path).to_pylist()[0]["ordered_on"].isoformat())
    assert days == ["2025-04-01", "2025-03-31"]
    assert len(list_imports(place)) == 1
