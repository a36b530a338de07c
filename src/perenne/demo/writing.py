"""Writing files piece by piece: CSV in blocks, order exports that overlap."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from perenne.demo.layouts import ORDER_COLUMNS

_BLOCK_ROWS = 2_000
_COPY_BYTES = 1 << 20


def csv_bytes(
    rows: Iterable[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8"
) -> bytes:
    """Rows as CSV, quoted only where needed, lines ended by a line feed."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().encode(encoding)


class Sheet:
    """One CSV file that grows row by row."""

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        *,
        delimiter: str = ",",
        encoding: str = "utf-8",
        above: Sequence[Sequence[str]] = (),
    ) -> None:
        self.path = path
        self._delimiter = delimiter
        self._encoding = encoding
        self._rows: list[Sequence[str]] = [*above, columns]
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")

    def add(self, *rows: Sequence[str]) -> None:
        self._rows.extend(rows)
        if len(self._rows) >= _BLOCK_ROWS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        rows = csv_bytes(self._rows, delimiter=self._delimiter, encoding=self._encoding)
        self._file.write(rows)
        self._rows = []


class OrderFiles:
    """Numbered orders_export files; each starts with the last days of the one before.

    Call `mark` when those last days begin and `turn` to start the next file.
    """

    def __init__(self, folder: Path, planted: Counter[str]) -> None:
        self.paths: list[Path] = []
        self.orders = 0
        self._folder = folder
        self._planted = planted
        self._rows: list[list[str]] = []
        self._mark = 0
        self._since_mark = (0, 0)
        self._file = self._next_file()

    def __enter__(self) -> "OrderFiles":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._flush()
        self._file.close()

    def add(self, rows: Sequence[list[str]]) -> None:
        """Append the rows of one order."""
        self._rows.extend(rows)
        self.orders += 1
        self._since_mark = (self._since_mark[0] + 1, self._since_mark[1] + len(rows))
        if len(self._rows) >= _BLOCK_ROWS:
            self._flush()

    def mark(self) -> None:
        """From here on, rows will also open the next file, if one is started."""
        self._flush()
        self._mark = self._file.tell()
        self._since_mark = (0, 0)

    def turn(self) -> None:
        """Close this file and start the next one with the rows written since the mark."""
        self._flush()
        self._file.close()
        previous, start = self.paths[-1], self._mark
        self._planted["overlapping_orders"] += self._since_mark[0]
        self._planted["overlapping_rows"] += self._since_mark[1]
        self._file = self._next_file()
        with previous.open("rb") as source:
            source.seek(start)
            while block := source.read(_COPY_BYTES):
                self._file.write(block)
        self.orders = 0

    def _next_file(self) -> BinaryIO:
        self.paths.append(self._folder / f"orders_export_{len(self.paths) + 1}.csv")
        file = self.paths[-1].open("wb")
        file.write(csv_bytes([ORDER_COLUMNS]))
        return file

    def _flush(self) -> None:
        self._file.write(csv_bytes(self._rows))
        self._rows = []
