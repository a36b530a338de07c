"""Run the cleaning: staged tables in, canonical tables (without customer ids) and accounts out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from perenne.cleaning.settings import CleaningSettings, ExchangeRate, TaxSettings
from perenne.core import PerenneError
from perenne.text import gettext as _

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

Keep = Callable[[str, "ir.Table"], "ir.Table"]
Fetch = Callable[["ir.Table"], "pa.Table"]


@dataclass(frozen=True)
class Policy:
    """How to clean: the switches, taxes, exchange rates and the workspace's currency."""

    cleaning: CleaningSettings
    tax: TaxSettings
    rates: tuple[ExchangeRate, ...]
    currency: str


@dataclass(frozen=True)
class Cleaned:
    """`tables`: lines, orders, refunds, products, costs, customers (staged rows kept).

    `fates`: per staged table, rows kept and merged per import. `flows`: rows and written value
    per import, month, currency and rule. `orphans`: lines of orders that have no date.
    """

    as_of: date
    tables: Mapping[str, ir.Table]
    fates: Mapping[str, pa.Table]
    flows: pa.Table
    orphans: ir.Table


def clean(
    staged: Mapping[str, ir.Table],
    *,
    policy: Policy,
    as_of: date | None,
    keep: Keep,
    fetch: Fetch,
) -> Cleaned:
    """Merge, judge and price every staged row.

    `keep` writes a table and hands back what was written, so that nothing is computed twice.
    Raises PerenneError for currencies without a rate and when nothing is left to count.
    """
    from perenne.cleaning.tables import flows, lines, merge, orders

    fated = _fates(staged, keep)
    kept = {name: table.filter(table.fate == "kept") for name, table in fated.items()}
    written = lines.as_written(kept["order_lines"]).union(
        lines.lines_of_orders(kept["orders"], kept["order_lines"])
    )
    all_lines = keep("lines", written)
    heads = keep("heads", lines.headers(kept["orders"], all_lines))
    as_of = as_of or _last_order_day(heads, fetch)
    rates = _rates(fetch(flows.currencies(all_lines, heads, policy.currency)), policy)
    priced = _priced(all_lines, heads, kept["products"], policy=policy, as_of=as_of, rates=rates)
    priced = keep("priced", priced)
    past = priced.filter(priced.ordered_on <= as_of)
    order_table = keep("order_heads", orders.canonical_orders(past, policy.cleaning))
    line_table = orders.canonical_lines(past)
    refunds = _refunds(kept["refunds"], past, order_table, line_table, policy=policy, rates=rates)
    tables = {
        "lines": line_table,
        "orders": order_table,
        "refunds": keep("refund_rows", refunds.filter(refunds.refunded_on <= as_of)),
        "customers": kept["customers"],
        **_reference(kept, as_of, rates),
    }
    return Cleaned(
        as_of=as_of,
        tables=tables,
        fates={name: fetch(flows.fate_counts(table)) for name, table in fated.items()},
        flows=fetch(_flows(priced, fated, heads, as_of)),
        orphans=flows.orphans(all_lines, heads),
    )


def _fates(staged: Mapping[str, ir.Table], keep: Keep) -> dict[str, ir.Table]:
    from perenne.cleaning.tables import merge

    orders = keep("orders_fate", merge.order_rows(staged["orders"]))
    lines = keep("lines_fate", merge.line_rows(staged["order_lines"], staged["orders"]))
    return {
        "orders": orders,
        "order_lines": lines,
        "refunds": merge.refund_rows(staged["refunds"]),
        "customers": merge.keyed_rows(staged["customers"], "customers", ("customer_ref",)),
        "products": merge.keyed_rows(staged["products"], "products", ("product_id",)),
        "costs": merge.keyed_rows(
            staged["costs"], "costs", ("from_on", "to_on", "channel", "campaign", "kind")
        ),
    }


def _last_order_day(heads: ir.Table, fetch: Fetch) -> date:
    from perenne.cleaning.tables import lines

    day = fetch(lines.last_order_day(heads)).column(0)[0].as_py()
    if day is None:
        raise PerenneError(
            _("There is no order to count yet."),
            next_step=_("Import a file with orders: perenne import FILE."),
        )
    found: date = day
    return found


