"""Header names: the same name whatever its accents, case, punctuation or currency."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from perenne.sources import currencies

# Of a score: `Note (0-10)`, `Note /10`, `Satisfaction sur 5`.
_SCALE = re.compile(
    r"\s*(?:\(\s*(?:sur|out of|/)?\s*\d+\s*(?:(?:[-–/àa]|to)\s*\d+)?\s*\)"
    r"|(?:sur|out of|/)\s*\d+)\s*$",
    re.IGNORECASE,
)


@lru_cache(maxsize=1 << 14)
def key(name: str) -> str:
    """`N° de commande` and `n de COMMANDE` have one key: letters and digits, no accent, no case."""
    bare = unicodedata.normalize("NFKD", name.replace("°", " ").replace("º", " "))
    return "".join(c for c in bare.casefold() if c.isalnum())


@lru_cache(maxsize=1 << 14)
def keys(name: str) -> tuple[str, ...]:
    """The keys a header answers to: as it stands, and without its currency or scale."""
    whole = key(name)
    money = currencies.in_header(name)
    bare = key(_SCALE.sub("", name) if money is None else currencies.without(name))
    return (whole, bare) if bare and bare != whole else (whole,)
