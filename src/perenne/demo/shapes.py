"""Shapes of the simulator's tables: NumPy structured arrays, and their rows as named tuples.

Amounts are integer cents, tax included, unless said. `net` is in ten-thousandths of a euro,
tax excluded: each line is rounded to four decimals, then summed.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[Any]

PAID, PENDING, CANCELLED, VOIDED = range(4)
GOODS, GIFT_CARD_ONLY, SAMPLE_ONLY = range(3)
RETURNED, GESTURE, CANCELLATION = range(3)

COUNTRIES = ("FR", "BE", "LU", "DE")

PERSON = np.dtype(
    [
        ("number", "i8"),
        ("channel", "i8"),
        ("country", "i8"),
        ("joined", "i8"),
        ("rate", "f8"),
        ("dropout", "f8"),
        ("lifetime", "f8"),
        ("taste", "f8"),
        ("appetite", "f8"),
        ("favourite", "i8"),
        ("first_code", "i8"),
        ("future_orders", "i8"),
    ]
)

SALE = np.dtype(
    [
        ("number", "i8"),
        ("owner", "i8"),
        ("at", "i8"),
        ("channel", "i8"),
        ("mark", "i8"),
        ("country", "i8"),
        ("status", "i8"),
        ("guest", "i8"),
        ("kind", "i8"),
        ("code", "i8"),
        ("gross", "i8"),
        ("discount", "i8"),
        ("paid", "i8"),
        ("shipping", "i8"),
        ("gift", "i8"),
        ("taxes", "i8"),
        ("refunded", "i8"),
        ("net", "i8"),
        ("cost", "i8"),
        ("rank", "i8"),
    ]
)

LINE = np.dtype(
    [
        ("sale", "i8"),
        ("product", "i8"),
        ("quantity", "i8"),
        ("price", "i8"),
        ("paid", "i8"),
        ("net", "i8"),
    ]
)

REFUND = np.dtype(
    [
        ("sale", "i8"),
        ("day", "i8"),
        ("product", "i8"),
        ("quantity", "i8"),
        ("amount", "i8"),
        ("goods", "i8"),
        ("net", "i8"),
        ("cost", "i8"),
        ("reason", "i8"),
    ]
)


class Sale(NamedTuple):
    """One order: who (`number` of the true person), when (local seconds), what it came to.

    `gross`, `discount`, `paid`: product lines before, off and after discount, without gift
    cards; `gift`: gift cards sold; `rank`: 1 for the person's first identified purchase, 2 for
    the second …, 0 when the order is cancelled, voided or without e-mail.
    """

    number: int
    owner: int
    at: int
    channel: int
    mark: int
    country: int
    status: int
    guest: int
    kind: int
    code: int
    gross: int
    discount: int
    paid: int
    shipping: int
    gift: int
    taxes: int
    refunded: int
    net: int
    cost: int
    rank: int

    @property
    def subtotal(self) -> int:
        """What the lines come to after discount, gift cards included."""
        return self.paid + self.gift

    @property
    def total(self) -> int:
        """What the customer pays."""
        return self.paid + self.gift + self.shipping


class Line(NamedTuple):
    """One line of an order; `price` is for one piece, `paid` for the line after discount."""

    sale: int
    product: int
    quantity: int
    price: int
    paid: int
    net: int


class Refund(NamedTuple):
    """Money given back; `goods` is the part of `amount` that pays for products."""

    sale: int
    day: int
    product: int
    quantity: int
    amount: int
    goods: int
    net: int
    cost: int
    reason: int


def without_tax(cents: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Ten-thousandths of a euro without the 20 % tax, from cents with it, rounded."""
    return (cents * 500 + 3) // 6


def tax_in(cents: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The 20 % tax inside an amount, both in cents, rounded half up."""
    return (cents + 3) // 6
