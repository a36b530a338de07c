"""`since` is about what happens on a day; who and what there is, is read whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from perenne.sources.connectors import connector, connector_kinds
from perenne.testing import FakePlatform, KlaviyoPlatform, PrestaShopPlatform, bench
from perenne.testing.bench import Bench
from perenne.workspace.connections import begin

STANDS = {"customers", "products", "profiles", "subscriptions"}


@pytest.mark.parametrize("kind", connector_kinds())
def test_master_data_stands_and_the_rest_happens(kind: str) -> None:
    for stream in connector(kind).streams():
        assert stream.stands == (stream.name in STANDS), stream.name


def _late(kind: type[FakePlatform]) -> type[FakePlatform]:
    """The platform, asked from a day after all that it holds."""

    class Late(kind):  # type: ignore[valid-type, misc]  # the class is an argument
        def connection(self) -> dict[str, object]:
            return {**super().connection(), "since": self.now.date().isoformat()}

    return Late


def _rows(shop: Bench, table: str) -> list[dict[str, Any]]:
    return [
        row
        for batch in shop.batches()
        if table in batch.tables
        for row in pq.read_table(shop.place.raw / batch.id / f"{table}.parquet").to_pylist()
    ]


def test_a_refusal_of_before_since_is_heeded(tmp_path: Path) -> None:
    with _late(KlaviyoPlatform)(count=6) as platform:
        marketing = platform.records[0]["attributes"]["subscriptions"]["email"]["marketing"]
        marketing["consent"] = "UNSUBSCRIBED"
        shop = bench(tmp_path, platform, streams=())
        shop.sync()
        said = {row["customer_ref"]: row["status"] for row in _rows(shop, "consents")}
        assert len(said) == 6
        assert said["01PROFILE0000"] == "unsubscribed"
        assert not _rows(shop, "events"), "events happen on a day"


def test_old_customers_and_products_are_read_old_orders_are_not(tmp_path: Path) -> None:
    with _late(PrestaShopPlatform)(count=6) as platform:
        shop = bench(tmp_path, platform, streams=())
        shop.sync()
        assert _rows(shop, "customers")
        assert _rows(shop, "products")
        assert not _rows(shop, "orders")
        assert all(one.kept == 0 for one in shop.sync())


def test_the_first_day_begins_at_midnight_of_the_shop() -> None:
    paris = ZoneInfo("Europe/Paris")
    first = begin(None, since=date(2023, 1, 1), overlap=0, zone=paris)
    assert first
    assert first.isoformat() == "2023-01-01T00:00:00+01:00"
    assert begin(None, since=None, overlap=0, zone=paris) is None
    again = begin("2023-02-01T00:00:00+00:00", since=None, overlap=60, zone=paris)
    assert again
    assert again.isoformat() == "2023-02-01T00:59:00+01:00"
