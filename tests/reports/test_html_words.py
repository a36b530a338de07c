"""Figures and sentences as the report writes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from perenne.charts import heat_colour
from perenne.metrics import CohortCell, CohortRequest, CohortRow, CohortTable, load_catalogue
from perenne.reports.html import rules
from perenne.reports.html.sections import cohorts, kpis
from perenne.reports.html.sections.trust import _median_of
from perenne.reports.html.words import (
    Words,
    billing_interval,
    change_text,
    listed,
    points_text,
    quoted,
    share,
    unbroken,
    with_unit_apart,
)
from perenne.text import LANGUAGES, format_number, format_value, use_language


@pytest.mark.parametrize(
    ("language", "value", "expected"),
    [
        ("en", Decimal("999.99"), "€999.99"),
        ("en", Decimal("1394601.80"), "€1,394,602"),
        ("en", Decimal("-1394601.80"), "−€1,394,602"),
        ("en", None, "—"),
        ("fr", Decimal("12.5"), "12,50\u00a0€"),
        ("fr", 1960, "1\u202f960\u00a0€"),
    ],
)
def test_large_amounts_are_written_without_cents(language: str, value: Any, expected: str) -> None:
    with use_language(language):
        assert Words("EUR").money(value) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [(0.3049, "+30.5%"), (-0.12, "−12.0%"), (0, "0.0%"), (1.04, "+104%"), (-0.00001, "−0.0%")],
)
def test_a_change_bears_its_sign(change: float, expected: str) -> None:
    with use_language("en"):
        assert change_text(change) == expected


def test_shares_differ_in_points() -> None:
    with use_language("fr"):
        assert points_text(Decimal("0.0132")) == "+1,3\u00a0pts"
    with use_language("en"):
        assert points_text(-0.041) == "−4.1 pts"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("unit", ["days", "months", "years", "orders_per_year"])
@pytest.mark.parametrize("value", [1, 1.5, 56, 1234])
def test_a_unit_that_is_a_word_stands_apart(language: str, unit: str, value: float) -> None:
    with use_language(language):
        written = format_value(value, unit)
        number, word = with_unit_apart(written, unit)
    assert f"{number} {word}" == written.replace("\u00a0", " ")
    assert number.replace("\u202f", "").replace(",", "").replace(".", "").isdigit()


def test_other_figures_stay_whole() -> None:
    assert with_unit_apart("1 234,50 €", "money") == ("1 234,50 €", "")


def test_names_are_listed_as_people_do() -> None:
    with use_language("en"):
        assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == ["", "a", "a, b and c"]
    with use_language("fr"):
        assert listed(["a", "b"]) == "a et b"
        assert quoted("VIP") == "«\u00a0VIP\u00a0»"


@pytest.mark.parametrize(
    ("metric", "before", "text", "mood"),
    [
        ("net_revenue", 80.0, "▲ +25.0%", "good"),
        ("churn_rate", 0.05, "▲ +5.0 pts", "bad"),
        ("retention_rate", 0.2, "▼ −10.0 pts", "bad"),
        ("discount_share", 0.2, "▼ −10.0 pts", "good"),
        ("guest_revenue", 80.0, "▲ +25.0%", "flat"),
        ("net_revenue", 100.0, "0.0%", "flat"),
    ],
)
def test_a_change_is_good_or_bad_by_its_metric(
    metric: str, before: float, text: str, mood: str
) -> None:
    now = 0.1 if before < 1 else 100.0
    measured: Any = SimpleNamespace(value=lambda name: now, words=Words("EUR"))
    with use_language("en"):
        found = list(
            kpis._change(measured, load_catalogue()[metric], before=before, than="Dec 2024")
        )
    assert [(one.text, one.than, one.mood) for one in found] == [(text, "vs Dec 2024", mood)]


def test_nothing_changes_from_zero() -> None:
    measured: Any = SimpleNamespace(value=lambda name: 5.0, words=Words("EUR"))
    assert not list(kpis._change(measured, load_catalogue()["orders"], before=0.0, than="x"))


def test_every_rule_has_a_meaning() -> None:
    from perenne.cleaning import RULE_IDS

    assert all(rules.meaning(rule) for rule in (*RULE_IDS, "counted", "merged", "quarantined"))
    assert rules.meaning("some other rule") == ""


def _row(name: str, *cells: CohortCell) -> CohortRow:
    return CohortRow(name, 10, cells)


TABLE = CohortTable(
    CohortRequest(),
    "percent",
    (
        _row(
            "2025-01",
            CohortCell(0, 1.0, True, 10),
            CohortCell(1, 0.4, True, 10),
            CohortCell(2, 0.1, False, 10),
        ),
        _row("2025-02", CohortCell(0, 1.0, True, 10), CohortCell(1, 0.2, False, 10)),
    ),
    (CohortCell(0, 1.0, True, 20), CohortCell(1, 0.4, True, 10)),
)


def test_triangle_marks_what_is_not_over_and_ends_with_the_average() -> None:
    with use_language("en"):
        table = cohorts._triangle(TABLE, "month")
    first, second, average = table.rows
    assert [cell.text for cell in first.cells] == ["10", "100%", "40%", "10%"]
    assert [cell.css for cell in first.cells][1:] == [
        "start",
        heat_colour(0.4, 0, 0.4).css_class,
        f"{heat_colour(0.1, 0, 0.4).css_class} incomplete",
    ]
    assert [cell.text for cell in second.cells] == ["10", "100%", "20%", ""]
    assert [cell.text for cell in average.cells] == ["", "100%", "40%", ""]
    assert any("Hatched" in note for note in table.notes)


def test_a_triangle_that_is_over_says_nothing_of_hatching() -> None:
    whole = CohortTable(
        TABLE.request, "percent", (_row("2025-01", TABLE.rows[0].cells[0]),) * 2, ()
    )
    with use_language("en"):
        assert not any("Hatched" in note for note in cohorts._triangle(whole, "month").notes)


@pytest.mark.parametrize(
    ("language", "name", "expected"),
    [
        ("en", "2025-03", "Mar 2025"),
        ("fr", "2025-03", "mars 2025"),
        ("en", "2025-Q1", "Q1 2025"),
        ("fr", "2025-Q1", "T1 2025"),
        ("en", None, "Unknown"),
    ],
)
def test_cohorts_are_named_in_the_language(language: str, name: str | None, expected: str) -> None:
    with use_language(language):
        assert cohorts.cohort_name(name) == expected


@pytest.mark.parametrize(
    ("first", "expected"),
    [(date(2025, 1, 1), "month"), (date(2023, 11, 20), "month"), (date(2023, 8, 1), "quarter")],
)
def test_long_histories_are_followed_by_quarter(first: date, expected: str) -> None:
    context = SimpleNamespace(customers_from=first, as_of=date(2025, 3, 31))
    measured: Any = SimpleNamespace(context=context)
    assert cohorts._grain(measured) == expected


@pytest.mark.parametrize(
    ("code", "en", "fr"),
    [
        ("month", "month", "mois"),
        ("year", "year", "année"),
        ("3 month", "3 months", "3\u00a0mois"),
        ("2 week", "2 weeks", "2\u00a0semaines"),
    ],
)
def test_how_often_is_billed_is_told_in_words(code: str, en: str, fr: str) -> None:
    for language, wanted in (("en", en), ("fr", fr)):
        with use_language(language):
            assert billing_interval(code) == wanted


def test_one_minus_in_every_text() -> None:
    for language in LANGUAGES:
        with use_language(language):
            words = Words("EUR")
            texts = [words.money(-1234), words.cents(-1), words.axis(-12_345), change_text(-0.5)]
            texts += [points_text(-0.031), share(-0.2), format_number(-3)]
        assert not any("-" in text for text in texts)
        assert all(text.startswith("\N{MINUS SIGN}") for text in texts)


def test_the_median_of_one_date_has_no_range() -> None:
    with use_language("fr"):
        assert _median_of([0.051]) == "sur 1 date passée\u00a0: +5,1\u00a0%"
        assert "de +1,0" in _median_of([0.051, 0.01])


def test_no_line_ends_between_minus_and_currency() -> None:
    joined = "\N{WORD JOINER}"
    assert unbroken("(−€5) of −3 €") == f"(−{joined}€5) of −3 €"
    assert unbroken("MRR − churn") == "MRR − churn"
    assert unbroken(5) == 5
