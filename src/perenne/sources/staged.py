"""What staging a file leaves behind: counts that add up, and control totals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from perenne.sources.recognition import Recognition


@dataclass(frozen=True)
class TableCount:
    """Rows of one staged table; `read` = `kept` + `quarantined`."""

    table: str
    read: int
    kept: int
    quarantined: int


@dataclass(frozen=True)
class Control:
    """Rows and amount of a month straight from the file, for reconciliation at the far end.

    `month` is `YYYY-MM`, None where the file gives no date; `currency` is None when the file names
    none. `refused_*` is the part of them that stands in quarantine.
    """

    table: str
    month: str | None
    currency: str | None
    rows: int
    amount: Decimal
    refused_rows: int
    refused_amount: Decimal


@dataclass(frozen=True)
class StagedFile:
    """A file after staging: one Parquet file per table, and `quarantine.parquet`."""

    recognition: Recognition
    rows: int
    """Rows of the file below its header, readable or not."""
    tables: dict[str, Path]
    quarantine: Path
    counts: tuple[TableCount, ...]
    controls: tuple[Control, ...]
    currencies: tuple[str, ...]
    """Currencies that the file names, in alphabetical order."""
    unknown_channel_share: float | None
    """Share of the orders whose channel is not known; None when there are no orders."""
    notes: tuple[str, ...] = ()
