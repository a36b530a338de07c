"""Differences between offers in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from perenne.quality.offers import Difference
from perenne.text import LazyText, format_money
from perenne.text import lazy_gettext as _l

KINDS: Mapping[str, LazyText] = {
    "price": _l("The price differs"),
    "currency": _l("The currency differs: prices are not compared"),
    "tax": _l("One price includes tax, the other does not: they are not compared"),
    "name": _l("The name differs"),
    "spelling": _l("The name is spelt otherwise"),
    "availability": _l("One can be bought, the other cannot"),
    "stock": _l("The stock differs"),
    "missing": _l("Missing there"),
    "unknown": _l("Not in the reference"),
    "gtin": _l("The same SKU bears two GTINs: they are not compared"),
    "repeated": _l("Several products bear the same GTIN"),
    "invalid": _l("The GTIN is not valid"),
}
SEVERITY_WORDS: Mapping[str, LazyText] = {
    "note": _l("note"),
    "warning": _l("warning"),
    "error": _l("error"),
}
_SAID: Mapping[str, LazyText] = {
    "in_stock": _l("in stock"),
    "out_of_stock": _l("out of stock"),
    "incl": _l("tax included"),
    "excl": _l("without tax"),
}
_PRICE = re.compile(r"(\d+(?:\.\d+)?) ([A-Z]{3})")


def kind_words(one: Difference) -> str:
    return str(KINDS[one.kind])


def said_words(text: str) -> str:
    """What a source said: known words and prices in the person's language, the rest as written."""
    price = _PRICE.fullmatch(text)
    if price:
        return format_money(Decimal(price[1]), price[2])
    return str(_SAID.get(text, text)) or "—"
