"""How names, addresses and numbers are miswritten: by customers, cashiers and web forms.

Each function takes a source of chance of its own, so that one person is written alike each time
the same thing happens to it. `SLIPS` says how often, by who types.
"""

import random
import unicodedata
from collections.abc import Mapping

from perenne.demo.names import NICKNAMES

SLIPS: Mapping[str, Mapping[str, float]] = {
    "web": {"typo": 0.03, "swap": 0.01, "plain": 0.15, "initial": 0.01, "nickname": 0.02,
            "capitals": 0.05, "street": 0.10},
    "till": {"typo": 0.06, "swap": 0.01, "plain": 0.55, "initial": 0.03, "nickname": 0.03,
             "capitals": 0.60, "street": 0.15},
    "newsletter": {"typo": 0.04, "swap": 0.01, "plain": 0.25, "initial": 0.02, "nickname": 0.05,
                   "capitals": 0.05, "street": 0.05},
}  # fmt: skip
"""Of the names and streets that each system holds; documented guesses."""
_SHORT = (("avenue", "av."), ("boulevard", "bd"), ("place", "pl."), ("rue", "r."),
          ("allée", "all."), ("chemin", "ch."), ("Saint", "St"), ("Général", "Gal"))  # fmt: skip
_NEAR = {"a": "e", "e": "é", "i": "y", "y": "i", "o": "au", "s": "ss", "c": "k", "n": "nn",
         "t": "tt", "l": "ll", "m": "n", "d": "t", "r": "rr", "u": "ou"}  # fmt: skip


def chance(number: int, salt: int) -> random.Random:
    """A source of chance that belongs to `number` and `salt`."""
    return random.Random(number * 1_009 + salt)


def typo(text: str, luck: random.Random) -> str:
    """One letter left out, doubled, exchanged with the next, or heard otherwise."""
    if len(text) < 3:
        return text
    place = luck.randrange(1, len(text) - 1)
    kind = luck.randrange(4)
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + text[place] + text[place:]
    if kind == 2:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + _NEAR.get(text[place], text[place]) + text[place + 1 :]


def without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def names(first: str, last: str, *, where: str, luck: random.Random) -> tuple[str, str]:
    """First and family name as `where` holds them."""
    rate = SLIPS[where]
    if luck.random() < rate["nickname"]:
        first = NICKNAMES.get(first, first)
    if luck.random() < rate["initial"]:
        first = f"{first[:1]}."
    if luck.random() < rate["typo"]:
        last = typo(last, luck)
    if luck.random() < rate["typo"]:
        first = typo(first, luck)
    if luck.random() < rate["plain"]:
        first, last = without_accents(first), without_accents(last)
    if luck.random() < rate["capitals"]:
        last = last.upper()
    if luck.random() < rate["swap"]:
        first, last = last, first
    return first, last


def street(text: str, where: str, luck: random.Random) -> str:
    """A street as `where` holds it: shortened, or with a letter wrong."""
    if luck.random() < SLIPS[where]["street"]:
        for word, short in _SHORT:
            text = text.replace(word, short)
    if luck.random() < SLIPS[where]["typo"]:
        number, _space, rest = text.partition(" ")
        text = f"{number} {typo(rest, luck)}"
    return text


def phone(number: str, luck: random.Random) -> str:
    """One French number, written in one of the five ways in which people write theirs."""
    if not number:
        return ""
    bare = number.removeprefix("+33")
    pairs = " ".join(("0" + bare)[place : place + 2] for place in range(0, 10, 2))
    forms = (f"0{bare}", pairs, pairs.replace(" ", "."), number, f"0033{bare}")
    return luck.choice(forms)
