"""The cleaning end to end, still lazy: from merged rows to priced lines, refunds and accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.cleaning.settings import Policy
from perenne.cleaning.tables import flows, lines, merge, orders, pricing, reference, relation
from perenne.cleaning.tables import refunds as given_back
from perenne.warehouse import MONEY, STAGED

CONVERTED = (
    "gross",
    "discount",
    "net",
    "paid",
    "tax_share",
    "unit_cost",
    "shipping",
    "order_tax",
    "total",
    "refunded",
)

PRICED = (
    *merge.ORDER,
    "order_key",
    "position",
    "batch",
    "row_file",
    "row_number",
    "own_on",
    "ordered_on",
    "ordered_at",
    "currency",
    "product_id",
    "product_name",
    "category",
    "kind",
    "excluded_by",
    "quantity",
    "gross",
    "discount",
    "net",
    "paid",
    "tax_share",
    "includes",
    "unit_cost",
    "written",
    "shipping",
    "order_tax",
    "total",
    "refunded",
)
Keep = Callable[[str, ir.Table], ir.Table]


def fates(staged: Mapping[str, ir.Table], keep: Keep) -> dict[str, ir.Table]:
    """Every staged table with the `fate` of its rows, but for customers, which depend on the day
    (`merge.person_rows`). `keep` writes a table and hands back what was written. A table that no
    import brought is empty: there is nothing to judge in it."""
    every = {name: staged.get(name, merge.no_rows(name)) for name in STAGED}
    judged = {name: judge(every, keep) for name, judge in _JUDGES.items() if name in staged}
    kept = ibis.literal("kept")
    return {
        name: judged.get(name, table.mutate(fate=kept))
        for name, table in every.items()
        if name != "customers"
    }


def persons(staged: Mapping[str, ir.Table], as_of: date) -> ir.Table:
    """Staged customers with their `fate` as of a day (`merge.person_rows`)."""
    if "customers" in staged:
        return merge.person_rows(staged["customers"], as_of)
    nobody = merge.no_rows("customers")
    return nobody.mutate(fate=ibis.literal("kept"), later=ibis.literal(value=False))


def standing(refunds: ir.Table, as_of: date) -> ir.Table:
    """Kept refunds as they were told by a day: without those taken back since."""
    return merge.not_gone(refunds, as_of) if "gone_on" in refunds.columns else refunds


def told_by(staged: Mapping[str, ir.Table], as_of: date | None) -> ir.Table:
    """Staged customers as they were told by a day: all, where there is none."""
    told = staged.get("customers", merge.no_rows("customers"))
    return told if as_of is None else told.filter(~merge.later(told, as_of))


def _order_fates(every: Mapping[str, ir.Table], keep: Keep) -> ir.Table:
    several = keep("repeated_orders", merge.repeated_orders(every["orders"]))
    return merge.judged_where(every["orders"], several, merge.order_rows)


def _line_fates(every: Mapping[str, ir.Table], keep: Keep) -> ir.Table:
    lines_, orders_ = every["order_lines"], every["orders"]
    again = keep("repeated_lines", merge.repeated_lines(lines_, orders_))
    return merge.judged_where(lines_, again, lambda found: merge.line_rows(found, orders_))


_SPEND = ("from_on", "to_on", "channel", "campaign", "kind")
_JUDGES: Mapping[str, Callable[[Mapping[str, ir.Table], Keep], ir.Table]] = {
    "orders": _order_fates,
    "order_lines": _line_fates,
    "refunds": lambda t, _: merge.refund_rows(t["refunds"], t["orders"]),
    "products": lambda t, _: merge.keyed_rows(t["products"], "products", ("product_id",)),
    "costs": lambda t, _: merge.keyed_rows(t["costs"], "costs", _SPEND),
    "consents": lambda t, _: merge.consent_rows(t["consents"]),
    "events": lambda t, _: merge.numbered_rows(t["events"], "events", number="source_event_id"),
    "subscriptions": lambda t, _: merge.last_rows(t["subscriptions"], ("source_subscription_id",)),
    "surveys": lambda t, _: merge.numbered_rows(
        t["surveys"], "surveys", number="source_response_id", within="kind"
    ),
}


def sale_lines(kept: Mapping[str, ir.Table], selling: ir.Table) -> ir.Table:
    """Lines of every order: its own, or one for the whole order."""
    written = lines.as_written(kept["order_lines"])
    return written.union(lines.lines_of_orders(kept["orders"], kept["order_lines"], selling))


def priced_lines(
    all_lines: ir.Table,
    heads: ir.Table,
    codes: ir.Table,
    *,
    policy: Policy,
    as_of: date,
    rates: ir.Table | None,
    keep: Keep,
    view: pricing.View,
) -> ir.Table:
    """Every line with its kind, its rule and its amounts in the workspace's currency. `codes`:
    `reference.coded_products`."""
    listed = view(orders.with_products(all_lines, codes))
    texts = keep("product_texts", lines.product_texts(listed))
    judged = lines.judged(
        listed,
        heads,
        keep("product_kinds", lines.product_kinds(texts, policy.cleaning)),
        settings=policy.cleaning,
        as_of=ibis.literal(as_of),
    )
    judged = view(judged.mutate(currency=judged.currency.fill_null(policy.currency)))
    sums = keep("order_sums", pricing.order_sums(judged, heads, policy.cleaning))
    priced = pricing.priced(judged, sums, cleaning=policy.cleaning, tax=policy.tax, view=view)
    if rates is not None:
        priced = orders.converted(priced, rates, day="ordered_on", amounts=CONVERTED)
        priced = priced.mutate(list_currency=priced.list_currency.fill_null(policy.currency))
        priced = orders.converted(
            priced, rates, day="ordered_on", amounts=("list_cost",), currency="list_currency"
        )
    return orders.with_costs(priced).select(*PRICED)


def refund_rows(
    refunds: ir.Table,
    priced: ir.Table,
    heads: ir.Table,
    *,
    sold: ir.Table,
    sold_lines: ir.Table,
    policy: Policy,
    rates: ir.Table | None,
) -> ir.Table:
    """All that was given back: credit notes, refund files, and what orders say beyond them."""
    notes = given_back.from_credit_notes(priced, heads, policy.cleaning)
    if not policy.cleaning.returns:
        return notes
    dated = given_back.order_of_refund(refunds, sold)
    if rates is not None:
        dated = _in_base(dated, rates)
    dated = dated.filter(dated.order_is_purchase)
    by_file = given_back.from_files(dated, sold_lines)
    every = notes.union(by_file).union(given_back.undated(sold, dated))
    if policy.cleaning.returned_goods_resold:
        return every
    return every.mutate(cost=ibis.literal(0).cast(MONEY))


def _in_base(refunds: ir.Table, rates: ir.Table) -> ir.Table:
    """Refunds in the workspace's currency. One in its order's currency takes the rate of the
    order's day, so that giving back all that was paid gives back all that was counted."""
    money = refunds.currency.fill_null(refunds.order_currency)
    day = (money == refunds.order_currency).ifelse(refunds.order_ordered_on, refunds.refunded_on)
    named = refunds.mutate(currency=money, rate_day=day)
    amounts = ("amount", "shipping")
    return orders.converted(named, rates, day="rate_day", amounts=amounts).drop("rate_day")


