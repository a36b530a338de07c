"""Run the cleaning: staged tables in, canonical tables (without customer ids) and accounts out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from perenne.cleaning.clashing import refuse_clashes
from perenne.cleaning.settings import Policy
from perenne.cleaning.tables import flows, lines, orders, payments, pipeline, reference, relation
from perenne.cleaning.tables import refunds as given_back
from perenne.core import PerenneError
from perenne.text import gettext as _
from perenne.warehouse import Table

Keep = Callable[[str, Table], Table]
View = Callable[[Table], Table]
Fetch = Callable[[Table], pa.Table]


@dataclass(frozen=True)
class Cleaned:
    """`tables`: lines, orders, refunds, products, costs; customers, consents, events,
    subscriptions and surveys as staged rows that were known by `as_of`; words, all that was said of
    customers by then, of which customers are the newest.

    `codes`: every `code` by which lines may name a product of the lists.
    `fates`: per staged table, rows kept and merged per import. `flows`: rows and written value
    per import, month, currency and rule. `quarantine`: rows that cannot be placed: lines of
    orders without a date, refunds of orders that are not there.
    """

    as_of: date
    tables: Mapping[str, Table]
    fates: Mapping[str, pa.Table]
    flows: pa.Table
    quarantine: Table
    codes: Table


def clean(
    staged: Mapping[str, Table],
    *,
    policy: Policy,
    as_of: date | None,
    keep: Keep,
    view: View,
    fetch: Fetch,
    selling: Table | None = None,
    known_until: date | None = None,
) -> Cleaned:
    """Merge, judge and price every staged row; of `staged`, what no import brought may be absent.

    `keep` writes a table and hands back what was written, so that nothing is computed twice;
    `view` gives one a name, so that what many tables are built on is compiled once.
    Where `staged` is a part of what imports brought, `selling` names (column `batch`) the imports
    that have lines, and `known_until` is the last day of orders in the rest.
    Raises PerenneError for imports of one source that number different things alike, for currencies
    without a rate, and when there is no order to count.
    """
    refuse_clashes(staged, fetch)
    rows = _headed(staged, policy, keep=keep, view=view, fetch=fetch, selling=selling, as_of=as_of)
    heads = rows.heads
    as_of = as_of or _last_order_day(heads, fetch, known_until)
    persons = view(pipeline.persons(staged, as_of))
    kept = {
        **rows.kept,
        "customers": persons.filter(persons.fate == "kept"),
        "refunds": pipeline.standing(rows.kept["refunds"], as_of),
    }
    fated = {**rows.fated, "customers": persons}
    found = flows.currencies(rows.lines, heads, kept=kept, base=policy.currency)
    rates = _rates(fetch(found), policy)
    codes = keep("product_codes", reference.coded_products(kept["products"]))
    priced = pipeline.priced_lines(
        rows.lines,
        heads,
        codes,
        policy=policy,
        as_of=as_of,
        rates=rates,
        keep=keep,
        view=view,
    )
    priced = keep("priced", priced)
    past = priced.filter(priced.ordered_on <= as_of)
    sold = keep("order_heads", orders.canonical_orders(past, heads))
    sold_lines = orders.canonical_lines(past)
    refunds = pipeline.refund_rows(
        kept["refunds"], past, heads, sold=sold, sold_lines=sold_lines, policy=policy, rates=rates
    )
    value = pipeline.sale_flows(
        priced, fated, heads, as_of=as_of, currency=policy.currency, selling=rows.selling
    )
    return Cleaned(
        as_of=as_of,
        tables={
            "lines": sold_lines,
            "orders": sold,
            "refunds": keep("refund_rows", refunds.filter(refunds.refunded_on <= as_of)),
            **pipeline.reference_tables(kept, as_of=as_of, rates=rates, currency=policy.currency),
            "words": keep("words", relation.words(persons, as_of)),
        },
        fates={name: fetch(flows.fate_counts(table)) for name, table in fated.items()},
        flows=fetch(value),
        quarantine=keep("quarantine", _unplaced(priced, kept["refunds"], sold, as_of)),
        codes=codes.select("code").distinct(),
    )


def _unplaced(priced: Table, refunds: Table, sold: Table, as_of: date) -> Table:
    """Lines of orders without a date, refunds of orders that are not there."""
    told = refunds.filter(refunds.refunded_on <= as_of)
    strays = given_back.without_order(told, sold)
    return flows.quarantined(flows.undated(priced), strays)


@dataclass(frozen=True)
class _Headed:
    """Staged rows (customers apart: they depend on the day) with their fate, those that are kept,
    their lines, and a row for each order; payments are told apart from what they pay.
    `selling`: the imports that have lines."""

    fated: Mapping[str, Table]
    kept: Mapping[str, Table]
    lines: Table
    heads: Table
    selling: Table


def _headed(
    staged: Mapping[str, Table],
    policy: Policy,
    *,
    keep: Keep,
    view: View,
    fetch: Fetch,
    selling: Table | None,
    as_of: date | None = None,
) -> _Headed:
    fated = {name: view(table) for name, table in pipeline.fates(staged, keep).items()}
    kept = {name: table.filter(table.fate == "kept") for name, table in fated.items()}
    if fetch(payments.how_many(kept["orders"])).column(0)[0].as_py():
        persons = pipeline.told_by(staged, as_of)
        settled = payments.settled(kept, persons, mode=policy.cleaning.payments)
        kept["orders"] = keep("orders_settled", settled)
    if selling is None:
        selling = flows.line_batches(fated["order_lines"])
    all_lines = view(pipeline.sale_lines(kept, selling))
    heads = keep("heads", lines.headers(kept["orders"], all_lines))
    return _Headed(fated, kept, all_lines, heads, selling)


@dataclass(frozen=True)
class Counted:
    """Of some staged rows: per table, rows kept and merged per import; and the value of sales rows
    that another row tells too, or that count in another month than their own."""

    fates: Mapping[str, pa.Table]
    flows: pa.Table


def count(
    staged: Mapping[str, Table],
    *,
    policy: Policy,
    keep: Keep,
    view: View,
    fetch: Fetch,
    selling: Table,
) -> Counted:
    """What `clean` counts of orders and their lines before it prices them; parameters as there."""
    rows = _headed(staged, policy, keep=keep, view=view, fetch=fetch, selling=selling)
    told = pipeline.unpublished_flows(
        rows.fated, rows.heads, currency=policy.currency, selling=selling
    )
    value = told.union(
        flows.moved(flows.of_orders(rows.lines, rows.heads), currency=policy.currency)
    )
    return Counted(
        fates={name: fetch(flows.fate_counts(rows.fated[name])) for name in staged},
        flows=fetch(value),
    )


def _last_order_day(heads: Table, fetch: Fetch, known_until: date | None) -> date:
    day = fetch(lines.last_order_day(heads)).column(0)[0].as_py() or known_until
    if day is None:
        raise PerenneError(
            _("There is no order to count yet."),
            next_step=_("Import a file with orders: perenne import FILE."),
        )
    found: date = day
    return found


def _rates(found: pa.Table, policy: Policy) -> Table | None:
    """The rates table, or None when everything is in the workspace's currency."""
    rows = found.to_pylist()
    counts = {row["money"]: row["rows"] for row in rows}
    unknown = set(counts) - {policy.currency, *(rate.currency for rate in policy.rates)}
    if unknown:
        raise _mixed_currencies(counts, sorted(unknown), policy.currency)
    if set(counts) <= {policy.currency} and not policy.rates:
        return None
    _refuse_late_rates(rows, policy)
    return orders.rates_table(policy.rates, policy.currency)


