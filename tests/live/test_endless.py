"""A platform that gives the same page for ever: the sync ends by itself, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from perenne.testing import Asked, FakePlatform, KlaviyoPlatform, Said, StripePlatform, bench


class EndlessStripe(StripePlatform):
    def answer(self, asked: Asked) -> Said:
        page = sorted(self.records, key=lambda one: -one["created"])[:3]
        return Said({"object": "list", "data": page, "has_more": True})


class EndlessKlaviyo(KlaviyoPlatform):
    def answer(self, asked: Asked) -> Said:
        following = f"{self.url}{asked.path}?page%5Bcursor%5D=same"
        return Said({"data": self.records[:3], "links": {"next": following}})


class EndlessInTurn(KlaviyoPlatform):
    """Two pages, each of which names the other."""

    def answer(self, asked: Asked) -> Said:
        other = "a" if asked.params.get("page[cursor]") == "b" else "b"
        following = f"{self.url}{asked.path}?page%5Bcursor%5D={other}"
        return Said({"data": self.records[:3], "links": {"next": following}})


@pytest.mark.parametrize("kind", [EndlessStripe, EndlessKlaviyo, EndlessInTurn])
def test_the_same_page_for_ever_is_refused(kind: type[FakePlatform], tmp_path: Path) -> None:
    with kind(count=6) as platform:
        shop = bench(tmp_path, platform)
        error = shop.refused()
        assert "gives the same page of" in error.what
        assert "cache" in error.next_step
        assert platform.data_requests() <= 4
        assert not shop.batches()
