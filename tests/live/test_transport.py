"""The session: what is waited for, what is refused in words, and what never leaves."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from perenne.core import PerenneError
from perenne.sources.connectors.pace import backoff, retry_after
from perenne.sources.connectors.transport import Platform, Session
from perenne.sources.connectors.vault import HIDDEN, Secrets
from perenne.testing import NOON, Asked, FakeTime, Fault, Said, WooCommercePlatform, too_many

SECRET = "cs_fake_77ab"


class Odd(WooCommercePlatform):
    """A platform that answers each path in its own way."""

    def allowed(self, asked: Asked) -> bool:
        return True

    def answer(self, asked: Asked) -> Said:
        answers = {
            "/moved": Said({}, 301, {"Location": "https://www.example.org/moved"}),
            "/bad": Said({"message": f"no such thing, said with {SECRET}"}, 400),
            "/html": Said(b"<html>maintenance</html>", headers={"Content-Type": "text/html"}),
        }
        return answers.get(asked.path, Said({"ok": True}))


@pytest.fixture
def odd():
    with Odd(count=1) as platform:
        yield platform


def _session(odd: Odd, time: FakeTime) -> Session:
    return Session(
        Platform("Odd", "Renew it."),
        base=odd.url,
        secrets=Secrets({"key": SECRET}),
        clock=time.clock(),
    )


@pytest.mark.parametrize(
    ("path", "words", "step"),
    [
        ("/moved", "from another address: https://www.example.org/moved", "Write that address"),
        ("/bad", "with status 400", "Check the connection"),
        ("/html", "none in JSON (text/html)", "Run perenne sync again later"),
    ],
)
def test_refusals_name_platform_request_and_next_step(
    odd: Odd, path: str, words: str, step: str
) -> None:
    with _session(odd, FakeTime()) as session, pytest.raises(PerenneError) as refused:
        session.get(odd.url + path)
    assert "Odd" in refused.value.what
    assert f"GET {path}" in refused.value.what
    assert words in refused.value.what
    assert step in refused.value.next_step
    assert SECRET not in f"{refused.value} {refused.value.given}"
    if path == "/bad":
        assert HIDDEN in refused.value.what


def test_no_request_leaves_for_another_host(odd: Odd) -> None:
    with _session(odd, FakeTime()) as session, pytest.raises(PerenneError, match="another host"):
        session.get("http://127.0.0.1:1/elsewhere")
    assert not odd.asked


def test_secrets_travel_only_over_a_secure_address() -> None:
    clock = FakeTime().clock()
    with pytest.raises(PerenneError, match="not a secure address"):
        Session(Platform("Odd", ""), base="http://example.org", secrets=Secrets({}), clock=clock)


def test_a_long_wait_ends_the_sync(odd: Odd) -> None:
    time = FakeTime()
    odd.reset(too_many(3600))
    with _session(odd, time) as session, pytest.raises(PerenneError, match="60 minutes"):
        session.get(odd.url + "/x")
    assert not time.slept


def test_retry_after_may_be_a_date(odd: Odd) -> None:
    time = FakeTime()
    later = {"Retry-After": "Mon, 02 Jun 2025 12:01:30 GMT"}
    odd.reset(Fault(status=503, headers=later))
    with _session(odd, time) as session:
        assert session.get(odd.url + "/x").json() == {"ok": True}
    assert 90 <= time.slept[0] < 91


def test_attempts_are_bounded_and_waits_grow(odd: Odd) -> None:
    time = FakeTime()
    odd.reset(Fault(times=100, status=500))
    with _session(odd, time) as session, pytest.raises(PerenneError, match="in 4 attempts"):
        session.get(odd.url + "/x")
    assert len(odd.asked) == 4
    assert [0.5 * 2**n <= wait <= 2**n for n, wait in enumerate(time.slept)] == [True] * 3


def test_backoff_keeps_within_its_bounds() -> None:
    chance = FakeTime().clock().chance
    waits = [backoff(attempt, asked=None, chance=chance) for attempt in range(1, 60)]
    assert max(waits) <= 120
    assert all(w >= 0.5 for w in waits)
    assert len({round(w, 6) for w in waits}) == len(waits), "chance keeps programs apart"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12", 12.0),
        ("1.5", 1.5),
        ("Mon, 02 Jun 2025 12:00:30 GMT", 30.0),
        ("Mon, 02 Jun 2025 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, now=NOON) == seconds
    assert datetime(2025, 6, 2, 12, tzinfo=UTC) == NOON


def test_nothing_is_told_to_the_makers_of_the_library() -> None:
    assert os.environ["RUNTIME__DLTHUB_TELEMETRY"] == "false"
