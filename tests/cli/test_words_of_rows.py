"""The line that tells what became of the rows read."""

from perenne.cleaning import Account
from perenne.cli.outcome import account_lines
from perenne.text import use_language


def test_no_duplicate_is_one_in_french_and_several_in_english() -> None:
    with use_language("fr"):
        assert "0 doublon fusionné +" in next(iter(account_lines(Account((), ()), "EUR")))
    with use_language("en"):
        assert "0 duplicates merged +" in next(iter(account_lines(Account((), ()), "EUR")))
