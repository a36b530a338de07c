"""Worked examples of the customer-value literature, through the catalogue's own formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import pytest

from perenne.metrics import load_catalogue
from perenne.metrics.arithmetic import AgePoint, Number, Value, evaluate, payback_month
from perenne.metrics.expressions import Aggregate, Name

CATALOGUE = load_catalogue()


def formula(metric: str, known: Mapping[str, Number | None]) -> Number | None:
    """Value of a metric when some of those it is made of are given."""

    def look_up(wanted: Aggregate | Name) -> Value:
        assert isinstance(wanted, Name), f"{metric} is not made of {sorted(known)}"
        if wanted.id in known:
            return known[wanted.id]
        return evaluate(CATALOGUE[wanted.id].parsed, look_up)

    return evaluate(CATALOGUE[metric].parsed, look_up)


def test_500_a_month_for_24_months_is_12_000() -> None:
    """A basket of 500 bought every month during 24 months."""
    given = {
        "average_purchase_value": Decimal(500),
        "purchase_frequency": Decimal(12),
        "lifespan_years": Decimal(2),
    }
    assert formula("clv_simple", given) == 12_000


@pytest.mark.parametrize(
    ("basket", "frequency", "years"), [(500, 1, 5), (250, 2, 5), (50, 10, 5), (100, 12.5, 2)]
)
def test_500_a_year_for_5_years_is_2_500(basket: int, frequency: float, years: int) -> None:
    given = {
        "average_purchase_value": Decimal(basket),
        "purchase_frequency": frequency,
        "lifespan_years": years,
    }
    assert formula("clv_simple", given) == pytest.approx(2_500)


def test_every_term_of_the_net_formula() -> None:
    """60 x 4 a year x 2.5 years = 600; at a margin of 35% 210; minus 30, minus 6 a year."""
    given: dict[str, Number | None] = {
        "average_purchase_value": Decimal(60),
        "purchase_frequency": 4,
        "lifespan_years": 2.5,
        "margin_rate": 0.35,
        "cac_year": Decimal(30),
        "retention_cost_per_year": Decimal(6),
    }
    assert formula("clv_margin", given) == pytest.approx(210)
    assert formula("clv_net", given) == pytest.approx(210 - 30 - 6 * 2.5)
    assert formula("clv_cac_ratio", given) == pytest.approx(7)


@pytest.mark.parametrize("missing", ["margin_rate", "cac_year", "retention_cost_per_year"])
def test_a_missing_term_is_never_0(missing: str) -> None:
    given: dict[str, Number | None] = dict.fromkeys(
        (
            "average_purchase_value",
            "purchase_frequency",
            "lifespan_years",
            "margin_rate",
            "cac_year",
            "retention_cost_per_year",
        ),
        1,
    )
    assert formula("clv_net", given) is not None
    assert formula("clv_net", {**given, missing: None}) is None


def test_a_churn_of_a_fifth_is_a_life_of_5_years() -> None:
    assert formula("implied_lifespan_years", {"annual_churn_rate": 0.2}) == pytest.approx(5)
    assert formula("implied_lifespan_years", {"annual_churn_rate": 0}) is None


def test_payback_counts_only_customers_who_have_lived_so_long() -> None:
    """Two customers of 2 months earn 10 + 5 each, one of 1 month earns 40."""
    points = [
        AgePoint(complete_months=2, age=0, margin=Decimal(20), customers=2),
        AgePoint(complete_months=2, age=1, margin=Decimal(10), customers=2),
        AgePoint(complete_months=1, age=0, margin=Decimal(40), customers=1),
    ]
    assert payback_month(points, Decimal(20)) == 1  # (20 + 40) / 3
    assert payback_month(points, 21) is None  # month 2: (20 + 10) / 2
    assert payback_month(points, None) is None
    assert payback_month([], 1) is None


def test_a_single_unknown_margin_hides_the_payback() -> None:
    points = [AgePoint(1, 0, Decimal(9), 1), AgePoint(3, 2, None, 1)]
    assert payback_month(points, 1) is None


class TestMonthsOfAge:
    """Whole months between two days, in the engine as in `add_months`."""

    @pytest.mark.parametrize(
        ("first", "day", "months"),
        [
            (date(2024, 1, 31), date(2024, 2, 28), 0),
            (date(2024, 1, 31), date(2024, 2, 29), 1),
            (date(2024, 1, 31), date(2024, 3, 30), 1),
            (date(2024, 1, 31), date(2024, 3, 31), 2),
            (date(2024, 2, 29), date(2025, 2, 28), 12),
            (date(2024, 5, 15), date(2024, 6, 14), 0),
            (date(2024, 5, 15), date(2024, 6, 15), 1),
            (date(2024, 12, 30), date(2025, 2, 28), 2),
        ],
    )
    def test_known_days(
        self, first: date, day: date, months: int, months_of: Callable[[date, date], int]
    ) -> None:
        assert months_of(first, day) == months
