"""The shop's platforms export: orders month by month, refunds, products, spending."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from perenne.demo import catalogue, dirt, layouts, season
from perenne.demo.dirt import Plan
from perenne.demo.layouts import euros, french_euros
from perenne.demo.people import identity
from perenne.demo.process import is_unpaid
from perenne.demo.season import DAY, Ints
from perenne.demo.shapes import CANCELLED, RETURNED, Line, Refund, Sale, Table
from perenne.demo.shopify import Traits, order_rows, product_rows
from perenne.demo.spending import RETENTION, Spend
from perenne.demo.spool import Book
from perenne.demo.writing import OrderFiles, csv_bytes

FIRST_ORDER = 1001
OVERLAP_DAYS = 14
#: A file is closed at the end of the month in which it reaches this many orders.
FILE_ORDERS = 400_000
_BLOCK = 5_000
WriteOrder = Callable[[Sale, list[Line], Traits], list[list[str]] | None]
_REASONS = ("Retour client ; produit non conforme", "Geste commercial", "Annulation")


@dataclass(frozen=True, slots=True)
class Month:
    """A month's orders, their numbers and names, and the dirt to come between them."""

    book: Book
    numbers: Ints
    names: list[str]
    plan: Plan


def stamps(at: Ints) -> list[str]:
    """Shopify's timestamps, `2025-10-07 09:50:26 +0200`, from local seconds."""
    if not len(at):
        return []
    existing, offset = season.legal_time(at)
    texts = np.datetime_as_string(existing.astype("datetime64[s]"), unit="s")
    return [
        f"{text[:10]} {text[11:]} +0{hours}00"
        for text, hours in zip(texts.tolist(), offset.tolist(), strict=True)
    ]


def draw_traits(rng: np.random.Generator, sales: Table, numbers: Ints, *, end: int) -> list[Traits]:
    """How a month's orders will look; nothing happens from local second `end` on."""
    size = len(sales)
    paid = sales["at"] + rng.integers(2, 400, size)
    fulfilled = sales["at"] + rng.integers(4 * 3600, 4 * DAY, size)
    cancelled = sales["at"] + rng.integers(3600, DAY, size)
    unsent = is_unpaid(sales) | (sales["status"] == CANCELLED) | (fulfilled >= end)
    casing = np.where(rng.random(size) < 0.06, rng.integers(1, 4, size), 0)
    casing[sales["guest"] == 1] = 0
    note = np.where(rng.random(size) < 0.03, rng.integers(0, 7, size), -1)
    other_tag = np.where(rng.random(size) < 0.12, rng.integers(0, 4, size), -1)
    columns = (
        numbers.tolist(),
        stamps(sales["at"]),
        _unless(is_unpaid(sales), stamps(paid)),
        _unless(unsent, stamps(fulfilled)),
        _unless(sales["status"] != CANCELLED, stamps(np.minimum(cancelled, end - 1))),
        casing.tolist(),
        note.tolist(),
        other_tag.tolist(),
    )
    return [Traits(*cells) for cells in zip(*columns, strict=True)]


def _unless(never: Table, texts: list[str]) -> list[str]:
    return ["" if gone else text for gone, text in zip(never.tolist(), texts, strict=True)]


