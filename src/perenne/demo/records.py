"""The truth row by row, as Parquet beside the exports: customers, orders, lines, refunds.

Amounts are integers: `_cents` with tax, `net` in ten-thousandths of a euro without tax.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from perenne.demo import catalogue, channels, season
from perenne.demo.people import is_unusual
from perenne.demo.season import DAY, Calendar, Ints
from perenne.demo.shapes import CANCELLATION, COUNTRIES, GIFT_CARD_ONLY, Table
from perenne.demo.spool import Book

_STATUSES = ("paid", "pending", "cancelled", "voided")
_REASONS = ("returned", "gesture", "cancellation")
_CHANNELS = np.array(channels.NAMES)
Holders = tuple[Sequence[str | None], Sequence[str | None]]


def _days(days: Ints) -> Any:
    return pa.array(days.astype("datetime64[D]"))


def _words(words: tuple[str, ...], places: Ints) -> Any:
    return pa.array(np.array(words)[places].tolist(), pa.string())


def customers_table(people: Table, book: Book, calendar: Calendar) -> pa.Table:
    """One row per simulated person: latent traits, and what came of them.

    `orders` counts purchases that can be attributed (with e-mail, neither cancelled nor
    voided); `net` and `margin` are of those, after returns; `future_orders` of the 365 days
    after the history. Rates are per day of life and of operational time.
    """
    sales = book.sales
    known = sales["rank"] > 0
    owner, back = sales["owner"][known], known[book.refunds["sale"]]
    refund_owner = sales["owner"][book.refunds["sale"][back]]
    net = _sum(people, owner, sales["net"][known]) - _sum(
        people, refund_owner, book.refunds["net"][back]
    )
    cost = _sum(people, owner, sales["cost"][known]) - _sum(
        people, refund_owner, book.refunds["cost"][back]
    )
    ends = calendar.end
    return pa.table(
        {
            "customer": people["number"],
            "channel": _words(channels.NAMES, people["channel"]),
            "country": _words(COUNTRIES, people["country"]),
            "joined_on": _days(people["joined"] // DAY),
            "purchase_rate": people["rate"],
            "dropout_rate": people["dropout"],
            "alive_at_end": people["joined"] + people["lifetime"] * DAY >= ends,
            "taste": people["taste"],
            "appetite": people["appetite"],
            "favourite_category": _words(
                tuple(category.label for category in catalogue.CATEGORIES), people["favourite"]
            ),
            "orders": _sum(people, owner, np.ones(len(owner), dtype=np.int64)),
            "net": net,
            "margin": net - 100 * cost,
            "future_orders": people["future_orders"],
        }
    )


def _sum(people: Table, owner: Ints, values: Ints) -> Ints:
    return np.bincount(owner, weights=values, minlength=len(people)).astype(np.int64)


def orders_table(book: Book, names: Sequence[str], holders: Holders = ((), ())) -> pa.Table:
    """One row per true order, named as in the export; `holders` are, of each order, the system
    that holds it and the record that it is of there."""
    sales = book.sales
    systems, refs = holders if holders[0] else ([None] * len(sales),) * 2
    return pa.table(
        {
            "order_name": pa.array(names, pa.string()),
            "customer": sales["number"],
            "source": pa.array(systems, pa.string()),
            "record": pa.array(refs, pa.string()),
            "ordered_at": pa.array(sales["at"].astype("datetime64[s]")),
            "ordered_on": _days(sales["at"] // DAY),
            "status": _words(_STATUSES, sales["status"]),
            "guest": sales["guest"] == 1,
            "rank": sales["rank"],
            "channel": _words(channels.NAMES, sales["channel"]),
            "visible_channel": pa.array(
                _CHANNELS[sales["channel"]], pa.string(), mask=sales["mark"] == channels.UNMARKED
            ),
            "country": _words(COUNTRIES, sales["country"]),
            "gift_card_only": sales["kind"] == GIFT_CARD_ONLY,
            "discount_code": _words(season.CODES, sales["code"]),
            **{f"{name}_cents": sales[name] for name in _AMOUNTS},
            "net": sales["net"],
        }
    )


_AMOUNTS = ("gross", "discount", "paid", "shipping", "gift", "taxes", "refunded", "cost")


def _names(names: Sequence[str], sale: Ints) -> Any:
    return pa.array([names[place] for place in sale.tolist()], pa.string())


def _skus(products: Ints) -> Any:
    words = [product.sku for product in catalogue.PRODUCTS]
    return pa.array([words[place] if place >= 0 else None for place in products.tolist()],
                    pa.string())  # fmt: skip


def lines_table(book: Book, names: Sequence[str]) -> pa.Table:
    """One row per true order line, gift cards and samples included."""
    lines = book.lines
    return pa.table(
        {
            "order_name": _names(names, lines["sale"]),
            "sku": _skus(lines["product"]),
            "quantity": lines["quantity"],
            "price_cents": lines["price"],
            "paid_cents": lines["paid"],
            "net": lines["net"],
            "cost_cents": lines["quantity"] * catalogue.COST[lines["product"]],
        }
    )


def refunds_table(book: Book, names: Sequence[str]) -> pa.Table:
    """One row per refund; `goods_cents` is the part of it that pays for products."""
    refunds = book.refunds
    return pa.table(
        {
            "order_name": _names(names, refunds["sale"]),
            "refunded_on": _days(refunds["day"]),
            "reason": _words(_REASONS, refunds["reason"]),
            "sku": _skus(refunds["product"]),
            "quantity": refunds["quantity"],
            "amount_cents": refunds["amount"],
            "goods_cents": refunds["goods"],
            "net": refunds["net"],
            "cost_cents": refunds["cost"],
        }
    )


def count_difficulties(book: Book, planted: Counter[str]) -> None:
    """Count what makes true orders hard to read: gift cards, samples, missing e-mails …"""
    sales, product = book.sales, book.lines["product"]
    gift = catalogue.IS_GIFT_CARD[product]
    sample = product == catalogue.SAMPLE
    planted["gift_card_lines"] += int(gift.sum())
    planted["free_gift_lines"] += int((sample & (sales["paid"][book.lines["sale"]] > 0)).sum())
    planted["orders_without_email"] += int(sales["guest"].sum())
    planted["orders_of_unknown_channel"] += int((sales["mark"] == channels.UNMARKED).sum())
    planted["orders_with_shipping"] += int((sales["shipping"] > 0).sum())
    unusual = is_unusual(sales["number"]) & (sales["guest"] == 0)
    planted["orders_with_unusual_names"] += int(unusual.sum())
    planted["refunds"] += len(book.refunds)
    planted["refunds_of_cancelled_orders"] += int((book.refunds["reason"] == CANCELLATION).sum())


class ParquetFiles:
    """Parquet files that grow batch by batch, each with the columns of its first batch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> "ParquetFiles":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for writer in self._writers.values():
            writer.close()

    def add(self, name: str, table: pa.Table) -> None:
        """Append a batch to `name`.parquet."""
        if name not in self._writers:
            path = self._folder / f"{name}.parquet"
            self._writers[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
        self._writers[name].write_table(table)
