"""What the refresh needs of Ibis: imports side by side, and the value that was published."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir

from perenne.warehouse import STAGED, Engine
from perenne.workspace.batches import Batch


def staged_tables(
    engine: Engine, raw: Path, imports: Sequence[Batch], *, identical: str | None = None
) -> dict[str, ir.Table]:
    """Each staged table that an import brought, over all imports, with the import of each row.

    `identical`: what to do with identical lines, where the settings overrule the presets.
    """
    return {
        name: staged_table(engine, raw, imports, name=name, identical=identical)
        for name in STAGED
        if any(name in one.tables for one in imports)
    }


def staged_table(
    engine: Engine,
    raw: Path,
    imports: Sequence[Batch],
    *,
    name: str,
    identical: str | None = None,
) -> ir.Table:
    """One of them, of those imports that brought it."""
    brought = [one for one in imports if name in one.tables]
    return together([_of_import(engine, raw, one, name, identical) for one in brought])


def _of_import(engine: Engine, raw: Path, one: Batch, name: str, identical: str | None) -> ir.Table:
    path = raw / one.id / f"{name}.parquet"
    empty = engine.lake.empty_columns(path)
    table = _completed(engine.read(path), STAGED[name].types, empty=empty)
    return table.mutate(
        source=ibis.literal(one.source),
        batch=ibis.literal(one.id),
        seq=ibis.literal(one.seq, "int64"),
        identical=ibis.literal(identical or one.identical),
    )


def _completed(table: ir.Table, types: Mapping[str, str], *, empty: Collection[str]) -> ir.Table:
    """`table` with the columns that its schema has got since it was imported, null; null without
    reading them those that are `empty`, so that the engine leaves out what is done with them."""
    nothing = {
        name: ibis.null(kind)
        for name, kind in types.items()
        if name not in table.columns or name in empty
    }
    return table.mutate(**nothing) if nothing else table


def together(parts: Sequence[ir.Table]) -> ir.Table:
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def published_value(lines: ir.Table, orders: ir.Table, *, money: Collection[str]) -> ir.Table:
    """Rows and written value of the published lines per import, month, currency and rule; `money`
    are the currencies of all orders. Where there is one, no line need be joined to its order."""
    if len(money) == 1:
        told = lines.mutate(currency=ibis.literal(*money))
    else:
        told = lines.inner_join(orders.select("order_id", "currency"), "order_id", rname="o_{name}")
    found = told.group_by(
        batch=told.batch,
        month=told.ordered_on.truncate("M"),
        currency=told.currency,
        rule=ibis.coalesce(told.excluded_by, ibis.literal("counted")),
    ).agg(rows=told.count(), amount=told.as_given.sum())
    return found.mutate(month=found.month.strftime("%Y-%m"))


_SHARE = 0.75
"""Of pairs that are n times as many, n to this power are drawn for review."""


def review_pairs(pair: ir.Table, status: str) -> ir.Table:
    """Pairs of a status, the likeliest first."""
    chosen = pair if status == "all" else pair.filter(pair.status == status)
    return chosen.order_by([ibis.desc(chosen.probability.fill_null(0.0)), "pair_id"])


def sampled_pairs(pair: ir.Table, link: ir.Table) -> ir.Table:
    """Pairs that the model speaks of and nobody has decided, in an order that knows nothing of who
    they are: of every pair of sources and every likelihood some, the more the more there are, but
    not in proportion. Most pairs are beyond doubt: deciding many of them would teach little. Of the
    same two customers, or within one, the likeliest pair of two sources tells what others would."""
    open_ = pair.filter(pair.rule == "model", pair.decision.isnull())
    who = link.select("own_id", "customer_id").distinct()
    for side in ("1", "2"):
        named = who.rename({f"own_id_{side}": "own_id", f"customer_{side}": "customer_id"})
        open_ = open_.inner_join(named, f"own_id_{side}")
    ends = ibis.window(
        group_by=[
            end(open_[f"{name}_1"], open_[f"{name}_2"])
            for name in ("source", "customer")
            for end in (ibis.least, ibis.greatest)
        ],
        order_by=[ibis.desc("probability"), "pair_id"],
    )
    telling = open_.mutate(again=ibis.row_number().over(ends)).filter(lambda t: t.again == 0)
    return _in_turn(telling).select(*pair.columns)


def _in_turn(pair: ir.Table) -> ir.Table:
    sure = pair.probability.clip(upper=0.9999)
    kinds = pair.mutate(
        one=ibis.least(pair.source_1, pair.source_2),
        other=ibis.greatest(pair.source_1, pair.source_2),
        likely=(sure / (1 - sure)).ln().floor(),
    )
    kind = ["one", "other", "likely"]
    drawn = kinds.mutate(
        place=ibis.row_number().over(ibis.window(group_by=kind, order_by="pair_id")),
        many=kinds.pair_id.count().over(ibis.window(group_by=kind)),
    )
    turn = (drawn.place + 0.5) / drawn.many.cast("float64").pow(_SHARE)
    return drawn.order_by(turn, "pair_id")


def pairs_of_customer(pair: ir.Table, link: ir.Table, customer_id: str) -> ir.Table:
    """Pairs of which one record is this customer's."""
    own = link.filter(link.customer_id == customer_id).select("own_id").distinct()
    mine = own.own_id
    return pair.filter(pair.own_id_1.isin(mine) | pair.own_id_2.isin(mine))


