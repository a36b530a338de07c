"""The CLV model of a snapshot: the shop, its segments and its channels, from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from perenne.metrics import Figure, Request, tax_exception
from perenne.reports import ClvInputs, ClvModel, ClvRow
from perenne.segments import segment_label
from perenne.text import format_period
from perenne.text import gettext as _
from perenne.workspace.shop import Shop

# Input of the model -> metric of the catalogue.
OWN: Mapping[str, str] = {
    "customers": "customers",
    "basket": "average_purchase_value",
    "frequency": "purchase_frequency",
    "margin": "margin_rate",
}
SPEND: Mapping[str, str] = {"cac": "cac_year", "retention_cost": "retention_cost_per_year"}
# Recency makes a segment, so that it has no churn of its own; spend is known by channel only, and
# retention spend is booked on the channel that spends it, not on that of the customers it keeps.
SEGMENT_SHARED = ("lifespan", "cac", "retention_cost")
CHANNEL_SHARED = ("retention_cost",)
LIFESPANS = {"implied": "implied_lifespan_years", "observed": "average_lifespan_years"}


def clv_model(shop: Shop) -> ClvModel:
    """Inputs of the simple CLV for the whole shop, per segment and per channel.

    Where a group has no input of its own the whole shop's stands, and the model says so.
    """
    life = {"lifespan": LIFESPANS[shop.context.settings.lifespan]}
    (whole,) = _rows(shop, None, {**OWN, **life, **SPEND})
    own = {**OWN, **life, "cac": SPEND["cac"]}
    channels = [_completed(row, whole, CHANNEL_SHARED) for row in _rows(shop, "channel", own)]
    found = {row.name: row for row in _rows(shop, "segment", OWN)}
    settings = shop.settings.segments
    segments = [
        replace(
            _completed(found[rule.id], whole, SEGMENT_SHARED), name=segment_label(rule.id, settings)
        )
        for rule in settings.rules
        if rule.id in found
    ]
    return ClvModel(
        shop=shop.settings.shop.name,
        currency=shop.context.currency,
        as_of=shop.as_of,
        period=format_period(shop.context.history_from, shop.as_of),
        whole=whole,
        segments=tuple(segments),
        channels=tuple(channels),
        discount_rate=shop.settings.metrics.discount_rate,
        notes=(
            _(
                "Segments take the lifespan and the costs per customer of the whole shop: recency "
                "defines a segment, and spend is known by channel only."
            ),
            *filter(None, [tax_exception(shop.context.with_tax)]),
        ),
    )


def _rows(shop: Shop, by: str | None, metrics: Mapping[str, str]) -> Iterator[ClvRow]:
    """One row per group that has customers."""
    request = Request(metrics=tuple(metrics.values()), by=(by,) if by else ())
    groups: dict[str | None, dict[str, Figure]] = {}
    for figure in shop.figures(request):
        name = (figure.group or {}).get(by) if by else None
        groups.setdefault(name, {})[figure.metric] = figure
    for name, figures in groups.items():
        row = _row(name or (_("(unknown)") if by else _("Whole shop")), metrics, figures)
        if row.inputs.customers or not by:
            yield row


def _row(name: str, metrics: Mapping[str, str], figures: Mapping[str, Figure]) -> ClvRow:
    found = {item: figures[metric] for item, metric in metrics.items() if metric in figures}
    values = {item: figure.value for item, figure in found.items()}
    customers = values.pop("customers", None)
    return ClvRow(
        name=name,
        inputs=ClvInputs(customers=None if customers is None else int(customers), **values),
        missing={item: figure.note or "" for item, figure in found.items() if figure.value is None},
    )


def _completed(row: ClvRow, whole: ClvRow, shared: tuple[str, ...]) -> ClvRow:
    """`row` with the whole shop's value where the group has none of its own."""
    inputs = replace(row.inputs, **{name: getattr(whole.inputs, name) for name in shared})
    missing = {name: whole.missing[name] for name in shared if name in whole.missing}
    return replace(row, inputs=inputs, missing={**row.missing, **missing})
