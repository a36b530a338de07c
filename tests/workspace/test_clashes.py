"""Two files of one source that number different orders, or different customers, alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from perenne.core import PerenneError
from perenne.workspace import Options, import_files
from tests.cli.files import write
from tests.workspace.shops import bring, computed, new_workspace, table

ORDERS = "order_id,order_date,customer_id,total"
LINES = "order_id,order_date,customer_id,product_name,quantity,unit_price"
CUSTOMERS = "customer_id,email,first name,last name,city"


def till(town: str, *, first: int = 1, month: int = 1) -> str:
    """Eight tickets of a till, to as many customers of its own; of Paris 10.50 and more."""
    rows = [
        f"{first + n},2025-{month:02}-{n + 1:02},{town}{n},{5 + len(town) + n}.50" for n in range(8)
    ]
    return "\n".join([ORDERS, *rows, ""])


def lines(town: str, *, month: int) -> str:
    rows = [f"{n},2025-{month:02}-{n + 1:02},{town}{n},Tea,2,{10 + n}.50" for n in range(8)]
    return "\n".join([LINES, *rows, ""])


def people(name: str) -> str:
    rows = [f"{n},{name}{n}@mail.example,Ada,{name.title()}{n},Lyon" for n in range(8)]
    return "\n".join([CUSTOMERS, *rows, ""])


def refused(folder: Path, *texts: str) -> PerenneError:
    place = new_workspace(folder / "shop")
    bring(place, *(write(folder / f"file{n}.csv", text) for n, text in enumerate(texts)))
    with pytest.raises(PerenneError) as caught:
        computed(place)
    return caught.value


def orders(folder: Path, *texts: str) -> int:
    place = new_workspace(folder / "shop")
    bring(place, *(write(folder / f"file{n}.csv", text) for n, text in enumerate(texts)))
    computed(place)
    return len(table(place, "orders"))


@pytest.mark.parametrize(
    "texts", [(till("paris"), till("lyon")), (lines("paris", month=3), lines("lyon", month=4))]
)
def test_two_tills_that_count_from_one_are_refused(tmp_path: Path, texts: tuple[str, str]) -> None:
    error = refused(tmp_path, *texts)
    assert error.what.startswith(
        "file0.csv and file1.csv give the same number to different orders, 8 of the 8 that both"
    )
    assert error.next_step is not None
    assert "perenne import file1.csv --store NAME" in error.next_step
    assert "perenne forget 000001-" in error.next_step


def test_two_tills_under_names_of_their_own_are_counted(tmp_path: Path) -> None:
    place = new_workspace(tmp_path / "shop")
    for town in ("paris", "lyon"):
        file = write(tmp_path / f"{town}.csv", till(town))
        import_files(place, [file], options=Options(store=town))
    computed(place)
    assert len(table(place, "orders")) == 16


@pytest.mark.parametrize(
    "newer",
    [
        till("paris"),
        till("paris").replace("10.50", "9.00").replace("2025-01-02", "2025-01-03"),
        till("paris").replace("1,2025-01-01,paris0,10.50", "1,2025-01-09,rouen,99.00"),
        till("paris").replace("paris", "new"),
    ],
    ids=["the same", "corrected amounts", "one corrected whole", "customers renamed"],
)
def test_a_newer_export_of_the_same_till_replaces_the_older(tmp_path: Path, newer: str) -> None:
    assert orders(tmp_path, till("paris"), newer) == 8


def test_exports_of_two_months_stand_beside_each_other(tmp_path: Path) -> None:
    assert orders(tmp_path, till("paris"), till("paris", first=9, month=2)) == 16


def test_two_lists_that_number_other_customers_alike_are_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, till("paris"), people("crm"), people("card"))
    assert error.what.startswith(
        "file1.csv and file2.csv give the same number to different customers, 8 of the 8 whose"
    )


def test_customers_who_moved_to_another_mailbox_are_the_same(tmp_path: Path) -> None:
    newer = people("crm").replace("@mail.example", "@post.example")
    assert orders(tmp_path, till("paris"), people("crm"), newer) == 8


def test_lines_without_a_day_alone_are_named(tmp_path: Path) -> None:
    """Their orders may still come; until then there is nothing to count, and why is said."""
    place = new_workspace(tmp_path / "shop")
    lines = "order_id,product_id,quantity,unit_price\no1,P1,1,9\no2,P2,1,5\n"
    bring(place, write(tmp_path / "lines.csv", lines))
    with pytest.raises(PerenneError, match=r"No order has a date: .*lines\.csv") as caught:
        computed(place)
    assert "--map ordered=COLUMN" in caught.value.next_step
    heads = "order_id,ordered,customer_id,status\no1,2025-01-31,c1,paid\no2,2025-02-01,c2,paid\n"
    bring(place, write(tmp_path / "heads.csv", heads))
    assert computed(place).account.balanced
