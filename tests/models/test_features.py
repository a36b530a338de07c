"""Features against sums done by hand, and proof that they read nothing later than their day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.features import Features, features
from perenne.models.ledger import Ledger
from tests.models.learning_shops import shop

DAY = 20_000


def ledger(*rows: tuple[int, int, int, float, float, int], until: int = DAY) -> Ledger:
    """Rows of (customer, days before DAY, orders, net, returned, category)."""
    columns = [np.array(column) for column in zip(*sorted(rows, key=_by_day), strict=True)]
    customer, before, orders, net, returned, category = columns
    many = int(customer.max()) + 1
    return Ledger(
        customer=customer.astype(np.int32),
        day=(DAY - before).astype(np.int32),
        orders=orders.astype(np.int32),
        net=net.astype(float),
        returned=returned.astype(float),
        margin=np.full(customer.size, np.nan),
        until=until,
        customer_ids=np.arange(many),
        columns={"category": category, "discount": 0.25 * net},
        attributes={"channel": np.arange(many) - 1},
    )


def _by_day(row: tuple[int, int, int, float, float, int]) -> tuple[int, int]:
    return row[0], -row[1]


TWO = ledger(
    (0, 400, 1, 10.0, 0.0, 3),
    (0, 340, 2, 30.0, 0.0, 1),
    (0, 330, 0, 0.0, 30.0, -1),
    (0, 100, 1, 20.0, 0.0, 1),
    (1, 40, 1, 8.0, 0.0, -1),
)


def told(found: Features, name: str) -> list[float]:
    return [float(value) for value in found.column(name)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("silence", [100, 40]),
        ("frequency", [2, 0]),
        ("recency", [300, 0]),
        ("tenure", [400, 40]),
        ("orders", [4, 1]),
        ("last_gap", [240, np.nan]),
        ("mean_gap", [150, np.nan]),
        ("deviation_of_gaps", [np.sqrt(((60 - 150) ** 2 + (240 - 150) ** 2) / 1), np.nan]),
        ("silence_in_gaps", [100 / 150, np.nan]),
        ("net", [60, 8]),
        ("mean_net", [20, 8]),
        ("return_share", [0.5, 0]),
        ("discount_share", [0.2, 0.2]),
        ("orders_90", [0, 1]),
        ("orders_365", [2, 1]),
        ("net_365", [50, 8]),
        ("returned_365", [30, 0]),
        ("orders_year_before", [1, np.nan]),
        ("net_year_before", [30, np.nan]),
        ("categories", [2, 0]),
        ("main_category", [1, np.nan]),
        ("first_net", [10, 8]),
        ("channel", [np.nan, 0]),
    ],
)
def test_each_feature_is_the_sum_done_by_hand(name: str, expected: list[float]) -> None:
    found = features(TWO, horizon=60)
    np.testing.assert_allclose(told(found, name), expected, rtol=1e-6)


def test_what_happens_after_the_day_changes_no_feature() -> None:
    whole = shop(400, rng=np.random.default_rng(1))
    origin = whole.until - 200
    later = whole.day > origin
    rng = np.random.default_rng(2)
    altered = replace(
        whole,
        net=np.where(later, rng.uniform(0, 999, later.size), whole.net),
        returned=np.where(later, 77.0, whole.returned),
        orders=np.where(later & (whole.orders > 0), 9, whole.orders).astype(np.int32),
    )
    kept = ~later | (rng.random(later.size) < 0.5)
    dropped = replace(
        altered,
        **{
            name: getattr(altered, name)[kept]
            for name in ("customer", "day", "orders", "net", "returned", "margin")
        },
        columns={name: column[kept] for name, column in altered.columns.items()},
    )
    before = features(whole.as_of(origin), horizon=200)
    for other in (altered, dropped):
        np.testing.assert_array_equal(
            before.values, features(other.as_of(origin), horizon=200).values
        )


def test_a_ledger_with_later_rows_is_refused() -> None:
    with pytest.raises(PerenneError, match="rows after the day of the prediction"):
        features(replace(TWO, until=DAY - 200), horizon=60)


def test_facts_are_asked_for_as_of_each_day() -> None:
    asked: list[int] = []

    def visits(past: Ledger) -> dict[str, list[float]]:
        asked.append(past.until)
        return {"visits_30": [3.0, 0.0][: past.customers]}

    found = features(TWO, horizon=60, facts=visits)
    assert told(found, "visits_30") == [3, 0]
    assert not found.categorical[found.names.index("visits_30")]
    assert found.categorical[found.names.index("channel")]
    earlier = features(TWO.as_of(DAY - 90), horizon=60, facts=visits)
    assert told(earlier, "visits_30") == [3]
    assert asked == [DAY, DAY - 90]


def test_a_fact_without_a_number_for_each_customer_is_refused() -> None:
    with pytest.raises(PerenneError, match="visits does not give one number per customer"):
        features(TWO, horizon=60, facts=lambda past: {"visits": [1.0]})
