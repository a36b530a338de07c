"""The report: whole in both languages, asks nobody, tells nobody's data; and its command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from perenne.core import PerenneError
from perenne.quality import ImportQuality, column_words, validation
from perenne.reports import render_quality
from perenne.text import use_language
from perenne.warehouse import STAGED
from perenne.workspace import Layout, forget_import
from perenne.workspace.qualities import check_import, write_quality
from tests.cli.program import common_sentences, perenne, succeed
from tests.quality.conftest import batch_of
from tests.quality.faults import FILES, SECRETS

pytestmark = pytest.mark.slow

NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def _words(page: str) -> str:
    plain = re.sub(r"<(style|script|svg).*?</\1>", " ", page, flags=re.S)
    return re.sub(r"<[^>]+>", " | ", plain)


@pytest.mark.parametrize("file", FILES)
def test_report_holds_no_one_s_data_and_asks_no_one(
    judged: Mapping[str, ImportQuality], file: str
) -> None:
    page = render_quality(judged[file])
    assert not [secret for secret in SECRETS if secret in page]
    assert not [secret for secret in SECRETS if secret in str(judged[file].to_values())]
    assert set(re.findall(r"https?://[^\s\"'<>)]+", page)) <= NAMESPACES
    assert not re.search(r"@import|url\(|src=|<link|<iframe", page)
    assert "default-src 'none'" in page


def test_report_is_whole_in_french(place: Layout) -> None:
    batch = batch_of(place, "orders.csv")
    english = _words(render_quality(check_import(place, batch)))
    with use_language("fr"):
        french = _words(render_quality(check_import(place, batch)))
    assert "Chaque valeur de « numéro de commande »" in french.replace("\xa0", " ")
    assert "Commandes" in french
    assert not common_sentences(english, french)


def test_command_writes_page_and_json_and_is_strict_when_asked(
    place: Layout, tmp_path: Path
) -> None:
    batch = batch_of(place, "orders.csv").id
    page = tmp_path / "q.html"
    said = succeed("quality", "orders.csv", "-w", place.root, "-o", page)
    assert "out of 100" in said.out
    assert "! error, Orders: The currency is a known one. 1 of 62 fail (1.6%)." in said.out
    assert page.is_file()
    assert re.search(r"→ See the reasons below.*\n(.*\n)*    \d+ rows? refused: \S", said.out)
    values = succeed("quality", batch[:6], "-w", place.root, "--json").json()
    assert values["import"] == batch
    assert values["level"] == "error"
    assert (place.quality / f"{batch}.json").is_file()
    assert perenne("quality", batch, "-w", place.root, "--strict").code == 1
    assert perenne("quality", "again.csv", "-w", place.root, "--strict").code == 0


def test_unknown_import_is_named(place: Layout) -> None:
    said = perenne("quality", "999", "-w", place.root)
    assert said.code == 1
    assert "There is no import 999." in said.err


def test_import_writes_the_report_and_forget_takes_it_back(tmp_path: Path) -> None:
    shop, file = tmp_path / "shop", tmp_path / "orders.csv"
    file.write_text("\n".join(FILES["again.csv"]) + "\n", encoding="utf-8")
    succeed("init", shop, "--lang", "fr")
    with (shop / "perenne.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[quality]\nat_import = true\n")
    said = succeed("import", file, "-w", shop)
    (page,) = (shop / "quality").glob("*-fr.html")
    assert str(page) in said.err
    forget_import(Layout(shop), page.name.removesuffix("-fr.html"))
    assert not list((shop / "quality").iterdir())


def test_without_pointblank_it_says_what_to_install(
    place: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "available", lambda: False)
    with pytest.raises(PerenneError, match="pointblank") as refused:
        check_import(place, batch_of(place, "orders.csv"))
    assert "perenne[quality]" in str(refused.value.next_step)


def test_report_replaces_an_earlier_one(place: Layout, judged: Mapping[str, ImportQuality]) -> None:
    first = write_quality(place, judged["again.csv"])
    assert write_quality(place, judged["again.csv"]) == first
    assert first.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_every_column_has_words_in_both_languages() -> None:
    """The quality page names no column as the tables of Perenne do."""
    names = {column for schema in STAGED.values() for column in schema.names}
    for language in ("en", "fr"):
        with use_language(language):
            bare = {name for name in names if "_" in column_words(name)}
            assert not bare, language
