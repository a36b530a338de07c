"""What is true of a person beyond one name and one address: a household, moves, e-mails, a card.

All of it follows from the person's number, so that customers can be drawn in chunks and written
month by month without a register of them. `RATES` says how often each thing happens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from perenne.demo import people
from perenne.demo.names import COMPANIES, DOMAINS
from perenne.demo.people import Home, plain, scatter, share
from perenne.demo.season import DAY

RATES: Mapping[str, float] = {
    "household": 0.08,  # lives with another customer
    "same_family_name": 0.7,  # of those
    "shared_phone": 0.5,  # of those who have one
    "shared_mailbox": 0.08,  # of those, one e-mail for both
    "moved": 0.53,  # has a new address from some day on: 8.8% a year
    "married": 0.03,  # has a new family name from some day on
    "new_email": 0.08,  # has left one address for another
    "work_email": 0.06,  # uses that of work now and then
    "alias": 0.03,  # writes the shop's name behind a plus
    "desk": 0.01,  # orders under the mailbox of a company: contact@…
    "card": 0.93,  # of those who buy in the store under a name, has kept one card
    "second_stripe_id": 0.05,
    "born_known": 0.35,
}  # fmt: skip
"""Shares of people; a documented guess, as no two shops are alike."""
NEVER = 1 << 62
_FIRST_CHANGE, _CHANGES = 14_975, 5_500
"""Changes of life happen from 2011 on for fifteen years, so that some fall into any history."""
_FIRST_MOVE, _MOVES = 18_262, 2_192
"""Moves happen from 2020 to 2025: one in a lifetime, as often in a year as in France in 2023."""


@dataclass(frozen=True, slots=True)
class Life:
    """One person. Changes take place at local seconds, `NEVER` for most."""

    number: int
    country: int
    first: str
    last: str
    new_last: str
    married_at: int
    home: Home
    new_home: Home
    moved_at: int
    email: str
    new_email: str
    left_at: int
    work_email: str
    alias: str
    phone: str
    born: str

    def last_at(self, at: int) -> str:
        return self.new_last if at >= self.married_at else self.last

    def home_at(self, at: int) -> Home:
        return self.new_home if at >= self.moved_at else self.home

    def email_at(self, at: int) -> str:
        return self.new_email if at >= self.left_at else self.email


@lru_cache(maxsize=4_096)
def life_of(number: int, country: int) -> Life:
    """The true person `number`; members of one household are numbers 2k and 2k + 1."""
    mate = number - 1 if number % 2 and _lives_together(number) else number
    first = _first_name(number, mate)
    same_name = share(number, 41) < RATES["same_family_name"]
    last = people.last_name(mate if same_name else number)
    home = people.home_of(mate, country)
    email = people.main_email(number, first, last)
    if mate != number and share(number, 43) < RATES["shared_mailbox"]:
        email = life_of(mate, country).email
    elif share(number, 44) < RATES["desk"]:
        email = f"contact@{_company(number)}"
    phone = people.phone_of(number)
    if mate != number and share(number, 42) < RATES["shared_phone"]:
        phone = people.phone_of(mate)
    married = _day_of("married", number, 45)
    moved = _day_of("moved", mate, 46, window=(_FIRST_MOVE, _MOVES))
    left = _day_of("new_email", number, 47)
    return Life(
        number=number,
        country=country,
        first=first,
        last=last,
        new_last=people.last_name(number + 500_000_000) if married < NEVER else last,
        married_at=married,
        home=home,
        new_home=people.home_of(mate + 500_000_000, country) if moved < NEVER else home,
        moved_at=moved,
        email=email,
        new_email=_other_email(number, first, last) if left < NEVER else email,
        left_at=left,
        work_email=_work_email(number, first, last),
        alias=email.replace("@", "+maisonperenne@") if share(number, 49) < RATES["alias"] else "",
        phone=phone if country == 0 else "",
        born=_born(number),
    )


def _first_name(number: int, mate: int) -> str:
    """Who lives with a namesake would be called otherwise at home."""
    first = people.first_name(number)
    while mate != number and first == people.first_name(mate):
        number += 1_000_000_000
        first = people.first_name(number)
    return first


def _lives_together(number: int) -> bool:
    return share(number // 2, 40) < RATES["household"]


def _day_of(
    what: str, number: int, salt: int, *, window: tuple[int, int] = (_FIRST_CHANGE, _CHANGES)
) -> int:
    """The second at which a change takes place, `NEVER` for who does not live through it."""
    if share(number, salt) >= RATES[what]:
        return NEVER
    first, days = window
    return (first + scatter(number, salt + 100) % days) * DAY


def _other_email(number: int, first: str, last: str) -> str:
    """Nothing in it tells the number that the first address has."""
    digits = scatter(number, 50)
    box = (f"{plain(first)[:1]}{plain(last)}", f"{plain(last)}{plain(first)}", plain(first))
    domain = DOMAINS[(digits >> 20) % len(DOMAINS)]
    return f"{box[digits % 3]}{digits // 3 % 90_000 + 10_000}@{domain}"


def _work_email(number: int, first: str, last: str) -> str:
    if share(number, 48) >= RATES["work_email"]:
        return ""
    return f"{plain(first)}.{plain(last)}@{_company(number)}"


def _company(number: int) -> str:
    """A company of three people at most who are customers."""
    firm = scatter(number // 3, 51)
    return f"{COMPANIES[firm % len(COMPANIES)]}-{firm // 8 % 900_000}.example"


def _born(number: int) -> str:
    if share(number, 52) >= RATES["born_known"]:
        return ""
    days = scatter(number, 53)
    return f"{1 + days % 28:02d}/{1 + days // 28 % 12:02d}/{1940 + days // 336 % 65}"
