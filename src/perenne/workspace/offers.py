"""What the sources of a workspace say of the same products, straight from the imports."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from perenne.core import PerenneError
from perenne.quality import Consistency, Offer, Tolerance, compare
from perenne.text import gettext as _
from perenne.workspace import settings
from perenne.workspace.batches import Batch, list_imports
from perenne.workspace.engines import local_engine
from perenne.workspace.layout import Layout
from perenne.workspace.manifests import DEFAULT_CURRENCY


def consistency(
    layout: Layout, *, reference: str | None = None, as_of: date | None = None
) -> Consistency:
    """Compare the products of every source with those of `reference` (default: the source that
    sells the most kinds of them), as the imports up to `as_of` told them."""
    values = settings.load(layout.settings)
    imports = [
        batch
        for batch in list_imports(layout)
        if as_of is None or _day(batch, values.shop.time_zone) <= as_of
    ]
    offers = _offers(layout, imports, values)
    sources = Counter(offer.source for offer in offers)
    if len(sources) < 2:
        raise PerenneError(
            _("Products of two sources are needed to compare them; there are {n}.").format(
                n=len(sources)
            ),
            given=sorted(sources),
            next_step=_("Import the products of the shop and the feed of a channel."),
        )
    chosen = reference or _reference(imports, sources)
    if chosen not in sources:
        raise PerenneError(
            _("No products of a source {source} have been imported.").format(source=chosen),
            given=chosen,
            allowed=sorted(sources),
            next_step=_("Choose one of: {names}.").format(names=", ".join(sorted(sources))),
        )
    return compare(
        offers,
        reference=chosen,
        currency=values.shop.currency or DEFAULT_CURRENCY,
        tolerance=Tolerance(
            Decimal(str(values.quality.price_tolerance)),
            Decimal(str(values.quality.stock_tolerance)),
        ),
    )


def _offers(layout: Layout, imports: list[Batch], values: settings.Settings) -> list[Offer]:
    from perenne.quality.tables import newest_offers, of_import

    bringing = [batch for batch in imports if "products" in batch.tables]
    if not bringing:
        return []
    days = {batch.seq: _day(batch, values.shop.time_zone) for batch in bringing}
    with local_engine(values, layout) as engine:
        parts = [
            of_import(
                engine.read(layout.raw / batch.id / "products.parquet"),
                source=batch.source,
                seq=batch.seq,
            )
            for batch in bringing
        ]
        rows = engine.fetch(newest_offers(parts)).to_pylist()
    return [_offer(row, days) for row in rows]


def _offer(row: dict[str, Any], days: dict[int, date]) -> Offer:
    told_on = days[row.pop("seq")]
    return Offer(name=row.pop("product_name"), told_on=told_on, **row)


def _reference(imports: list[Batch], sources: Counter[str]) -> str:
    """The source that sells, else the one with the most products."""
    selling = {b.source for b in imports if {"orders", "order_lines"} & set(b.tables)}
    return max(sources, key=lambda source: (source in selling, sources[source], source))


def _day(batch: Batch, time_zone: str) -> date:
    return datetime.fromisoformat(batch.imported_at).astimezone(ZoneInfo(time_zone)).date()
