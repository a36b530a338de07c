"""The dictionary of exported columns: complete, in both languages, and printed in the reference."""

from pathlib import Path

import pytest

from perenne.core import PerenneError
from perenne.models.schema import PREDICTED
from perenne.reports import column_dictionary
from perenne.text import use_language
from perenne.warehouse import CANONICAL

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "exports.md"
PROMISED = (
    "customer_id first_order_at last_order_at days_since_last_order orders frequency recency_days "
    "tenure_days monetary_value revenue margin historical_clv historical_clv_12m rfm_recency "
    "rfm_frequency rfm_monetary segment status"
)


def names(table: str) -> list[str]:
    return [column.name for column in column_dictionary(table)]


def test_customers_have_at_least_the_promised_columns_in_their_order() -> None:
    promised = PROMISED.split()
    assert [name for name in names("customers") if name in promised] == promised


def test_orders_are_described_column_by_column() -> None:
    told = [name for name in CANONICAL["orders"].names if name != "own_id"]
    assert names("orders") == told


def test_totals_are_described_column_by_column() -> None:
    assert names("predictions") == list(PREDICTED["prediction_totals"].names)


@pytest.mark.parametrize("table", ["customers", "orders", "cohorts", "segments", "predictions"])
def test_the_reference_prints_every_column_in_both_languages(table: str) -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    english = column_dictionary(table)
    with use_language("fr"):
        french = column_dictionary(table)
    for ours, theirs in zip(english, french, strict=True):
        assert ours.meaning != theirs.meaning or ours.meaning == "Taxes."
        line = f"| `{ours.name}` | {ours.type} | {ours.meaning} | {theirs.meaning} |"
        assert line in text


def test_refuses_a_table_without_dictionary() -> None:
    with pytest.raises(
        PerenneError,
        match=r"export “invoices”\. Choose one of: .*, cohorts, segments, predictions",
    ):
        column_dictionary("invoices")
