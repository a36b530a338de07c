"""What the record of a person is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from perenne.metrics import Catalogue, Context
from perenne.metrics.tables import Fetch, Table, Tables
from perenne.segments import SegmentSettings

Row = Mapping[str, Any]


def of_customers(table: Table, customers: Sequence[str]) -> Table:
    """The rows of some customers, lazy."""
    if len(customers) == 1:
        return table.filter(table.customer_id == customers[0])
    return table.filter(table.customer_id.isin(list(customers)))


@dataclass(frozen=True)
class PersonInput:
    """One snapshot and one customer in it.

    `tables` are the tables of the snapshot by name, lazy; `fetch` runs an expression on them.
    `staged` are the rows that the imports of the snapshot hold, typed but not cleaned, with the
    `source` and `batch` of each; `imported` says when each batch was read. `version` is that of
    the Perenne that computed the snapshot; `predicted` is what its manifest says of predictions.
    """

    shop: str
    customer_id: str
    snapshot: str
    catalogue: Catalogue
    context: Context
    tables: Tables
    fetch: Fetch
    version: str
    segment_settings: SegmentSettings
    staged: Mapping[str, Table] = field(default_factory=dict)
    imported: Mapping[str, datetime] = field(default_factory=dict)
    asked_id: str | None = None
    predicted: Mapping[str, Any] | None = None
    members: tuple[str, ...] = ()
    """Of an account: its customers, whose rows then count together."""

    @property
    def customers(self) -> tuple[str, ...]:
        return self.members or (self.customer_id,)

    @property
    def as_of(self) -> date:
        return self.context.as_of

    def own(self, name: str) -> Table:
        """The customer's rows of a table, lazy. Only for a table that is there."""
        return of_customers(self.tables[name], self.customers)

    def rows(self, name: str) -> Sequence[Row]:
        """The customer's rows of a table, in no order; none without the table."""
        return self.run(self.own(name)) if name in self.tables else []

    def has(self, name: str) -> bool:
        """Has the customer any row in a table?"""
        return name in self.tables and self.fetch(self.own(name).limit(1)).num_rows > 0

    def row(self, name: str) -> Row | None:
        return next(iter(self.rows(name)), None)

    def run(self, table: Table) -> Sequence[Row]:
        """Instants are read without their zone, which is UTC: PyArrow would load pandas for it."""
        found = self.fetch(table)
        columns = {name: _told(found[name]) for name in found.column_names}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _told(column: Any) -> list[Any]:
    """The cells of an Arrow column."""
    if getattr(column.type, "tz", None) is None:
        return list(column.to_pylist())
    instants = column.cast("timestamp[us]").to_pylist()
    return [one and one.replace(tzinfo=UTC) for one in instants]
