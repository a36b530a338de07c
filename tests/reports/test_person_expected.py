"""What a customer's record says of its prediction: of intervals only where there are any."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from perenne.reports.html.blocks import Chart, Facts, Text
from perenne.reports.person.expected import expected
from perenne.reports.person.record import Identity, Outlook, Person, Prediction
from perenne.text import use_language

DAY = date(2026, 11, 9)


def person(*, sure: bool, margin: bool = False) -> Person:
    ends = [Decimal(one) if sure else None for one in (50, 200, 10, 400)]
    outlook = Outlook(
        12, 0.8, 0.6 if sure else None, Decimal(147), None, *ends,
        Decimal(60) if margin else None, None,
    )  # fmt: skip
    found = Prediction(
        "bg_nbd" if sure else "simple_clv", "0.1.0", DAY, (outlook,), 0.7 if sure else None,
        one_purchase=False, next_order_by=None, next_order_note=None, why=None,
    )  # fmt: skip
    return Person(
        "Shop", "c1", "000001", DAY, "EUR", "Europe/Paris", Identity(()), prediction=found
    )


@pytest.mark.parametrize("margin", [True, False])
def test_without_an_interval_none_is_spoken_of(margin: bool) -> None:
    with use_language("fr"):
        blocks = list(expected(person(sure=False, margin=margin)))
    (chart,) = [one for one in blocks if isinstance(one, Chart)]
    assert chart.title == ("Valeur et marge à venir" if margin else "Valeur à venir")
    assert "neuf" not in chart.svg
    assert chart.lead == ""
    assert not [one for one in blocks if isinstance(one, Facts)], "no rules around nothing"
    said = " ".join(one.text for one in blocks if isinstance(one, Text))
    assert "les intervalles disent" not in said
    assert "rien ne dit de combien celle-ci peut s’écarter" in said


def test_with_intervals_they_say_how_sure_it_is() -> None:
    with use_language("fr"):
        blocks = list(expected(person(sure=True)))
    (chart,) = [one for one in blocks if isinstance(one, Chart)]
    assert chart.title == "Valeur à venir, et sa certitude"
    assert chart.lead
    assert all(one.items for one in blocks if isinstance(one, Facts))
    assert any("les intervalles disent" in one.text for one in blocks if isinstance(one, Text))
