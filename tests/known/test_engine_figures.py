"""Every figure the product prints equals the hand-written SQL on the raw file.

Two shops: the one worked out by hand (always there) and UCI Online Retail II, year 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.known import hand_shop
from tests.known.product import Row, Shop
from tests.known.twins import Given, Twins

pytestmark = [pytest.mark.known_answer, pytest.mark.slow]

# Scope of a figure: the period, or everything until its end.
PERIOD = (
    "orders",
    "net_revenue",
    "average_order_value",
    "new_revenue",
    "returning_revenue",
    "retention_rate",
    "churn_rate",
    "reactivated_customers",
    "activity_rate",
    "discount_share",
    "return_rate",
)
UNTIL = (
    "customers",
    "purchase_frequency",
    "customer_value",
    "average_lifespan_years",
    "implied_lifespan_years",
    "clv_simple",
    "historical_clv",
    "historical_clv_12m",
    "historical_clv_24m",
    "historical_clv_36m",
    "repeat_purchase_rate",
    "days_between_orders",
    "days_to_second_order",
    "one_and_done_share",
    "order_n_to_next",
)
# Figures that stand beside the asked ones and explain them.
BESIDE = (
    "product_revenue",
    "guest_revenue",
    "new_customers",
    "customers_at_start",
    "customers_at_end",
    "retained_customers",
    "lost_customers",
    "average_purchase_value",
    "annual_churn_rate",
    "days_between_orders_mean",
)
# The files have neither costs nor spend: no figure, and a note that says what is missing.
WITHOUT_FIGURE = (
    "clv_margin",
    "clv_net",
    "cac",
    "clv_cac_ratio",
    "payback_months",
    "margin_per_order",
)
MONEY = {
    "product_revenue",
    "net_revenue",
    "new_revenue",
    "returning_revenue",
    "guest_revenue",
    "average_order_value",
    "average_purchase_value",
    "customer_value",
    "clv_simple",
    "historical_clv",
    "historical_clv_12m",
    "historical_clv_24m",
    "historical_clv_36m",
    "value_first_12m",
}


@dataclass(frozen=True)
class Case:
    product: Shop
    twins: Twins
    month: str
    period: dict[str, Given]
    as_of: date

    def expected(self, name: str) -> Any:
        window = self.twins.value("learn_window")
        assert window is not None
        return self.twins.value(name, **self.period, window=int(window))


@pytest.fixture(scope="session", params=["hand_shop", "uci"])
def case(request: pytest.FixtureRequest) -> Case:
    if request.param == "hand_shop":
        product, twins = (request.getfixturevalue(name) for name in ("hand_product", "by_hand"))
        return Case(product, twins, "2024-03", {**hand_shop.MARCH}, hand_shop.AS_OF)
    twins, product = (request.getfixturevalue(name) for name in ("uci", "uci_product"))
    november: dict[str, Given] = {"from": date(2010, 11, 1), "to": date(2010, 11, 30)}
    return Case(product, twins, "2010-11", november, date(2010, 12, 9))


def agree(metric: str, value: Any, expected: Any) -> bool:
    """Money to the cent, everything else to 1e-9."""
    if value is None or expected is None:
        return value is None and expected is None
    if metric in MONEY:
        return abs(Decimal(str(value)) - Decimal(str(expected))) <= Decimal("0.005")
    return math.isclose(float(value), float(expected), rel_tol=1e-9, abs_tol=1e-12)


def check(row: Row, expected: Any) -> None:
    assert agree(row["metric"], row["value"], expected), f"{row} is not {expected}"


def test_inactivity_window(case: Case) -> None:
    """The window the product learnt and publishes is the one learnt by the SQL."""
    context = case.product.json("status")["context"]
    assert context["inactivity_days"] == case.twins.value("learn_window")


@pytest.mark.parametrize("metric", [*PERIOD, *UNTIL])
def test_figure_of_a_month(case: Case, metric: str) -> None:
    row = case.product.kpis("--period", case.month)[metric]
    check(row, case.expected(metric))
    assert row["period"]["to"] == str(case.period["to"])
    if metric in PERIOD:
        assert row["period"]["from"] == str(case.period["from"])
    assert row["group"] is None


@pytest.mark.parametrize("metric", BESIDE)
def test_figure_beside(case: Case, metric: str) -> None:
    row = case.product.kpis("--period", case.month)[metric]
    check(row, case.expected(metric))


@pytest.mark.parametrize("metric", WITHOUT_FIGURE)
def test_missing_figure_says_why(case: Case, metric: str) -> None:
    row = case.product.kpis("--period", case.month)[metric]
    assert row["value"] is None
    assert row["note"]


@pytest.mark.parametrize("metric", [*UNTIL, "value_first_12m"])
def test_lifetime_figure_by_default(case: Case, metric: str) -> None:
    """Without a period a lifetime figure uses all history until the snapshot."""
    row = case.product.kpis()[metric]
    window = case.twins.value("learn_window")
    check(row, case.twins.value(metric, to=case.as_of, window=int(window or 0)))
    assert row["period"]["to"] == case.as_of.isoformat()


@pytest.mark.parametrize("metric", PERIOD)
def test_period_figure_by_default(case: Case, metric: str) -> None:
    """Without a period a period figure is that of the last complete month."""
    row = case.product.kpis()[metric]
    check(row, case.expected(metric))
    assert row["period"] == {name: str(day) for name, day in case.period.items()}


def test_retention_and_churn_are_one(case: Case) -> None:
    rows = case.product.kpis("--period", case.month)
    assert float(rows["retention_rate"]["value"] + rows["churn_rate"]["value"]) == pytest.approx(1)


def test_order_funnel(case: Case) -> None:
    expected = {
        str(row["order_number"]): row["value"]
        for row in case.twins.rows("order_n_to_next_by_order_number", **case.period)
    }
    rows = case.product.kpi_by(
        "order_n_to_next", "order_number", "order_n_to_next", "--period", case.month
    )
    found = {str(number): row for number, row in rows.items()}
    # The last order number has nobody after it: a product may leave that row out.
    assert set(expected) - set(found) <= {max(expected, key=int)}
    for number, row in found.items():
        check(row, expected[number])
