"""Orders put aside month by month, so that they can be numbered in order of time.

Customers are simulated in chunks and their orders spread over the whole history; an export
wants them by date. Memory holds one chunk while simulating, one month while writing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from perenne.demo.season import DAY
from perenne.demo.shapes import Table


@dataclass(frozen=True, slots=True)
class Book:
    """Orders with their lines and refunds; `sale` in the last two is a position in `sales`."""

    sales: Table
    lines: Table
    refunds: Table

    def part(self, chosen: npt.NDArray[np.int64]) -> "Book":
        """The sales at the `chosen` positions, in that order, with what belongs to them."""
        place = np.full(len(self.sales), -1, dtype=np.int64)
        place[chosen] = np.arange(len(chosen))
        return Book(self.sales[chosen], _follow(self.lines, place), _follow(self.refunds, place))


def _follow(rows: Table, place: npt.NDArray[np.int64]) -> Table:
    kept: Table = rows[place[rows["sale"]] >= 0]
    kept["sale"] = place[kept["sale"]]
    ordered: Table = kept[np.argsort(kept["sale"], kind="stable")]
    return ordered


def months_of(sales: Table) -> npt.NDArray[np.int64]:
    """Months since January 1970 of each sale."""
    days = (sales["at"] // DAY).astype("datetime64[D]")
    return days.astype("datetime64[M]").astype(np.int64)


class Spool:
    """Books put aside in `folder`, one file a month."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, book: Book) -> None:
        """Append a book's sales, lines and refunds to the files of their months."""
        months = months_of(book.sales)
        for month in np.unique(months).tolist():
            part = book.part(np.flatnonzero(months == month))
            with self._path(month).open("ab") as file:
                for rows in (part.sales, part.lines, part.refunds):
                    np.save(file, rows, allow_pickle=False)

    def months(self) -> list[int]:
        """The months that hold orders, in order."""
        return sorted(int(path.stem) for path in self._folder.glob("*.npy"))

    def take(self, month: int) -> Book:
        """All orders of a month, by time then person."""
        sales, lines, refunds = [], [], []
        offset = 0
        for part in self._parts(month):
            part.lines["sale"] += offset
            part.refunds["sale"] += offset
            offset += len(part.sales)
            sales.append(part.sales)
            lines.append(part.lines)
            refunds.append(part.refunds)
        book = Book(np.concatenate(sales), np.concatenate(lines), np.concatenate(refunds))
        return book.part(np.lexsort((book.sales["number"], book.sales["at"])))

    def _parts(self, month: int) -> Iterator[Book]:
        path = self._path(month)
        size = path.stat().st_size
        with path.open("rb") as file:
            while file.tell() < size:
                sales, lines, refunds = (np.load(file, allow_pickle=False) for _ in range(3))
                yield Book(sales, lines, refunds)

    def _path(self, month: int) -> Path:
        return self._folder / f"{month:06d}.npy"
