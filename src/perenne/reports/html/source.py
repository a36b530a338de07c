"""What the report is made from, and how it asks for figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from perenne.cleaning import Account
from perenne.identity import IdentityAccount
from perenne.metrics import (
    Catalogue,
    CohortRequest,
    CohortTable,
    Context,
    Figure,
    Request,
    cohorts,
    compute,
)
from perenne.reports.html.tables import Fetch, Table, Tables
from perenne.segments import SegmentSettings


@dataclass(frozen=True)
class ReportInput:
    """One snapshot, as the report reads it.

    `tables` holds canonical tables, marts, segments and predictions by name, lazy; `fetch` runs one
    of their expressions. `account` is the reconciliation. `generated_at` is printed at the foot.
    `prediction` is what the snapshot's manifest says of its models; None when it has none;
    `identity` what it says of records that are one customer.
    """

    shop_name: str
    catalogue: Catalogue
    tables: Tables
    context: Context
    account: Account
    fetch: Fetch
    segment_settings: SegmentSettings
    generated_at: datetime
    prediction: Mapping[str, Any] | None = None
    subscriptions: Mapping[str, Any] | None = None
    """The same of its subscriptions."""
    identity: IdentityAccount | None = None

    def figures(self, request: Request) -> list[Figure]:
        """Ask the compiler; leave out metrics that the catalogue does not hold."""
        known = tuple(name for name in request.metrics if name in self.catalogue)
        if request.metrics and not known:
            return []
        asked = Request(known, request.by, request.where, request.period, request.compare)
        return compute(
            asked,
            catalogue=self.catalogue,
            tables=self.tables,
            context=self.context,
            fetch=self.fetch,
        )

    def cohorts(self, request: CohortRequest) -> CohortTable:
        return cohorts(request, tables=self.tables, context=self.context, fetch=self.fetch)

    def rows(self, name: str, table: Table) -> Sequence[dict[str, Any]]:
        """Run one of the report's own small queries; nothing without the table it reads."""
        if name not in self.tables:
            return []
        found: list[dict[str, Any]] = self.fetch(table).to_pylist()
        return found

    def all_rows(self, name: str) -> Sequence[dict[str, Any]]:
        """Every row of one small table; nothing without it."""
        return self.rows(name, self.tables[name]) if name in self.tables else []
