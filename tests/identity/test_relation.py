"""What sources say of customers beside orders, as of 31 December 2025."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from perenne.cleaning import ExchangeRate
from perenne.core import PerenneError, opaque_id
from tests.cleaning.shop import KEY, Import, Row, line, run, run_rows, settings, who

pytestmark = pytest.mark.slow

DAY = date(2025, 3, 1)
LATER = date(2026, 1, 5)


def at(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC) if day else None


def consent(status: str, on: date | None = None, **values: Any) -> Row:
    said = {"said_on": on, "said_at": at(on)}
    base = {"channel": "email", "purpose": "marketing", "suppressed": False}
    return {**who(), **base, "status": status, **said, **values}


def suppression(**values: Any) -> Row:
    return consent("unsubscribed", suppressed=True, **values)


def word(*imports: Import, channel: str = "email") -> Row:
    """What the canonical table says of ann's consent."""
    shop = run(Import({"order_lines": [line()]}, name="0", seq=0), *imports)
    (found,) = [row for row in shop.tables["consents"] if row["channel"] == channel]
    assert found["customer_id"] == opaque_id(KEY, "shop", "id", "ann")
    return found


def said(*rows: Row) -> Row:
    """The word on rows of files imported one after the other."""
    files = [Import({"consents": [row]}, name=f"f{n}", seq=n) for n, row in enumerate(rows, 1)]
    return word(*files)


def test_a_purchase_is_no_consent() -> None:
    assert run_rows(order_lines=[line()]).tables["consents"] == []


@pytest.mark.parametrize("first", [True, False])
def test_a_suppression_wins_whatever_comes_before_or_after(first: bool) -> None:
    rows = [suppression(status_text="HARD_BOUNCE"), consent("subscribed", date(2025, 12, 1))]
    found = said(*(rows if first else reversed(rows)))
    assert (found["status"], found["suppressed"]) == ("unsubscribed", True)
    assert found["status_text"] == "HARD_BOUNCE"


@pytest.mark.parametrize("on", [None, date(2025, 4, 1)], ids=["undated", "later"])
def test_a_word_that_cannot_be_read_takes_an_earlier_permission_back(on: date | None) -> None:
    unread = consent("unread", on, source="crm", status_text="peut-être")
    found = said(consent("subscribed", DAY), unread)
    assert (found["status"], found["status_text"]) == ("unknown", "peut-être")


def test_a_later_yes_answers_a_dated_word_that_cannot_be_read() -> None:
    found = said(consent("unread", DAY), consent("subscribed", date(2025, 4, 1)))
    assert found["status"] == "subscribed"


@pytest.mark.parametrize("on", [None, DAY], ids=["undated", "same day"])
def test_a_refusal_is_told_before_a_word_that_cannot_be_read(on: date | None) -> None:
    found = said(consent("unread", on), consent("unsubscribed", on, source="crm"))
    assert found["status"] == "unsubscribed"


def test_within_a_source_the_newest_file_s_word_replaces_the_older_one() -> None:
    found = said(consent("unsubscribed"), consent("subscribed", DAY, proof="double opt-in"))
    assert (found["status"], found["said_on"], found["proof"]) == (
        "subscribed",
        DAY,
        "double opt-in",
    )


@pytest.mark.parametrize("late", [False, True], ids=["in order", "the old file last"])
def test_within_a_source_the_last_dated_word_counts_in_whichever_order_files_come(
    late: bool,
) -> None:
    rows = [consent("subscribed", date(2025, 1, 5)), consent("unsubscribed", DAY)]
    found = said(*(reversed(rows) if late else rows))
    assert (found["status"], found["said_on"]) == ("unsubscribed", DAY)


def test_a_word_said_later_does_not_hide_what_was_known_before() -> None:
    """The newer file's word is not known yet as of the day; the older file's is."""
    after = DAY.replace(year=DAY.year + 3)
    found = said(consent("unsubscribed", date(2025, 1, 5)), consent("subscribed", after))
    assert (found["status"], found["said_on"]) == ("unsubscribed", date(2025, 1, 5))


def two_systems(*rows: Row) -> Row:
    """The word where one person's two references, of two lists, say different things."""
    persons = [{**who(ref), "person_ref": "p1"} for ref in ("ann", "anne")]
    both = [{**row, "customer_ref": ref} for row, ref in zip(rows, ("ann", "anne"), strict=True)]
    shop = run(Import({"order_lines": [line()], "customers": persons, "consents": both}))
    (found,) = shop.tables["consents"]
    return found


@pytest.mark.parametrize(
    ("rows", "status", "said_on"),
    [
        (
            (consent("subscribed", DAY), consent("unsubscribed", date(2025, 2, 1))),
            "subscribed",
            DAY,
        ),
        ((consent("subscribed", DAY), consent("unsubscribed", DAY)), "unsubscribed", DAY),
        ((consent("subscribed", DAY), consent("unsubscribed")), "unsubscribed", None),
        ((consent("subscribed"), consent("unsubscribed", DAY)), "unsubscribed", DAY),
        ((consent("unknown"), consent("subscribed")), "subscribed", None),
        ((consent("unknown", DAY), consent("subscribed")), "subscribed", None),
        ((consent("unknown"), consent("unknown")), "unknown", None),
    ],
)
def test_of_two_words_the_last_dated_one_or_the_undated_refusal_decides(
    rows: tuple[Row, Row], status: str, said_on: date | None
) -> None:
    for pair in (rows, rows[::-1]):
        found = two_systems(*pair)
        assert (found["status"], found["said_on"]) == (status, said_on)


