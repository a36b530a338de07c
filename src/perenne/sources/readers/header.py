"""Where a table starts: reports often put titles and dates above their header."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

_DEEPEST = 30


def find_header(rows: Sequence[Sequence[str | None]]) -> int:
    """Return the index of the header: the first row as wide as most rows are."""
    widths = [_width(row) for row in rows]
    usual = Counter(width for width in widths if width).most_common(1)
    if not usual:
        return 0
    wide = max(2, min(usual[0][0], max(widths)))
    return next((i for i, w in enumerate(widths[:_DEEPEST]) if w >= wide), 0)


def _width(row: Sequence[str | None]) -> int:
    """Cells up to the last one that holds something."""
    return max((i for i, cell in enumerate(row, start=1) if cell and cell.strip()), default=0)
