"""E-mails and telephone numbers in one way of writing; what links nobody; masks."""

import re

import pytest

from perenne.identity.identifiers import blocked_pattern, masked, normal_emails, normal_phones
from perenne.identity.settings import SHARED_BY_NATURE


@pytest.mark.parametrize(
    "written",
    ["06 12 34 56 79", "0612345679", "33612345679", "+33612345679", "+330612345679",
     "0033 6 12 34 56 79", "612345679", "06.12.34.56.79", "(06) 12-34-56-79"],
)  # fmt: skip
def test_french_numbers_are_written_one_way(written: str) -> None:
    assert normal_phones([(written, None)], default_country="FR") == ["+33612345679"]


def test_a_number_is_read_in_its_country() -> None:
    asked = [("020 7946 0018", "GB"), ("0470 12 34 56", "BE"), ("+1 650-253-0000", "FR")]
    found = normal_phones(asked, default_country="FR")
    assert found == ["+442079460018", "+32470123456", "+16502530000"]


@pytest.mark.parametrize("written", ["6.12E+08", "12", "0000000000", "appeler le soir", "+"])
def test_what_no_telephone_has_is_none(written: str) -> None:
    assert normal_phones([(written, None)], default_country="FR") == [None]


def test_addresses_beyond_ascii_are_read_by_the_book() -> None:
    found = normal_emails(["JOSÉ@exámple.com", "no address", "a@b", "two@@signs.fr"])
    assert found == ["josé@exámple.com", None, None, None]


@pytest.mark.parametrize(
    ("value", "blocked"),
    [("contact@shop.fr", True), ("contacts@shop.fr", False), ("mycontact@shop.fr", False),
     ("no-reply@a.b", True), ("ann@test.com", True), ("ann@testxcom", False),
     ("+33612345678", True), ("+33612345679", False)],
)  # fmt: skip
def test_the_blocklist_names_whole_identifiers(value: str, blocked: bool) -> None:
    pattern = blocked_pattern(SHARED_BY_NATURE, default_country="FR")
    assert pattern is not None
    assert bool(re.search(pattern, value)) is blocked


def test_a_number_of_the_blocklist_may_be_written_in_any_way() -> None:
    pattern = blocked_pattern(["06 12 34 56 79"], default_country="FR")
    assert pattern is not None
    assert re.search(pattern, "+33612345679")


def test_an_empty_blocklist_blocks_nothing() -> None:
    assert blocked_pattern([], default_country="FR") is None
    assert blocked_pattern([" "], default_country="FR") is None


@pytest.mark.parametrize(
    ("kind", "value", "seen"),
    [("email", "contact@shop.fr", "co…@shop.fr"), ("email", "ann@x.fr", "a…@x.fr"),
     ("phone", "+33612345679", "+33…79"), ("number", "0/7", "…")],
)  # fmt: skip
def test_masks_show_enough_to_its_owner_only(kind: str, value: str, seen: str) -> None:
    assert masked(kind, value) == seen
