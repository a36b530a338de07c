"""Names, e-mails and addresses of invented people, derived from their number alone.

E-mail domains are under `.example` and telephone numbers in the ranges the French regulator
sets aside for fiction, so that none can belong to anybody.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from perenne.demo.names import (
    CITIES,
    DOMAINS,
    FIRST,
    LAST,
    LAST_ENDS,
    LAST_MIDDLES,
    LAST_STARTS,
    SPECIAL,
    STREETS,
    VILLAGE_ENDS,
    VILLAGE_STARTS,
)

_EVERY_SPECIAL = 149
# The mobile range of fiction is left out: libraries take its numbers for impossible ones.
_FICTION = ("19900", "26191", "35301", "46571", "53649")
_MASK = (1 << 64) - 1
_FRANCE = 0
_FREQUENT_NAMES = 0.15


@dataclass(frozen=True, slots=True)
class Identity:
    """How one person appears in the shop's files; `phone` is empty for half of them."""

    name: str
    email: str
    street: str
    postcode: str
    city: str
    phone: str


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody lives."""

    street: str
    postcode: str
    city: str


def scatter(number: int, salt: int) -> int:
    """A well-mixed integer of `number` (SplitMix64 finaliser)."""
    x = (number * 0x9E3779B97F4A7C15 + salt * 0xD1B54A32D192ED03) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)


def share(number: int, salt: int) -> float:
    """A number from 0 to below 1 that belongs to `number` and `salt`."""
    return (scatter(number, salt) >> 11) / (1 << 53)


def plain(text: str) -> str:
    """Lower-case letters and digits without accents, as mailboxes are named."""
    bare = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe"))
    return "".join(letter for letter in bare if letter.isascii() and letter.isalnum())


def phone_of(number: int) -> str:
    """Twelve people in twenty-five leave a number; no two share one, until the range is spent."""
    place, rest = divmod(number, 25)
    prefix, line = divmod(place * 12 + rest, 10_000)
    if rest >= 12 or prefix >= len(_FICTION):
        return ""
    return f"+33{_FICTION[prefix]}{line:04d}"


def is_unusual(number: Any) -> Any:
    """Whether a person bears one of the names that break readers; also works on arrays."""
    return number % _EVERY_SPECIAL == 7


def first_name(number: int) -> str:
    """The first of the list come about three times as often as the last."""
    return FIRST[int(len(FIRST) * share(number, 1) ** 1.5)]


def last_name(number: int) -> str:
    """As frequent as in France: one person in 280 is a Martin, one in seven bears a name of the
    list, and two drawn by chance share theirs once in some 5,000 times."""
    draw = share(number, 2) / _FREQUENT_NAMES
    if draw < 1:
        return LAST[int(len(LAST) * draw**1.4)]
    pieces = (LAST_STARTS, LAST_MIDDLES, LAST_ENDS)
    drawn = (scatter(number, salt) for salt in (7, 12, 8))
    return "".join(some[at % len(some)] for some, at in zip(pieces, drawn, strict=True))


def home_of(number: int, country: int) -> Home:
    """A street and a town; two French homes in three are in one of some 5,700 villages."""
    street = f"{1 + scatter(number, 5) % 140} {STREETS[scatter(number, 6) % len(STREETS)]}"
    place = scatter(number, 4)
    if country == _FRANCE and share(number, 9) < 2 / 3:
        return Home(street, *_village(place))
    towns = CITIES[country]
    return Home(street, *towns[place % len(towns)])


def _village(place: int) -> tuple[str, str]:
    """A postcode that a few neighbouring villages share, as in France, and the village."""
    area = place % 1_900
    start, end = scatter(place % 5_700, 10), scatter(place % 5_700, 11)
    name = VILLAGE_STARTS[start % len(VILLAGE_STARTS)] + "-" + VILLAGE_ENDS[end % len(VILLAGE_ENDS)]
    return f"{1 + area % 95:02d}{100 + 10 * (area // 95):03d}", name


@lru_cache(maxsize=1_024)
def identity(number: int, country: int) -> Identity:
    """The appearance of person `number`; the same number always gives the same person."""
    first, last, home = first_name(number), last_name(number), home_of(number, country)
    name = f"{first} {last}"
    if is_unusual(number):
        name = SPECIAL[number // _EVERY_SPECIAL % len(SPECIAL)]
    return Identity(
        name=name,
        email=main_email(number, first, last),
        street=home.street,
        postcode=home.postcode,
        city=home.city,
        phone=phone_of(number) if country == _FRANCE else "",
    )


def main_email(number: int, first: str, last: str) -> str:
    """An address that nobody else has."""
    return f"{plain(first)}.{plain(last)}.{number}@{DOMAINS[scatter(number, 3) % len(DOMAINS)]}"
