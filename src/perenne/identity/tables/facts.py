"""Links of each source on its own, and the facts, customers and contacts that links key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import ibis
import ibis.expr.types as ir

from perenne.warehouse import CANONICAL, ERASED, MONEY, TOKEN_LENGTH, TableSchema, to_money

REF = ("source", "customer_ref", "customer_ref_kind")


def keyed_hash(key: str, *parts: ir.StringValue) -> ir.StringValue:
    """The same id as `perenne.core.opaque_id`, computed by the engine."""
    message = ibis.literal("\x1f").join(list(parts))
    inner = ibis.literal(key + "i").concat(message).hexdigest("sha256")
    outer = ibis.literal(key + "o").concat(inner).hexdigest("sha256")
    return outer.substr(0, 32)


def links(tables: Iterable[ir.Table], persons: ir.Table, key: str) -> ir.Table:
    """Schema `customer_links`: one row per reference a source makes to a customer.

    `persons` (staged customers) may say that several references of a source are one person; the
    id of the person is a reference as well. Each source stands alone: `tables/sharing.py` links
    what several tell.
    """
    seen = [table.select(*REF) for table in (*tables, persons)]
    selves = persons.select(
        "source", customer_ref="person_ref", customer_ref_kind=ibis.literal("id")
    )
    refs = ibis.union(*seen, selves).filter(lambda t: t.customer_ref.notnull())
    refs = refs.mutate(customer_ref_kind=refs.customer_ref_kind.fill_null("id")).distinct()
    told = persons.filter(persons.person_ref.notnull() & persons.customer_ref.notnull())
    told = told.select("source", "customer_ref", "person_ref")
    told = told.union(told.mutate(customer_ref=told.person_ref))
    person = told.group_by("source", "customer_ref").agg(person_ref=told.person_ref.min())
    known = refs.left_join(person, ["source", "customer_ref"], rname="p_{name}")
    named = known.person_ref.notnull()
    own_id = keyed_hash(
        key,
        known.source,
        named.ifelse("person", known.customer_ref_kind),
        ibis.coalesce(known.person_ref, known.customer_ref),
    )
    # All records of an erased person bear one token, in whatever source: they stay one customer.
    erased = keyed_hash(
        key, ibis.literal(ERASED), known.customer_ref.substr(len(ERASED) + 1, TOKEN_LENGTH)
    )
    own_id = (known.customer_ref_kind == ERASED).ifelse(erased, own_id)
    return known.select(
        source=known.source,
        source_id=known.customer_ref,
        source_id_kind=known.customer_ref_kind,
        customer_id=own_id,
        rule=named.ifelse(
            ibis.literal("source_person"), ibis.literal("source_").concat(known.customer_ref_kind)
        ),
        probability=ibis.literal(1.0),
        own_id=own_id,
        run=ibis.literal(0, "int32").cast("int64"),
    )


def with_customer(table: ir.Table, link: ir.Table) -> ir.Table:
    """`table` with `customer_id` and `own_id`, null where it refers to nobody."""
    known = link.select(
        "source",
        "customer_id",
        "own_id",
        customer_ref="source_id",
        customer_ref_kind="source_id_kind",
    )
    filled = table.mutate(customer_ref_kind=table.customer_ref_kind.fill_null("id"))
    joined = filled.left_join(known, list(REF), rname="link_{name}")
    return joined.drop([name for name in joined.columns if name.startswith("link_")])


def orders(
    table: ir.Table,
    link: ir.Table,
    *,
    account: ir.Table,
    earlier: ir.Table | None = None,
    moved: ir.Table | None = None,
) -> ir.Table:
    """Schema `orders`: customer, account and, for a known customer's purchases, the order's number.

    `account`: customer_id and account_id of those who belong to one. `earlier`: customer_id and
    purchases of records that bought before all of `table`: the numbers go on from there. `moved`:
    canonical orders of other customers, to be numbered with them.
    """
    known = with_customer(table, link)
    known = known.mutate(own_id=known.own_id.nullif(known.customer_id))
    if moved is not None:
        names = [name for name in moved.columns if name not in ("account_id", "order_number")]
        known = _as_canonical(known, "orders", names).union(moved.select(names))
    known = known.left_join(account, "customer_id", rname="a_{name}")
    counted = known.is_purchase & known.customer_id.notnull()
    numbered = known.mutate(counted=counted).mutate(
        number=ibis.row_number().over(
            ibis.window(
                group_by=["customer_id", "counted"],
                order_by=["ordered_at", "source", "source_order_id"],
            )
        )
    )
    before: ir.IntegerValue = ibis.literal(1)
    if earlier is not None:
        made = earlier.group_by("customer_id").agg(made=earlier.purchases.sum())
        numbered = numbered.left_join(made, "customer_id", rname="m_{name}")
        before = numbered.made.fill_null(0) + 1
    number = numbered.counted.ifelse(numbered.number + before, ibis.null("int64"))
    return shaped(numbered.mutate(order_number=number), "orders")


def lines(table: ir.Table, order: ir.Table, moved: ir.Table | None = None) -> ir.Table:
    """Schema `order_lines`: lines, and canonical ones (`moved`), take their order's customer."""
    if moved is not None:
        names = [name for name in moved.columns if name != "customer_id"]
        table = _as_canonical(table, "order_lines", names).union(moved.select(names))
    joined = table.left_join(order.select("order_id", "customer_id"), "order_id", rname="o_{name}")
    return shaped(joined, "order_lines")


