"""Shopify's own ways: tokens for a day, allowances, operations, files of parents and children."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perenne.core import PerenneError
from perenne.sources.connectors.shopify.client import _assembled
from perenne.testing import ShopifyPlatform, bench
from perenne.testing.bench import Bench
from perenne.workspace import connect


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


def test_an_error_inside_shopify_passes(platform: ShopifyPlatform, tmp_path: Path) -> None:
    """Shopify tells it with status 200; the operation that runs is looked at again."""
    shop = bench(tmp_path, platform)
    platform.blips = 2
    shop.sync()
    assert shop.held() == shop.wanted()
    assert len(platform._operations) == 1


def test_an_operation_that_shopify_failed_is_run_anew(
    platform: ShopifyPlatform, tmp_path: Path
) -> None:
    shop = bench(tmp_path, platform)
    platform.ends = [("FAILED", "INTERNAL_SERVER_ERROR"), ("FAILED", "TIMEOUT")]
    shop.sync()
    assert shop.held() == shop.wanted()
    platform.ends = [("FAILED", "TIMEOUT")] * 3
    assert "FAILED (TIMEOUT)" in shop.refused().what


def test_a_scope_that_lacks_is_named(platform: ShopifyPlatform, tmp_path: Path) -> None:
    shop = bench(tmp_path, platform)
    platform.scopes.remove("read_customers")
    platform.ends = [("FAILED", "ACCESS_DENIED")]
    error = shop.refused()
    assert "the app lacks read_customers." in error.what
    assert "install" in error.next_step
    platform.scopes.append("read_customers")
    platform.ends = [("FAILED", "ACCESS_DENIED")]
    assert "protected customer data" in shop.refused().what


@pytest.mark.parametrize("code", ["OPERATION_IN_PROGRESS", "LIMIT_REACHED"])
def test_a_place_that_is_taken_is_waited_for(
    platform: ShopifyPlatform, tmp_path: Path, code: str
) -> None:
    """Also where the other operation has not begun to run, or is being called off."""
    shop = bench(tmp_path, platform)
    platform.taken = [code] * 5
    shop.sync()
    assert shop.time.slept[:5] == [10] * 5
    assert shop.held() == shop.wanted()
    with shop.place.settings.open("a", encoding="utf-8") as file:
        file.write("wait_minutes = 5\n")
    platform.taken = [code] * 1000
    error = shop.refused()
    assert "no bulk operation begin for 5 minutes" in error.what
    assert "later" in error.next_step


def test_the_check_tells_of_sixty_days(platform: ShopifyPlatform, tmp_path: Path) -> None:
    """Nobody shall take the orders of 60 days for all."""
    shop = bench(tmp_path, platform)
    values = {"kind": "shopify", **platform.connection()}
    assert _answered(shop, "whole", values) == "Boutique d'exemple"
    platform.scopes.remove("read_all_orders")
    assert "orders of the last 60 days only" in _answered(shop, "part", values)
    platform.scopes.remove("read_products")
    assert "without the scopes read_all_orders, read_products" in _answered(shop, "less", values)


def _answered(shop: Bench, name: str, values: dict[str, object]) -> str:
    file = shop.place.root / "secrets.toml"
    with file.open("a", encoding="utf-8") as target:
        lines = [f'{key} = "{value}"' for key, value in shop.platform.secrets().items()]
        target.write("\n".join([f"[{name}]", *lines, ""]))
    return connect(shop.place, name, values, clock=shop.time.clock())