def _rates(found: pa.Table, policy: Policy) -> ir.Table | None:
    """The rates table, or None when everything is in the workspace's currency."""
    from perenne.cleaning.tables import orders

    counts = {row["money"]: row["rows"] for row in found.to_pylist()}
    unknown = set(counts) - {policy.currency, *(rate.currency for rate in policy.rates)}
    if unknown:
        raise _mixed_currencies(counts, sorted(unknown), policy.currency)
    if set(counts) <= {policy.currency} and not policy.rates:
        return None
    return orders.rates_table(policy.rates, policy.currency)


def _mixed_currencies(counts: Mapping[str, int], unknown: Iterable[str], base: str) -> PerenneError:
    listed = ", ".join(f"{name} ({rows})" for name, rows in sorted(counts.items()))
    first = next(iter(unknown))
    return PerenneError(
        _("The lines are in several currencies: {found}. The workspace counts in {base}.").format(
            found=listed, base=base
        ),
        given=listed,
        allowed=(base,),
        next_step=_(
            'Give a rate in perenne.toml, for example [[rates]] currency = "{first}" '
            "rate = 0.92, or import the shops into workspaces of their own."
        ).format(first=first),
    )


def _priced(
    all_lines: ir.Table,
    heads: ir.Table,
    products: ir.Table,
    *,
    policy: Policy,
    as_of: date,
    rates: ir.Table | None,
) -> ir.Table:
    import ibis

    from perenne.cleaning.tables import lines, orders, reference

    listed = orders.with_products(all_lines, reference.canonical_products(products))
    judged = lines.judged(listed, heads, policy.cleaning, ibis.literal(as_of))
    judged = judged.mutate(currency=judged.currency.fill_null(policy.currency))
    priced = lines.priced(judged, policy.tax)
    if rates is not None:
        amounts = ("gross", "discount", "net", "paid", "tax_share", "unit_cost", "shipping",
                   "order_tax", "total", "refunded")
        priced = orders.converted(priced, rates, day="ordered_on", amounts=amounts)
    return orders.with_costs(priced)


def _refunds(
    refunds: ir.Table,
    priced: ir.Table,
    orders: ir.Table,
    lines: ir.Table,
    *,
    policy: Policy,
    rates: ir.Table | None,
) -> ir.Table:
    from perenne.cleaning.tables import orders as order_tables
    from perenne.cleaning.tables import refunds as tables

    notes = tables.from_credit_notes(priced, policy.cleaning)
    if not policy.cleaning.returns:
        return notes
    dated = tables.order_of_refund(refunds, orders)
    if rates is not None:
        dated = dated.mutate(currency=dated.currency.fill_null(dated.order_currency))
        dated = order_tables.converted(dated, rates, day="refunded_on", amounts=("amount",))
    dated = dated.filter(dated.order_is_purchase)
    return notes.union(tables.from_files(dated, lines)).union(tables.undated(orders, dated))


def _reference(kept: Mapping[str, ir.Table], as_of: date, rates: ir.Table | None) -> dict[str, ir.Table]:
    from perenne.cleaning.tables import orders, reference

    costs = kept["costs"]
    if rates is not None:
        costs = orders.converted(costs, rates, day="from_on", amounts=("amount",))
    days = reference.canonical_costs(costs)
    return {
        "products": reference.canonical_products(kept["products"]),
        "costs": days.filter(days.day <= as_of),
    }


def _flows(
    priced: ir.Table, fated: Mapping[str, ir.Table], heads: ir.Table, as_of: date
) -> ir.Table:
    """Where the written value of every sales row went, whatever table it came in."""
    import ibis

    from perenne.cleaning.tables import flows, lines

    rule = flows.fate_in_time(priced, ibis.literal(as_of))
    merged_lines = flows.merged_lines(lines.as_written(fated["order_lines"], also=("fate",)), heads)
    only_orders = flows.of_batches_without(fated["orders"], fated["order_lines"])
    order_rows = lines.order_values(only_orders)
    told = order_rows.filter(order_rows.fate == "kept").semi_join(
        fated["order_lines"], ["source", "source_order_id"]
    )
    return (
        flows.line_flows(priced, rule=rule)
        .union(flows.line_flows(merged_lines, rule=ibis.literal("merged")))
        .union(
            flows.line_flows(
                order_rows.filter(order_rows.fate == "merged"), rule=ibis.literal("merged")
            )
        )
        .union(flows.line_flows(told, rule=ibis.literal("told_by_lines")))
    )