def refunds(table: ir.Table, link: ir.Table, moved: ir.Table | None = None) -> ir.Table:
    """Schema `refunds`, with the customer; and canonical ones, `moved`, that have theirs."""
    found = shaped(with_customer(table, link), "refunds")
    return found if moved is None else found.union(moved.select(found.columns))


def customers(
    order: ir.Table,
    line: ir.Table,
    link: ir.Table,
    *,
    told: ir.Table,
    account: ir.Table,
    touch: ir.Table,
    stayed: ir.Table | None = None,
) -> ir.Table:
    """Schema `customers`: everyone a source knows; prospects have no first order.

    `told` is what sources say of each (`relation.told`), `account` and `touch` the account and the
    visit that counts of those who have one. `stayed`: rows of customers beside those of `link`.
    """
    everyone = link.select("customer_id").distinct()
    bought = order.filter(order.is_purchase & order.customer_id.notnull())
    if stayed is not None:
        bought = bought.semi_join(everyone, "customer_id")
    facts = bought.group_by("customer_id").agg(
        first_order_at=bought.ordered_at.min(),
        last_order_at=bought.ordered_at.max(),
        first_order_on=bought.ordered_on.min(),
        last_order_on=bought.ordered_on.max(),
        orders=bought.count(),
    )
    first = bought.filter(bought.order_number == 1)
    start = first.select(
        "customer_id",
        "order_id",
        "channel",
        "country",
        first_discounted=(first.discount > 0) | first.coupon.notnull(),
    )
    started = line.semi_join(first, "order_id")
    start = start.left_join(_main_category(started), "order_id", rname="c_{name}")
    joined = everyone.left_join(facts, "customer_id", rname="f_{name}")
    joined = joined.left_join(start, "customer_id", rname="s_{name}")
    for number, part in enumerate((told, account, touch)):
        joined = joined.left_join(part, "customer_id", rname=f"t{number}_{{name}}")
    # What brought somebody to a newsletter after the first order did not bring the customer.
    in_time = (joined.first_order_on.isnull() | (joined.dated_on <= joined.first_order_on)).ifelse(
        joined.dated_channel, ibis.null("string")
    )
    channels = {
        "touch": joined.touch_channel,
        "order": joined.channel,
        "source": ibis.coalesce(in_time, joined.undated_channel),
    }
    told_by = ibis.cases(
        *((channel.notnull(), name) for name, channel in channels.items()),
        else_=ibis.null("string"),
    )
    made = shaped(
        joined.mutate(
            orders=joined.orders.fill_null(0),
            channel=ibis.coalesce(*channels.values()),
            channel_from=told_by,
        ),
        "customers",
    )
    return made if stayed is None else made.union(stayed.select(made.columns))


