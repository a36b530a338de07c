"""The page is whole: valid, self-contained, accessible, safe, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from perenne.core import PerenneError
from perenne.reports import ReportInput, render_html, write_html_report
from perenne.text import use_language
from perenne.text.catalogues import Catalogue
from perenne.text.po import key
from tests.reports.html_samples import Pages, Reader


@pytest.fixture(scope="module", params=["en", "fr"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=["full", "poor", "predicted", "gated"])
def page(request: pytest.FixtureRequest, language: str, pages: Pages) -> str:
    return pages(request.param, language)


def test_page_is_well_formed(page: str) -> None:
    reader = Reader.of(page)
    assert not reader.problems
    assert len(reader.ids) == len(set(reader.ids))
    assert page.startswith("<!doctype html>")


def test_every_link_stays_on_the_page_and_arrives(page: str) -> None:
    reader = Reader.of(page)
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)
    assert all(link.startswith("#") for link in reader.links)


def test_headings_are_in_order(page: str) -> None:
    headings = Reader.of(page).headings
    assert headings.count(1) == 1
    assert headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))


def test_tables_and_drawings_say_what_they_are(page: str) -> None:
    reader = Reader.of(page)
    assert reader.tables == reader.captions > 5
    assert reader.drawings == reader.titled > 5


def test_nothing_is_asked_of_another_host(page: str) -> None:
    without_names = re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)
    assert not re.search(r"(https?:)?//[\w.-]+\.\w", without_names)
    assert not re.search(r"@import|@font-face|url\(|<link|<img|<iframe|src=", without_names)


def test_language_is_said(page: str, language: str) -> None:
    assert f'<html lang="{language}">' in page


def test_no_text_is_left_in_english(
    full: ReportInput,
    poor: ReportInput,
    predicted: ReportInput,
    gated: ReportInput,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missed: set[str] = set()
    find, find_plural = Catalogue.find, Catalogue.find_plural

    def checked(self: Catalogue, message: str, *, context: str | None = None) -> str:
        if key(message, context) not in self.forms:
            missed.add(message)
        return find(self, message, context=context)

    def checked_plural(self: Catalogue, singular: str, plural: str, *, n: int) -> str:
        if singular not in self.forms:
            missed.add(singular)
        return find_plural(self, singular, plural, n=n)

    monkeypatch.setattr(Catalogue, "find", checked)
    monkeypatch.setattr(Catalogue, "find_plural", checked_plural)
    with use_language("fr"):
        for data in (full, poor, predicted, gated):
            render_html(data)
    assert not missed


def test_languages_differ_in_words_and_agree_in_figures(pages: Pages) -> None:
    english, french = (Reader.of(pages("full", language)) for language in ("en", "fr"))
    assert [(card.metric, card.raw) for card in english.cards] == [
        (card.metric, card.raw) for card in french.cards
    ]
    assert list(english.sections) == list(french.sections)
    prose = {text for text in english.text if text.count(" ") > 4}
    assert not prose & set(french.text)


NASTY = '<script>alert("1")</script>&\u202e\x07'


def test_names_from_files_cannot_become_markup(full: ReportInput) -> None:
    lines = tuple(replace(line, file=NASTY, source=NASTY) for line in full.account.rows)
    data = replace(full, shop_name=NASTY, account=replace(full.account, rows=lines))
    page = render_html(data)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert not Reader.of(page).problems


def test_channel_and_category_names_are_escaped(make_input: Any) -> None:
    from tests.metrics.shops import Kind, shop

    one = shop(Kind("nasty", days=400, customers=40), 5)
    for row in (*one.tables["orders"], *one.tables["customers"], *one.tables["costs"]):
        for name in ("channel", "country"):
            if row.get(name):
                row[name] = f"<b>{row[name]}</b>"
    page = render_html(make_input(one))
    assert "&lt;b&gt;ads&lt;/b&gt;" in page
    assert "<b>ads" not in page


def test_file_is_written_whole_and_twice_the_same(
    full: ReportInput, pages: Pages, tmp_path: Path
) -> None:
    with use_language("fr"):
        write_html_report(full, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == pages("full", "fr")
    assert list(tmp_path.iterdir()) == [tmp_path / "report.html"]


def test_missing_folder_is_refused_in_one_sentence(full: ReportInput, tmp_path: Path) -> None:
    with pytest.raises(PerenneError, match="does not exist"):
        write_html_report(full, tmp_path / "nowhere" / "report.html")
