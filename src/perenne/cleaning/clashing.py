"""Refuse imports of one source that number different orders, or different customers, alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from perenne.cleaning.tables import clashes
from perenne.core import PerenneError
from perenne.text import format_number
from perenne.text import gettext as _
from perenne.warehouse import Table

Fetch = Callable[[Table], pa.Table]
FEWEST = 3
"""Fewer than this may be corrections, as may any number that is not most of what both tell."""
SALES = ("orders", "order_lines")


def refuse_clashes(staged: Mapping[str, Table], fetch: Fetch) -> None:
    """Raise PerenneError where most of what two imports of a source number alike is not the same:
    the newer would silently replace the older."""
    sales = {name: staged[name] for name in SALES if name in staged}
    if any(_several(table, fetch) for table in sales.values()):
        _refuse(fetch(clashes.of_orders(sales)), _orders_clash)
    if "customers" in staged and _several(staged["customers"], fetch):
        _refuse(fetch(clashes.of_customers(staged["customers"])), _customers_clash)


def _several(table: Table, fetch: Fetch) -> bool:
    return bool(fetch(clashes.several(table)).column(0)[0].as_py())


def _refuse(found: pa.Table, told: Callable[[Mapping[str, Any]], str]) -> None:
    rows = [
        row
        for row in found.to_pylist()
        if row["clashing"] >= FEWEST and 2 * row["clashing"] > row["shared"]
    ]
    if not rows:
        return
    worst = max(rows, key=lambda row: (row["clashing"], row["batch_2"]))
    raise PerenneError(
        told(worst),
        given=worst["example"],
        next_step=_(
            "Are they of two shops, tills or tools, give one of them a name of its own: perenne "
            "forget {newer}, then perenne import {file} --store NAME. Does the newer file correct "
            "the older one, take that back: perenne forget {older}."
        ).format(newer=worst["batch_2"], older=worst["batch"], file=worst["file_2"]),
    )


def _orders_clash(row: Mapping[str, Any]) -> str:
    return _(
        "{older} and {newer} give the same number to different orders, {count} of the {shared} "
        "that both hold: customer and day or amount differ. The newer ones would take the place "
        "of the older."
    ).format(**_words(row))


def _customers_clash(row: Mapping[str, Any]) -> str:
    return _(
        "{older} and {newer} give the same number to different customers, {count} of the {shared} "
        "whose e-mail both hold: e-mail and name differ. They would be taken for one."
    ).format(**_words(row))


def _words(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "older": row["file"],
        "newer": row["file_2"],
        "count": format_number(row["clashing"]),
        "shared": format_number(row["shared"]),
    }