def review_sides(
    link: ir.Table, contact: ir.Table, staged: ir.Table | None, *, own_ids: Sequence[str]
) -> ir.Table:
    """Records by the id they have alone: source, ids there, customer, and personal data: the newest
    that is told of the record itself or, where the imports are gone, of its customer there."""
    found = link.filter(link.own_id.isin(list(own_ids)))
    side = found.group_by("own_id", "source", "customer_id").agg(
        source_ids=found.source_id.collect(order_by=found.source_id),
        kind=found.source_id_kind.min(),
    )
    named = contact.rename({f"contact_{name}": name for name in contact.columns})
    if staged is not None:
        told = _newest_told(staged, found).select(
            "own_id",
            **{f"contact_{name}": name for name in contact.columns if name in staged.columns},
        )
        return side.left_join(told, "own_id", rname="t_{name}").drop("t_own_id", "contact_source")
    return side.left_join(
        named,
        [side.customer_id == named.contact_customer_id, side.source == named.contact_source],
    ).drop("contact_customer_id", "contact_source")


def _newest_told(staged: ir.Table, link: ir.Table) -> ir.Table:
    """Of each record of `link` the newest row of staged customers that speaks of it."""
    reference = link.select(
        "source", "own_id", customer_ref="source_id", customer_ref_kind="source_id_kind"
    )
    filled = staged.mutate(customer_ref_kind=staged.customer_ref_kind.fill_null("id"))
    told = filled.inner_join(reference, ["source", "customer_ref", "customer_ref_kind"])
    newest = [
        told.told_on.notnull(),
        *(ibis.desc(name) for name in ("told_on", "seq", "row_number")),
        "row_file",
    ]
    ranked = told.mutate(
        rank=ibis.row_number().over(ibis.window(group_by="own_id", order_by=newest))
    )
    return ranked.filter(ranked.rank == 0)


def candidates(customers: ir.Table, links: ir.Table, ids: Sequence[str]) -> ir.Table:
    """What tells a few customers apart without a name: sources, orders, day of the last one."""
    own = links.filter(links.customer_id.isin(list(ids)))
    named = own.select("customer_id", "source").distinct()
    sources = named.group_by("customer_id").agg(
        sources=named.source.group_concat(", ", order_by=named.source)
    )
    chosen = customers.select("customer_id", "orders", "last_order_on")
    return chosen.inner_join(sources, "customer_id").order_by("customer_id")


def members(customers: ir.Table, account_id: str) -> ir.Table:
    """The customers of an account."""
    return customers.filter(customers.account_id == account_id).select("customer_id")


def accounts_of(customers: ir.Table, text: str) -> ir.Table:
    """Accounts that have this id, or that a source calls so, or that this customer belongs to."""
    mine = customers.filter(customers.account_id.notnull())
    told = mine.filter(
        (mine.account_id == text) | (mine.account == text) | (mine.customer_id == text)
    )
    return told.select("account_id").distinct()


