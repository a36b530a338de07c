"""What a snapshot's manifest tells beside its tables: how it was made, and what was assumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import perenne
from perenne.cleaning import Account
from perenne.core import PerenneError
from perenne.identity import refused_since
from perenne.metrics import Context
from perenne.text import format_number, ngettext
from perenne.text import gettext as _
from perenne.warehouse import Engine, Table
from perenne.workspace.batches import Batch
from perenne.workspace.settings import Settings, as_mapping

DEFAULT_CURRENCY = "EUR"


def currency_of(imports: Iterable[Batch], settings: Settings) -> tuple[str, bool]:
    """The currency that figures are in: as set, else the one that most rows name, else that of the
    exports; and whether nobody named it. Cleaning tells several."""
    seen: dict[str, int] = {}
    for batch in imports:
        for control in batch.controls:
            if name := control["currency"] or batch.currency:
                seen[name] = seen.get(name, 0) + control["rows"]
    named = max(seen, key=lambda name: seen[name]) if seen else DEFAULT_CURRENCY
    return settings.shop.currency or named, not (settings.shop.currency or seen)


def require_orders(imports: Iterable[Batch]) -> None:
    """Refuse to count where orders were imported and every row of them was refused, or none of
    them tells a day."""
    sold = [one for one in imports if {"orders", "order_lines"} & one.tables.keys()]
    read = sum(max(count["read"] for count in one.tables.values()) for one in sold)
    if read and all(one.quarantined >= max(n["read"] for n in one.tables.values()) for one in sold):
        raise PerenneError(
            ngettext(
                "{n} row of orders was imported, and refused.",
                "All {n} rows of orders that were imported were refused.",
                read,
            ).format(n=format_number(read)),
            given=", ".join(one.file for one in sold),
            next_step=_("perenne quality says why. Mend the file, then import it again."),
        )
    if sold and all(_is_undated(one) for one in sold):
        files = ", ".join(one.file for one in sold)
        raise PerenneError(
            _("No order has a date: of what was sold, {files} tells none.").format(files=files),
            given=files,
            next_step=_(
                "Import the file with the number and the date of the orders: perenne import FILE. "
                "If the lines have a date, take them back (perenne forget), and import them again "
                "with --map ordered=COLUMN."
            ),
        )


def _is_undated(batch: Batch) -> bool:
    """Does it tell lines alone, no row of which has a day?"""
    days = [one["month"] for one in batch.controls]
    return "orders" not in batch.tables and bool(days) and not any(days)


def manifest(
    imports: Iterable[Batch],
    settings: Settings,
    context: Context,
    *,
    tables: Mapping[str, Table],
    codes: Table,
    said: Table,
    account: Account,
    engine: Engine,
) -> dict[str, Any]:
    """How a snapshot was made, and what its tables hold. `codes`: by which lines name products;
    `said`: consents, those of later days too."""
    return {
        "as_of": context.as_of.isoformat(),
        "currency": context.currency,
        "time_zone": context.time_zone,
        "inputs": [{"id": b.id, "file": b.file, "sha256": b.sha256} for b in imports],
        "code": perenne.__version__,
        "settings": as_mapping(settings),
        "context": asdict(context),
        "tables": {name: _rows(table, engine) for name, table in tables.items()},
        "reconciliation": account.to_manifest(),
        "undated_refunds": _undated_refunds(tables["refunds"], engine),
        "products_sold": _products_sold(tables["order_lines"], codes, engine),
        "later_consents": _later_consents(said, tables["customer_links"], engine),
        "acquisition": {
            "rule": settings.acquisition.rule,
            **_acquisition(tables["customers"], engine),
        },
    }


def _rows(table: Table, engine: Engine) -> int:
    return int(engine.fetch(table.count()).as_py())


def _acquisition(customers: Table, engine: Engine) -> dict[str, int]:
    """Customers and prospects by what told the channel that they are counted under."""
    counts = customers.group_by("channel_from").agg(n=customers.count())
    found = {row["channel_from"]: row["n"] for row in engine.fetch(counts).to_pylist()}
    names = {"touch": "touch", "order": "order", "source": "source", "unknown": None}
    return {name: found.get(told, 0) for name, told in names.items()}


def _later_consents(said: Table, links: Table, engine: Engine) -> dict[str, Any] | None:
    """Of consents said after the day of the snapshot: refusals, which are heeded all the same, and
    permissions, which wait, until which day. None without any."""
    waiting = said.filter(said.later & (said.status == "subscribed") & ~said.suppressed)
    found = waiting.agg(permissions=waiting.count(), until=waiting.said_on.max())
    (row,) = engine.fetch(found).to_pylist()
    refusals = _rows(refused_since(said, links), engine)
    if not refusals and not row["permissions"]:
        return None
    until = row["until"].isoformat() if row["until"] else None
    return {"refusals": refusals, "permissions": row["permissions"], "until": until}


def _products_sold(lines: Table, codes: Table, engine: Engine) -> dict[str, int] | None:
    """How many products were sold, and how many of them the product lists name by one of their
    `codes`; None without a list."""
    if not _rows(codes, engine):
        return None
    counted = lines.filter(lines.excluded_by.isnull(), lines.product_id.notnull())
    sold = counted.select("product_id").distinct()
    known = sold.semi_join(codes, [("product_id", "code")])
    return {"all": _rows(sold, engine), "listed": _rows(known, engine)}


def _undated_refunds(refunds: Table, engine: Engine) -> dict[str, Any]:
    """Refunds that an order tells without a day: they stand on the day of the order."""
    undated = refunds.filter(~refunds.date_known)
    (row,) = engine.fetch(undated.agg(rows=undated.count(), net=undated.net.sum())).to_pylist()
    return {"rows": row["rows"], "net": str(row["net"] or 0)}