def _main_category(line: ir.Table) -> ir.Table:
    """The category with the largest value of each order (ties: alphabetical)."""
    counted = line.filter(line.excluded_by.isnull() & line.category.notnull())
    sums = counted.group_by("order_id", "category").agg(value=counted.net.sum())
    rank = ibis.row_number().over(
        ibis.window(group_by="order_id", order_by=[ibis.desc("value"), "category"])
    )
    ranked = sums.mutate(rank=rank)
    return ranked.filter(ranked.rank == 0).select("order_id", first_category="category")


def contacts(words: ir.Table, link: ir.Table) -> ir.Table:
    """Schema `contacts`: the newest personal data of each customer and source. What the newest of
    the `words` (`Cleaned.tables`) leaves blank, earlier ones of the same reference tell."""
    named = words.customer_ref.notnull() & (words.customer_ref_kind.fill_null("id") != ERASED)
    told = words.filter(named).mutate(customer_ref_kind=words.customer_ref_kind.fill_null("id"))
    known = with_customer(told.filter(told.fate == "kept"), link)
    ranked = known.mutate(rank=_belief(["customer_id", "source"]))
    newest = ranked.filter(ranked.rank == 0).left_join(_filled(told), list(REF), rname="w_{name}")
    several = newest.several.fill_null(False)
    whole = newest.mutate(
        **{
            name: several.ifelse(newest[f"filled_{name}"], newest[name])
            for name in (*ALONE, *BLOCK)
        }
    )
    return shaped(whole, "contacts")


ALONE = ("email", "phone", "first_name", "last_name", "company", "birth_on")
BLOCK = ("address", "postcode", "city", "region", "country")
"""Told together: the street of one word is not put beside the city of another."""
_WITHOUT_A_PLACE = 1_000_000_000


def _belief(by: list[str]) -> ir.IntegerValue:
    """The place of each word among those of `by`, in the order of belief."""
    order = [ibis.desc("seq"), ibis.desc("row_number"), "row_file"]
    return ibis.row_number().over(ibis.window(group_by=by, order_by=order))


def _filled(told: ir.Table) -> ir.Table:
    """Of each reference that several words tell of: each datum as the first that has one says it,
    in `filled_…`. An address begins with a street, postcode or city; where none says one, region
    and country are those of the first that tells either."""
    counted = told.group_by(*REF).agg(words=told.count())
    repeated = told.semi_join(counted.filter(counted.words > 1), list(REF))
    word = repeated.select(*REF, *ALONE, *BLOCK, nth=_belief(list(REF)))
    placed = word.address.notnull() | word.postcode.notnull() | word.city.notnull()
    place = placed.ifelse(word.nth, word.nth + _WITHOUT_A_PLACE)
    somewhere = placed | word.region.notnull() | word.country.notnull()
    block = ibis.struct({name: word[name] for name in BLOCK})
    found = word.group_by(*REF).agg(
        **{f"filled_{n}": word[n].argmin(word.nth, where=word[n].notnull()) for n in ALONE},
        block=block.argmin(place, where=somewhere),
    )
    address = {f"filled_{name}": found.block[name] for name in BLOCK}
    return found.mutate(several=ibis.literal(value=True), **address).drop("block")


def shaped(table: ir.Table, name: str) -> ir.Table:
    """Exactly the columns and types of a canonical table."""
    return to_schema(table, CANONICAL[name])


def to_schema(table: ir.Table, schema: TableSchema) -> ir.Table:
    """Exactly the columns and types of a schema."""
    return _typed(table, schema.types)


def _as_canonical(table: ir.Table, name: str, columns: Iterable[str]) -> ir.Table:
    """Some columns of a canonical table, typed as there."""
    return _typed(table, {column: CANONICAL[name].types[column] for column in columns})


def _typed(table: ir.Table, types: Mapping[str, str]) -> ir.Table:
    return table.select(
        **{
            column: _amount(table[column]) if kind == MONEY else table[column].cast(kind)
            for column, kind in types.items()
        }
    )


def _amount(value: ir.Value) -> ir.Value:
    return to_money(value) if value.type().is_floating() else value.round(4).cast(MONEY)
