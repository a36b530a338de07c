"""Simulate the shop: draw its customers, keep the truth, write its exports."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from perenne.core import PerenneError
from perenne.demo import baskets, dirt, export, process, records, returns, season
from perenne.demo.channels import GOOGLE, META, NAMES
from perenne.demo.layouts import REFUND_COLUMNS
from perenne.demo.places import STORE, order_names, order_records
from perenne.demo.season import Calendar
from perenne.demo.shopify import Traits
from perenne.demo.spending import Spend, draw_spending
from perenne.demo.spool import Book, Spool
from perenne.demo.systems import FOLDERS, Systems
from perenne.demo.tally import Tally, without_gift_card_orders
from perenne.demo.truth import truth
from perenne.demo.writing import OrderFiles, csv_bytes
from perenne.text import gettext as _

_CHUNK = 20_000
_MOST_YEARS = 15
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a simulation wrote.

    `files`: the raw exports, to be imported; `stores`: the name of the shop under which some of
    them are; `truth`: truth.json, never to be imported; `customers`, `orders`: true people and
    orders; `planted`: dirt by kind.
    """

    files: tuple[Path, ...]
    stores: dict[Path, str]
    truth: Path
    customers: int
    orders: int
    planted: dict[str, int] = field(default_factory=dict)


def simulate(
    directory: Path,
    *,
    customers: int = 3000,
    seed: int = 42,
    years: int = 3,
    until: date = date(2025, 12, 31),
    several: bool = True,
    progress: Progress | None = None,
) -> Simulation:
    """Simulate a French shop over `years` years ending on `until`; write exports and truth.

    `several`: beside the web shop a till, a newsletter, payments, support, surveys, the site and
    a tea box keep records of the same persons; else the web shop's export holds every order.
    The same arguments write the same bytes. Exports go to `directory`, the truth to its folder
    `truth`. `progress` hears (steps done, steps in all). Memory grows with a month of orders,
    not with the whole history. Refuses with PerenneError arguments outside their range.
    """
    _check(directory, customers=customers, seed=seed, years=years)
    shop = _Shop(directory, season.make_calendar(until, years), customers=customers, seed=seed)
    shop.several = several
    return shop.run(progress or _silent)


def _silent(done: int, total: int) -> None:
    del done, total


def _check(directory: Path, *, customers: int, seed: int, years: int) -> None:
    ranges = (("customers", customers, 1, 50_000_000), ("seed", seed, 0, 2**63 - 1),
              ("years", years, 1, _MOST_YEARS))  # fmt: skip
    for name, given, least, most in ranges:
        if not least <= given <= most:
            raise PerenneError(
                _("The simulated shop cannot have {name} = {given}.").format(
                    name=name, given=given
                ),
                given=given,
                allowed=(least, most),
                next_step=_("Choose a whole number from {least} to {most}.").format(
                    least=least, most=most
                ),
            )
    if directory.exists() and not directory.is_dir():
        raise PerenneError(
            _("{path} is a file, not a folder.").format(path=directory),
            given=str(directory),
            next_step=_("Give the name of a folder for the simulated shop."),
        )


