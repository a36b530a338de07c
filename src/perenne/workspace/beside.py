"""Tables of a new snapshot, written beside what was carried over from an earlier one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perenne.identity import Settled
from perenne.metrics import Earlier
from perenne.warehouse import Engine, Table
from perenne.workspace.carrying import Carried
from perenne.workspace.parts import PARTED, part_name


@dataclass(frozen=True)
class Beside:
    """Writes tables of a new snapshot beside what was carried over."""

    engine: Engine
    out: Path
    work: Path
    carried: Carried
    settled: Settled
    laid: Mapping[str, Table] = field(default_factory=dict)
    """Tables that stand in the new snapshot already."""
    fresh: dict[str, Table] = field(default_factory=dict)
    """Of carried tables and refunds, the rows that were computed now."""

    def earlier(self) -> Earlier:
        """What marts go on from, once orders are kept; writes who has changed."""
        from perenne.workspace.tables import changed_customers

        profiles, days, facts = (
            self.engine.read(self.carried.snapshot.table_path(name))
            for name in ("profiles", "customer_days", "customer_facts")
        )
        changed = changed_customers(
            self.fresh["orders"], self.carried.opened, moved=self.carried.moved
        )
        path = self.work / "changed_customers.parquet"
        return Earlier(profiles, days, facts, self.fresh, self._written(path, changed))

    def keep(self, name: str, table: Table) -> Table:
        """Write what was computed of the table `name`; return it with what was carried over."""
        if name in self.laid:
            return self.laid[name]
        if name in PARTED:
            folder = self.out / f"{name}.parquet"
            self.fresh[name] = self._written(folder / self._own_part, table)
            return self.engine.read(folder)
        if name == "refunds":
            self.fresh[name] = self._written(self.work / "refunds.parquet", table)
            table = self.carried.tables[name].union(self.fresh[name])
        return self._written(self.out / f"{name}.parquet", table)

    @property
    def _own_part(self) -> str:
        last = self.carried.parts[-1]["name"] if self.carried.parts else part_name(0)
        return part_name(int(last.removeprefix("part-").removesuffix(".parquet")) + 1)

    def to_manifest(self) -> dict[str, Any]:
        """The parts of the carried tables, and where they come from."""
        carried = self.carried
        return {
            "carried": {"from": carried.snapshot.id, "until": carried.until.isoformat()},
            "parts": [
                *carried.parts,
                {"name": self._own_part, "until": None, "mixed": bool(self.settled.moved)},
            ],
        }

    def _written(self, path: Path, table: Table) -> Table:
        self.engine.write(table, path)
        return self.engine.read(path)
