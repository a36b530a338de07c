"""The account that a refresh prints: amounts of several currencies are never added up."""

from __future__ import annotations

from decimal import Decimal

from perenne.cleaning import Account, ValueLine
from perenne.cli.outcome import account_lines


def _value(currency: str, amount: str, *, counted: str | None = None) -> ValueLine:
    out = {"counted": Decimal(counted or amount)}
    return ValueLine("stripe", "2024-01", currency, Decimal(amount), out, {"counted": 1})


def test_totals_stand_per_currency() -> None:
    values = (
        _value("JPY", "5000"),
        _value("EUR", "300"),
        _value("", "10"),
        _value("KWD", "10.125"),
    )
    lines = "\n".join(account_lines(Account((), values), "EUR"))
    assert lines.count("Value as written") == 3
    assert "€310.00" in lines, "what names no currency is in the shop's own"
    assert "¥5,000 " in lines
    assert "10.125" in lines
    assert "5,3" not in lines
    assert lines.index("€310.00") < lines.index("¥5,000")


def test_what_is_unaccounted_for_is_told_in_its_currency() -> None:
    account = Account((), (_value("JPY", "5000", counted="4000"),))
    assert "stripe, 2024-01: ¥1,000 unaccounted for" in "\n".join(account_lines(account, "EUR"))


def test_an_empty_account_says_zero() -> None:
    assert "€0.00" in "\n".join(account_lines(Account((), ()), "EUR"))
