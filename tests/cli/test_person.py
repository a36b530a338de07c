"""`perenne person` on the demo shop: predictions in words, formats, private files, languages."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

import perenne as pn
from perenne.reports.html.words import Words
from tests.cli.files import write
from tests.cli.program import refused, succeed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def buyers(shop: Path) -> dict[str, dict[str, Any]]:
    """One customer who bought often, and one who bought once, as the export tells them."""
    with pn.open(shop) as opened:
        rows = [row for row in opened.customers().rows() if row["p_alive"] is not None]
    often = max(rows, key=lambda row: (row["frequency"], row["customer_id"]))
    once = min(rows, key=lambda row: (row["frequency"], row["customer_id"]))
    assert once["frequency"] == 0
    return {"often": often, "once": once}


def record(shop: Path, customer: str, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = succeed("person", customer, "-w", shop, "--json", *words).json()
    return found


def test_prediction_is_that_of_the_export(shop: Path, buyers: dict[str, Any]) -> None:
    row = buyers["often"]
    told = record(shop, row["customer_id"])["prediction"]
    assert [one["months"] for one in told["outlooks"]] == [12, 24, 36]
    year = told["outlooks"][0]
    assert float(year["value"]) == float(row["clv_12m"])
    assert (float(year["low50"]), float(year["high90"])) == (
        float(row["clv_12m_lo50"]),
        float(row["clv_12m_hi90"]),
    )
    assert year["low90"] <= year["low50"] <= year["median"] <= year["high50"] <= year["high90"]
    assert told["model"] == row["model"]
    assert told["why"] == row["why"]


def test_margin_stands_beside_the_value_with_its_interval(
    shop: Path, buyers: dict[str, Any], tmp_path: Path
) -> None:
    row = buyers["often"]
    told = record(shop, row["customer_id"])["prediction"]
    year = told["outlooks"][0]
    for name, column in (("low50", "lo50"), ("high50", "hi50"), ("low90", "lo90")):
        assert float(year[f"margin_{name}"]) == float(row[f"clv_margin_12m_{column}"])
    ends = [float(year[f"margin_{name}"]) for name in ("low90", "low50", "high50", "high90")]
    assert ends == sorted(ends)
    assert told["margin_note"].startswith("Margins rest on the cost of each product sold")
    words = Words("EUR")
    interval = words.between(year["margin_low90"], year["margin_high90"])
    cost = year["margin"] - year["net"]
    net = words.between(year["margin_low90"] - cost, year["margin_high90"] - cost)
    page = tmp_path / "page.html"
    succeed("person", row["customer_id"], "-w", shop, "-o", page)
    written = page.read_text("utf-8").replace("\u2060", "")  # joins a minus to its currency sign
    for said in (written, succeed("person", row["customer_id"], "-w", shop).out):
        assert interval in said
        assert net in said
        assert told["margin_note"] in said
    french = record(shop, row["customer_id"], "--lang", "fr")["prediction"]
    assert french["margin_note"].startswith("Les marges reposent")


def test_without_a_cost_the_page_says_why_there_is_no_margin(tmp_path: Path) -> None:
    rows = ["order_id,customer_id,order_date,total"]
    rows += [f"{n},c{n % 40},2024-{1 + n % 12:02d}-11,{20 + n}" for n in range(120)]
    file = write(tmp_path / "orders.csv", "\n".join(rows) + "\n")
    shop = tmp_path / "shop"
    succeed("run", file, "--into", shop)
    with pn.open(shop) as opened:
        customer = opened.customers().rows()[0]["customer_id"]
    told = record(shop, customer)["prediction"]
    assert told["outlooks"][0]["margin"] is None
    assert "No margin is predicted" in told["margin_note"]
    said = succeed("person", customer, "-w", shop).out
    assert "default_rate under [margin]" in said
    assert "Expected margin" not in said


def test_why_is_in_the_language_asked_for(shop: Path, buyers: dict[str, Any]) -> None:
    customer = buyers["often"]["customer_id"]
    english, french = (record(shop, customer, "--lang", one)["prediction"] for one in ("en", "fr"))
    assert english["why"] != french["why"]
    assert english["reasons"] == french["reasons"]


def test_a_chance_of_being_a_customer_never_stands_alone_after_one_purchase(
    shop: Path, buyers: dict[str, Any]
) -> None:
    once = buyers["once"]["customer_id"]
    assert record(shop, once)["prediction"]["one_purchase"] is True
    text = succeed("person", once, "-w", shop).out
    assert "Chance of still being a customer" not in text
    assert "One purchase only" in text
    often = succeed("person", buyers["often"]["customer_id"], "-w", shop).out
    assert "Chance of still being a customer" in often


def test_the_chance_through_time_ends_at_that_of_the_export(
    shop: Path, buyers: dict[str, Any], tmp_path: Path
) -> None:
    for row in buyers.values():
        told = record(shop, row["customer_id"])["prediction"]
        path = told["alive_path"]
        last = float(path["points"][-1]["chance"])
        # Who orders has not left: the chance told is at least that of an order.
        least = float(row["p_order_36m"])
        assert max(last, least) == pytest.approx(float(row["p_alive"]), abs=1e-5)
        assert path["model"] in ("mbg_nbd", "pareto_nbd", "mbg_nbd_season", "pareto_nbd_season")
        assert path["note"] is None
    often = buyers["often"]
    days = record(shop, often["customer_id"])["timeline"]["days"]
    ordered = [one["on"] for one in days if one["orders"]]
    assert len(ordered) == often["frequency"] + 1
    drawn = [
        one["on"]
        for one in record(shop, often["customer_id"])["prediction"]["alive_path"]["points"]
    ]
    assert {*ordered} <= {*drawn}
    for language, said in (("en", "Still a customer?"), ("fr", "Toujours client")):
        file = tmp_path / f"{language}.html"
        succeed("person", often["customer_id"], "-w", shop, "--lang", language, "-o", file)
        assert said in file.read_text(encoding="utf-8")


def test_text_speaks_both_languages(shop: Path, buyers: dict[str, Any]) -> None:
    customer = buyers["often"]["customer_id"]
    french = succeed("person", customer, "-w", shop, "--lang", "fr").out
    assert "Prévisions" in french
    assert "Masqué" in french
    assert "What" not in french


def test_files_are_private_and_their_format_is_in_their_name(
    shop: Path, buyers: dict[str, Any], tmp_path: Path
) -> None:
    customer = buyers["often"]["customer_id"]
    for name, start in (("one.html", "<!doctype html>"), ("one.json", "{"), ("one.txt", "")):
        file = tmp_path / name
        file.write_text("before")
        said = succeed("person", customer, "-w", shop, "-o", file, "--limit", "3")
        assert said.out == ""
        assert file.read_text(encoding="utf-8").lstrip().startswith(start)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(json.loads((tmp_path / "one.json").read_text())["timeline"]["entries"]) == 3
    assert "--format" in refused("person", customer, "-w", shop, "-o", tmp_path / "one.xyz")


def test_unknown_customer_is_refused_in_both_languages(shop: Path) -> None:
    assert "SOURCE:ID" in refused("person", "nobody", "-w", shop)
    assert "Personne n’est" in refused("person", "nobody", "-w", shop, "--lang", "fr")


def test_archive_is_written_and_said(shop: Path, buyers: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "person.zip"
    said = succeed("person", buyers["often"]["customer_id"], "-w", shop, "--export", file)
    assert "personal data in clear" in said.out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_a_name_orders_a_terminal_is_not_obeyed() -> None:
    from perenne.cli.person_words import _clean

    assert _clean("Eve\x1b[2J\x9b1m\tSmith") == "Eve\ufffd[2J\ufffd1m\tSmith"
