"""Amounts of Stripe: whole numbers of the smallest unit of a currency."""

from __future__ import annotations

from decimal import Decimal

from perenne.sources.connectors.answers import Answer

# Currencies that Stripe counts in whole units, and in thousandths; all others in hundredths, among
# them ISK and UGX, which have no cents and are still written with two decimals.
WHOLE = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def major(amount: Decimal, currency: str) -> Decimal:
    """An amount of smallest units in units of the currency."""
    code = currency.upper()
    places = 0 if code in WHOLE else 3 if code in THOUSANDTHS else 2
    return amount.scaleb(-places)


def money(answer: Answer, name: str, currency: str) -> Decimal:
    """An amount of an object in units of its currency."""
    return major(answer.decimal(name), currency)