STATUSES = st.sampled_from(["subscribed", "unsubscribed", "unknown"])
DAYS = st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2025, 12, 31)))


@effort(max_examples=6)
@given(st.lists(st.tuples(STATUSES, DAYS, st.booleans()), min_size=1, max_size=5))
def test_nobody_is_subscribed_against_a_suppression_or_an_undated_refusal(
    words: list[tuple[str, date | None, bool]],
) -> None:
    persons = [{**who(str(n)), "person_ref": "p"} for n in range(len(words))]
    rows = [
        {**consent(status, on), "customer_ref": str(n), "suppressed": stop}
        for n, (status, on, stop) in enumerate(words)
    ]
    shop = run(Import({"order_lines": [line()], "customers": persons, "consents": rows}))
    (found,) = shop.tables["consents"]
    held = [(status, on) for status, on, stop in words if not stop]
    if len(held) < len(words) or ("unsubscribed", None) in held:
        expected = "unsubscribed"
    else:
        dated = [
            (on, status == "unsubscribed") for status, on in held if on and status != "unknown"
        ]
        undated = "subscribed" if ("subscribed", None) in held else "unknown"
        expected = ("unsubscribed" if max(dated)[1] else "subscribed") if dated else undated
    assert found["status"] == expected
    assert found["suppressed"] == (len(held) < len(words))


def test_what_was_said_later_is_not_known_yet_and_a_dateless_word_is() -> None:
    rows = [consent("subscribed", LATER), consent("subscribed", channel="sms")]
    shop = run_rows(order_lines=[line()], consents=rows)
    assert [row["channel"] for row in shop.tables["consents"]] == ["sms"]


AFTER = date(2028, 3, 1)
"""Later than the day of the snapshot of `run`."""


@pytest.mark.parametrize(
    "later",
    [
        consent("unsubscribed", AFTER),
        consent("unread", AFTER),
        suppression(said_on=AFTER, said_at=at(AFTER)),
    ],
)
def test_what_is_said_later_leaves_the_day_as_it_was(later: Row) -> None:
    found = said(consent("subscribed", DAY), later)
    assert (found["status"], found["said_on"]) == ("subscribed", DAY)


def test_who_is_known_by_a_later_word_alone_is_not_known_yet() -> None:
    eve = {"customer_ref": "eve@x.fr", "customer_ref_kind": "email"}
    shop = run_rows(order_lines=[line()], consents=[{**consent("unsubscribed", AFTER), **eve}])
    assert shop.tables["consents"] == []
    assert len(shop.tables["customers"]) == 1


def test_who_only_consents_is_a_prospect() -> None:
    rows = [{**consent("subscribed"), "customer_ref": "eve@x.fr", "customer_ref_kind": "email"}]
    shop = run_rows(order_lines=[line()], consents=rows)
    eve = opaque_id(KEY, "shop", "email", "eve@x.fr")
    (found,) = [row for row in shop.tables["customers"] if row["customer_id"] == eve]
    assert (found["orders"], found["first_order_on"]) == (0, None)


def test_a_person_s_own_id_is_a_reference_as_well() -> None:
    mail = who("ann@x.fr", "email")
    event = {**who("K1"), "event": "email_click", "occurred_on": DAY, "occurred_at": at(DAY)}
    shop = run_rows(order_lines=[line()], customers=[{**mail, "person_ref": "K1"}], events=[event])
    (found,) = shop.tables["events"]
    links = {row["source_id"]: row["customer_id"] for row in shop.tables["customer_links"]}
    assert found["customer_id"] == links["ann@x.fr"] == links["K1"]
    assert found["quantity"] == 1


def event(number: str | None, day: date = DAY, **values: Any) -> Row:
    base = {"event": "page_view", "occurred_on": day, "occurred_at": at(day)}
    return {**who(), **base, "source_event_id": number, **values}


def test_an_event_told_twice_counts_once_and_two_alike_without_number_too() -> None:
    shop = run(
        Import({"order_lines": [line()], "events": [event("1", quantity=5), event(None)]}),
        Import(
            {"events": [event("1", quantity=7), event(None), event(None, channel="ads")]},
            name="2",
            seq=2,
        ),
    )
    found = sorted((row["event_id"], row["quantity"]) for row in shop.tables["events"])
    assert ("shop/1", 7) in found
    assert len(found) == len({row[0] for row in found}) == 3
    assert shop.fate("events") == (3, 2)


