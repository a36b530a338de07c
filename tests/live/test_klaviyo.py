"""Klaviyo's own ways: an index that lags, and properties that integrations write as they like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from perenne.cli.live import _lines, _values
from perenne.testing import KlaviyoPlatform, bench


def test_a_profile_that_is_told_late_is_read_and_nothing_twice(tmp_path: Path) -> None:
    with KlaviyoPlatform(count=6) as platform:
        late = platform.records.pop(2)
        shop = bench(tmp_path, platform)
        shop.sync()
        newest = platform.records[-1]["attributes"]["updated"]
        late["attributes"]["updated"] = newest.replace("T12:00", "T11:40")
        assert late["attributes"]["updated"] < newest
        platform.records.append(late)
        (done,) = shop.sync()
        assert done.kept == 1
        assert done.records > 1, "the last hour is asked for again"
        assert shop.held() == shop.wanted()
        assert not shop.doubles()
        assert [one.kept for one in shop.sync()] == [0]


class OddProperties(KlaviyoPlatform):
    PROPERTIES: tuple[Any, ...] = (
        {"$value": 54.9, "Campaign Name": "Printemps"},
        {"$value": "1,254.90", "Campaign Name": "Printemps"},
        {"$value": "", "Campaign Name": ["a", "b"]},
    )

    def _event(self, number: int) -> dict[str, Any]:
        event = super()._event(number)
        event["attributes"]["event_properties"] = self.PROPERTIES[number]
        return event


def test_an_event_is_kept_without_what_cannot_be_read(tmp_path: Path) -> None:
    with OddProperties(count=6) as platform:
        shop = bench(tmp_path, platform, streams=["events"])
        (done,) = shop.sync()
        (batch,) = shop.batches()
        rows = pq.read_table(shop.place.raw / batch.id / "events.parquet").to_pylist()
        found = {row["source_event_id"]: (row["value"], row["campaign"]) for row in rows}
        assert {key: (v and float(v), c) for key, (v, c) in found.items()} == {
            "E0": (54.9, "Printemps"),
            "E1": (None, "Printemps"),
            "E2": (None, None),
        }
        assert not shop.quarantined()
        told = "\n".join(_lines(done))
        assert "1 record kept without attributes.event_properties.$value" in told
        assert "“1,254.90” (not a number)" in told
        assert "attributes.event_properties.Campaign Name" in told
        assert [one["records"] for one in _values(done)["unread"]] == [1, 1]