def overlap_of(sales: Table) -> int:
    """How many of a month's orders come before its last days, which the next file repeats."""
    month = (sales["at"][:1] // DAY).astype("datetime64[D]").astype("datetime64[M]")
    following = (month + 1).astype("datetime64[D]").astype(np.int64)
    return int(np.searchsorted(sales["at"], (int(following[0]) - OVERLAP_DAYS) * DAY))


def shop_alone(sale: Sale, lines: Sequence[Line], traits: Traits) -> list[list[str]]:
    """Rows of an order where the web shop's export holds every order."""
    who = None if sale.guest else identity(sale.number, sale.country)
    return order_rows(sale, lines, traits, who=who)


def write_month(
    files: OrderFiles,
    month: Month,
    *,
    rng: np.random.Generator,
    end: int,
    planted: Counter[str],
    write: WriteOrder = shop_alone,
) -> None:
    """Write a month's orders, each beside the dirt planned for it.

    `write` gives the rows of an order, or None for one that another system's file holds.
    """
    size = len(month.book.sales)
    for start in range(0, size, _BLOCK):
        stop = min(start + _BLOCK, size)
        sales, numbers = month.book.sales[start:stop], month.numbers[start:stop]
        traits = draw_traits(rng, sales, numbers, end=end)
        orders = zip(orders_of(month.book, start, stop), traits, strict=True)
        for place, ((sale, lines), look) in enumerate(orders, start):
            if place == month.plan.overlap:
                files.mark()
            _write_dirt_before(files, place, look, plan=month.plan, planted=planted)
            rows = write(sale, lines, look)
            if rows is None:
                continue
            _count_traits(look, planted)
            if place in month.plan.duplicates:
                rows.append(dirt.duplicate_row(rows, look, planted))
            files.add(rows)
    if month.plan.overlap >= size:
        files.mark()


def _count_traits(look: Traits, planted: Counter[str]) -> None:
    planted["emails_in_other_case"] += look.casing > 0
    planted["orders_with_notes"] += look.note >= 0


def _write_dirt_before(
    files: OrderFiles, place: int, traits: Traits, *, plan: Plan, planted: Counter[str]
) -> None:
    before = traits.number - 1
    if place in plan.broken:
        kind = plan.broken[place]
        files.add(dirt.broken_rows(kind, traits._replace(number=before), planted))
        before -= 1
    if place in plan.tests:
        files.add(dirt.trial_rows(plan.tests[place], traits._replace(number=before), planted))


def orders_of(book: Book, start: int, stop: int) -> Iterator[tuple[Sale, list[Line]]]:
    """Each sale of a book from position `start` to before `stop`, with its lines."""
    bounds = np.searchsorted(book.lines["sale"], np.arange(start, stop + 1)).tolist()
    lines = [Line._make(row) for row in book.lines[bounds[0] : bounds[-1]].tolist()]
    for place, row in enumerate(book.sales[start:stop].tolist()):
        first, last = bounds[place] - bounds[0], bounds[place + 1] - bounds[0]
        yield Sale._make(row), lines[first:last]


def refund_rows(book: Book, names: Sequence[str]) -> list[list[str]]:
    """The French refunds export of a month's orders."""
    return [
        [
            names[refund.sale],
            _french_day(refund.day),
            french_euros(refund.amount),
            catalogue.PRODUCTS[refund.product].sku if refund.reason == RETURNED else "",
            str(refund.quantity) if refund.reason == RETURNED else "",
            _REASONS[refund.reason],
        ]
        for refund in map(Refund._make, book.refunds.tolist())
    ]


def _french_day(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).strftime("%d/%m/%Y")


def write_products(path: Path) -> None:
    """products_export.csv."""
    path.write_bytes(csv_bytes([layouts.PRODUCT_COLUMNS, *product_rows()]))


def write_meta(paths: tuple[Path, Path], spending: Sequence[Spend]) -> None:
    """Two Meta exports that follow each other: the first in English, the second in French."""
    middle = spending[len(spending) // 2].first if spending else date.max
    early = [spend for spend in spending if spend.first < middle]
    late = [spend for spend in spending if spend.first >= middle]
    for path, header, part in zip(
        paths, (layouts.META_ENGLISH, layouts.META_FRENCH), (early, late), strict=True
    ):
        rows = [_meta_row(spend, rank) for rank, spend in enumerate(part)]
        path.write_bytes(csv_bytes([header, *rows], encoding="utf-8-sig"))


def _meta_row(spend: Spend, rank: int) -> list[str]:
    impressions = spend.cents * 100 // (650 + rank * 7 % 400)
    reach = impressions * 10 // (14 + rank % 9)
    return [
        spend.first.isoformat(),
        spend.last.isoformat(),
        spend.campaign,
        "active",
        euros(spend.cents),
        str(impressions),
        str(reach),
        f"{impressions / max(reach, 1):.2f}",
        str(impressions * 12 // 1000),
    ]


def write_google(path: Path, spending: Sequence[Spend]) -> None:
    """A Google Ads report by day: title lines above the header, a total at the end."""
    rows = []
    for spend in spending:
        days = (spend.last - spend.first).days + 1
        for place in range(days):
            cents = spend.cents * (place + 1) // days - spend.cents * place // days
            day = (spend.first + timedelta(days=place)).isoformat()
            shown = [str(cents * 3 // 20), str(cents // 60)]
            rows.append([day, "Enabled", spend.campaign, "EUR", euros(cents), *shown])
    total = euros(sum(spend.cents for spend in spending))
    end = ["Total: Campaigns", "", " --", "EUR", total, "", ""]
    header = (*layouts.GOOGLE_TITLE, layouts.GOOGLE_COLUMNS)
    path.write_bytes(csv_bytes([*header, *rows, end]))


def write_costs(path: Path, spending: Sequence[Spend]) -> None:
    """The other channels' costs as a French spreadsheet saves them: cp1252, `;`, commas."""
    rows = [
        [
            spend.first.strftime("%d/%m/%Y"),
            spend.channel,
            spend.campaign,
            "Fidélisation" if spend.kind == RETENTION else "Acquisition",
            french_euros(spend.cents),
        ]
        for spend in spending
    ]
    path.write_bytes(csv_bytes([layouts.COST_COLUMNS, *rows], delimiter=";", encoding="cp1252"))
