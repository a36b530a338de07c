"""The same commands in French: nothing of the English is left, and figures are written as there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.files import HEADER, orders, write
from tests.cli.program import common_sentences, perenne, succeed

ASKED: dict[str, tuple[str, ...]] = {
    "kpis": ("kpis",),
    "kpis by": ("kpis", "net_revenue", "orders", "--by", "channel", "--compare", "previous"),
    "definitions": ("kpis", "--definitions"),
    "cohorts": ("cohorts", "--by", "quarter"),
    "margin by cohort": ("cohorts", "--by", "channel", "--measure", "margin"),
    "segments": ("segments",),
    "rules": ("segments", "--rules"),
    "status": ("status",),
    "refresh": ("refresh",),
    "doctor": ("doctor",),
}
# Names that files, presets and libraries have in every language.
# A campaign of the simulated shop has a French name in both.
NAMES = {"orders_export", "ibis-framework", "Formulaire de la boutique"}


@pytest.mark.parametrize("case", ASKED)
def test_nothing_english_is_left(case: str, shop: Path) -> None:
    english = perenne(*ASKED[case], "-w", shop, "--lang", "en")
    french = perenne(*ASKED[case], "-w", shop, "--lang", "fr")
    assert english.code == french.code == 0, french.all
    assert not common_sentences(english.all, french.all) - NAMES


REFUSED: dict[str, tuple[str, ...]] = {
    "metric": ("kpis", "averge_order_value"),
    "dimension": ("kpis", "orders", "--by", "chanel"),
    "period": ("kpis", "orders", "--period", "hier"),
    "snapshot": ("rollback", "000099"),
    "import": ("forget", "000099"),
    "day": ("refresh", "--as-of", "hier"),
    "format": ("export", "customers", "-o", "x.docx"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_are_french(case: str, shop: Path) -> None:
    english = perenne(*REFUSED[case], "-w", shop, "--lang", "en")
    french = perenne(*REFUSED[case], "-w", shop, "--lang", "fr")
    assert english.code == french.code == 1
    assert not common_sentences(english.err, french.err)
    assert french.err.startswith("Refus")


SETTINGS = {
    "words for a number": "[metrics]\ninactivity_days = 'x'\n",
    "no text": "[shop]\ncurrency = 5\n",
    "form": "[shop]\ncurrency = 'eu'\n",
    "no choice": "[import]\ndate_order = 'abc'\n",
    "no list": "rates = 5\n",
    "too little told": "[[rates]]\ncurrency = 'USD'\n",
    "no rate": "[[rates]]\ncurrency = 'USD'\nrate = 0\nsince = 'x'\n",
    "segments": "[segments]\nrules = 5\n",
}


@pytest.mark.parametrize("case", SETTINGS)
def test_settings_that_cannot_be_used_are_told_in_french(case: str, tmp_path: Path) -> None:
    write(tmp_path / "perenne.toml", SETTINGS[case])
    english = perenne("status", "-w", tmp_path, "--lang", "en").err
    french = perenne("status", "-w", tmp_path, "--lang", "fr").err
    assert english.startswith("Refused"), english
    assert not common_sentences(english, french)
    for words in ("Input should", "Field required", "unable to"):
        assert words not in english + french


def test_a_connection_that_cannot_be_used_is_told_in_french(tmp_path: Path) -> None:
    write(tmp_path / "perenne.toml", "[connections.shop]\nkind = 'shopify'\nsince = 'x'\n")
    said = perenne("sync", "-w", tmp_path, "--lang", "fr").err
    assert "since\u00a0: une date comme 2025-01-31 est attendue" in said


MISUSED: dict[str, tuple[str, ...]] = {
    "command": ("kpi",),
    "option": ("kpis", "--perr", "account"),
    "argument": ("person",),
    "value": ("kpis", "--period"),
    "choice": ("kpis", "--per", "household"),
}


@pytest.mark.parametrize("case", MISUSED)
def test_what_cannot_be_understood_is_refused_in_french(case: str) -> None:
    french = perenne("--lang", "fr", *MISUSED[case])
    english = perenne(*MISUSED[case])
    assert english.code == french.code == 2
    assert not common_sentences(english.err, french.err)
    assert french.err.startswith("Refus")
    assert "\n→ " in french.err


FILES = {
    "sound": orders(),
    "with quarantine": orders(",2024-02-01,c1,10", "Z,2999-01-01,c1,9"),
    "empty": "",
    "header only": HEADER + "\n",
    "ambiguous": f"{HEADER}\nA,03/04/2025,c1,10\nB,05/06/2025,c2,20\n",
    "no dates": f"{HEADER}\nA,soon,c1,10\nB,later,c2,20\n",
    "unknown columns": "colour,shape\nred,round\n",
}


@pytest.mark.parametrize("case", FILES)
def test_import_speaks_french(case: str, tmp_path: Path) -> None:
    file = write(tmp_path / "o.csv", FILES[case])
    said = {}
    for language in ("en", "fr"):
        shop = tmp_path / language
        succeed("init", shop, "--lang", language)
        said[language] = perenne("import", file, "-w", shop, "--lang", language).all
    assert not common_sentences(said["en"], said["fr"])


def test_workspace_remembers_its_language(tmp_path: Path) -> None:
    shop = tmp_path / "boutique"
    succeed("init", shop, "--lang", "fr")
    said = perenne("status", "-w", shop)
    assert "Aucun fichier" in said.out
    assert 'language = "fr"' in (shop / "perenne.toml").read_text(encoding="utf-8")


def test_figures_are_written_as_in_france(shop: Path) -> None:
    said = succeed("kpis", "net_revenue", "repeat_purchase_rate", "-w", shop, "--lang", "fr")
    assert re.search(r"\d[\u202f\u00a0]\d{3}(,\d\d)?\u00a0€", said.out), said.out
    assert re.search(r"\d,\d[\u202f\u00a0]%", said.out), said.out


def test_segments_bear_their_name_and_the_id_to_ask_by(shop: Path) -> None:
    asked = ("kpis", "customers", "--by", "segment", "--workspace", shop)
    said = succeed(*asked, "--lang", "fr").out
    assert "À risque (at_risk)" in said
    assert "At risk (at_risk)" in succeed(*asked, "--lang", "en").out
    some = succeed(*asked[:2], "--where", "segment=at_risk", "--workspace", shop, "--json").json()
    assert f"\t{some[0]['value']}\t" in next(x for x in said.splitlines() if "at_risk" in x)


def test_doctor_puts_a_no_break_space_before_its_colon(shop: Path, tmp_path: Path) -> None:
    copy = tmp_path / "shop"
    shutil.copytree(shop, copy)
    (published,) = (copy / "snapshots").iterdir()
    older = copy / "snapshots" / "000000-20200101"
    shutil.copytree(published, older)
    (older / "orders.parquet").unlink()
    said = perenne("doctor", "-w", copy, "--lang", "fr").out
    assert f"{older.name}\u00a0: abîmé\u00a0: orders.parquet" in said


@pytest.mark.slow
def test_whole_run_speaks_french(tmp_path: Path) -> None:
    file = write(tmp_path / "o.csv", orders())
    said = {
        language: succeed("run", file, "--into", tmp_path / language, "--lang", language).all
        for language in ("en", "fr")
    }
    assert not common_sentences(said["en"], said["fr"]) - NAMES
    assert (tmp_path / "fr/report-fr.html").is_file()
