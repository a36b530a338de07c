"""WooCommerce: what moves while one reads, the hour that comes twice, the bin, and who bought."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perenne.sources.connectors import Secrets, Span
from perenne.sources.connectors.model import Opening
from perenne.sources.connectors.woocommerce.client import WooCommerceClient
from perenne.sources.connectors.woocommerce.read import orders
from perenne.sources.connectors.woocommerce.settings import WooCommerceSettings
from perenne.testing import Bench, FakeTime, WooCommercePlatform, bench
from perenne.testing.platforms.woocommerce import modified
from perenne.workspace import open_shop, refresh_workspace

AUTUMN = datetime(2024, 10, 26, 22, tzinfo=UTC)
"""Three hours before the clocks of Paris go back."""
SINCE = datetime(2024, 1, 1, tzinfo=UTC)


def _client(platform: WooCommercePlatform, size: int) -> WooCommerceClient:
    chosen = WooCommerceSettings(url=platform.url, page_size=size)
    return WooCommerceClient(
        Opening(chosen, Secrets(platform.secrets()), FakeTime(now=_late()).clock())
    )


def _late() -> datetime:
    return datetime(2025, 6, 1, tzinfo=UTC)


def _changed(platform: WooCommercePlatform, minutes: list[int]) -> None:
    for order, minute in zip(platform.records, minutes, strict=True):
        order.update(modified(AUTUMN + timedelta(minutes=minute)))


def _read(platform: WooCommercePlatform, size: int) -> tuple[set[int], list[str]]:
    pages = list(orders(_client(platform, size), Span(SINCE, _late())))
    found = {int(record.key) for page in pages for record in page.records}
    return found, [page.position for page in pages if page.position]


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(minutes=st.lists(st.integers(0, 400), min_size=1, max_size=14), size=st.integers(1, 5))
def test_nothing_is_lost_in_the_hour_that_comes_twice(minutes: list[int], size: int) -> None:
    with WooCommercePlatform(count=len(minutes)) as platform:
        _changed(platform, minutes)
        found, positions = _read(platform, size)
        assert found == {order["id"] for order in platform.records}
        assert positions == sorted(positions), "a position never goes back"


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(
    minutes=st.lists(st.integers(0, 400), min_size=6, max_size=14),
    size=st.integers(2, 5),
    moves=st.lists(st.tuples(st.integers(2, 6), st.integers(0, 5)), max_size=3),
)
def test_nothing_is_lost_where_records_move_between_pages(
    minutes: list[int], size: int, moves: list[tuple[int, int]]
) -> None:
    with WooCommercePlatform(count=len(minutes)) as platform:
        _changed(platform, minutes)
        at = dict(moves)

        def move(number: int) -> None:
            if number in at:
                later = AUTUMN + timedelta(hours=10, minutes=number)
                platform.records[at[number]].update(modified(later))

        platform.on_data = move
        assert _read(platform, size)[0] == {order["id"] for order in platform.records}


def test_a_sync_stopped_in_that_hour_loses_nothing(tmp_path: Path) -> None:
    """A page whose last record is younger than one that is yet to come."""
    with WooCommercePlatform(count=6) as platform:
        # 02:05 and 02:10, 02:12 for the second time, 02:40 and 02:45 for the first, and 04:00.
        _changed(platform, [125, 130, 192, 160, 165, 300])
        pages = orders(_client(platform, 3), Span(SINCE, _late()))
        _bin, first = next(pages), next(pages)
        reached = datetime.fromisoformat(first.position or "")
        assert [record.key for record in first.records] == ["1000", "1001", "1002"]
        rest = orders(_client(platform, 3), Span(reached - timedelta(seconds=4200), _late()))
        found = {record.key for page in rest for record in page.records}
        assert {"1003", "1004", "1005"} <= found


def test_an_order_seen_late_comes_next_time(tmp_path: Path) -> None:
    """It was written seconds before the last one read, and seen after it."""
    with WooCommercePlatform(count=7) as platform:
        late = platform.records.pop(3)
        shop = bench(tmp_path, platform)
        shop.sync()
        last = datetime.fromisoformat(platform.records[-1]["date_modified_gmt"] + "+00:00")
        late.update(modified(last - timedelta(seconds=2)))
        platform.records.append(late)
        assert shop.sync()[0].kept == 1
        assert shop.held() == shop.wanted()


def _rows(shop: Bench, table: str) -> list[dict[str, Any]]:
    return [
        {**row, "batch": batch.id}
        for batch in shop.batches()
        if table in batch.tables
        for row in pq.read_table(shop.place.raw / batch.id / f"{table}.parquet").to_pylist()
    ]


def _later(shop: Bench) -> Mapping[str, str]:
    shop.time.advance(hours=2)
    now: datetime = shop.time.now
    shop.time.advance(hours=2)
    return modified(now)


def test_the_bin_cancels_an_order_and_gives_it_back(tmp_path: Path) -> None:
    with WooCommercePlatform(count=6) as platform:
        shop = bench(tmp_path, platform)
        shop.sync()
        for status, counts in (("trash", "cancelled"), ("completed", "paid")):
            platform.records[2].update(status=status, **_later(shop))
            assert shop.sync()[0].kept == 1
            last = [r for r in _rows(shop, "orders") if r["source_order_id"] == "1002"][-1]
            assert last["status"] == counts


def test_an_order_that_goes_into_the_bin_meanwhile_comes_next_time(tmp_path: Path) -> None:
    """After the bin was read, and before its page: it stands in neither."""
    with WooCommercePlatform(count=12) as platform:
        shop = bench(tmp_path, platform)
        platform.reset()
        now = shop.time.now

        def bin_it(number: int) -> None:
            if number == 2:
                platform.records[8].update(status="trash", **modified(now))
                platform.records[11].update(modified(now + timedelta(hours=3)))

        platform.on_data = bin_it
        shop.sync()
        assert "1008" not in shop.held()
        platform.on_data = lambda number: None
        shop.time.advance(hours=6)
        shop.sync()
        assert shop.held() == shop.wanted()


@pytest.mark.parametrize("status", ["checkout-draft", "auto-draft"])
def test_a_draft_was_never_placed(status: str) -> None:
    with WooCommercePlatform(count=1) as platform:
        order = {**platform.records[0], "status": status}
    (record,) = _made(order)
    assert dict(record[0][1])["status"] == "cancelled"


def _made(order: dict[str, Any]) -> Iterator[Any]:
    class One:
        def changed(self, path: str, start: datetime, **only: str) -> Iterator[list[Any]]:
            if not only:
                yield [order]

        def refunds(self, number: int) -> list[Any]:
            return list(order["_refunds"])

    for page in orders(One(), Span(SINCE, _late())):
        for record in page.records:
            assert record.fault is None
            yield record.rows


@pytest.mark.parametrize(
    "noted",
    [
        {"0": {"id": 1, "key": "_wc_order_attribution_utm_source", "value": "google"}},
        {"a": {"id": 1, "key": "_wc_order_attribution_utm_source", "value": "google"}, "b": 3},
        [7, {"key": "_wc_order_attribution_utm_source", "value": "google"}, {"key": None}],
    ],
)
def test_notes_of_any_form_refuse_no_order(noted: object) -> None:
    with WooCommercePlatform(count=1) as platform:
        order = {**platform.records[0], "meta_data": noted}
    (rows,) = _made(order)
    assert rows[0][1]["attributes"] == "utm_source: google"
    (rows,) = _made({**order, "meta_data": "none"})
    assert not rows[0][1]["attributes"]


def test_a_list_with_gaps_is_a_list() -> None:
    with WooCommercePlatform(count=1) as platform:
        order = dict(platform.records[0])
    order["line_items"] = {"3": order["line_items"][0]}
    (rows,) = _made(order)
    assert [table for table, _row in rows].count("order_lines") == 1


def test_whoever_has_an_account_is_known_by_every_address(tmp_path: Path) -> None:
    """A subscriber is no customer by role, and buys; the address of an order is kept beside the
    number of the account, as told on the day of the order."""
    with WooCommercePlatform(count=12) as platform:
        shop = bench(tmp_path, platform, streams=["orders", "customers"])
        shop.sync()
        listed = {row["email"] for row in _rows(shop, "customers") if row["told_on"] is None}
        assert "client1@example.org" in listed
        told = [
            (row["email"], row["first_told_on"])
            for row in _rows(shop, "customers")
            if row["customer_ref"] == "2" and row["told_on"]
        ]
        assert told[0][0] == "Client2@example.org"
        assert told[0][1] == platform.when(1).date()


def test_a_refund_of_shipping_is_told_apart() -> None:
    with WooCommercePlatform(count=1) as platform:
        order = dict(platform.records[0])
    order["refunds"] = [{"id": 1, "total": "-6.00"}]
    shipping = {"id": 1, "total": "-5.00", "total_tax": "-1.00"}
    refund = {
        "id": 1,
        "amount": "6.00",
        "date_created_gmt": "2025-03-01T08:00:00",
        "shipping_lines": [shipping],
    }
    (rows,) = _made({**order, "_refunds": [refund]})
    (row,) = (cells for table, cells in rows if table == "refunds")
    assert (row["amount"], row["shipping"]) == (6, 6)


def test_variations_have_the_category_of_their_product(tmp_path: Path) -> None:
    with WooCommercePlatform(count=2) as platform:
        shop = bench(tmp_path, platform, streams=["products"])
        shop.sync()
        found = {
            row["product_id"]: (row["category"], row["price"]) for row in _rows(shop, "products")
        }
        assert set(found) == {"SKU-0", "SKU-0-L", "SKU-1", "SKU-2"}
        assert found["SKU-0-L"] == ("Thé", 13)
        asked = [one.path for one in platform.asked if "variations" in one.path]
        assert len(asked) == 1, "a request for a product that has variations, none for others"


def _refunded(shop: Bench, as_of: date) -> list[str]:
    refresh_workspace(shop.place, as_of=as_of)
    with open_shop(shop.place.root) as found:
        rows = found.engine.fetch(found.tables["refunds"]).to_pylist()
    return sorted(row["order_id"].rsplit("/", 1)[-1] for row in rows)


@pytest.mark.slow
def test_a_refund_that_was_deleted_counts_until_then(tmp_path: Path) -> None:
    """The order comes again without it. As of a day of before, it still counts; also where what
    nothing speaks of is taken over from the snapshot before."""
    with WooCommercePlatform(count=8) as platform:
        shop = bench(tmp_path, platform)
        text = shop.place.settings.read_text(encoding="utf-8")
        carrying = f"{text}\n[refresh]\ncarry_over_from = 0\n"
        shop.place.settings.write_text(carrying, encoding="utf-8")
        for number in (1, 2):
            platform.change(number)
        shop.sync()
        told = shop.time.now.date()
        assert _refunded(shop, told) == ["1001", "1002"]
        shop.time.advance(days=3)
        platform.records[2].update(refunds=[], **modified(shop.time.now))
        shop.time.advance(hours=1)
        assert shop.sync()[0].kept == 1
        deleted = shop.time.now.date()
        assert _refunded(shop, deleted) == ["1001"]
        assert _refunded(shop, deleted - timedelta(days=1)) == ["1001", "1002"]
        assert _refunded(shop, deleted) == ["1001"], "carried over from the day before"


def test_the_day_of_a_word_is_no_other_word(tmp_path: Path) -> None:
    """A change of what is not read keeps nothing."""
    with WooCommercePlatform(count=6) as platform:
        shop = bench(tmp_path, platform)
        shop.sync()
        platform.records[2].update(_later(shop))
        assert shop.sync()[0].kept == 0


class Named(WooCommercePlatform):
    """Two buyers, each once by an account and once as a guest. The account of the second is listed
    nowhere: its order alone tells the address."""

    def _customers(self) -> list[dict[str, Any]]:
        ada = {"first_name": "Ada", "last_name": "Flot", "email": "ada@example.org"}
        return [{**super()._customers()[0], **ada}]


@pytest.mark.slow
def test_an_account_and_a_guest_of_one_address_are_one_customer(tmp_path: Path) -> None:
    buyers = (
        ("Ada", "Flot", 1),
        ("Ada", "Flot", 0),
        ("Berthe", "Morin", 2),
        ("Berthe", "Morin", 0),
    )
    with Named(count=4) as platform:
        for order, (first, last, account) in zip(platform.records, buyers, strict=True):
            order["customer_id"] = account
            order["billing"].update(
                first_name=first, last_name=last, email=f"{first.lower()}@example.org"
            )
        shop = bench(tmp_path, platform, streams=["orders", "customers"])
        shop.sync()
        refresh_workspace(shop.place)
        with open_shop(shop.place.root) as found:
            rows = found.engine.fetch(found.tables["orders"]).to_pylist()
    who = {row["order_id"].rsplit("/", 1)[-1]: row["customer_id"] for row in rows}
    assert who["1000"] == who["1001"] != who["1002"] == who["1003"]
