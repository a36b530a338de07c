"""The product on the CDNOW 1/10 sample as of 1997-09-30 rebuilds the published summary."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.known.product import Row, Shop
from tests.known.twins import Twins

pytestmark = pytest.mark.known_answer

CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def customers(cdnow_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    folder = tmp_path_factory.mktemp("cdnow_product") / "shop"
    found = Shop(folder, cdnow_sample, "--as-of", "1997-09-30").customers
    return _by_sample_id(found, cdnow_sample)


def _by_sample_id(found: dict[str, Row], sample: Path) -> dict[str, Row]:
    """The sample carries two ids per customer; the product may keep either, zeros included."""
    ids = dict(
        duckdb.connect()
        .execute("select distinct master_id, sample_id from read_parquet($f)", {"f": str(sample)})
        .fetchall()
    )
    return {ids.get(name, name): row for name, row in found.items()}


def _rounded(value: Any) -> Decimal:
    """Dollars to two decimals, halves up, after the noise of a floating mean is taken off."""
    return round(Decimal(str(value)), 9).quantize(CENT, ROUND_HALF_UP)


def _weeks(days: int) -> Decimal:
    return (Decimal(days) / 7).quantize(CENT, ROUND_HALF_UP)


def test_published_summary(customers: dict[str, Row], cdnow_published: Path) -> None:
    published = duckdb.connect().execute(
        "select lpad(ID, 4, '0'), cast(x as int), cast(t_x as decimal(9, 2)), "
        "cast(T as decimal(9, 2)), cast(zbar as decimal(9, 2)) from read_parquet($f)",
        {"f": str(cdnow_published)},
    )
    expected = {row[0]: row[1:] for row in published.fetchall()}
    found = {
        name: (
            row["frequency"],
            _weeks(row["recency_days"]),
            _weeks(row["tenure_days"]),
            _rounded(row["monetary_value"] or 0),
        )
        for name, row in customers.items()
    }
    assert len(expected) == 2_357
    assert set(found) == set(expected)
    assert {name: value for name, value in found.items() if value != expected[name]} == {}


def test_purchase_history(customers: dict[str, Row], cdnow_sample: Path) -> None:
    twins = Twins("cdnow", file=str(cdnow_sample), as_of=date(1997, 9, 30))
    for row in twins.rows("purchase_history"):
        found = customers[row["customer_id"]]
        for column in ("frequency", "recency_days", "tenure_days"):
            assert found[column] == row[column]
        if row["monetary_value"] is None:
            assert found["monetary_value"] is None
        else:
            assert float(found["monetary_value"]) == pytest.approx(row["monetary_value"], abs=5e-5)
