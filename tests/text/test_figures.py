"""Figures as each language writes them; none may ever raise."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perenne.core import PerenneError
from perenne.text import (
    MINUS,
    UNITS,
    Figure,
    format_compact,
    format_days,
    format_money,
    format_number,
    format_percent,
    format_value,
    spoken_value,
    use_language,
)

figures = st.one_of(st.decimals(), st.floats(), st.integers(), st.none())
languages = st.sampled_from(["fr", "en"])


@pytest.mark.parametrize(
    ("value", "decimals", "fr", "en"),
    [
        (Decimal("1234567.895"), 2, "1\u202f234\u202f567,90", "1,234,567.90"),
        (Decimal("0.125"), 2, "0,13", "0.13"),
        (2.675, 2, "2,68", "2.68"),
        (-1234, 0, "−1\u202f234", "−1,234"),
        (Decimal("-0.001"), 2, "0,00", "0.00"),
        (0, 0, "0", "0"),
        (None, 2, "—", "—"),
        (float("nan"), 0, "—", "—"),
        (float("inf"), 0, "∞", "∞"),
        (Decimal("9.996E+40"), 0, "1,00E41", "1.00E41"),
    ],
)
def test_numbers(value: Figure | None, decimals: int, fr: str, en: str) -> None:
    with use_language("fr"):
        assert format_number(value, decimals=decimals) == fr
    with use_language("en"):
        assert format_number(value, decimals=decimals) == en


@pytest.mark.parametrize(
    ("value", "currency", "decimals", "fr", "en"),
    [
        (Decimal("1234.5"), "EUR", None, "1\u202f234,50\u00a0€", "€1,234.50"),
        (Decimal("1234.5"), "EUR", 0, "1\u202f235\u00a0€", "€1,235"),
        (-5, "EUR", 2, "−5,00\u00a0€", "−€5.00"),
        (1234.4, "JPY", None, "1\u202f234\u00a0JPY", "¥1,234"),
        (10, "XXQ", None, "10,00\u00a0XXQ", "XXQ10.00"),
        (10, "", None, "10,00", "10.00"),
        (None, "EUR", None, "—", "—"),
    ],
)
def test_money(value: Figure, currency: str, decimals: int | None, fr: str, en: str) -> None:
    with use_language("fr"):
        assert format_money(value, currency, decimals=decimals) == fr
    with use_language("en"):
        assert format_money(value, currency, decimals=decimals).replace("\u00a0", "") == en


def test_percents_are_given_as_shares() -> None:
    with use_language("fr"):
        assert format_percent(Decimal("0.125")) == "12,5\u00a0%"
        assert format_percent(1, decimals=0) == "100\u00a0%"
    with use_language("en"):
        assert format_percent(0.1255) == "12.6%"


@pytest.mark.parametrize(
    ("value", "fr", "en"),
    [
        (0, "0\u00a0€", "€0"),
        (0.25, "0,25\u00a0€", "€0.25"),
        (999, "999\u00a0€", "€999"),
        (999_950, "1\u00a0M€", "€1M"),
        (1_234_567, "1,23\u00a0M€", "€1.23M"),
        (-12_345, "−12,3\u00a0k€", "−€12.3K"),
        (2_500_000_000, "2,5\u00a0Md€", "€2.5B"),
    ],
)
def test_compact_figures_fit_an_axis(value: Figure, fr: str, en: str) -> None:
    with use_language("fr"):
        assert format_compact(value, currency="EUR") == fr
    with use_language("en"):
        assert format_compact(value, currency="EUR") == en


@pytest.mark.parametrize(
    ("value", "unit", "fr", "en"),
    [
        (Decimal(80), "money", "80,00\u00a0€", "€80.00"),
        (0.5, "percent", "50,0\u00a0%", "50.0%"),
        (3.456, "ratio", "3,46", "3.46"),
        (1234, "count", "1\u202f234", "1,234"),
        (1, "days", "1\u00a0jour", "1 day"),
        (1.5, "days", "1,5\u00a0jour", "1.5 days"),
        (0, "months", "0\u00a0mois", "0 months"),
        (2, "years", "2\u00a0ans", "2 years"),
        (2.44, "orders_per_year", "2,4\u00a0commandes par an", "2.4 orders per year"),
        (None, "money", "—", "—"),
    ],
)
def test_units(value: Figure | None, unit: str, fr: str, en: str) -> None:
    with use_language("fr"):
        assert format_value(value, unit, "EUR") == fr
    with use_language("en"):
        assert format_value(value, unit, "EUR") == en


def test_a_missing_figure_is_said_in_words_to_a_screen_reader() -> None:
    with use_language("fr"):
        assert spoken_value(None, "money", "EUR") == "non disponible"
        assert spoken_value(12, "count") == "12"


def test_an_unknown_unit_is_refused_with_the_list() -> None:
    with use_language("en"), pytest.raises(PerenneError, match="parsecs") as refusal:
        format_value(None, "parsecs")
    assert refusal.value.allowed == UNITS
    assert "orders_per_year" in refusal.value.next_step


@given(figures, languages, st.sampled_from(["EUR", "JPY", "USD", "???", ""]))
def test_no_figure_raises(value: Figure | None, language: str, currency: str) -> None:
    with use_language(language):
        written = [
            format_number(value, decimals=3),
            format_money(value, currency),
            format_percent(value),
            format_compact(value, currency=currency),
            format_days(value),
            *(format_value(value, unit, currency) for unit in UNITS),
        ]
    assert all(0 < len(text) < 60 for text in written)


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=2))
def test_french_money_reads_back_to_the_cent(amount: Decimal) -> None:
    with use_language("fr"):
        written = format_money(amount, "EUR")
    plain = written.replace("\u202f", "").replace("\u00a0€", "").replace(",", ".")
    plain = plain.replace(MINUS, "-")
    assert Decimal(plain) == amount
