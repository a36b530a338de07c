"""One person of a shop: found by any id, e-mail or telephone; their record and their archive."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from perenne.core import PerenneError
from perenne.identity import Directory
from perenne.metrics import Catalogue, Context
from perenne.text import format_date, format_number, ngettext
from perenne.text import gettext as _
from perenne.warehouse import STAGED, Engine, Table
from perenne.workspace.batches import Batch, list_imports
from perenne.workspace.layout import Layout
from perenne.workspace.opened import Opened
from perenne.workspace.settings import Settings
from perenne.workspace.snapshots import Snapshot

if TYPE_CHECKING:
    from perenne.reports import Person, PersonInput

_OPAQUE = re.compile(r"[0-9a-f]{32}")
# So many customers are listed when several may be meant.
MOST_LISTED = 8


@dataclass(frozen=True)
class Found:
    """The customer of today, and the former id that was asked for, if it was one."""

    customer_id: str
    asked_id: str | None = None


@dataclass(frozen=True)
class Exported:
    """The files of an archive, and what its reader must know of what it may lack."""

    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Desk:
    """Questions about persons, asked of one snapshot."""

    layout: Layout
    settings: Settings
    snapshot: Snapshot
    catalogue: Catalogue
    context: Context
    tables: Mapping[str, Table]
    engine: Engine

    def find(self, words: str) -> Found:
        """Who is meant. Raises PerenneError for nobody, and for several."""
        text = words.strip()
        if _OPAQUE.fullmatch(text):
            return self._by_id(text)
        holders = sorted(self.directory.holders(text)) if text else []
        if len(holders) == 1:
            return Found(holders[0])
        raise self._several(holders, words) if holders else _nobody(words, self.snapshot)

    def _by_id(self, text: str) -> Found:
        tables, fetch = self.tables, self.engine.fetch
        customers = tables["customers"]
        if fetch(customers.filter(customers.customer_id == text).limit(1)).num_rows:
            return Found(text)
        if "customer_ids" in tables:
            ids = tables["customer_ids"]
            rows = fetch(ids.filter(ids.own_id == text)).to_pylist()
            if rows and rows[0]["customer_id"]:
                return Found(rows[0]["customer_id"], asked_id=text)
            if rows:
                raise _gone(text, self.snapshot)
        raise _nobody(text, self.snapshot)

    def _several(self, holders: list[str], words: str) -> PerenneError:
        """What tells the candidates apart, without a name."""
        from perenne.workspace.tables import candidates

        tables = self.tables
        chosen = candidates(tables["customers"], tables["customer_links"], holders)
        rows = self.engine.fetch(chosen.limit(MOST_LISTED)).to_pylist()
        listed = "".join(f"\n  {row['customer_id']}: {_told_apart(row)}" for row in rows)
        left = len(holders) - len(rows)
        more = "\n  " + _("and {n} more").format(n=format_number(left)) if left else ""
        return PerenneError(
            ngettext(
                "“{given}” may be {n} customer.", "“{given}” may be {n} customers.", len(holders)
            ).format(given=words, n=format_number(len(holders))),
            given=words,
            allowed=holders,
            next_step=_(
                "Ask for one of them by its id, or name the source: perenne person SOURCE:ID"
            )
            + listed
            + more,
        )

    def person(self, words: str, *, every_event: bool = False, limit: int | None = None) -> Person:
        from perenne.reports import assemble

        return assemble(self.told(self.find(words)), every_event=every_event, limit=limit)

    def export(self, words: str, place: Path) -> Exported:
        """Write the archive of a customer: all that the snapshot and its imports hold."""
        from perenne.reports import build_archive, write_archive

        archive = build_archive(
            self.told(self.find(words)),
            quarantine=self._refused(),
            language=self.settings.shop.language,
        )
        write_archive(archive, place)
        return Exported(tuple(archive.files), tuple(self._notes()))

    def _refused(self) -> Table | None:
        """Rows that the imports of the snapshot could not read."""
        from perenne.workspace import tables

        folder = self.layout.quarantine
        files = [folder / f"{one.id}.parquet" for one in self.imports]
        parts = [self.engine.read(file) for file in files if file.is_file()]
        return tables.together(parts) if parts else None

    def _notes(self) -> Iterator[str]:
        used = {one["id"] for one in self.snapshot.manifest["inputs"]}
        present = {one.id for one in list_imports(self.layout)}
        if later := len(present - used):
            yield ngettext(
                "{n} import is not in this snapshot, nor in the archive: perenne refresh first.",
                "{n} imports are not in this snapshot, nor in the archive: perenne refresh first.",
                later,
            ).format(n=format_number(later))
        if gone := len(used - present):
            yield ngettext(
                "{n} import of this snapshot has been taken back: its rows are not in the archive.",
                "{n} imports of this snapshot have been taken back: their rows are not in the "
                "archive.",
                gone,
            ).format(n=format_number(gone))

    def told(self, found: Found) -> PersonInput:
        """All that the record of a customer is made from."""
        from perenne.reports import PersonInput

        return PersonInput(
            shop=self.settings.shop.name,
            customer_id=found.customer_id,
            asked_id=found.asked_id,
            snapshot=self.snapshot.id,
            catalogue=self.catalogue,
            context=self.context,
            tables=self.tables,
            fetch=self.engine.fetch,
            version=str(self.snapshot.manifest.get("code", "")),
            segment_settings=self.settings.segments,
            staged=self.staged,
            imported={one.id: datetime.fromisoformat(one.imported_at) for one in self.imports},
            predicted=self.snapshot.manifest.get("prediction"),
        )

    @cached_property
    def directory(self) -> Directory:
        tables = self.tables
        return Directory(
            tables["customer_links"],
            tables["contacts"],
            self.staged.get("customers"),
            self.settings.identity.default_country,
            self.engine.fetch,
        )

    @cached_property
    def imports(self) -> list[Batch]:
        """Imports that the snapshot was computed from and that are still there."""
        used = {one["id"] for one in self.snapshot.manifest["inputs"]}
        return [one for one in list_imports(self.layout) if one.id in used]

    @cached_property
    def staged(self) -> Mapping[str, Table]:
        """Rows of those imports by table, lazy; tables that none of them has are left out."""
        from perenne.workspace.tables import staged_table

        def opened(name: str) -> Table:
            return staged_table(self.engine, self.layout.raw, self.imports, name=name)

        names = (name for name in STAGED if any(name in one.tables for one in self.imports))
        return Opened(names, opened)


def _told_apart(row: Mapping[str, object]) -> str:
    orders = int(str(row["orders"]))
    words = ngettext("{n} order", "{n} orders", orders).format(n=format_number(orders))
    last = row["last_order_on"]
    if last:
        words = _("{orders}, the last on {day}").format(
            orders=words,
            day=format_date(last),  # type: ignore[arg-type] # a row's cells are objects
        )
    return f"{row['sources']}, {words}"


def _nobody(words: str, snapshot: Snapshot) -> PerenneError:
    return PerenneError(
        _("Nobody in snapshot {snapshot} is “{given}”.").format(snapshot=snapshot.id, given=words),
        given=words,
        allowed=(_("customer_id"), "SOURCE:ID", _("e-mail"), _("telephone")),
        next_step=_(
            "Give the customer’s id (perenne export customers lists them), the id that a source "
            "uses (SOURCE:ID, or the id alone), an e-mail or a telephone number. What was "
            "imported since the snapshot is known after: perenne refresh"
        ),
    )


def _gone(text: str, snapshot: Snapshot) -> PerenneError:
    return PerenneError(
        _("Customer {id} was known once; snapshot {snapshot} has no record of theirs.").format(
            id=text, snapshot=snapshot.id
        ),
        given=text,
        next_step=_(
            "perenne status lists the snapshots and the imports: the import that told of them was "
            "taken back, or the date of the snapshot is before their first record."
        ),
    )
