"""An export of a shop that has nothing to tell: a header and no row is an empty import."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perenne.core import PerenneError
from perenne.sources import preset, recognise
from perenne.warehouse import DuckEngine
from tests.sources.golden import CONTEXT, recognised

BringIn = Callable[..., Any]


@pytest.mark.parametrize(
    ("header", "preset", "table"),
    [
        ("Email,Reason,Timestamp", "klaviyo_suppressions", "consents"),
        ("Date;Canal;Campagne;Dépense", "costs", "costs"),
    ],
)
def test_a_header_alone_is_an_empty_import_that_says_so(
    bring_in: BringIn, tmp_path: Path, header: str, preset: str, table: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_text(header + "\n", encoding="utf-8")
    found, done, tables, refused = vars(bring_in(path)).values()
    assert (found.preset.name, found.questions) == (preset, ())
    assert "There is no row below it that could say more." in found.reasons
    assert (done.rows, tables, refused) == (0, {table: []}, [])
    (note,) = done.notes
    assert note.startswith("The file has a header and no row: there is nothing to import.")


def test_an_export_of_orders_without_any_is_refused(engine: DuckEngine, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order_id,order_date,customer_id,total\n", encoding="utf-8")
    with pytest.raises(PerenneError, match=r"orders\.csv has a header and no row"):
        recognise(path, engine=engine, context=CONTEXT)


def _heads(folder: Path) -> list[tuple[str, Path]]:
    """The header of every golden file that is plain CSV, alone."""
    found: list[tuple[str, Path]] = []
    for file in recognised():
        if file.suffix == ".csv" and not preset(file.parts[-3]).name.startswith("google_ads"):
            lines = file.read_bytes().splitlines(keepends=True)
            target = folder / f"{len(found)}-{file.name}"
            target.write_bytes(lines[0])
            found.append((file.parts[-3], target))
    return found


def test_the_header_of_every_golden_file_is_enough(engine: DuckEngine, tmp_path: Path) -> None:
    """It is taken for what the whole file is, or refused; never for something else."""
    accepted = 0
    for name, path in _heads(tmp_path):
        try:
            found = recognise(path, engine=engine, context=CONTEXT)
        except PerenneError:
            continue
        assert found.preset.name == name, path
        accepted += 1
    assert accepted > 40


def test_payments_without_a_refund_are_imported(bring_in: BringIn, tmp_path: Path) -> None:
    """The column of refund dates is empty then: of few payments as of the first thousands."""
    path = tmp_path / "unified_payments.csv"
    path.write_text(
        "id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Status,Customer ID,"
        "Customer Email,Refunded date (UTC)\n"
        'ch_1,2025-03-04 10:00:00,"12,50","0,00",eur,true,Paid,cus_1,a@exemple.fr,\n',
        encoding="utf-8",
    )
    tables = bring_in(path).tables
    assert (len(tables["orders"]), tables["refunds"]) == (1, [])
