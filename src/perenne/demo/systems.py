"""The other systems of the shop: till, newsletter, payments, support, surveys, site, tea box.

Each writes a file in its platform's own layout, under what it knows of the person. Which record
of which system is whose stands in the truth (`records`), never in a file.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from perenne.demo import channels, layouts, looks
from perenne.demo.aftermath import Aftermath
from perenne.demo.catalogue import PRODUCTS
from perenne.demo.circle import Circle
from perenne.demo.layouts import french_euros
from perenne.demo.places import is_till
from perenne.demo.season import Calendar
from perenne.demo.shapes import CANCELLED, PENDING, VOIDED, Line, Sale, Table
from perenne.demo.shopify import Traits, order_rows
from perenne.demo.spool import Book
from perenne.demo.writing import Sheet

FOLDERS = ("caisse", "klaviyo", "stripe", "zendesk", "recharge", "enquetes", "site", "google")
_STATUS = {CANCELLED: "Annulée", VOIDED: "Annulée", PENDING: "En attente"}
Keep = Callable[[str, pa.Table], None]


class Systems:
    """The files of all systems beside the web shop's orders, while a simulation runs."""

    def __init__(
        self, directory: Path, calendar: Calendar, *, keep: Keep, planted: Counter[str]
    ) -> None:
        self._directory = directory
        self._keep = keep
        self._till: Sheet | None = None
        self._till_paths: list[Path] = []
        self._cards = Sheet(
            directory / "caisse" / "cartes_fidelite.csv",
            layouts.CARD_COLUMNS,
            delimiter=";",
            encoding="utf-8-sig",
        )
        self._circle = Circle(directory, calendar)
        self._aftermath = Aftermath(directory, calendar, planted)

    def people(self, people: Table, book: Book) -> None:
        """Write what systems keep of persons: cards, accounts, profiles, subscribers."""
        known = book.sales[book.sales["guest"] == 0]
        in_store = is_till(known)
        taken: dict[str, tuple[int, int, int]] = {}
        for number, country, at in _who(known[in_store]):
            ref = looks.card_number(number, at)
            taken[ref] = min(taken.get(ref, (number, country, at)), (number, country, at))
        self._cards.add(
            *(
                _card_row(looks.card(number, country, ref, taken=at))
                for ref, (number, country, at) in taken.items()
            )
        )
        records = self._circle.add(people, known[~in_store])
        self._keep("records", _records(records))

    def turn(self, year: int) -> None:
        """The till starts a new file each year."""
        self._close_till()
        path = self._directory / "caisse" / f"ventes_{year}.csv"
        self._till = Sheet(path, layouts.TILL_COLUMNS, delimiter=";", encoding="utf-8-sig")

    def order(self, sale: Sale, lines: list[Line], traits: Traits) -> list[list[str]] | None:
        """Rows for the export of the web shop; None for a sale that the till has written."""
        if sale.channel == channels.STORE:
            assert self._till is not None
            self._till.add(*_till_rows(sale, lines, traits))
            if self._till.path not in self._till_paths:
                self._till_paths.append(self._till.path)
            return None
        who = None
        if not sale.guest:
            who = looks.web(sale.number, sale.country, order=sale.at, at=sale.at)
        return order_rows(sale, lines, traits, who=who)

    def month(self, book: Book, names: list[str], rng: np.random.Generator) -> None:
        """Write what a month's orders bring about: payments, tickets, answers, visits."""
        self._keep("records", _records(self._aftermath.add(book, names, rng)))

    def close(self) -> list[Path]:
        """Close every file; the files to import."""
        self._close_till()
        self._cards.close()
        return [
            *self._till_paths,
            self._cards.path,
            *self._circle.close(),
            *self._aftermath.close(),
        ]

    def _close_till(self) -> None:
        """A year without a sale in the shop leaves no file."""
        if self._till is None:
            return
        self._till.close()
        if self._till.path not in self._till_paths:
            self._till.path.unlink()
        self._till = None


def _who(sales: Table) -> Iterator[tuple[int, int, int]]:
    columns = (sales[name].tolist() for name in ("number", "country", "at"))
    return zip(*columns, strict=True)


def _records(found: Iterable[tuple[str, str, int]]) -> pa.Table:
    """Which record of which system is whose; `person` is 0 for nobody."""
    rows = list(dict.fromkeys(found))
    return pa.table(
        {
            "source": pa.array([row[0] for row in rows], pa.string()),
            "record": pa.array([row[1] for row in rows], pa.string()),
            "customer": pa.array([row[2] for row in rows], pa.int64()),
        }
    )


def _till_rows(sale: Sale, lines: list[Line], traits: Traits) -> list[list[str]]:
    card = "" if sale.guest else looks.card_number(sale.number, sale.at)
    day = traits.created
    when = f"{day[8:10]}/{day[5:7]}/{day[:4]} {day[11:16]}"
    status = _STATUS.get(sale.status, "Payée")
    return [
        [
            f"B{traits.number}",
            when,
            card,
            PRODUCTS[line.product].sku,
            PRODUCTS[line.product].title,
            str(line.quantity),
            french_euros(line.price),
            french_euros(line.quantity * line.price - line.paid),
            status,
            "store",
        ]
        for line in lines
    ]


def _card_row(card: looks.Card) -> list[str]:
    return [
        card.number,
        card.first,
        card.last,
        card.phone,
        card.email,
        card.street,
        card.postcode,
        card.city,
        card.born,
    ]
