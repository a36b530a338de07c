"""Header names: the same name whatever its accents, case, punctuation or currency."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from perenne.sources.macros import CURRENCIES

_CURRENCY = re.compile(r"[\s_\-]*[(\[]?\b(?P<code>[A-Z]{3})\b[)\]]?\s*$")
_SUFFIX = re.compile(r"_(?P<code>usd|eur|gbp|cad|aud|chf)$")
# Of a score: `Note (0-10)`, `Note /10`, `Satisfaction sur 5`.
_SCALE = re.compile(
    r"\s*(?:\(\s*(?:sur|out of|/)?\s*\d+\s*(?:(?:[-–/àa]|to)\s*\d+)?\s*\)"
    r"|(?:sur|out of|/)\s*\d+)\s*$",
    re.IGNORECASE,
)
_SIGNS = {"€": "EUR", "£": "GBP"}
_CODES = frozenset(CURRENCIES)


@lru_cache(maxsize=1 << 14)
def key(name: str) -> str:
    """`N° de commande` and `n de COMMANDE` have one key: letters and digits, no accent, no case."""
    bare = unicodedata.normalize("NFKD", name.replace("°", " ").replace("º", " "))
    return "".join(c for c in bare.casefold() if c.isalnum())


def currency_of(name: str) -> str | None:
    """The currency that a header names: `Amount spent (EUR)`, `price_usd`, `Montant €`."""
    for sign, named in _SIGNS.items():
        if sign in name:
            return named
    match = _CURRENCY.search(name) or _SUFFIX.search(name)
    code = match["code"].upper() if match else None
    return code if code in _CODES else None


@lru_cache(maxsize=1 << 14)
def keys(name: str) -> tuple[str, ...]:
    """The keys a header answers to: as it stands, and without its currency or scale."""
    whole = key(name)
    if currency_of(name) is None:
        bare = key(_SCALE.sub("", name))
    else:
        bare = key(_SUFFIX.sub("", _CURRENCY.sub("", name)))
    return (whole, bare) if bare and bare != whole else (whole,)