def reference_tables(
    kept: Mapping[str, ir.Table], *, as_of: date, rates: ir.Table | None, currency: str
) -> dict[str, ir.Table]:
    """Products, costs per day, and all that is said of customers beside orders, up to `as_of`."""
    costs = kept["costs"].mutate(currency=kept["costs"].currency.fill_null(currency))
    if rates is not None:
        costs = orders.converted(costs, rates, day="from_on", amounts=("amount",))
    days = reference.canonical_costs(costs)
    return {
        "products": reference.canonical_products(kept["products"]),
        "costs": days.filter(days.day <= as_of),
        **relation.known_by(kept, as_of, rates=rates, currency=currency),
    }


def sale_flows(
    priced: ir.Table,
    fated: Mapping[str, ir.Table],
    heads: ir.Table,
    *,
    as_of: date,
    currency: str,
    selling: ir.Table,
) -> ir.Table:
    """Where the written value of every sales row went, whatever table it came in."""
    rule = flows.fate_in_time(priced, ibis.literal(as_of))
    return ibis.union(
        flows.line_flows(priced, rule=rule, currency=currency),
        flows.moved(priced, currency=currency),
        unpublished_flows(fated, heads, currency=currency, selling=selling),
    )


def unpublished_flows(
    fated: Mapping[str, ir.Table], heads: ir.Table, *, currency: str, selling: ir.Table
) -> ir.Table:
    """Value of sales rows that another row tells too. Where an import has no lines (it is none of
    `selling`), its order rows carry the value."""
    merged = ibis.literal("merged")
    merged_lines = flows.merged_lines(lines.as_written(fated["order_lines"], also=("fate",)), heads)
    only_orders = fated["orders"].anti_join(selling, "batch")
    order_rows = lines.order_values(only_orders)
    kept_lines = fated["order_lines"].filter(fated["order_lines"].fate == "kept")
    told = order_rows.filter(order_rows.fate == "kept").semi_join(
        kept_lines, ["source", "source_order_id"]
    )
    merged_orders = order_rows.filter(order_rows.fate == "merged")
    parts = (
        flows.line_flows(merged_lines, rule=merged, currency=currency),
        flows.line_flows(merged_orders, rule=merged, currency=currency),
        flows.line_flows(told, rule=ibis.literal("told_by_lines"), currency=currency),
    )
    return ibis.union(*parts)