def _refuse_late_rates(found: Iterable[Mapping[str, Any]], policy: Policy) -> None:
    """Amounts older than the first rate of their currency cannot be counted."""
    days = {row["money"]: row["first"] for row in found if row["money"] != policy.currency}
    earliest = min((day for day in days.values() if day), default=None)
    for money, first in days.items():
        since = min(rate.since for rate in policy.rates if rate.currency == money)
        day = first or earliest
        if day and day < since:
            raise _late_rate(money, day, since)


def _late_rate(money: str, day: date, since: date) -> PerenneError:
    return PerenneError(
        _("There is no rate for {currency} on {day}: the first one holds from {since} on.").format(
            currency=money, day=day.isoformat(), since=since.isoformat()
        ),
        given=day,
        next_step=_(
            "Add an older one to perenne.toml, in lines of its own, for example:\n{lines}"
        ).format(lines=_rate_lines(money, since=day)),
    )


def _mixed_currencies(counts: Mapping[str, int], unknown: Iterable[str], base: str) -> PerenneError:
    listed = ", ".join(f"{name} ({rows})" for name, rows in sorted(counts.items()))
    first = next(iter(unknown))
    return PerenneError(
        _("The files are in several currencies: {found}. The workspace counts in {base}.").format(
            found=listed, base=base
        ),
        given=listed,
        allowed=(base,),
        next_step=_(
            "Import the shops into workspaces of their own, or give a rate in perenne.toml, in "
            "lines of its own, for example:\n{lines}"
        ).format(lines=_rate_lines(first)),
    )


def _rate_lines(money: str, *, since: date | None = None) -> str:
    """A rate as perenne.toml holds it: a table of TOML does not fit in a line."""
    lines = ["[[rates]]", f'currency = "{money}"', "rate = 0.92"]
    return "\n".join(["", *lines, *([f"since = {since.isoformat()}"] if since else [])])
