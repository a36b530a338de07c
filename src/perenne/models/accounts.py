"""Customers as groups whose futures are drawn together: by name, and accounts of several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from perenne.models.predicting import Groups

ACCOUNT = "account"
Rows = list[dict[str, Any]]


def coded(dimension: str, names: Sequence[str | None]) -> Groups:
    """Groups by name, in order, the unknown last."""
    known = sorted({name for name in names if name is not None})
    values: list[str | None] = [*known, *([None] if None in names else [])]
    place = {value: number for number, value in enumerate(values)}
    return Groups(dimension, values, np.array([place[name] for name in names], dtype=np.int64))


def account_groups(accounts: Sequence[str | None], *, most: int) -> Iterator[Groups]:
    """The accounts (of each customer theirs, or None) that several customers belong to: those of
    the most customers, at most so many. One of one customer is told as that customer is."""
    sizes = Counter(one for one in accounts if one is not None)
    several = [(-size, one) for one, size in sizes.items() if size > 1]
    values = sorted(one for _size, one in sorted(several)[:most])
    if not values:
        return
    place = {one: number for number, one in enumerate(values)}
    codes = [-1 if one is None else place.get(one, -1) for one in accounts]
    yield Groups(ACCOUNT, values, np.array(codes, dtype=np.int64))


def apart(rows: Sequence[Mapping[str, Any]]) -> tuple[Rows, Rows]:
    """Rows of groups of the whole shop, and those of accounts, each under its id."""
    totals = [dict(row) for row in rows if row["dimension"] != ACCOUNT]
    of_accounts = [row for row in rows if row["dimension"] == ACCOUNT]
    return totals, [{**row, "account_id": row["value"]} for row in of_accounts]
