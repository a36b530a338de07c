"""Currencies as cells and headers write them: by code, sign or word."""

from __future__ import annotations

import re
from typing import Final

from perenne.warehouse import quote_text

CODES: Final = (
    *("EUR", "USD", "GBP", "CHF", "CAD", "AUD", "NZD", "JPY", "CNY", "BRL", "SEK", "NOK", "DKK"),
    *("PLN", "CZK", "HUF", "RON", "INR", "MAD", "TND", "DZD", "XOF", "XAF", "MXN", "ZAR", "SGD"),
    *("HKD", "TRY", "AED", "ISK", "BGN", "ILS", "KRW", "UAH", "RUB", "VND", "THB", "EGP", "SAR"),
)
# In capitals; where several currencies bear a sign it is the shop's own, if that is one of them.
_SIGNS: Final[dict[str, tuple[str, ...]]] = {
    **{"€": ("EUR",), "EURO": ("EUR",), "EUROS": ("EUR",), "£": ("GBP",), "₹": ("INR",)},
    **{"US$": ("USD",), "$US": ("USD",), "CA$": ("CAD",), "$CA": ("CAD",), "C$": ("CAD",)},
    **{"AU$": ("AUD",), "$AU": ("AUD",), "A$": ("AUD",), "NZ$": ("NZD",), "HK$": ("HKD",)},
    **{"S$": ("SGD",), "MX$": ("MXN",), "R$": ("BRL",), "SFR": ("CHF",), "FR.": ("CHF",)},
    **{"₺": ("TRY",), "₩": ("KRW",), "₪": ("ILS",), "₴": ("UAH",), "₽": ("RUB",), "₫": ("VND",)},
    **{"ZŁ": ("PLN",), "KČ": ("CZK",), "LEI": ("RON",), "FCFA": ("XOF", "XAF")},
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "¥": ("JPY", "CNY"),
    "KR": ("SEK", "NOK", "DKK", "ISK"),
    "KR.": ("DKK", "SEK", "NOK", "ISK"),
    "DH": ("MAD", "AED"),
    "DHS": ("MAD", "AED"),
}
# Of the signs that several bear: whose it is where the shop's own currency is none of them.
_USUAL: Final = {"$": "USD", "¥": "JPY", "KR.": "KR", "DHS": "DH"}

_LONGEST_FIRST = sorted((*_SIGNS, *CODES), key=len, reverse=True)
PATTERN: Final = f"(?i:{'|'.join(map(re.escape, _LONGEST_FIRST))})"
"""Any of them, for RE2 and for Python."""

# Letters beside make a word of it: no crowns in "3 kran".
_APART = rf"(?:^|[^\pL])({PATTERN})(?:[^\pL]|$)"
_LETTERED = "|".join(
    re.escape(sign) for sign in _SIGNS if sign[1:] and not sign.strip(".").isalpha()
)
_SIGN_IN_HEADER = re.compile(rf"(?<![A-Za-z])(?:{_LETTERED})|[€£¥₹₺₩₪₴₽₫$]")
_WORDS = "(?i:euros?|kr|zł|kč|lei|fcfa|dhs?)"
_WORD_AT_END = re.compile(rf"[\s_\-]*[(\[]?\b(?P<word>[A-Z]{{3}}|{_WORDS})\b\.?[)\]]?\s*$")
_SUFFIX = re.compile(rf"_(?P<word>{'|'.join(CODES).lower()})$")


def code_of(written: str, *, shop: str) -> str | None:
    """The currency that a code, sign or word is; None when `written` is none, and the sign itself,
    in capitals, where it may be several and `shop`, the shop's own currency, is none of those."""
    upper = written.upper()
    if upper in CODES:
        return upper
    return _meant(upper, shop) if upper in _SIGNS else None


def code_sql(text: str, *, shop: str) -> str:
    """SQL of the code of the currency that `text` is; what is none of the known stays."""
    cases = " ".join(
        f"WHEN {quote_text(sign)} THEN {quote_text(_meant(sign, shop))}" for sign in _SIGNS
    )
    return f"CASE upper({text}) {cases} ELSE upper({text}) END"


def named_sql(text: str, *, shop: str) -> str:
    """SQL of the code of the first currency that stands in `text`; null when none does."""
    return code_sql(f"nullif(regexp_extract({text}, {quote_text(_APART)}, 1), '')", shop=shop)


def in_header(name: str, *, shop: str = "") -> str | None:
    """The currency that a header names: `Amount spent (EUR)`, `price_usd`, `Montant €`."""
    if sign := _SIGN_IN_HEADER.search(name):
        return code_of(sign[0], shop=shop)
    word = _WORD_AT_END.search(name) or _SUFFIX.search(name)
    return code_of(word["word"], shop=shop) if word else None


def without(name: str) -> str:
    """A header without the currency that it names."""
    return _SUFFIX.sub("", _WORD_AT_END.sub("", _SIGN_IN_HEADER.sub("", name)))


def _meant(sign: str, shop: str) -> str:
    codes = _SIGNS[sign]
    if shop in codes or len(codes) == 1:
        return shop if shop in codes else codes[0]
    return _USUAL.get(sign, sign)
