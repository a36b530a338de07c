"""`perenne connect` and `perenne sync`, as a person types them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from perenne.testing import WooCommercePlatform
from perenne.testing.bench import write_secrets
from tests.cli.program import common_sentences, refused, succeed


@pytest.fixture
def platform() -> Iterator[WooCommercePlatform]:
    with WooCommercePlatform(count=6) as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    succeed("init", tmp_path / "tea")
    return tmp_path / "tea"


def test_connect_then_sync(platform: WooCommercePlatform, shop: Path) -> None:
    write_secrets(shop / "secrets.toml", platform.secrets())
    words = ["--set", f"url={platform.url}", "--since", "2025-01-01", "--name", "shop"]
    said = succeed("connect", "woocommerce", *words, "-w", shop)
    assert f"shop answers as {platform.url}" in said.out
    planned = succeed("sync", "--dry-run", "-w", shop)
    assert "shop / orders: from 1 January 2025 on" in planned.out.replace(
        "Jan 1, 2025", "1 January 2025"
    )
    assert "Nothing was asked" in planned.out
    first = succeed("sync", "-w", shop, "--json").json()
    assert [(one["stream"], one["kept"]) for one in first] == [
        ("orders", 6),
        ("customers", 7),
        ("products", 3),
    ]
    again = succeed("sync", "shop", "-w", shop)
    assert "0 new or changed" in again.out
    assert "woocommerce" in succeed("status", "-w", shop).out


def test_lists_kinds_and_connections(shop: Path) -> None:
    words = ["--set", "url=https://www.example.fr", "--no-check"]
    succeed("connect", "woocommerce", *words, "-w", shop)
    found = succeed("connect", "-w", shop, "--json").json()
    kinds = {"klaviyo", "prestashop", "shopify", "stripe", "woocommerce"}
    assert kinds <= {one["kind"] for one in found["kinds"]}
    assert found["connections"] == [{"name": "woocommerce", "kind": "woocommerce"}]
    english = succeed("sync", "--dry-run", "-w", shop).out
    french = succeed("sync", "--dry-run", "-w", shop, "--lang", "fr").out
    assert not common_sentences(english, french)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["connect", "shopyfy", "--no-check"], "Did you mean shopify?"),
        (["connect", "shopify", "--no-check"], "shop: it is missing"),
        (["connect", "stripe", "--set", "api_key=rk_live_oops"], "belongs into secrets.toml"),
        (["connect", "stripe"], "PERENNE_STRIPE_API_KEY"),
        (["connect", "stripe", "--set", "pages=3", "--no-check"], "pages"),
        (["connect", "stripe", "--name", "Ma Boutique", "--no-check"], "small letters"),
        (["sync"], "no connection yet"),
        (["sync", "nowhere"], "no connection"),
    ],
)
def test_refusals_say_what_to_do(words: list[str], expected: str, shop: Path) -> None:
    said = refused(*words, "-w", shop)
    assert expected in said
    assert "rk_live_oops" not in said
    assert "[connections" not in _settings(shop), "a refused connection was written"


ADDRESSES = (
    "https://user:s3cr3t@www.example.fr",
    "https://s3cr3t@www.example.fr",
    "https://www.example.fr/?consumer_key=ck_s3cr3t&consumer_secret=cs_s3cr3t",
    "user:s3cr3t@my-shop.myshopify.com",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_secret_in_an_address_is_refused_and_not_quoted(address: str, shop: Path) -> None:
    said = refused("connect", "woocommerce", "--set", f"url={address}", "--no-check", "-w", shop)
    assert "url holds more than an address" in said
    assert "secrets.toml" in said
    assert "s3cr3t" not in said
    assert "s3cr3t" not in (shop / "perenne.toml").read_text(encoding="utf-8")
    with (shop / "perenne.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[connections.shop]\nkind = "shopify"\nshop = "{address}"\n')
    said = refused("sync", "-w", shop, "--lang", "fr")
    assert "shop contient plus qu’une adresse" in said
    assert "s3cr3t" not in said


def test_a_secret_in_the_settings_is_refused_in_french(shop: Path) -> None:
    words = ["--set", "url=https://www.example.fr", "--set", "consumer_secret=cs_oops"]
    said = refused("connect", "woocommerce", *words, "-w", shop, "--lang", "fr")
    assert "consumer_secret est un secret\u00a0: sa place est dans secrets.toml" in said
    assert "cs_oops" not in said


def _settings(shop: Path) -> str:
    text = (shop / "perenne.toml").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def test_a_secret_in_the_settings_is_refused_and_not_quoted(shop: Path) -> None:
    with (shop / "perenne.toml").open("a", encoding="utf-8") as file:
        file.write('\n[connections.shop]\nkind = "stripe"\napi_key = "rk_live_oops"\n')
    said = refused("sync", "-w", shop)
    assert "belongs into secrets.toml" in said
    assert "rk_live_oops" not in said