def company_names(
    contacts: ir.Table, customers: ir.Table, accounts: Collection[str] | None
) -> ir.Table:
    """Who of an account calls it what: account_id, customer_id, company, names of the person."""
    mine = customers.filter(customers.account_id.notnull()).select("customer_id", "account_id")
    if accounts is not None:
        mine = mine.filter(mine.account_id.isin(list(accounts)))
    joined = contacts.inner_join(mine, "customer_id", rname="c_{name}")
    names = ("account_id", "customer_id", "company", "first_name", "last_name")
    return joined.select(*names)


def accounts_table(customers: ir.Table, facts: ir.Table) -> ir.Table:
    """One row per account, those of the most revenue first."""
    mine = customers.filter(customers.account_id.notnull())
    value = facts.select("customer_id", "historical_clv")
    joined = mine.left_join(value, "customer_id", rname="f_{name}")
    found = joined.group_by("account_id").agg(
        contacts=joined.count(),
        orders=joined.orders.sum().fill_null(0),
        revenue=joined.historical_clv.sum(),
        last_order_on=joined.last_order_on.max(),
    )
    return found.order_by([ibis.desc(found.revenue.fill_null(0)), "account_id"])


def customers_table(tables: Mapping[str, ir.Table], with_source_ids: bool) -> ir.Table:
    """One row per customer: facts, RFM scores, segment, status and predictions."""
    joined = tables["customer_facts"].left_join(
        tables["segments"], "customer_id", rname="segment_{name}"
    )
    doubled = [name for name in joined.columns if name.startswith("segment_")]
    joined = joined.drop("customer_number", *doubled)
    if "predictions" in tables:
        predicted = tables["predictions"]
        joined = joined.left_join(predicted, "customer_id", rname="predicted_{name}")
        joined = joined.drop("predicted_customer_id")
    if with_source_ids:
        link = tables["customer_links"]
        ids = link.group_by("customer_id").agg(
            source_ids=link.source.concat(":", link.source_id).group_concat(
                " | ", order_by=[link.source, link.source_id]
            )
        )
        joined = joined.left_join(ids, "customer_id", rname="ids_{name}").drop("ids_customer_id")
    return joined.order_by("customer_id")


def orders_table(tables: Mapping[str, ir.Table], with_source_ids: bool) -> ir.Table:
    """One row per order. Without source ids nothing in it names a customer.

    Where an order's number begins with the customer's id in the source, as it does where an order
    is known by its customer and day, the customer_id stands in its place.
    """
    told = tables["orders"]
    orders = told.select(name for name in told.columns if name != "own_id")
    if with_source_ids:
        return orders
    links = tables["customer_links"].select("customer_id", "source", "source_id")
    told = orders.inner_join(links, ["customer_id", "source"])
    told = told.filter(told.source_order_id.startswith(told.source_id.concat("/")))
    names = told.group_by("order_id").agg(named=told.source_id.max())
    joined = orders.left_join(names, "order_id", rname="named_{name}")
    rest = joined.source_order_id.substr(joined.named.length())
    hidden = joined.source.concat("/", joined.customer_id, rest)
    shown = joined.mutate(order_id=joined.named.notnull().ifelse(hidden, joined.order_id))
    return shown.select(name for name in orders.columns if name != "source_order_id")


def settled_records(orders: ir.Table) -> ir.Table:
    """`own_id`, `customer_id` and `purchases` of each record that ordered."""
    known = orders.filter(orders.customer_id.notnull())
    own = ibis.coalesce(known.own_id, known.customer_id)
    return known.group_by("customer_id", own_id=own).agg(
        purchases=known.is_purchase.sum().fill_null(0)
    )


def settled_references(links: ir.Table, records: ir.Table) -> ir.Table:
    """References (as staged rows make them) to records, with what they led to."""
    known = links.semi_join(records, "own_id")
    return known.select(
        "source",
        "own_id",
        "customer_id",
        customer_ref="source_id",
        customer_ref_kind="source_id_kind",
    )


def linked_now(references: ir.Table, links: ir.Table) -> ir.Table:
    """`references` with the record and the customer that they lead to now, `own` and `customer`."""
    now = links.select(
        "source",
        customer_ref="source_id",
        customer_ref_kind="source_id_kind",
        own="own_id",
        customer="customer_id",
    )
    met = references.left_join(
        now, ["source", "customer_ref", "customer_ref_kind"], rname="n_{name}"
    )
    return met.select("own_id", "customer_id", "own", "customer")


