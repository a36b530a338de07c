"""The dirt: rows that a real export holds and that no true order stands behind.

Everything planted is counted by kind in a `Counter`, which ends in the truth. Strangers (people
of broken, future and test rows) have numbers that no true customer has, so that a row kept by
mistake shows up as one customer too many.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from perenne.demo import catalogue, channels
from perenne.demo.people import identity
from perenne.demo.season import Ints
from perenne.demo.shapes import Line, Sale
from perenne.demo.shopify import Traits, order_rows, set_cell

STRANGERS = 1_000_000_000
FUTURE_STAMP = "2099-01-15 10:00:00 +0100"
BROKEN = ("broken_date_rows", "missing_order_id_rows", "broken_figure_rows")
_TEST_SIGNS = (
    {"Tags": "test", "Email": "test@example.com", "Billing Name": "Test Test"},
    {"Payment Method": "bogus", "Email": "test@example.com", "Billing Name": "Test Test"},
    {"Payment Method": "bogus", "Tags": "boutique, test", "Billing Name": "Commande Test"},
)
_MUG = next(place for place, item in enumerate(catalogue.PRODUCTS) if item.title == "Mug en grès")


@dataclass(frozen=True, slots=True)
class Plan:
    """Which orders of a month get dirt beside them: positions in the month's book.

    Only orders before position `overlap` do, where the days repeated by the next file begin:
    so no dirt is written twice, and its counts are plain.
    """

    overlap: int
    tests: dict[int, int] = field(default_factory=dict)
    broken: dict[int, int] = field(default_factory=dict)
    duplicates: frozenset[int] = frozenset()

    def numbers(self, first: int, orders: int) -> Ints:
        """Order numbers of a month's orders from `first` on, leaving room for the dirt."""
        room = np.ones(orders, dtype=np.int64)
        for place in (*self.tests, *self.broken):
            room[place] += 1
        taken: Ints = first - 1 + np.cumsum(room)
        return taken


def make_plan(rng: np.random.Generator, overlap: int, month: int) -> Plan:
    """Dirt for a month in which `overlap` orders may carry some."""
    if overlap == 0:
        return Plan(overlap)
    tests = rng.integers(0, overlap, 1 + overlap // 4000).tolist()
    copies = rng.integers(0, overlap, 1 + overlap // 300).tolist()
    broken = rng.integers(0, overlap, 1).tolist() if month % 4 == 0 else []
    return Plan(
        overlap,
        tests={place: (month + rank) % len(_TEST_SIGNS) for rank, place in enumerate(tests)},
        broken={place: month // 4 % len(BROKEN) for place in broken},
        duplicates=frozenset(copies),
    )


def _stranger(number: int, traits: Traits) -> list[list[str]]:
    price = int(catalogue.PRICE[_MUG])
    sale = Sale._make([0] * len(Sale._fields))._replace(
        number=STRANGERS + number,
        channel=channels.DIRECT,
        gross=price,
        paid=price,
        shipping=490,
        taxes=(price + 490 + 3) // 6,
    )
    line = Line(sale=0, product=_MUG, quantity=1, price=price, paid=price, net=0)
    look = traits._replace(casing=0, note=-1, other_tag=-1, cancelled="")
    return order_rows(sale, [line], look, who=identity(sale.number, sale.country))


def trial_rows(kind: int, traits: Traits, planted: Counter[str]) -> list[list[str]]:
    """An order made to try the shop out; it bears at least two signs of being a test."""
    planted["test_orders"] += 1
    rows = _stranger(traits.number, traits)
    for column, value in _TEST_SIGNS[kind].items():
        set_cell(rows[0], column, value)
    return rows


def broken_rows(kind: int, traits: Traits, planted: Counter[str]) -> list[list[str]]:
    """A row nobody can read: impossible date, no order id, or words for figures."""
    planted[BROKEN[kind]] += 1
    rows = _stranger(traits.number, traits)
    if kind == 0:
        set_cell(rows[0], "Created at", "32/13/2025 25:61")
        set_cell(rows[0], "Paid at", "32/13/2025 25:61")
    elif kind == 1:
        set_cell(rows[0], "Name", "")
        set_cell(rows[0], "Id", "")
    else:
        set_cell(rows[0], "Lineitem quantity", "deux")
        set_cell(rows[0], "Subtotal", "seize euros")
        set_cell(rows[0], "Total", "n.c.")
    return rows


def future_rows(traits: Traits, planted: Counter[str]) -> list[list[str]]:
    """An order dated long after the export."""
    planted["future_orders"] += 1
    dated = traits._replace(created=FUTURE_STAMP, paid=FUTURE_STAMP, fulfilled="")
    return _stranger(traits.number, dated)


def duplicate_row(rows: Sequence[list[str]], traits: Traits, planted: Counter[str]) -> list[str]:
    """An exact copy of one of an order's rows."""
    planted["duplicate_rows"] += 1
    return list(rows[traits.number % len(rows)])
