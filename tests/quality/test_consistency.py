"""Products across sources: known differences, and a slow twin on drawn offers."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from perenne.quality import Offer, Tolerance, compare, said_words
from perenne.quality.offers import gtin14, plain_name
from perenne.text import use_language
from perenne.workspace import Layout, Options, create, import_files
from perenne.workspace.offers import consistency
from perenne.workspace.settings import template
from tests.cli.program import common_sentences, perenne, refused, succeed

SHOP = """Référence;Libellé;EAN;Prix TTC;Stock;Statut
THE-1;Thé vert bio;4006381333931;12,50;14;actif
THE-2;Thé noir;;8,00;0;actif
THE-3;Thé blanc;;20,00;3;actif
BOL-1;Bol en grès;;15,00;5;actif
CACHE;Ancien modèle;;9,00;5;archivé
MUG;Grand mug;;11,00;2;actif
"""
# THE-1 is called otherwise and found by its GTIN; THE-2 is advertised though it is sold out.
FEED = """id\ttitle\tlink\tavailability\tprice\tsale_price\tgtin
G-77\tThe vert BIO\thttps://b.example/1\tin_stock\t12.50 EUR\t9.90 EUR\t4006381333931
the-2\tThé noir\thttps://b.example/2\tin_stock\t8.00 EUR\t\t
THE-3\tThé blanc de Chine\thttps://b.example/3\tin_stock\t20.20 EUR\t\t
X-9\tGrand mug\thttps://b.example/9\tin_stock\t11.00 EUR\t\t
"""
NAMES = ("the", "bol", "grand", "ancien")
EXPECTED = {
    ("price", "error", "THE-1", "12.5 EUR", "9.9 EUR"),
    ("spelling", "note", "THE-1", "Thé vert bio", "The vert BIO"),
    ("availability", "error", "THE-2", "out_of_stock", "in_stock"),
    ("price", "warning", "THE-3", "20 EUR", "20.2 EUR"),
    ("name", "warning", "THE-3", "Thé blanc", "Thé blanc de Chine"),
    ("missing", "warning", "BOL-1", "Bol en grès", ""),
    ("missing", "warning", "MUG", "Grand mug", ""),
    ("unknown", "error", "X-9", "", "Grand mug"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    folder = tmp_path_factory.mktemp("offers")
    text = template(name="Thé", currency="EUR", time_zone="Europe/Paris", language="en")
    layout = create(folder / "shop", text)
    for name, content, day in (("produits.csv", SHOP, 3), ("feed.tsv", FEED, 5)):
        (folder / name).write_text(content, encoding="utf-8")
        at = datetime(2026, 1, day, 12, tzinfo=UTC)
        import_files(layout, [folder / name], options=Options(), imported_at=at)
    return layout


def test_known_differences_are_listed_and_no_other(place: Layout) -> None:
    found = consistency(place, reference="files")
    told = {
        (one.kind, one.severity, one.product, one.reference_said, one.said)
        for one in found.differences
    }
    assert told == EXPECTED
    assert [(line.by_gtin, line.by_sku, line.only_here) for line in found.sources] == [
        (0, 0, 6),
        (1, 2, 1),
    ]
    assert {str(one.told_on) for one in found.differences if one.said} == {"2026-01-05"}
    assert [(own.product_id, other.product_id) for own, other in found.perhaps] == [("MUG", "X-9")]


def test_tolerance_spares_small_differences(place: Layout) -> None:
    text = place.settings.read_text(encoding="utf-8")
    try:
        place.settings.write_text(f"{text}\n[quality]\nprice_tolerance = 0.02\n", encoding="utf-8")
        found = consistency(place, reference="files")
    finally:
        place.settings.write_text(text, encoding="utf-8")
    assert [one.product for one in found.differences if one.kind == "price"] == ["THE-1"]


def test_earlier_day_knows_only_what_was_told_by_then(place: Layout) -> None:
    said = refused("consistency", "-w", place.root, "--as-of", "2026-01-04")
    assert "Products of two sources are needed" in said


def test_command_writes_page_and_table_in_both_languages(place: Layout, tmp_path: Path) -> None:
    words = ("consistency", "-w", place.root, "--reference", "files")
    table, page, french = (tmp_path / name for name in ("d.csv", "en.html", "fr.html"))
    said = succeed(*words, "-o", table)
    assert "! error, THE-2: One can be bought, the other cannot" in said.out
    with table.open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(EXPECTED)
    succeed(*words, "-o", page)
    succeed(*words, "-o", french, "--lang", "fr")
    texts = [
        re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " | ", p.read_text(), flags=re.S)
        for p in (page, french)
    ]
    assert "TTC" not in texts[0]
    assert "Le prix diffère" in texts[1]
    assert not [s for s in common_sentences(*texts) if plain_name(s).split()[0] not in NAMES]
    assert not re.findall(r"https?://", page.read_text())
    assert perenne(*words, "--strict").code == 1
    assert succeed(*words, "--json").json()["compared"] == 3


def test_unknown_reference_is_named(place: Layout) -> None:
    assert "No products of a source nobody" in refused(
        "consistency", "-w", place.root, "--reference", "nobody"
    )


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        ("4006381333931", True),
        ("4006381333932", False),
        ("036000291452", True),
        ("73513537", True),
        ("0000000000000", False),
        ("12345", False),
        (None, False),
    ],
)
def test_check_digit_of_published_examples(code: str | None, valid: bool) -> None:
    assert (gtin14(code) is not None) == valid


def test_contradicting_gtins_keep_one_sku_apart() -> None:
    own = Offer("shop", "A", sku="A", gtin="4006381333931", price=Decimal(10))
    other = Offer("feed", "A", sku="a", gtin="036000291452", price=Decimal(99))
    found = compare([own, other], reference="shop", currency="EUR")
    assert found.compared == 0
    assert {one.kind for one in found.differences} == {"gtin", "missing", "unknown"}


def test_prices_of_two_currencies_or_taxes_are_not_compared() -> None:
    own = Offer("shop", "A", sku="A", price=Decimal(10), currency="EUR", tax_included=True)
    dollars = Offer("us", "A", sku="A", price=Decimal(99), currency="USD")
    net = Offer("net", "A", sku="A", price=Decimal(99), currency="EUR", tax_included=False)
    found = compare([own, dollars, net], reference="shop", currency="EUR")
    assert {(one.source, one.kind) for one in found.differences} == {
        ("us", "currency"),
        ("net", "tax"),
    }


def test_french_says_what_english_says() -> None:
    with use_language("fr"):
        assert plain_name("Thé  VERT, bio!") == "the vert bio"


def _drawn(rng: np.random.Generator, source: str) -> list[Offer]:
    chosen = rng.choice(40, size=25, replace=False)
    return [
        Offer(
            source,
            f"{source}-{n}",
            sku=f"S{n}",
            price=Decimal(int(rng.integers(1, 4))),
            stock=Decimal(int(rng.integers(0, 3))),
        )
        for n in chosen
    ]


def test_drawn_offers_against_a_slow_twin() -> None:
    """Pairs, prices, stocks and absences recounted by comparing every offer with every other."""
    rng = np.random.default_rng(11)
    for _round in range(30):
        base, feed = _drawn(rng, "shop"), _drawn(rng, "feed")
        found = compare(
            [*base, *feed], reference="shop", currency="EUR", tolerance=Tolerance(stock=Decimal(1))
        )
        pairs = [(a, b) for a in base for b in feed if a.sku == b.sku]
        slow = {
            "price": sum(a.price != b.price for a, b in pairs),
            "stock": sum(abs((a.stock or 0) - (b.stock or 0)) > 1 for a, b in pairs),
            "availability": sum(bool(a.stock) != bool(b.stock) for a, b in pairs),
            "missing": sum(all(a.sku != b.sku for b in feed) for a in base),
            "unknown": sum(all(a.sku != b.sku for a in base) for b in feed),
        }
        told = {kind: sum(d.kind == kind for d in found.differences) for kind in slow}
        assert (told, found.compared) == (slow, len(pairs))


def test_prices_are_written_in_the_language_of_the_page() -> None:
    with use_language("fr"):
        assert said_words("12.5 EUR") == "12,50 €".replace(" ", "\u00a0")
        assert said_words("in_stock") == "en stock"
        assert said_words("Thé 12 EUR") == "Thé 12 EUR"
