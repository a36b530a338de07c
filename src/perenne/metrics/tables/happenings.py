"""What happened beside orders: e-mails, tickets, and the visits of a site."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.metrics.settings import Context
from perenne.metrics.tables import Tables
from perenne.metrics.tables.canonical import table

SITE = ("session", "login", "page_view", "product_view", "search", "cart", "checkout", "purchase")
"""Events of a visit. A purchase alone is none: shops send it without anybody's visit."""


def events(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """Events dated in the window; a count over several days stands on the first.

    `once`: a kind of event of one person and campaign counts once, however often it happened;
    those of nobody in particular count as many as they say.
    """
    told = table(tables, "events")
    inside = told.join(
        windows, [told.occurred_on >= windows.start, told.occurred_on <= windows.end]
    )
    same = ibis.window(
        group_by=["k", "event", "source", "customer_id", "campaign"],
        order_by=["occurred_at", "event_id"],
    )
    ranked = inside.mutate(place=ibis.row_number().over(same))
    alone = (ranked.place == 0).ifelse(1, 0).cast(ranked.quantity.type())
    return ranked.mutate(once=ranked.customer_id.isnull().ifelse(ranked.quantity, alone))


def visits(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """Visits that began in the window: a session of the source, else a person's day on the site,
    else a count of sessions of nobody in particular."""
    told = _of_visits(table(tables, "events"))
    first = ["occurred_at", "event_id"]
    count = told.quantity.max(where=told.event == "session").fill_null(1)
    found = told.group_by("visit").aggregate(
        day=told.occurred_on.min(),
        customer_id=told.customer_id.min(),
        channel=told.channel.first(order_by=first),
        campaign=told.campaign.first(order_by=first),
        # Several sessions in one row have no name.
        sessions=told.is_named.any().ifelse(1, count),
        is_site=(told.event != "purchase").any(),
        has_cart=told.event.isin(("cart", "checkout")).any(),
        has_purchase=(told.event == "purchase").any(),
    )
    found = found.filter(found.is_site).mutate(is_known=found.customer_id.notnull())
    return found.join(windows, [found.day >= windows.start, found.day <= windows.end])


def _of_visits(told: ir.Table) -> ir.Table:
    """Events of the site with the name of their visit."""
    site = told.filter(told.event.isin(SITE))
    of_person = site.customer_id.concat("/", site.occurred_on.cast("string"))
    counted = (site.event == "session").ifelse(site.event_id, ibis.null("string"))
    named = site.mutate(
        is_named=site.session_id.notnull(),
        visit=site.source.concat("/", ibis.coalesce(site.session_id, of_person, counted)),
    )
    return named.filter(named.visit.notnull())
