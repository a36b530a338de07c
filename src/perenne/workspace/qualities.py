"""The quality of imports: what each is judged by, and its report under quality/."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from perenne.core import PerenneError
from perenne.quality import ImportQuality, Subject, Subjects, judge
from perenne.reports import write_quality_report
from perenne.sources import preset, preset_names
from perenne.text import current_language
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine, Table
from perenne.workspace import settings
from perenne.workspace.batches import Batch, list_imports
from perenne.workspace.engines import local_engine
from perenne.workspace.layout import Layout, write_json

# Of so many earlier imports the days are compared with those of a new one.
_EARLIER = 50
_KNOW_ORDERS = ("orders", "order_lines")


def batch_named(layout: Layout, name: str | None) -> Batch:
    """The import called `name`, or by the start of its name; the last one without a name."""
    known = list_imports(layout)
    found = [batch for batch in known if name is None or batch.id.startswith(name)]
    exact = [batch for batch in known if name in (batch.id, batch.file)]
    if len(exact) == 1 or (found and (name is None or len(found) == 1)):
        return (exact or found)[-1]
    if not known:
        raise PerenneError(
            _("No file has been imported yet."), next_step=_("Import one: perenne import FILE")
        )
    raise PerenneError(
        _("There is no import {batch}.").format(batch=name),
        given=name,
        allowed=[batch.id for batch in known],
        next_step=_("perenne status lists the imports."),
    )


def check_import(layout: Layout, batch: Batch) -> ImportQuality:
    """Judge one import as it stands under raw/. Raises PerenneError where pointblank is missing."""
    values = settings.load(layout.settings)
    with local_engine(values, layout) as engine:
        return judge(
            _subjects(layout, batch, values, engine), settings=values.quality, fetch=engine.fetch
        )


def write_quality(layout: Layout, found: ImportQuality, *, out: Path | None = None) -> Path:
    """Write the report in the current language, and its values as JSON beside it in quality/."""
    if out is None:
        layout.quality.mkdir(exist_ok=True)
        write_json(layout.quality / f"{found.batch}.json", found.to_values())
    file = out or layout.quality / f"{found.batch}-{current_language()}.html"
    write_quality_report(found, file)
    return file


def _subjects(
    layout: Layout, batch: Batch, values: settings.Settings, engine: DuckEngine
) -> Subjects:
    kin = [one for one in list_imports(layout) if one.source == batch.source]
    refused = layout.raw / batch.id / "quarantine.parquet"

    def tables(name: str, imports: Sequence[Batch]) -> list[Table]:
        return [
            engine.read(layout.raw / one.id / f"{name}.parquet")
            for one in imports
            if name in one.tables
        ]

    # A live source reads overlapping windows by design.
    before = [] if batch.origin else [one for one in kin if one.seq < batch.seq][-_EARLIER:]
    orders = [table for name in _KNOW_ORDERS for table in tables(name, kin)]
    return Subjects(
        batch=batch.id,
        file=batch.file,
        source=batch.source,
        preset=batch.preset,
        title=_title(batch.preset),
        imported_on=_day(batch, values),
        rows_read=batch.rows_read,
        quarantined=batch.quarantined,
        tables=[
            Subject(
                name,
                tables(name, [batch])[0],
                (counts["read"], counts["quarantined"]),
                earlier=tables(name, before),
                orders=_orders_for(name, orders, tables("orders", kin)),
            )
            for name, counts in batch.tables.items()
        ],
        quarantine=engine.read(refused) if refused.exists() else None,
        earliest=values.import_.earliest,
    )


def _orders_for(name: str, orders: list[Table], whole: list[Table]) -> list[Table]:
    """What knows the orders that a table names: for lines the orders, for refunds both."""
    return {"refunds": orders, "order_lines": whole}.get(name, [])


def _title(name: str) -> str:
    """What a preset reads, in words; a live source's stream has its own name."""
    return preset(name).title if name in preset_names() else name


def _day(batch: Batch, values: settings.Settings) -> date:
    imported = datetime.fromisoformat(batch.imported_at)
    return imported.astimezone(ZoneInfo(values.shop.time_zone)).date()
