"""A stream or connection that fails is no hindrance to the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from perenne.core import PerenneError
from perenne.testing import Asked, KlaviyoPlatform, Said, StripePlatform, bench
from perenne.testing.bench import Bench
from perenne.workspace import Listener, StreamsRefused, connect, sync
from tests.cli.program import perenne


class NoRefunds(StripePlatform):
    """A key that may read all but refunds, as a restricted key may be."""

    def answer(self, asked: Asked) -> Said:
        if asked.path == "/v1/refunds":
            return Said({"error": {"message": "The key does not have rak_refund_read"}}, 403)
        return super().answer(asked)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Bench]:
    with NoRefunds(count=6) as platform:
        yield bench(tmp_path, platform, streams=())


def test_the_other_streams_are_read(shop: Bench) -> None:
    told: list[PerenneError] = []
    with pytest.raises(StreamsRefused) as raised:
        sync(shop.place, clock=shop.time.clock(), listener=Listener(refused=told.append))
    error = raised.value
    assert error.what == "1 of 6 streams could not be read: shop / refunds."
    assert "refuses GET /v1/refunds" in str(error)
    assert told == list(error.refusals.values())
    read = [one.stream for one in error.synced]
    assert read == ["charges", "disputes", "customers", "payment_intents", "subscriptions"]
    assert shop.held() == shop.wanted()


def test_a_connection_that_cannot_be_opened_leaves_the_others(shop: Bench) -> None:
    with KlaviyoPlatform(count=3) as klaviyo:
        values = {"kind": "klaviyo", **klaviyo.connection()}
        connect(shop.place, "aaa", values, check=False)  # its secret is missing
        with pytest.raises(StreamsRefused) as raised:
            sync(shop.place, ["aaa", "shop"], clock=shop.time.clock())
    assert list(raised.value.refusals) == ["aaa / profiles", "aaa / events", "shop / refunds"]
    assert str(raised.value).count("PERENNE_AAA_API_KEY") == 1, "told once, not per stream"
    assert shop.held() == shop.wanted()


def test_one_connection_that_cannot_be_opened_is_refused_as_it_is(shop: Bench) -> None:
    (shop.place.root / "secrets.toml").unlink()
    with pytest.raises(PerenneError, match="lacks its secret") as raised:
        sync(shop.place, clock=shop.time.clock())
    assert not isinstance(raised.value, StreamsRefused)


def test_a_stop_stops_all(shop: Bench) -> None:
    """Ctrl-C is no refusal."""

    def stop(_text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync(shop.place, clock=replace(shop.time.clock()), listener=Listener(step=stop))


def test_as_a_person_types_it(shop: Bench) -> None:
    said = perenne("sync", "-w", shop.place.root, "--json")
    assert said.code == 1
    assert [one["stream"] for one in json.loads(said.out)][:2] == ["charges", "disputes"]
    assert "1 of 6 streams could not be read: shop / refunds." in said.err
    french = perenne("sync", "-w", shop.place.root, "--lang", "fr")
    assert french.code == 1
    assert "1 flux sur 6 n’a pas pu être lu\u00a0: shop / refunds." in french.err
    assert "→" not in french.out.splitlines()[-1], "figures without refunds are a decision"