class _Shop:
    """One simulation under way."""

    def __init__(self, directory: Path, calendar: Calendar, *, customers: int, seed: int) -> None:
        self._directory = directory
        self._calendar = calendar
        self._customers = customers
        self._seed = seed
        self._tally = Tally(calendar)
        self._without_gift_cards = Tally(calendar)
        self._planted: Counter[str] = Counter()
        self._orders = 0
        self._systems: Systems | None = None
        self.several = True

    def run(self, progress: Progress) -> Simulation:
        chunks = -(-self._customers // _CHUNK)
        total = chunks + len(self._tally.cohorts)
        self._prepare_folders()
        rng = self._rng(3, 0)
        spending = draw_spending(rng, self._calendar, self._customers)
        with tempfile.TemporaryDirectory(prefix="spool-", dir=self._directory) as folder:
            spool = Spool(Path(folder))
            with records.ParquetFiles(self._directory / "truth") as rows:
                if self.several:
                    self._systems = Systems(
                        self._directory, self._calendar, keep=rows.add, planted=self._planted
                    )
                for chunk in range(chunks):
                    self._simulate_chunk(chunk, spool, rows)
                    progress(chunk + 1, total)
                files = self._write_orders(spool, rows, lambda done: progress(chunks + done, total))
        files += self._write_spending(spending)
        if self._systems:
            files += self._systems.close()
        progress(total, total)
        return self._finish(files, spending)

    def _rng(self, stage: int, step: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, stage, step])

    def _prepare_folders(self) -> None:
        """Make the folders, and clear what an earlier simulation wrote into them."""
        for name in ("shopify", "meta", "costs", "truth", *FOLDERS):
            folder = self._directory / name
            for old in (*folder.glob("*.csv"), *folder.glob("*.parquet")):
                old.unlink()
            if self.several or name not in FOLDERS:
                folder.mkdir(parents=True, exist_ok=True)

    def _simulate_chunk(self, chunk: int, spool: Spool, rows: records.ParquetFiles) -> None:
        rng, calendar = self._rng(1, chunk), self._calendar
        first = chunk * _CHUNK
        size = min(_CHUNK, self._customers - first)
        people = process.draw_people(rng, size, first_number=first + 1, calendar=calendar)
        sales = process.draw_purchases(rng, people, calendar)
        process.draw_circumstances(rng, sales, people, calendar=calendar)
        lines = baskets.fill(rng, sales, people)
        last_day = season.epoch_day(calendar.until)
        book = Book(sales, lines, returns.draw_refunds(rng, sales, lines, last_day=last_day))
        self._tally.add(people, book)
        self._without_gift_cards.add(people, without_gift_card_orders(book))
        rows.add("customers", records.customers_table(people, book, calendar))
        if self._systems:
            self._systems.people(people, book)
        spool.put(book)

    def _write_orders(
        self, spool: Spool, rows: records.ParquetFiles, done: Callable[[int], None]
    ) -> list[Path]:
        refunds = self._directory / "remboursements.csv"
        number = export.FIRST_ORDER
        with (
            OrderFiles(self._directory / "shopify", self._planted) as files,
            refunds.open("wb") as refund_file,
        ):
            refund_file.write(csv_bytes([REFUND_COLUMNS], delimiter=";", encoding="utf-8-sig"))
            for step, month in enumerate(spool.months()):
                if files.orders and (month % 12 == 0 or files.orders >= export.FILE_ORDERS):
                    files.turn()
                if self._systems and (step == 0 or month % 12 == 0):
                    self._systems.turn(1970 + month // 12)
                written = self._write_month(files, spool, month, first=number)
                number = int(written.numbers[-1]) + 1
                self._keep(rows, written)
                refund_file.write(
                    csv_bytes(export.refund_rows(written.book, written.names), delimiter=";")
                )
                done(step + 1)
            self._write_future(files, number)
        return [*files.paths, refunds]

    def _write_month(
        self, files: OrderFiles, spool: Spool, month: int, *, first: int
    ) -> export.Month:
        rng, book = self._rng(2, month), spool.take(month)
        plan = dirt.make_plan(rng, export.overlap_of(book.sales), month)
        numbers = plan.numbers(first, len(book.sales))
        names = order_names(book.sales, numbers, several=self.several)
        orders = export.Month(book, numbers, names, plan)
        write = self._systems.order if self._systems else export.shop_alone
        end = self._calendar.end
        export.write_month(files, orders, rng=rng, end=end, planted=self._planted, write=write)
        if self._systems:
            self._systems.month(book, names, self._rng(4, month))
        return orders

    def _keep(self, rows: records.ParquetFiles, month: export.Month) -> None:
        book, names = month.book, month.names
        holders = order_records(book.sales) if self.several else ((), ())
        self._orders += len(book.sales)
        records.count_difficulties(book, self._planted)
        rows.add("orders", records.orders_table(book, names, holders))
        rows.add("order_lines", records.lines_table(book, names))
        rows.add("refunds", records.refunds_table(book, names))

    def _write_future(self, files: OrderFiles, number: int) -> None:
        blank = Traits(number, "", "", "", "", 0, -1, -1)
        for extra in range(2):
            files.add(dirt.future_rows(blank._replace(number=number + extra), self._planted))

    def _write_spending(self, spending: list[Spend]) -> list[Path]:
        meta = self._directory / "meta"
        paths = (meta / "Meta-Ads-costs.csv", meta / "Meta-Ads-couts.csv")
        social = [spend for spend in spending if spend.channel == NAMES[META]]
        export.write_meta(paths, social)
        others = [spend for spend in spending if spend.channel != NAMES[META]]
        searched: list[Path] = []
        if self.several:
            searched = [self._directory / "google" / "campaigns.csv"]
            google = [spend for spend in others if spend.channel == NAMES[GOOGLE]]
            export.write_google(searched[0], google)
            others = [spend for spend in others if spend.channel != NAMES[GOOGLE]]
        costs = self._directory / "costs" / "couts_marketing.csv"
        export.write_costs(costs, others)
        products = self._directory / "shopify" / "products_export.csv"
        export.write_products(products)
        return [products, *paths, *searched, costs]

    def _finish(self, files: list[Path], spending: list[Spend]) -> Simulation:
        for name in ("pending", "cancelled", "voided"):
            self._planted[f"{name}_orders"] = self._tally.totals[f"{name}_orders"]
        for name in ("free_orders", "gift_card_only_orders"):
            self._planted[name] = self._tally.totals[name]
        facts = truth(
            self._tally, self._without_gift_cards, spending=spending, planted=self._planted
        )
        path = self._directory / "truth" / "truth.json"
        path.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return Simulation(
            files=tuple(files),
            stores={path: STORE for path in files if path.parent.name == "caisse"},
            truth=path,
            customers=self._customers,
            orders=self._orders,
            planted=facts["planted"],
        )
