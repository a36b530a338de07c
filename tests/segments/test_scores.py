"""RFM scores against SQL written from the rule and against the documentation of the R package."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perenne.segments import SegmentSettings, score
from perenne.warehouse import DuckEngine
from tests.segments.r_package import R_PACKAGE_RFM, r_package_facts
from tests.segments.shop import FACTS, by_customer, quintiles

QUINTILES = SegmentSettings()

# The rule, word for word: 1 + floor(5 x customers with a strictly worse value / customers).
SQL = """
SELECT customer_id,
  least(5, 1 + floor(5 * (SELECT count(*) FROM facts w WHERE w.days > f.days) / n)) AS r,
  least(5, 1 + floor(5 * (SELECT count(*) FROM facts w WHERE w.orders < f.orders) / n)) AS f,
  least(5, 1 + floor(5 * (SELECT count(*) FROM facts w WHERE w.revenue < f.revenue) / n)) AS m
FROM facts f, (SELECT count(*) AS n FROM facts)
"""

Fact = tuple[int, int, Decimal]
FACTS_OF_A_SHOP = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.integers(1, 5),
        st.decimals(-20, 60, places=1, allow_nan=False),
    ),
    min_size=1,
    max_size=40,
)


def rows(facts: Iterable[Fact]) -> list[dict[str, object]]:
    names = ("days_since_last_order", "orders", "revenue")
    return [
        {"customer_id": f"c{n:03}", **dict(zip(names, fact, strict=True))}
        for n, fact in enumerate(facts)
    ]


def scores(
    engine: DuckEngine, facts: Iterable[Fact], settings: SegmentSettings = QUINTILES
) -> dict[str, str]:
    table = engine.rows(FACTS, rows(facts))
    found = by_customer(engine, score(table, settings=settings))
    return {
        customer: f"{row['rfm_recency']}{row['rfm_frequency']}{row['rfm_monetary']}"
        for customer, row in found.items()
    }


def by_sql(facts: Iterable[Fact]) -> dict[str, str]:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE facts(customer_id TEXT, days INT, orders INT, revenue DECIMAL(18,4))"
        )
        for n, fact in enumerate(facts):
            connection.execute("INSERT INTO facts VALUES (?, ?, ?, ?)", [f"c{n:03}", *fact])
        found = connection.execute(SQL).fetchall()
    return {customer: "".join(str(int(each)) for each in rest) for customer, *rest in found}


@settings(max_examples=30)
@given(facts=FACTS_OF_A_SHOP)
def test_quintiles_equal_independent_sql(engine: DuckEngine, facts: list[Fact]) -> None:
    assert scores(engine, facts) == by_sql(facts)


def test_ten_different_customers_fill_each_score_twice(engine: DuckEngine) -> None:
    facts = [(90 - 10 * n, n + 1, Decimal(100 * n)) for n in range(10)]
    expected = ["111", "111", "222", "222", "333", "333", "444", "444", "555", "555"]
    assert list(scores(engine, facts).values()) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, ["111"]), (2, ["111", "333"]), (4, ["111", "222", "333", "444"])],
)
def test_few_customers(engine: DuckEngine, count: int, expected: list[str]) -> None:
    facts = [(100 - n, n + 1, Decimal(n)) for n in range(count)]
    assert list(scores(engine, facts).values()) == expected


def test_equal_values_get_equal_scores_whatever_the_id(engine: DuckEngine) -> None:
    facts = [(10, 1, Decimal(50))] * 7 + [(5, 2, Decimal(80))] * 3
    assert list(scores(engine, facts).values()) == ["111"] * 7 + ["444"] * 3
    assert set(scores(engine, [(3, 2, Decimal(9))] * 9).values()) == {"111"}


def test_no_customers_no_scores(engine: DuckEngine) -> None:
    assert scores(engine, []) == {}


@settings(max_examples=15)
@given(facts=FACTS_OF_A_SHOP, move=st.integers(1, 50))
def test_scores_depend_on_the_order_of_values_alone(
    engine: DuckEngine, facts: list[Fact], move: int
) -> None:
    moved = [
        (days * 3 + move, orders + move, revenue * 2 - move) for days, orders, revenue in facts
    ]
    assert scores(engine, moved) == scores(engine, facts)


def test_thresholds_at_and_around_each_cut(engine: DuckEngine) -> None:
    fixed = SegmentSettings.model_validate(
        {
            "scoring": "thresholds",
            "thresholds": {
                "recency_days": [10, 20, 30, 40],
                "orders": [2, 3, 5, 10],
                "revenue": ["10", "20.50", "30", "40"],
            },
        }
    )
    facts = [
        (10, 10, Decimal("40")),
        (11, 9, Decimal("39.9999")),
        (30, 3, Decimal("20.5")),
        (40, 2, Decimal("10")),
        (41, 1, Decimal("9.99")),
    ]
    assert list(scores(engine, facts, fixed).values()) == ["555", "444", "333", "222", "111"]


# --- R package rfm: the first rows that its pages print.
R_PACKAGE_CUSTOMERS = {
    "Abbey O'Reilly": (205, 6, 472, "343"),
    "Add Senger": (140, 3, 340, "412"),
    "Aden Lesch": (194, 4, 405, "323"),
    "Admiral Senger": (132, 5, 448, "433"),
    "Agness O'Keefe": (90, 9, 843, "555"),
    "Aileen Barton": (84, 9, 763, "555"),
    "Ailene Hermann": (281, 8, 699, "355"),
    "Aiyanna Bruen": (246, 4, 157, "321"),
}


def test_r_package_rfm_first_table_of_its_documentation(
    engine: DuckEngine, shared_data: Path
) -> None:
    facts = engine.rows(FACTS, r_package_facts(shared_data).to_pylist())
    found = by_customer(engine, score(facts, settings=R_PACKAGE_RFM).join(facts, "customer_id"))
    assert len(found) == 995
    for customer, (days, orders, amount, code) in R_PACKAGE_CUSTOMERS.items():
        row = found[customer]
        assert (row["days_since_last_order"], row["orders"]) == (days, orders)
        assert row["revenue"] == amount
        assert f"{row['rfm_recency']}{row['rfm_frequency']}{row['rfm_monetary']}" == code


def test_quintiles_of_r_package_orders_equal_independent_sql(
    engine: DuckEngine, shared_data: Path
) -> None:
    facts = [
        (row["days_since_last_order"], row["orders"], row["revenue"])
        for row in r_package_facts(shared_data).to_pylist()
    ]
    assert scores(engine, facts) == by_sql(facts)


def test_the_oracle_and_the_sql_agree() -> None:
    facts = [(3, 1, Decimal(5)), (3, 2, Decimal(7)), (9, 2, Decimal(1)), (0, 4, Decimal(7))]
    expected = quintiles({f"c{n:03}": fact[1] for n, fact in enumerate(facts)})
    assert {customer: int(code[1]) for customer, code in by_sql(facts).items()} == expected