def changes_of(now: ir.Table) -> ir.Table:
    """One row: references to another record than before (`lost`), to another customer (`moved`)."""
    lost = ~now.own.identical_to(now.own_id)
    moved = ~now.customer.identical_to(now.customer_id)
    return now.agg(lost=lost.sum().fill_null(0), moved=moved.sum().fill_null(0))


def moved_customers(now: ir.Table) -> ir.Table:
    """`customer_id` and the `customer` that it leads to now, of every customer whose records were
    linked or parted, those included that others came to."""
    changed = now.filter(now.customer != now.customer_id)
    met = now.semi_join(changed, "customer").union(now.semi_join(changed, "customer_id"))
    return met.select("customer_id", "customer").distinct()


def parted(moved: ir.Table) -> ir.Table:
    """One cell: customers that lead to several now."""
    places = moved.group_by("customer_id").agg(n=moved.count())
    return places.agg(n=(places.n > 1).sum().fill_null(0))


def of_moved(table: ir.Table, moved: ir.Table) -> ir.Table:
    """Canonical rows of customers that moved, under the customer that they belong to now."""
    met = table.inner_join(moved, "customer_id")
    now: dict[str, ir.Value] = {"customer_id": met.customer}
    if "own_id" in table.columns:
        now["own_id"] = ibis.coalesce(met.own_id, met.customer_id).nullif(met.customer)
    return met.mutate(**now).select(table.columns)


def misfits(new: ir.Table, ids: ir.Table, *, alone: ir.Table, opened: ir.Table) -> ir.Table:
    """One cell: links of `new` that speak of a person or whose id is known (`ids`), and customers
    of `opened` orders whom nothing names any more."""
    speaking = new.filter(new.source_id_kind.isin(["email", "phone"])).select("own_id")
    again = new.semi_join(ids, "own_id").select("own_id")
    known = opened.filter(opened.customer_id.notnull()).distinct()
    lost = known.anti_join(alone, "customer_id").select(own_id="customer_id")
    found = ibis.union(speaking, again, lost)
    return found.agg(n=found.count())


def changed_customers(fresh: ir.Table, opened: ir.Table, *, moved: ir.Table | None) -> ir.Table:
    """`customer_id` of everybody of whom an order is new (`fresh`), may be told otherwise
    (`opened`), or changed hands (`moved`)."""
    ids = [fresh.select("customer_id"), opened.select("customer_id")]
    if moved is not None:
        ids += [moved.select("customer_id"), moved.select(customer_id="customer")]
    every = ibis.union(*ids)
    return every.filter(every.customer_id.notnull()).distinct()


def otherwise_told(before: ir.Table, now: ir.Table, records: ir.Table) -> ir.Table:
    """One cell: customers with settled orders whose channel or account is another than it was."""
    names = ("customer_id", "channel", "account_id")
    then = before.semi_join(records, "customer_id").select(*names)
    met = then.left_join(now.select(*names), "customer_id", rname="n_{name}")
    same = met.channel.identical_to(met.n_channel) & met.account_id.identical_to(met.n_account_id)
    return met.agg(changed=(~same).sum().fill_null(0))


def settled_rows(name: str, table: ir.Table, *, until: date, orders: ir.Table) -> ir.Table:
    """Rows of a carried table that an order before this day brought; `orders`: all of them."""
    day = ibis.literal(until)
    if name != "sales":
        return table.filter(table.ordered_on < day)
    sold = table.filter((table.kind == "sale") & (table.day < day))
    return sold.union(_given_back(table.filter(table.kind == "return"), until, orders))


def settled_refunds(refunds: ir.Table, orders: ir.Table, until: date) -> ir.Table:
    """Refunds of orders before this day, and credit notes before it that are matched with none."""
    return _given_back(refunds.mutate(known_on=refunds.refunded_on), until, orders).drop("known_on")


def _given_back(returned: ir.Table, until: date, orders: ir.Table) -> ir.Table:
    day = ibis.literal(until)
    settled = orders.filter(orders.ordered_on < day).select("order_id")
    alone = returned.filter(returned.order_id.isnull() & (returned.known_on < day))
    return returned.semi_join(settled, "order_id").union(alone)
