"""Amounts that hold tax which nothing tells: said at the import, the refresh, the status and in the
report, and only where it is so."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

import perenne as pn
from perenne.cleaning import TaxSettings
from perenne.workspace.batches import Batch
from perenne.workspace.taxes import column_with_tax, files_with_tax
from tests.cli.files import write
from tests.cli.program import succeed


def batch(columns: dict[str, str], *, preset: str = "orders", table: str = "orders") -> Batch:
    counts = {table: {"read": 1, "kept": 1, "quarantined": 0}}
    return Batch(
        "000001-a", 1, "files", preset, "till.csv", "a", "", "merge", {}, columns, counts, (), 1
    )


@pytest.mark.parametrize(
    "name",
    ["Montant TTC", "total_ttc", "Total (TVA incluse)", "Prix taxes comprises", "Total incl. VAT",
     "Total (inc. tax)", "Amount including tax", "total_tax_incl", "Total, GST included"],
)  # fmt: skip
def test_a_header_says_that_tax_is_in(name: str) -> None:
    assert column_with_tax(batch({"amount": name})) == name


@pytest.mark.parametrize(
    "name",
    ["Montant", "Total", "Montant HT", "Total excl. VAT", "Inclusions", "Montant net", "Vat"],
)
def test_other_headers_do_not(name: str) -> None:
    assert column_with_tax(batch({"amount": name})) is None


def test_nothing_is_said_where_the_tax_is_told_or_a_platform_knows() -> None:
    ttc = {"amount": "Montant TTC"}
    assert column_with_tax(batch({**ttc, "tax": "TVA"})) is None
    assert column_with_tax(batch({**ttc, "amount_ht": "Montant HT"})) is None
    assert column_with_tax(batch(ttc, preset="prestashop_orders")) is None
    assert column_with_tax(batch(ttc, preset="costs", table="costs")) is None
    assert column_with_tax(batch({"unit_price_ttc": "PU TTC"}, preset="order_lines")) is not None


def test_settings_answer() -> None:
    till = [batch({"amount": "Montant TTC"})] * 2
    assert files_with_tax(till, TaxSettings()) == ("till.csv",)
    assert files_with_tax(till, TaxSettings(default_rate=Decimal("0.2"))) == ()
    assert files_with_tax(till, TaxSettings(prices="excluded")) == ()
    assert files_with_tax(till, TaxSettings(prices="included")) == ("till.csv",)


@pytest.mark.slow
def test_import_refresh_status_page_and_report_say_so(tmp_path: Path) -> None:
    rows = "".join(f"T{n};{1 + n:02d}/05/2024;c{n % 4};{12 * (n + 1)},00\n" for n in range(20))
    till = write(tmp_path / "till.csv", f"N° ticket;Date de vente;ID client;Montant TTC\n{rows}")
    shop = tmp_path / "shop"
    succeed("init", shop, "--lang", "fr")
    place = ("-w", shop)
    said = succeed("import", till, *place, "--date-order", "dmy").out
    assert "Les montants de till.csv" not in said
    assert "Montant TTC\u00a0» sont TTC" in said
    assert "Les montants de till.csv sont TTC" in succeed("refresh", *place).out
    assert "Les montants de till.csv sont TTC" in succeed("status", *place).out
    with pn.open(shop) as opened:
        assert opened.person("c1").with_tax == ("till.csv",)
        assert "Sauf pour les montants de till.csv" in opened.person("c1").html(language="fr")
    succeed("report", *place, "-o", tmp_path / "report.html")
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "hors port\u202f; TTC pour till.csv" in report
    assert "Sauf pour les montants de till.csv" in report

    settings = shop / "perenne.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("# default_rate = 0.20 ", "default_rate = 0.20   "))
    assert "sont TTC" not in succeed("refresh", *place).out
    assert "sont TTC" not in succeed("status", *place).out
    succeed("report", *place, "-o", tmp_path / "after.html")
    assert "TTC pour" not in (tmp_path / "after.html").read_text(encoding="utf-8")
