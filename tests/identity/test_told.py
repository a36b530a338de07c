"""What sources tell of customers themselves: who brought them, since when, what is guessed."""

from datetime import date
from typing import Any

import pytest

from tests.cleaning.shop import Import, Row, Shop, line, run, run_rows, who

pytestmark = pytest.mark.slow

LATER = date(2026, 1, 5)


def brought(*persons: Row) -> tuple[Any, Any]:
    """Channel and who told it of ann, whose first order is of 10 February 2024, told by nobody."""
    files = [Import({"customers": [one]}, name=f"f{n}", seq=n) for n, one in enumerate(persons, 1)]
    first = line(customer_ref="ann", day=date(2024, 2, 10), channel=None)
    shop = run(Import({"order_lines": [first]}, name="0", seq=0), *files)
    (found,) = [row for row in shop.tables["customers"] if row["first_order_on"]]
    return found["channel"], found["channel_from"]


def listed(channel: str, created: date | None, **told: Any) -> Row:
    return {**who(), "channel": channel, "created_on": created, **told}


def test_what_brought_somebody_after_the_first_order_is_no_acquisition() -> None:
    late, early = listed("popup", date(2025, 3, 12)), listed("ads", date(2024, 2, 10))
    undated = listed("list", None)
    assert brought(late) == (None, None)
    assert brought(early) == ("ads", "source")
    assert brought(undated) == ("list", "source")


def test_a_prospect_was_brought_by_whatever_came() -> None:
    rows = [listed("popup", date(2025, 3, 12))]
    shop = run_rows(order_lines=[line(customer_ref="bob")], customers=rows)
    (found,) = [row for row in shop.tables["customers"] if not row["first_order_on"]]
    assert (found["channel"], found["channel_from"]) == ("popup", "source")


def known(*files: Row) -> Shop:
    imports = [Import({"customers": [row]}, name=f"c{n}", seq=n) for n, row in enumerate(files, 1)]
    return run(Import({"order_lines": [line(channel=None)]}, name="0", seq=0), *imports)


def test_sources_say_who_customers_are_and_klaviyo_s_prediction_is_taken_whole() -> None:
    guess = {"klaviyo_predicted_value": 59, "klaviyo_predicted_orders": 1}
    shop = known(
        {
            **who(),
            "channel": "popup",
            "created_on": date(2025, 1, 2),
            "account_ref": "A1",
            "historic_clv": 120,
            **guess,
            "klaviyo_predicted_on": date(2025, 11, 1),
        },
    )
    (found,) = shop.tables["customers"]
    assert (found["channel"], found["created_on"], found["account"]) == (
        "popup",
        date(2025, 1, 2),
        "A1",
    )
    assert (found["historic_clv"], found["klaviyo_predicted_value"]) == (120, 59)
    assert found["klaviyo_predicted_on"] == date(2025, 11, 1)


def test_a_prediction_made_later_is_not_known() -> None:
    shop = known({**who(), "klaviyo_predicted_value": 59, "klaviyo_predicted_on": LATER})
    (found,) = shop.tables["customers"]
    assert found["klaviyo_predicted_value"] is found["klaviyo_predicted_on"] is None


def test_the_channel_of_the_first_order_comes_before_what_a_source_tells() -> None:
    rows = [{**who(), "channel": "popup"}]
    shop = run_rows(order_lines=[line(channel="ads")], customers=rows)
    assert [row["channel"] for row in shop.tables["customers"]] == ["ads"]
