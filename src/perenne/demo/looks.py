"""How a person looks in each system at a moment: the records that several systems hold of one.

A look is a function of the person, the system and what had changed by then, so that the same
account is written alike in every file that names it.
"""

import zlib
from dataclasses import dataclass
from functools import lru_cache

from perenne.demo import slips
from perenne.demo.lives import RATES, Life, life_of
from perenne.demo.people import Identity, identity, is_unusual, scatter, share

_WEB, _TILL, _LETTER = 60, 70, 80
NO_MAIL = ("nomail@boutique.example", "pasdemail@boutique.example", "aucun@boutique.example")


@dataclass(frozen=True, slots=True)
class Card:
    """A loyalty card of the store as the till holds it; empty where nobody asked."""

    number: str
    first: str
    last: str
    phone: str
    email: str
    postcode: str
    city: str
    street: str
    born: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A reader of the newsletter."""

    email: str
    first: str
    last: str
    phone: str
    postcode: str
    city: str


def web_email(life: Life, order: int, at: int) -> str:
    """The address under which an order of the web shop is placed."""
    draw = share(order, 61)
    if life.work_email and draw < 0.4:
        return life.work_email
    if life.alias and draw < 0.5:
        return life.alias
    return life.email_at(at)


def web(number: int, country: int, *, order: int, at: int) -> Identity:
    """Who places an order of the web shop; `order` draws which of several addresses is used."""
    life = life_of(number, country)
    email = web_email(life, order, at)
    return _account(
        number, country, email, moved=at >= life.moved_at, married=at >= life.married_at
    )


@lru_cache(maxsize=4_096)
def _account(number: int, country: int, email: str, *, moved: bool, married: bool) -> Identity:
    """An account of the web shop: one e-mail, and what was typed when it was last changed."""
    life = life_of(number, country)
    luck = slips.chance(number, _WEB + 2 * moved + married + zlib.crc32(email.encode()))
    last = life.new_last if married else life.last
    first, last = slips.names(life.first, last, where="web", luck=luck)
    home = life.new_home if moved else life.home
    special = identity(number, country).name if is_unusual(number) else ""
    return Identity(
        name=special or f"{first} {last}",
        email=email,
        street=slips.street(home.street, "web", luck),
        postcode=home.postcode,
        city=slips.without_accents(home.city) if luck.random() < 0.2 else home.city,
        phone=slips.phone(life.phone, luck) if luck.random() < 0.75 else "",
    )


def card_number(number: int, at: int) -> str:
    """The card shown at the till: some people lose theirs and take another."""
    second = share(number, 71) >= RATES["card"] and share(number, 72) < (at % 3) / 3
    return f"{2_000_000_000 + 10 * number + second}"


@lru_cache(maxsize=4_096)
def card(number: int, country: int, shown: str, *, taken: int) -> Card:
    """What the till knows of the holder of a card, as told on the day it was `taken`."""
    life = life_of(number, country)
    luck = slips.chance(number, _TILL + int(shown[-1]))
    first, last = slips.names(life.first, life.last, where="till", luck=luck)
    home = life.home_at(taken)
    told = luck.random() < 0.3
    return Card(
        number=shown,
        first=first if luck.random() < 0.9 else "",
        last=last,
        phone=slips.phone(life.phone, luck) if luck.random() < 0.85 else "",
        email=_till_email(life, luck.random(), luck.random()),
        postcode=home.postcode if luck.random() < 0.85 else "",
        city=home.city.upper() if luck.random() < 0.8 else "",
        street=slips.street(home.street, "till", luck) if told else "",
        born=life.born,
    )


def _till_email(life: Life, draw: float, other: float) -> str:
    """Half leave an address; a cashier in a hurry types one that nobody has."""
    if draw < 0.04:
        return NO_MAIL[int(other * len(NO_MAIL))]
    if draw < 0.065:
        box, at, domain = life.email.partition("@")
        return slips.typo(box, slips.chance(life.number, 75)) + at + domain
    return life.email if draw < 0.52 else ""


def letter_email(life: Life) -> str:
    """The address that a reader once gave: often the first one, sometimes the newer."""
    return life.email if share(life.number, 81) < 0.8 else life.new_email


@lru_cache(maxsize=1_024)
def profile(number: int, country: int, *, since: int) -> Profile:
    """What a reader told when subscribing."""
    life = life_of(number, country)
    luck = slips.chance(number, _LETTER)
    first, last = slips.names(life.first, life.last, where="newsletter", luck=luck)
    home = life.home_at(since)
    return Profile(
        email=letter_email(life),
        first=first if luck.random() < 0.8 else "",
        last=last if luck.random() < 0.6 else "",
        phone=slips.phone(life.phone, luck) if luck.random() < 0.15 else "",
        postcode=home.postcode if luck.random() < 0.35 else "",
        city=home.city if luck.random() < 0.35 else "",
    )


def stripe_id(number: int, email: str, order: int) -> str:
    """Stripe makes a customer for each address, and now and then a second one."""
    again = share(number, 91) < RATES["second_stripe_id"] and order % 2
    return f"cus_{scatter(number, zlib.crc32(email.encode()) + again):016x}"
