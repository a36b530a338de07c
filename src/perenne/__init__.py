"""Perenne: what each customer is worth, why, and what to do about it.

import perenne as pn

shop = pn.open("my-shop")
shop.kpis().pandas()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perenne.core import PerenneError, Period

if TYPE_CHECKING:
    from pathlib import Path

    from perenne.workspace import Shop

__version__ = "0.1.0"
__all__ = ["PerenneError", "Period", "__version__", "open"]


def open(folder: str | Path, *, snapshot: str | None = None) -> Shop:
    """Open a workspace at its published snapshot, or at another one by id.

    Raises PerenneError when the folder is no workspace or nothing has been computed in it.
    """
    from perenne.workspace import open_shop

    return open_shop(folder, snapshot=snapshot)
