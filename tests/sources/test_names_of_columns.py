"""Columns of products and refunds under the names that shops and tills give them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from perenne.sources import ReadContext, preset, recognise
from perenne.sources.recognition import Recognition
from perenne.warehouse import DuckEngine

COSTS = ("Coût d'achat", "Coût d’achat", "Coût d'achat HT", "Cout HT", "Coût de revient", "PAMP",
         "Coût unitaire HT", "Prix d’achat", "Prix d'achat HT", "Cost price", "Purchase price",
         "COGS")  # fmt: skip


def recognised(content: str, folder: Path) -> Recognition:
    file = folder / "export.csv"
    file.write_text(content, encoding="utf-8")
    context = ReadContext("Europe/Paris", "EUR", imported_at=datetime(2026, 4, 5, tzinfo=UTC))
    with DuckEngine() as engine:
        return recognise(file, engine=engine, context=context)


@pytest.mark.parametrize("header", COSTS)
def test_the_cost_of_a_product(header: str, tmp_path: Path) -> None:
    found = recognised(
        f"SKU;Produit;Prix;{header}\nP1;Thé;10,00;4,00\nP2;Café;9,00;3,00\n", tmp_path
    )
    assert (found.preset.name, found.columns["cost"]) == ("products", header)


def test_products_and_lines_know_the_same_names_of_a_cost() -> None:
    lines = preset("order_lines").fields["unit_cost"].aliases
    assert preset("products").fields["cost"].aliases == lines


@pytest.mark.parametrize("header", ["Référence", "Réf.", "SKU", "Référence produit"])
def test_the_product_of_a_refund(header: str, tmp_path: Path) -> None:
    found = recognised(
        f"N° commande;Date de remboursement;{header};Montant remboursé\n"
        "A1;2026-03-12;P1;10,00\nA2;2026-03-13;P2;11,00\n", tmp_path,
    )  # fmt: skip
    assert (found.preset.name, found.columns["product_id"]) == ("refunds", header)
