"""Bad input through the command line: a clear sentence, a next step, and nothing half made."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cli.files import (
    HEADER,
    cut_excel,
    cut_gzip,
    cut_parquet,
    order_rows,
    orders,
    write,
)
from tests.cli.program import Said, as_nobody, perenne, refused, succeed

AMBIGUOUS = f"{HEADER}\nA,03/04/2025,c1,10\nB,05/06/2025,c2,20\n"
NO_DATE_COLUMN = "order_id,customer_id,total\nA,c1,10\nB,c2,20\n"
REFUSED: dict[str, tuple[str, str | bytes, tuple[str, ...], tuple[str, ...]]] = {
    "empty file": ("o.csv", "", (), ("o.csv is empty", "again")),
    "only blanks": ("o.csv", "\n \n\n", (), ("o.csv",)),
    "header only": ("o.csv", HEADER + "\n", (), ("header", "no row")),
    "wrong delimiter": (
        "o.csv",
        HEADER + "\n" + "\n".join(order_rows()).replace(",", "!"),
        (),
        ("one column", "commas, semicolons, tabs"),
    ),
    "duplicated header": (
        "o.csv",
        orders().replace("customer_id", "order_id", 1),
        (),
        ("order_id", "more than once", "rename"),
    ),
    "required column missing": ("o.csv", NO_DATE_COLUMN, (), ("total", "--map FIELD=COLUMN")),
    "required column missing for the preset": (
        "o.csv",
        NO_DATE_COLUMN,
        ("--source", "orders"),
        ("ordered", "--map ordered=COLUMN"),
    ),
    "no date that can be read": (
        "o.csv",
        f"{HEADER}\nA,soon,c1,10\nB,later,c2,20\n",
        (),
        ("order_date", "no date", "--map"),
    ),
    "ambiguous dates": ("o.csv", AMBIGUOUS, (), ("03/04/2025", "--date-order dmy|mdy")),
    "unknown preset": (
        "o.csv",
        orders(),
        ("--source", "shopfy_orders"),
        ("shopfy_orders", "Did you mean shopify_orders?"),
    ),
    "column mapped that is not there": (
        "o.csv",
        orders(),
        ("--map", "order_id=Comande"),
        ("Comande",),
    ),
    "mapping without =": ("o.csv", orders(), ("--map", "order_id"), ("order_id=Commande",)),
    "cut Parquet": ("o.parquet", cut_parquet(), (), ("o.parquet", "damaged")),
    "cut gzip": ("o.csv.gz", cut_gzip(), (), ("o.csv.gz", "cut short")),
    "cut Excel": ("o.xlsx", cut_excel(), (), ("o.xlsx", "Excel")),
    "not a date to compute as of": (
        "o.csv",
        orders(),
        ("--as-of", "yesterday"),
        ("yesterday", "2025-12-31"),
    ),
    "unknown currency": ("o.csv", orders(), ("--currency", "euros"), ("euros".upper(), "EUR")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_run_refuses_and_leaves_nothing(case: str, tmp_path: Path) -> None:
    name, content, flags, words = REFUSED[case]
    file = write(tmp_path / name, content)
    said = refused("run", file, "--into", tmp_path / "shop", *flags)
    for word in words:
        assert word in said, said
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_folder_instead_of_file(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    said = refused("run", folder, "--into", tmp_path / "shop")
    assert "is a folder, not a file" in said
    assert not (tmp_path / "shop").exists()


def test_missing_file(tmp_path: Path) -> None:
    said = refused("run", tmp_path / "order.csv", "--into", tmp_path / "shop")
    assert "There is no file" in said
    assert "order.csv" in said
    assert not (tmp_path / "shop").exists()


def test_file_as_workspace(tmp_path: Path) -> None:
    file = write(tmp_path / "o.csv", orders())
    said = refused("run", file, "--into", file)
    assert "is a file, not a folder" in said
    assert file.read_text() == orders()


def test_ambiguous_dates_are_read_as_answered(tmp_path: Path) -> None:
    file = write(tmp_path / "o.csv", AMBIGUOUS)
    months = {"dmy": [4, 6], "mdy": [3, 5]}
    for answer, expected in months.items():
        shop = tmp_path / answer
        succeed("init", shop)
        succeed("import", file, "-w", shop, "--date-order", answer)
        rows = _kept(shop)
        assert sorted(row["ordered_at"].month for row in rows) == expected


def _kept(shop: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in sorted(shop.glob("raw/*/orders.parquet")):
        rows += pq.read_table(path).to_pylist()
    return rows


def _quarantine(shop: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in sorted(shop.glob("quarantine/*.parquet")):
        rows += pq.read_table(path).to_pylist()
    return rows


@pytest.fixture
def imported(tmp_path: Path) -> Callable[[str | bytes], tuple[Said, Path]]:
    def run(content: str | bytes) -> tuple[Said, Path]:
        shop = tmp_path / "shop"
        succeed("init", shop)
        file = write(tmp_path / "o.csv", content)
        return succeed("import", file, "-w", shop, "--json"), shop

    return run


QUARANTINED = {
    "future": (("Z,2999-01-01,c1,10",), "order_date", "2999-01-01"),
    "1900": (("Z,1900-01-01,c1,10",), "order_date", "1900-01-01"),
    "impossible day": (("Z,2024-02-30,c1,10",), "order_date", "2024-02-30"),
    "NaN": (("Z,2024-02-01,c1,NaN",), "total", "NaN"),
    "infinity": (("Z,2024-02-01,c1,∞",), "total", "∞"),
    "inf": (("Z,2024-02-01,c1,-inf",), "total", "-inf"),
    "1e308": (("Z,2024-02-01,c1,1e308",), "total", "1e308"),
    "words": (("Z,2024-02-01,c1,ten euros",), "total", "ten euros"),
    "no order id": ((",2024-02-01,c1,10",), "order_id", None),
}


@pytest.mark.parametrize("case", QUARANTINED)
def test_bad_row_goes_to_quarantine_with_its_place_and_reason(
    case: str, imported: Callable[[str | bytes], tuple[Said, Path]]
) -> None:
    rows, column, value = QUARANTINED[case]
    said, shop = imported(orders(*rows))
    (batch,) = said.json()
    assert (batch["rows_read"], batch["quarantined"]) == (61, 1)
    (row,) = _quarantine(shop)
    assert (row["file"], row["line"], row["column"], row["value"]) == ("o.csv", 62, column, value)
    assert row["reason"]
    assert len(_kept(shop)) == 60


def test_reasons_are_told_with_the_first_line_of_each(tmp_path: Path) -> None:
    """They stood in a Parquet file alone, which nothing on the command line reads."""
    bad = ("Y,2024-02-01,c1,ten euros", "Z,2999-01-01,c1,10", "X,2024-02-02,c1,no")
    file, shop = write(tmp_path / "o.csv", orders(*bad)), tmp_path / "shop"
    succeed("init", shop)
    said = succeed("import", file, "-w", shop).out
    assert "  ✓ 63 rows read, 3 refused" in said
    assert "    total: not a number (2 rows, the first in line 62)\n" in said
    assert "    order_date: a date in the future of the import (1 row, line 63)\n" in said
    shutil.rmtree(shop)
    succeed("init", shop, "--lang", "fr")
    said = succeed("import", file, "-w", shop).out
    assert "    total\u00a0: pas un nombre (2 lignes, la première au n°\u00a062)\n" in said


def test_file_of_refused_rows_bears_no_tick(tmp_path: Path) -> None:
    file, shop = write(tmp_path / "o.csv", f"{HEADER}\nA,2024-02-01,c1,x\n"), tmp_path / "shop"
    succeed("init", shop)
    assert "  ! 1 row read, 1 refused" in succeed("import", file, "-w", shop).out


def test_mixed_encodings_lose_no_name(
    imported: Callable[[str | bytes], tuple[Said, Path]],
) -> None:
    names = ("Zoé", "Chloé", "Søren")
    utf8 = f"Y,2024-02-01,{names[0]},10\nX,2024-02-01,{names[2]},10\n".encode()
    cp1252 = f"Z,2024-02-01,{names[1]},10\n".encode("cp1252")
    _, shop = imported(orders().encode() + utf8 + cp1252)
    assert {row["customer_ref"] for row in _kept(shop)} >= {*names, "c1"}


def test_unusual_names_stay_as_they_are(
    imported: Callable[[str | bytes], tuple[Said, Path]],
) -> None:
    names = ("🦄 Zoë", "محمد", "דנה", "ΑΒΓ", "0612345678", "007")
    _, shop = imported(orders(*(f"N{n},2024-02-01,{name},5" for n, name in enumerate(names))))
    assert {row["customer_ref"] for row in _kept(shop)} >= set(names)


def test_unclosed_quotes_lose_no_row(
    imported: Callable[[str | bytes], tuple[Said, Path]],
) -> None:
    """Every line is kept or in quarantine, even those that follow the quote."""
    said, shop = imported(orders('Q,2024-02-01,"c1,10', *(f"R{n},2024-03-01,c2,4" for n in "123")))
    (batch,) = said.json()
    lines = Counter(row["line"] for row in _quarantine(shop))
    assert len(_kept(shop)) + len(lines) == batch["rows_read"] == 64


def test_mixed_currencies_are_refused_with_the_list_found(tmp_path: Path) -> None:
    rows = ("A,2025-01-01,c1,10,EUR", "B,2025-01-02,c2,20,USD", "C,2025-01-03,c2,20,GBP")
    file = write(tmp_path / "o.csv", "\n".join([HEADER + ",currency", *rows, ""]))
    shop = tmp_path / "shop"
    said = refused("run", file, "--into", shop)
    assert all(currency in said for currency in ("EUR", "USD", "GBP", "[[rates]]"))
    assert not (shop / "snapshots").exists()
    assert not (shop / "current").exists()
    _give_rates(shop, USD="0.5", GBP="2")
    succeed("refresh", "-w", shop)
    (row,) = succeed("kpis", "net_revenue", "--period", "2025-01", "-w", shop, "--json").json()
    assert row["value"] == 10 + 20 * 0.5 + 20 * 2


def _give_rates(shop: Path, **rates: str) -> None:
    tables = "".join(f'\n[[rates]]\ncurrency = "{c}"\nrate = {r}\n' for c, r in rates.items())
    settings = shop / "perenne.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + tables, encoding="utf-8")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may use, whoever runs the tests."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


def test_unreadable_file(open_folder: Path) -> None:
    file = write(open_folder / "o.csv", orders())
    file.chmod(0)
    with as_nobody():
        said = refused("run", file, "--into", open_folder / "shop")
    assert "o.csv cannot be read" in said
    assert "Give the user who runs Perenne the right to it" in said
    assert not (open_folder / "shop").exists()


def test_unwritable_workspace(open_folder: Path) -> None:
    file = write(open_folder / "o.csv", orders())
    shop = open_folder / "shop"
    succeed("init", shop)
    before = sorted(path.name for path in shop.iterdir())
    shop.chmod(0o555)
    with as_nobody():
        assert "cannot be read or written" in refused("import", file, "-w", shop)
    shop.chmod(0o755)
    assert sorted(path.name for path in shop.iterdir()) == before


def test_unwritable_place_for_a_new_workspace(open_folder: Path) -> None:
    file = write(open_folder / "o.csv", orders())
    open_folder.chmod(0o555)
    with as_nobody():
        said = refused("run", file, "--into", open_folder / "shop")
    assert "cannot be written" in said


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    file = write(tmp_path / "o.csv", orders())
    said = refused("run", file, "--into", file / "shop")
    assert "cannot be written" in said
    assert "Choose a folder you may write to" in said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("kpis", "averge_order_value"), ("averge_order_value", "average_order_value")),
        (("kpis", "orders", "--by", "chanel"), ("chanel", "channel")),
        (("kpis", "orders", "--where", "chanel=email"), ("chanel", "channel")),
        (("kpis", "orders", "--where", "channel"), ("channel=email",)),
        (("kpis", "orders", "--period", "2025-13"), ("2025-13", "2025-01..2025-06")),
        (("kpis", "orders", "--period", "2024-05..2024-03"), ("2024-05..2024-03",)),
        (("kpis", "orders", "--compare", "before"), ("before",)),
        (("segments", "--since", "000099-20240101"), ("000099-20240101", "000001-")),
        (("rollback", "000099-20240101"), ("000099-20240101", "000001-")),
        (("forget", "000099-abc"), ("000099-abc", "perenne status")),
        (("export", "customers", "-o", "customers.docx"), ("customers.docx", "--format")),
        (("refresh", "--as-of", "2024-13-01"), ("2024-13-01", "2025-12-31")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_unknown_words_are_refused_with_the_near_ones(
    words: tuple[str, ...], expected: tuple[str, ...], shop: Path
) -> None:
    published = (shop / "current").read_text()
    said = refused(*words, "-w", shop)
    for word in expected:
        assert word in said, said
    assert (shop / "current").read_text() == published


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ('[shop]\ncurency = "EUR"\n', ("shop.curency", "did you mean currency")),
        ("[metric]\ninactivity_days = 90\n", ("metric", "did you mean metrics")),
        ("[metrics]\ninactivity_days = 0\n", ("metrics.inactivity_days", "0")),
        ('[shop]\ntime_zone = "Europe/Pariss"\n', ("shop.time_zone", "Europe/Pariss")),
        ("[shop\n", ("not valid TOML",)),
    ],
)
def test_wrong_setting_is_named(settings: str, expected: tuple[str, ...], tmp_path: Path) -> None:
    write(tmp_path / "perenne.toml", settings)
    said = refused("status", "-w", tmp_path)
    for word in expected:
        assert word in said, said


def test_no_workspace_here(tmp_path: Path) -> None:
    said = refused("kpis", "-w", tmp_path)
    assert "no Perenne workspace" in said
    assert "perenne init DIR" in said


@pytest.mark.parametrize(
    "words",
    [
        ("init", "s3://bucket/shop"),
        ("import", "gs://bucket/orders.csv"),
        ("kpis", "-w", "abfs://container/shop"),
        ("export", "customers", "--output", "file:///tmp/customers.csv"),
    ],
)
def test_addresses_are_refused_not_made_folders(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = refused(*words)
    assert "is an address, not a path of this machine" in said
    assert "mount the bucket" in said
    assert not list(tmp_path.iterdir())


def test_nothing_computed_yet(tmp_path: Path) -> None:
    succeed("init", tmp_path / "shop")
    assert "perenne refresh" in refused("kpis", "-w", tmp_path / "shop")
    assert "Import a file" in refused("refresh", "-w", tmp_path / "shop")


def test_workspace_is_never_made_twice(shop: Path) -> None:
    before = (shop / "perenne.toml").read_text(encoding="utf-8")
    assert "workspace already" in refused("init", shop)
    assert (shop / "perenne.toml").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    "words",
    [
        ("refesh",),
        ("run", "o.csv"),
        ("import",),
        ("kpis", "--per", "2025"),
        ("export", "everything"),
        ("cohorts", "--by", "weather"),
        ("demo", "--customers", "3"),
        ("kpis", "--lang", "de"),
    ],
)
def test_usage_errors_exit_with_2(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = perenne(*words)
    assert said.code == 2
    assert said.err
    assert not said.out
    assert not list(tmp_path.iterdir())
