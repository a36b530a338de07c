"""Figures by country and by month equal the hand-written SQL (UCI Online Retail II, year 1)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.known.product import Row, Shop
from tests.known.test_engine_figures import check
from tests.known.twins import Given, Twins

pytestmark = pytest.mark.known_answer

METRICS = ("net_revenue", "orders", "average_order_value")
MONTH: dict[str, Given] = {"from": date(2010, 11, 1), "to": date(2010, 11, 30)}
YEAR: dict[str, Given] = {"from": date(2009, 12, 1), "to": date(2010, 11, 30)}
# A country may come out as written or as its ISO 3166 code; "Unspecified" may be unknown.
ISO = {
    "Australia": "AU",
    "Austria": "AT",
    "Belgium": "BE",
    "Canada": "CA",
    "Cyprus": "CY",
    "Denmark": "DK",
    "EIRE": "IE",
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Greece": "GR",
    "Israel": "IL",
    "Italy": "IT",
    "Japan": "JP",
    "Korea": "KR",
    "Lithuania": "LT",
    "Netherlands": "NL",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "Spain": "ES",
    "Sweden": "SE",
    "Switzerland": "CH",
    "USA": "US",
    "United Arab Emirates": "AE",
    "United Kingdom": "GB",
    "Unspecified": None,
}


def _row_of_country(rows: dict[str | None, Row], country: str) -> Row:
    for name in (country, ISO.get(country, country)):
        if name in rows:
            return rows[name]
    raise AssertionError(f"{country} is not among {sorted(map(str, rows))}")


@pytest.mark.parametrize("metric", METRICS)
def test_by_country(uci_product: Shop, uci: Twins, metric: str) -> None:
    found = uci_product.kpi_by(metric, "country", *METRICS, "--period", "2010-11")
    expected = {row["country"]: row["value"] for row in uci.rows(f"{metric}_by_country", **MONTH)}
    assert len(found) == len(expected)
    for country, value in expected.items():
        check(_row_of_country(found, country), value)


@pytest.mark.parametrize("metric", METRICS)
def test_by_month(uci_product: Shop, uci: Twins, metric: str) -> None:
    found = uci_product.kpi_by(metric, "month", *METRICS, "--period", "2009-12..2010-11")
    expected = {row["month"]: row["value"] for row in uci.rows(f"{metric}_by_month", **YEAR)}
    by_month = {str(month)[:7]: row for month, row in found.items()}
    assert set(by_month) == set(expected)
    for month, value in expected.items():
        check(by_month[month], value)


def test_retention_by_month(uci_product: Shop, uci: Twins, uci_window: int) -> None:
    found = uci_product.kpi_by(
        "retention_rate", "month", "retention_rate", "--period", "2010-01..2010-11"
    )
    by_month = {str(month)[:7]: row for month, row in found.items()}
    expected = uci.rows("retention_rate_by_month", **YEAR, window=uci_window)
    assert len(expected) == 11
    for row in expected:
        check(by_month[row["month"]], row["value"])