def test_events_after_the_day_are_not_there_and_a_ticket_solved_later_is_open() -> None:
    rows = [
        event("soon", LATER),
        event("t", event="ticket", ended_on=LATER, hours=40.0, status="solved"),
        event("u", event="ticket", ended_on=DAY, hours=4.0, status="solved"),
    ]
    shop = run_rows(order_lines=[line()], events=rows)
    found = {row["event_id"]: (row["ended_on"], row["status"]) for row in shop.tables["events"]}
    assert found == {"shop/t": (None, None), "shop/u": (DAY, "solved")}


def subscription(number: str = "s", **values: Any) -> Row:
    base = {"source_subscription_id": number, "status": "active", "started_on": DAY}
    return {**who(), **base, **values}


def subscriptions(*rows: Row) -> dict[str, Row]:
    shop = run_rows(order_lines=[line()], subscriptions=list(rows))
    return {row["subscription_id"]: row for row in shop.tables["subscriptions"]}


def test_a_subscription_is_its_last_row_and_belongs_to_its_customer() -> None:
    found = subscriptions(subscription(price=10), subscription(price=12, status="paused"))
    assert list(found) == ["shop/s"]
    assert (found["shop/s"]["price"], found["shop/s"]["status"]) == (12, "paused")
    assert found["shop/s"]["customer_id"] == opaque_id(KEY, "shop", "id", "ann")


def test_a_subscription_cancelled_later_is_active_and_one_begun_later_is_not_there() -> None:
    found = subscriptions(
        subscription("late", started_on=LATER),
        subscription("left", status="cancelled", cancelled_on=DAY, cancel_reason="price"),
        subscription("leaves", status="cancelled", cancelled_on=LATER, cancel_reason="price"),
        subscription("runs out", status="cancelled", cancelled_on=DAY, ended_on=LATER),
    )
    told = {k: (v["status"], v["cancelled_on"], v["ended_on"]) for k, v in found.items()}
    assert told == {
        "shop/left": ("cancelled", DAY, None),
        "shop/leaves": ("active", None, None),
        "shop/runs out": ("cancelled", DAY, None),
    }
    assert found["shop/leaves"]["cancel_reason"] is None


def answer(kind: str = "nps", score: int = 9, day: date = DAY, **values: Any) -> Row:
    base = {"source_response_id": "r", "kind": kind, "score": score, "answered_on": day}
    return {**who(), **base, **values}


def test_one_answer_may_hold_several_scores_and_anonymous_ones_belong_to_nobody() -> None:
    rows = [
        answer(),
        answer("csat", 4),
        answer(score=2, source_response_id="q", **who(None)),
        answer(day=LATER, source_response_id="late"),
    ]
    shop = run_rows(order_lines=[line()], surveys=rows)
    found = {row["response_id"]: row["customer_id"] for row in shop.tables["surveys"]}
    ann = opaque_id(KEY, "shop", "id", "ann")
    assert found == {"shop/r/nps": ann, "shop/r/csat": ann, "shop/q/nps": None}


def contract(
    number: int, price: object, unit: str | None, count: int | None = 1, **told: Any
) -> Row:
    base = {"source_subscription_id": str(number), "status": "active", "started_on": DAY}
    return {**who(), **base, "price": price, "interval_unit": unit, "interval_count": count, **told}


def test_a_subscription_pays_by_the_month_whatever_its_interval() -> None:
    rows = [
        contract(1, 30, "month"),
        contract(2, 90, "month", 3),
        contract(3, 365, "year"),
        contract(4, 7, "week"),
        contract(5, 1, "day", quantity=2),
        contract(6, 20, "month", None, quantity=3),
        contract(7, 20, None),
        contract(8, None, "month"),
    ]
    shop = run(Import({"order_lines": [line()], "subscriptions": rows}))
    found = {row["subscription_id"]: row["mrr"] for row in shop.tables["subscriptions"]}
    days = 365 / 12
    expected = (30, 30, 365 / 12, days, 2 * days, 60, None, None)
    for number, value in enumerate(expected, 1):
        told = found[f"shop/{number}"]
        assert (told is None) == (value is None)
        assert value is None or float(told) == pytest.approx(value, abs=5e-5)


def test_all_subscriptions_of_a_currency_take_the_rate_of_the_as_of_date() -> None:
    rates = [
        ExchangeRate(currency="USD", rate=Decimal("0.8"), since=date(2025, 1, 1)),
        ExchangeRate(currency="USD", rate=Decimal("0.9"), since=date(2025, 11, 1)),
    ]
    rows = [contract(1, 100, "month", currency="USD"), contract(2, 100, "month")]
    tables = {"order_lines": [line()], "subscriptions": rows}
    shop = run(Import(tables), policy=settings(rates=rates))
    assert [float(row["mrr"]) for row in shop.tables["subscriptions"]] == [90, 100]


def test_a_subscription_in_a_currency_without_a_rate_is_refused() -> None:
    rows = [contract(1, 100, "month", currency="USD")]
    with pytest.raises(PerenneError, match="several currencies"):
        run(
            Import({"order_lines": [line()], "subscriptions": rows}),
            policy=settings(currency="EUR"),
            as_of=None,
        )
