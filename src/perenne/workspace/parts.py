"""The tables of a snapshot that are carried over in parts, one file for each refresh that made some
of their rows; and how parts are laid into the next snapshot."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from perenne.warehouse import Engine, Table, files_of
from perenne.workspace.snapshots import Snapshot

PARTED = ("orders", "order_lines", "sales", "order_values")
"""Tables that are carried over in parts."""
MOST_PARTS = 24
"""Beyond them one file is read quicker."""


@dataclass(frozen=True)
class Part:
    """A file of each carried table: orders from the end of the part before it to before `end`."""

    name: str | None
    """None where the table is one file."""
    end: date
    mixed: bool = False
    """Holds earlier orders too, whose customers were linked since."""


def parts_of(snapshot: Snapshot) -> list[Part]:
    """The parts of a snapshot's carried tables, in order of time."""
    after = snapshot.as_of + timedelta(days=1)
    listed = snapshot.manifest.get("parts") or [{"name": None, "until": None}]
    return [
        Part(
            one["name"],
            date.fromisoformat(one["until"]) if one["until"] else after,
            one.get("mixed", False),
        )
        for one in listed
    ]


def lay(
    found: Snapshot, until: date, *, engine: Engine, out: Path, orders: Table
) -> list[dict[str, Any]]:
    """Lay the settled rows of every carried table into the new snapshot, `out`: whole parts by a
    link, the part that the day cuts as a copy. `orders`: all of the earlier snapshot. Returns the
    parts as a manifest lists them."""
    from perenne.metrics import order_values
    from perenne.workspace.tables import settled_rows

    profiles = engine.read(found.table_path("profiles"))
    parts: list[dict[str, Any]] = []
    start: date | None = None
    for number, part in enumerate(parts_of(found)):
        if start and start >= until and not part.mixed:
            continue
        name = part.name or part_name(number)
        end = min(part.end, until)
        for table in PARTED:
            path = found.table_path(table)
            file = path / part.name if part.name else path
            target = out / f"{table}.parquet" / name
            target.parent.mkdir(exist_ok=True)
            if end == part.end:
                link(file, target)
            elif table == "order_values":
                ledger = engine.read(out / "sales.parquet" / name)
                engine.write(order_values(ledger, profiles), target)
            else:
                rows = settled_rows(table, engine.read(file), until=until, orders=orders)
                engine.write(rows, target)
        parts.append({"name": name, "until": end.isoformat(), "mixed": part.mixed})
        start = end
    return parts


def extend(found: Snapshot, name: str, rows: Table, *, engine: Engine, out: Path) -> Table:
    """Lay a whole table of `found` into the new snapshot, with `rows` beside it."""
    files = files_of(found.table_path(name))
    target = out / f"{name}.parquet"
    if len(files) >= MOST_PARTS:
        engine.write(engine.read(found.table_path(name)).union(rows), target)
        return engine.read(target)
    target.mkdir()
    for number, file in enumerate(files):
        link(file, target / part_name(number))
    own = target / part_name(len(files))
    if not engine.write(rows, own):
        own.unlink()
    return engine.read(target)


def part_name(number: int) -> str:
    return f"part-{number:06d}.parquet"


def link(file: Path, target: Path) -> None:
    try:
        os.link(file, target)
    except OSError:  # a disk that knows no links, or another disk
        shutil.copyfile(file, target)


def without(
    moved: Table, folder: Path, parts: Sequence[Mapping[str, Any]], *, engine: Engine
) -> Table:
    """Write the parts of a carried table again without the rows of these customers, by
    `customer_id` or by `customer_number`."""
    for part in parts:
        whole = engine.read(folder / part["name"])
        key = "customer_id" if "customer_id" in whole.columns else "customer_number"
        rest = folder / f"{part['name']}.rest"
        engine.write(whole.anti_join(moved, key), rest)
        rest.replace(folder / part["name"])
    return engine.read(folder)
