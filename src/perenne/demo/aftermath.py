"""What orders bring about in other systems: payments, tickets, answers to surveys, visits."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from perenne.demo import layouts, looks, season
from perenne.demo.layouts import euros
from perenne.demo.lives import Life, life_of
from perenne.demo.people import share
from perenne.demo.places import is_till
from perenne.demo.season import DAY, HOUR, Calendar
from perenne.demo.shapes import PENDING, VOIDED, Sale
from perenne.demo.spool import Book
from perenne.demo.writing import Sheet

FAILED, UNNAMED = 0.04, 0.15
"""Shares of payments that failed once before, and that do not name the order they pay."""
TICKETS, ANSWERS, VISITS = 0.05, 0.08, 0.25
"""Shares of identified orders that bring a ticket, an answer to the survey, a traced visit."""
Record = tuple[str, str, int]


class Bought(NamedTuple):
    """An order as other systems see it: its name, the address it was placed under (empty for
    a guest's), when it was in UTC, the day of its last refund (-1: none), and five chances."""

    sale: Sale
    name: str
    email: str
    at: int
    refunded_on: int
    luck: list[float]


class Aftermath:
    """The files of payments, tickets, answers and visits, written month by month."""

    def __init__(self, directory: Path, calendar: Calendar, planted: Counter[str]) -> None:
        self._end = calendar.end
        self._planted = planted
        self._payments = Sheet(
            directory / "stripe" / "unified_payments.csv", layouts.STRIPE_COLUMNS
        )
        self._tickets = Sheet(directory / "zendesk" / "tickets.csv", layouts.ZENDESK_COLUMNS)
        self._answers = Sheet(
            directory / "enquetes" / "nps.csv",
            layouts.SURVEY_COLUMNS,
            delimiter=";",
            encoding="utf-8-sig",
        )
        self._visits = Sheet(directory / "site" / "evenements.csv", layouts.EVENT_COLUMNS)

    def add(self, book: Book, names: list[str], rng: np.random.Generator) -> Iterator[Record]:
        """Write what a month's orders of the web shop bring about."""
        for one in _bought(book, names, rng):
            if one.sale.status not in (PENDING, VOIDED) and one.sale.total > 0:
                yield from self._pay(one)
            if not one.email:
                continue
            if one.luck[0] < TICKETS or (one.sale.refunded and one.luck[0] < 0.3):
                yield from self._ask(one)
            if one.luck[1] < ANSWERS:
                yield from self._answer(one)
            if one.luck[2] < VISITS:
                yield from self._visit(one)

    def close(self) -> list[Path]:
        sheets = (self._payments, self._tickets, self._answers, self._visits)
        for sheet in sheets:
            sheet.close()
        return [sheet.path for sheet in sheets]

    def _pay(self, one: Bought) -> Iterator[Record]:
        sale, ref = one.sale, ""
        if one.email:
            ref = looks.stripe_id(sale.number, one.email, sale.at)
            yield "stripe", ref, sale.number
        named = not one.email or one.luck[3] >= UNNAMED
        back = sale.refunded
        row = dict.fromkeys(layouts.STRIPE_COLUMNS, "") | {
            "id": f"ch_{one.name[1:]}",
            "Created date (UTC)": _stamp(one.at + 40),
            "Amount": euros(sale.total),
            "Amount Refunded": euros(back),
            "Currency": "eur",
            "Captured": "true",
            "Converted Amount": euros(sale.total),
            "Converted Amount Refunded": euros(back),
            "Converted Currency": "eur",
            "Description": f"Commande {one.name}" if named else "Paiement en ligne",
            "Fee": euros(sale.total * 15 // 1000 + 25),
            "Refunded date (UTC)": _stamp(one.refunded_on * DAY + 9 * HOUR) if back else "",
            "Statement Descriptor": "MAISON PERENNE",
            "Status": "Refunded" if back >= sale.total else "Paid",
            "Seller Message": "Payment complete.",
            "Card ID": f"card_{sale.number:x}",
            "Customer ID": ref,
            "Customer Email": one.email,
            "Mode": "Live",
        }
        if one.luck[4] < FAILED:
            failed = row | {
                "id": f"ch_{one.name[1:]}f",
                "Created date (UTC)": _stamp(one.at),
                "Amount Refunded": "0.00",
                "Converted Amount Refunded": "0.00",
                "Captured": "false",
                "Refunded date (UTC)": "",
                "Status": "Failed",
                "Decline Reason": "insufficient_funds",
                "Seller Message": "The bank declined.",
            }
            self._payments.add(list(failed.values()))
            self._planted["failed_payments"] += 1
        self._payments.add(list(row.values()))
        self._planted["payments"] += 1

    def _ask(self, one: Bought) -> Iterator[Record]:
        """A question to the support, often from another of the person's addresses."""
        life, sale = life_of(one.sale.number, one.sale.country), one.sale
        asked = one.at + 2 * DAY + int(one.luck[4] * 5 * DAY)
        if asked >= self._end:
            return
        email = _other_address(life, one)
        solved = asked + HOUR + int(one.luck[3] * 60 * HOUR)
        done = solved < self._end
        mood = "Good" if one.luck[2] < 0.7 else "Bad with comment"
        row = dict.fromkeys(layouts.ZENDESK_COLUMNS, "") | {
            "Summation column": "1",
            "ID": f"5{one.name[1:]}",
            "Requester": f"{life.first} {life.last_at(sale.at)}",
            "Requester id": str(9_000_000 + sale.number),
            "Requester email": email,
            "Submitter": f"{life.first} {life.last_at(sale.at)}",
            "Assignee": "Camille R.",
            "Group": "Service client",
            "Subject": "Ma commande",
            "Status": "Closed" if done else "Open",
            "Priority": "Normal",
            "Via": "Mail" if one.luck[3] < 0.7 else "Chat",
            "Ticket type": "Problem" if sale.refunded else "Question",
            "Created at": _stamp(asked)[:16],
            "Updated at": _stamp(min(solved, self._end - 1))[:16],
            "Solved at": _stamp(solved)[:16] if done else "",
            "Satisfaction Score": mood if done and one.luck[1] < 0.4 else "",
            "Reopens": "0",
            "Replies": "2",
            "Full resolution time in minutes": str((solved - asked) // 60) if done else "",
        }
        self._tickets.add(list(row.values()))
        yield "zendesk", email.lower(), sale.number

    def _answer(self, one: Bought) -> Iterator[Record]:
        """Zero to ten; who came back often is fonder of the shop."""
        day = one.at // DAY + 4 + int(one.luck[3] * 10)
        if day * DAY >= self._end:
            return
        fond = 0.55 + 0.05 * min(one.sale.rank, 6) - 0.3 * (one.sale.refunded > 0)
        score = 9 + (one.luck[4] < 0.6) if one.luck[2] < fond else int(one.luck[4] * 9)
        when = str(np.datetime64(day, "D"))
        self._answers.add(
            [
                f"R{one.name[1:]}",
                one.email,
                f"{when[8:]}/{when[5:7]}/{when[:4]}",
                str(score),
                one.name,
            ]
        )
        yield "files", one.email.lower(), one.sale.number

    def _visit(self, one: Bought) -> Iterator[Record]:
        """What the site traced before the order: a click in a letter or a page, and a basket."""
        start = one.at - 120 - int(one.luck[3] * 1500)
        seen = "email click" if one.luck[4] < 0.4 else "page view"
        for step, event in enumerate((seen, "add to cart")):
            number = one.name[1:]
            self._visits.add(
                [
                    f"E{number}-{step}",
                    _stamp(start + 60 * step) + "Z",
                    event,
                    one.email,
                    f"s{number}",
                ]
            )
        yield "files", one.email.lower(), one.sale.number


def _bought(book: Book, names: list[str], rng: np.random.Generator) -> Iterator[Bought]:
    """Orders of the web shop with what chance has drawn for each."""
    sales = book.sales
    last = np.full(len(sales), -1, dtype=np.int64)
    np.maximum.at(last, book.refunds["sale"], book.refunds["day"])
    at = sales["at"]
    offset = season.legal_time(at)[1] if len(at) else at
    luck = rng.random((len(sales), 5))
    columns = (
        sales.tolist(),
        names,
        is_till(sales).tolist(),
        (at - offset * HOUR).tolist(),
        last.tolist(),
        luck.tolist(),
    )
    for row, name, till, moment, back, chances in zip(*columns, strict=True):
        if till:
            continue
        sale = Sale._make(row)
        email = ""
        if not sale.guest:
            email = looks.web_email(life_of(sale.number, sale.country), sale.at, sale.at)
        yield Bought(sale, name, email, moment, back, chances)


def _other_address(life: Life, one: Bought) -> str:
    draw = share(one.sale.at, life.number)
    if draw < 0.8:
        return one.email
    return life.work_email or life.email


def _stamp(at: int) -> str:
    return str(np.datetime64(at, "s")).replace("T", " ")
