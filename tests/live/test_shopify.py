"""Shopify's own ways: tokens for a day, allowances, operations, files of parents and children."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perenne.core import PerenneError
from perenne.sources.connectors.shopify.client import _assembled
from perenne.testing import ShopifyPlatform, bench


@pytest.fixture
def platform():
    with ShopifyPlatform(count=6) as running:
        yield running


def test_waits_until_the_allowance_is_restored(platform: ShopifyPlatform, tmp_path: Path) -> None:
    shop = bench(tmp_path, platform)
    platform.throttled = 2
    shop.sync()
    # 510 asked, 10 left, 100 a second
    assert [round(wait) for wait in shop.time.slept[:2]] == [5, 5]
    assert shop.held() == shop.wanted()


def test_token_that_ran_out_is_renewed(platform: ShopifyPlatform, tmp_path: Path) -> None:
    shop = bench(tmp_path, platform)

    def expire(number: int) -> None:
        if number == 1:
            platform._tokens += 1  # the token handed out before is no longer the one

    platform.on_data = expire
    shop.sync()
    assert shop.held() == shop.wanted()
    tokens = [one for one in platform.asked if one.path.endswith("access_token")]
    assert len(tokens) == 3, "one to connect, one to sync, one in the middle"


def test_file_of_an_operation_stands_in_the_workspace(
    platform: ShopifyPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sync that is killed leaves it where the next one, and an erasure, sweep."""
    shop = bench(tmp_path, platform)
    stood: list[Path] = []

    def assembled(file: Path) -> Any:
        stood.append(file)
        return _assembled(file)

    monkeypatch.setattr("perenne.sources.connectors.shopify.client._assembled", assembled)
    shop.sync()
    assert stood
    assert all(shop.place.syncing in file.parents for file in stood)


def test_short_file_is_fetched_again(platform: ShopifyPlatform, tmp_path: Path) -> None:
    """A file that ends after a whole line is still short: Shopify counted its objects."""
    shop = bench(tmp_path, platform)
    whole: dict[str, bytes] = {}

    def shorten(number: int) -> None:
        (operation,) = platform._operations.values()
        if number == 3:
            whole["file"] = operation["file"]
            operation["file"] = b"".join(operation["file"].splitlines(keepends=True)[:-2])
        if number == 4:
            operation["file"] = whole["file"]

    platform.on_data = shorten
    shop.sync()
    assert shop.held() == shop.wanted()
    assert platform.data_requests() == 4


def test_operation_of_another_program_is_waited_for(tmp_path: Path) -> None:
    class Busy(ShopifyPlatform):
        busy = True

        def _graphql(self, body: dict[str, Any]) -> Any:
            from perenne.testing import Said

            if "bulkOperations(first" in body["query"]:
                self.busy = False
                window = "updated_at:>='2000-01-01T00:00:00Z' updated_at:<'2000-01-02T00:00:00Z'"
                other = self._started(f"orders( {window}")["bulkOperation"]
                return Said({"data": {"bulkOperations": {"nodes": [other]}}})
            if "bulkOperationRunQuery" in body["query"] and self.busy:
                error = {"message": "in progress", "code": "OPERATION_IN_PROGRESS", "field": None}
                answer = {"bulkOperation": None, "userErrors": [error]}
                return Said({"data": {"bulkOperationRunQuery": answer}})
            return super()._graphql(body)

    with Busy(count=6) as platform:
        shop = bench(tmp_path, platform)
        shop.sync()
        assert shop.held() == shop.wanted()


def test_children_follow_their_parent(tmp_path: Path) -> None:
    file = tmp_path / "bulk.jsonl"
    lines = [{"id": "A"}, {"id": "a1", "__parentId": "A"}, {"id": "B"}]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert [(one["id"], len(one["_children"])) for one in _assembled(file)] == [("A", 1), ("B", 0)]
    file.write_text(json.dumps({"id": "b1", "__parentId": "B"}) + "\n")
    with pytest.raises(PerenneError, match="apart from its order"):
        list(_assembled(file))


def test_token_of_an_older_app_serves_as_well(tmp_path: Path) -> None:
    class Older(ShopifyPlatform):
        def secrets(self) -> dict[str, str]:
            return {"access_token": "shpat_fake_0"}

    with Older(count=6) as platform:
        shop = bench(tmp_path, platform)
        shop.sync()
        assert shop.held() == shop.wanted()
        assert not any(one.path.endswith("access_token") for one in platform.asked)
