"""Exports of a shop that goes on selling, and what a refresh that carries over must equal."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from perenne.workspace import Layout, Refreshed, refresh_workspace
from perenne.workspace.snapshots import current
from tests.cli.files import write
from tests.workspace.shops import carry_over, table, without_models

FIRST = date(2024, 1, 1)
LINES = (
    "order_id,order_date,customer_id,country,status,product_id,product_name,quantity,unit_price,"
    "discount,total"
)
ORDERS = "order_id,order_date,customer_id,country,total,refunded_amount,status"


def carrying(place: Layout) -> Layout:
    """A workspace that carries over however small it is."""
    without_models(place)
    carry_over(place)
    return place


class Exports:
    """Exports of a shop that sells every day, some of whose orders change weeks later."""

    def __init__(self, seed: int, folder: Path, *, heads_later: bool = False) -> None:
        """`heads_later`: the head of an order may stand a day after its lines, in another month."""
        self.draw, self.folder, self.files = random.Random(seed), folder, 0
        self.known: dict[str, tuple[date, str]] = {}
        self.heads_later = heads_later

    def day(self, on: date, *, orders: int = 3) -> None:
        for _ in range(orders):
            name = f"A{len(self.known)}"
            self.known[name] = (on, f"c{int(self.draw.paretovariate(0.9)) % 40}")

    def lines(self, names: list[str], *, cancelled: frozenset[str] = frozenset()) -> Path:
        rows = []
        for name in names:
            on, who = self.known[name]
            draw = random.Random(name)
            status = "cancelled" if name in cancelled else "paid"
            for _ in range(draw.randint(1, 3)):
                price, product = draw.randint(5, 90), draw.randint(1, 9)
                amount = draw.randint(1, 3)
                rows.append(
                    f"{name},{on},{who},FR,{status},P{product},Tea {product},{amount},{price}.25,"
                    f"{draw.choice((0, 0, 2))},"
                )
        return self._write(LINES, rows)

    def heads(self, names: list[str], *, refunded: frozenset[str] = frozenset()) -> Path:
        rows = []
        for name in names:
            on, who = self.known[name]
            total = 10 + int(name[1:]) % 50
            back = total if name in refunded else 0
            if self.heads_later:
                on += timedelta(days=int(name[1:]) % 2)
            rows.append(f"{name},{on},{who},BE,{total}.50,{back},paid")
        return self._write(ORDERS, rows)

    def _write(self, head: str, rows: list[str]) -> Path:
        self.files += 1
        return write(self.folder / f"export-{self.files}.csv", "\n".join([head, *rows]) + "\n")


def rows_of(place: Layout, name: str) -> list[str]:
    """With ids in the place of numbers, which a refresh that carries over gives otherwise."""
    ids = {row["customer_number"]: row["customer_id"] for row in table(place, "profiles")}
    rows = [dict(row) for row in table(place, name)]
    for row in rows:
        if "customer_number" in row:
            row["customer_number"] = ids.get(row["customer_number"])
    return sorted(str(sorted(row.items())) for row in rows)


def assert_like_a_whole_one(place: Layout, made: Refreshed) -> None:
    """Every table, the account and what the manifest says of them."""
    twin = Layout(place.root.with_name(f"{place.root.name}-whole"))
    shutil.copytree(place.root, twin.root)
    shutil.rmtree(twin.snapshots / made.snapshot.id)
    before = [path.name for path in sorted(twin.snapshots.iterdir())]
    twin.current.write_text(before[-1] + "\n")
    asked = made.snapshot.manifest["requested_as_of"]
    whole = refresh_workspace(twin, as_of=date.fromisoformat(asked) if asked else None, whole=True)
    assert whole.snapshot.manifest["carried"] == {"whole": "asked"}
    assert made.snapshot.tables == whole.snapshot.tables
    for name in whole.snapshot.tables:
        assert rows_of(place, name) == rows_of(twin, name), name
    assert made.account == whole.account
    assert made.account.balanced
    own = {"id", "sha256", "bytes", "carried", "parts", "identity"}
    left = [
        {name: value for name, value in one.snapshot.manifest.items() if name not in own}
        for one in (made, whole)
    ]
    assert left[0] == left[1]
    shutil.rmtree(twin.root)


def taken(place: Layout) -> Mapping[str, Any]:
    found: Mapping[str, Any] = current(place).manifest["carried"]
    return found


def later(exports: Exports, days: range) -> list[str]:
    """Names of orders of some days after the first eight months."""
    before = set(exports.known)
    for day in days:
        exports.day(FIRST + timedelta(days=240 + day))
    return [name for name in exports.known if name not in before]
