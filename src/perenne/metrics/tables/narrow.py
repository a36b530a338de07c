"""Narrow marts: customers and orders in numbers, which are compared faster than texts.

A customer's number is its place among the ids when it was given. It says nothing else; a refresh
that goes on from an earlier snapshot keeps its numbers, any other may give others.
"""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.metrics.tables import Tables
from perenne.metrics.tables.canonical import known, purchases, table
from perenne.metrics.tables.margins import sum_all
from perenne.warehouse import MONEY

_MONEYS = ("gross", "discount", "net")


def profiles(tables: Tables, *, as_of: date, before: ir.Table | None = None) -> ir.Table:
    """One row per customer, prospects too: customer_number, customer_id, first_day of those who
    bought by `as_of`, and what figures are split by: account, acquisition_channel,
    customer_country, first_category, first_discounted. `before`: profiles whose numbers stay."""
    orders = known(purchases(tables, as_of))
    first = orders.group_by("customer_id").aggregate(first_day=orders.ordered_on.min())
    known_of = table(tables, "customers").select(
        "customer_id",
        "account_id",
        "first_category",
        "first_discounted",
        acquisition_channel="channel",
        customer_country="country",
    )
    both = either(known_of, first)
    back = known(table(tables, "refunds")).select("customer_id").distinct()
    everybody = either(both, back)
    # Whoever belongs to no company is an account of one.
    account = everybody.account_id.fill_null(everybody.customer_id)
    told = everybody.mutate(account=account).drop("account_id")
    if before is None:
        return told.mutate(customer_number=ibis.row_number().over(order_by=told.customer_id))
    return _as_before(told, before.select("customer_id", number="customer_number"))


def _as_before(people: ir.Table, before: ir.Table) -> ir.Table:
    """`people` with the numbers of `before`; of those who are not in it the numbers go on."""
    met = people.left_join(before, "customer_id").drop("customer_id_right")
    met = met.cross_join(before.aggregate(last=before.number.max().fill_null(-1)))
    came = met.number.isnull()
    # Only newcomers are put in order.
    newcomer = came.ifelse(met.customer_id, ibis.null("string"))
    place = ibis.row_number().over(ibis.window(group_by=came, order_by=newcomer))
    number = ibis.coalesce(met.number, met.last + 1 + place)
    return met.mutate(customer_number=number).drop("number", "last")


def either(left: ir.Table, right: ir.Table) -> ir.Table:
    """All customers of both tables, with what each tells of them."""
    both = left.outer_join(right, "customer_id")
    customer = ibis.coalesce(both.customer_id, both.customer_id_right)
    return both.mutate(customer_id=customer).drop("customer_id_right")


def order_values(sales: ir.Table, people: ir.Table) -> ir.Table:
    """Sales without their products: one row per order, is_sale, and one per return.

    Columns: is_sale, day, first_day and customer_number (null for guests), order_number, channel,
    country, gross, discount, net, margin (null when one of a line is). Returns are negative.
    """
    # All of the order, and so the same on each of its lines.
    kept = ("day", "order_number", "customer_id", "first_day", "channel", "country")
    lines = sales.filter(sales.kind == "sale")
    sold = lines.group_by("order_id", *kept).aggregate(
        **{name: lines[name].sum().cast(MONEY) for name in _MONEYS},
        margin=sum_all(lines.margin).cast(MONEY),
    )
    back = sales.filter(sales.kind == "return")
    columns = ("is_sale", *kept, *_MONEYS, "margin")
    rows = ibis.union(
        sold.mutate(is_sale=ibis.literal(True)).select(*columns),
        back.mutate(is_sale=ibis.literal(False)).select(*columns),
    )
    numbers = people.select("customer_id", "customer_number")
    # Null for nobody.
    met = rows.left_join(numbers, "customer_id")
    return met.drop("customer_id", "customer_id_right")
