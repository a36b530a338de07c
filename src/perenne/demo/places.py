"""Which system holds an order, under what name, and on which of its records."""

import numpy as np

from perenne.demo import channels, looks
from perenne.demo.lives import life_of
from perenne.demo.season import Ints
from perenne.demo.shapes import Sale, Table

STORE = "till"
"""The name of the shop under which the files of the till are imported."""


def is_till(sales: Table) -> Table:
    """Sales of the store: they stand in the till, and not in the web shop."""
    sold: Table = sales["channel"] == channels.STORE
    return sold


def order_names(sales: Table, numbers: Ints, *, several: bool) -> list[str]:
    """How each order is called in the file that holds it."""
    till = is_till(sales) if several else np.zeros(len(sales), dtype=bool)
    marks = np.where(till, "B", "#").tolist()
    return [f"{mark}{number}" for mark, number in zip(marks, numbers.tolist(), strict=True)]


def order_records(sales: Table) -> tuple[list[str | None], list[str | None]]:
    """The system of each order, and the record that it is of there; None for a guest's."""
    found = [_record(Sale._make(row)) for row in sales.tolist()]
    return [system for system, _ref in found], [ref for _system, ref in found]


def _record(sale: Sale) -> tuple[str | None, str | None]:
    if sale.guest:
        return None, None
    if sale.channel == channels.STORE:
        return f"files:{STORE}", looks.card_number(sale.number, sale.at)
    life = life_of(sale.number, sale.country)
    return "shopify", looks.web_email(life, sale.at, sale.at).lower()
