"""The ledger that models read, from the marts of a snapshot. Lazy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.models.reading import FORETOLD

Tables = Mapping[str, ir.Table]


def ledger_rows(tables: Tables, *, as_of: date) -> ir.Table:
    """One row per known customer and day with a purchase or a return, up to the end of `as_of`.

    A return stands on the day it came back, even where figures count it on the day of its order:
    before, nobody knew of it. `tables`: the marts `sales` and `customer_days`.

    Columns: customer_id, day, orders (0 when there were returns only), net (sold after discount,
    before returns), returned (positive), margin (after returns; null as soon as one cost is
    unknown), gross, discount, and category, that of the largest sale of the day (null on a day
    without sale). In no order, and with the customers who have returns only: `ledger_from` sorts
    faster, and leaves those out.
    """
    sales = tables["sales"]
    told = sales.filter(sales.customer_id.notnull(), sales.known_on <= ibis.literal(as_of))
    purchases = tables["customer_days"].select("customer_id", "day", "orders")
    joined = _sums(told).left_join(purchases, ["customer_id", "day"])
    return joined.select(
        "customer_id",
        "day",
        orders=joined.orders.fill_null(0).cast("int32"),
        **{name: joined[name] for name in ("net", "returned", "margin", "gross", "discount")},
        category=joined.largest["category"],
    )


def event_rows(tables: Tables, *, as_of: date) -> ir.Table:
    """What known customers did beside buying, up to the end of `as_of`, from the table `events`.

    Columns: customer_id, day, event, count. A count that spans several days is known on its last
    one.
    """
    events = tables["events"]
    day = ibis.coalesce(events.until_on, events.occurred_on)
    known = events.filter(events.customer_id.notnull(), day <= ibis.literal(as_of))
    return known.group_by(
        "customer_id", "event", day=ibis.coalesce(known.until_on, known.occurred_on)
    ).aggregate(count=known.quantity.sum().cast("float64"))


def _sums(told: ir.Table) -> ir.Table:
    sold = told.kind == "sale"
    unknown = told.margin.isnull().any()
    # Structs compare field by field, so that equal amounts do not leave the choice to the engine;
    # nor does a null, which engines sort differently.
    unnamed = told.category.isnull()
    sale = ibis.struct({"net": told.net, "unnamed": unnamed, "category": told.category})
    return told.group_by("customer_id", day="known_on").aggregate(
        net=_float(told.net.sum(where=sold)),
        returned=_float(-told.net.sum(where=~sold)),
        margin=ibis.ifelse(unknown, None, told.margin.sum()).cast("float64"),
        gross=_float(told.gross.sum(where=sold)),
        discount=_float(told.discount.sum(where=sold)),
        largest=sale.max(where=sold),
    )


def _float(total: ir.Scalar) -> ir.Scalar:
    return total.fill_null(0).cast("float64")


def customer_attributes(tables: Tables) -> ir.Table:
    """What the first order told of each customer who bought, from the table `customers`.

    Columns: customer_id, channel, country, first_category, first_discounted (null = unknown), and
    what Klaviyo foretold.
    """
    customers = tables["customers"]
    return (
        customers.filter(customers.first_order_on.notnull())
        .select(
            "customer_id", "channel", "country", "first_category", "first_discounted", *FORETOLD
        )
        .order_by("customer_id")
    )
