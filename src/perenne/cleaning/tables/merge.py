"""Overlapping and repeated rows: each staged row gets a fate, `kept` or `merged`.

Every input carries, besides its staged columns: `source`, `batch` (import), `seq` (order of
imports) and `identical` (`merge` or `keep`, what to do with identical lines of one order).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from perenne.warehouse import STAGED

ORDER = ("source", "source_order_id")
ORIGIN = ("row_file", "row_number", "row_hash")
Judge = Callable[[ir.Table], ir.Table]
# Columns of a line that change while the order lives on: not part of its content.
_LIVING = ("status",)
_AFTER_EVERY_DAY = 10_000_000


def no_rows(name: str) -> ir.Table:
    """The staged table `name` as if imports had brought it, empty."""
    own = {"source": "string", "batch": "string", "seq": "int64", "identical": "string"}
    return ibis.memtable([], schema=ibis.schema({**STAGED[name].types, **own}))


def content_key(table: ir.Table, columns: Sequence[str]) -> ir.Value:
    """A hash over `columns`; equal rows have equal hashes, and null is not empty.

    It tells rows apart within one order or key only, where two different rows with the same
    64-bit hash are out of the question.
    """
    return ibis.struct({name: table[name] for name in columns}).hash()


def superseded(table: ir.Table, key: Sequence[str]) -> ir.Table:
    """Batches whose rows of a key were given again, whole, by a later batch."""
    batches = table.select(*key, "batch", "seq").distinct()
    newest = ibis.window(group_by=list(key))
    return (
        batches.mutate(_last=batches.seq.max().over(newest))
        .filter(lambda t: t.seq < t._last)
        .select(*key, "batch")
        .mutate(_old=True)
    )


def order_rows(orders: ir.Table) -> ir.Table:
    """`orders` with `fate`: the newest batch wins whole; in it, of the rows of one order that tell
    the same customer and amounts the last counts. A number that two customers share is two orders.
    """
    content = ("customer_ref", "document", "subtotal", "total")
    fated = _newest_distinct(orders, ORDER, content, last=True)
    alike = ibis.window(group_by=[*ORDER, "fate"])
    told = fated.mutate(
        _who=ibis.coalesce(
            fated.customer_ref, fated.customer_ref.max().over(alike), ibis.literal("")
        )
    )
    told = told.mutate(
        _other=ibis.dense_rank().over(ibis.window(group_by=[*ORDER, "fate"], order_by="_who"))
    )
    number = told.source_order_id.concat("~", (told._other + 1).cast("string"))
    return told.mutate(source_order_id=(told._other > 0).ifelse(number, told.source_order_id)).drop(
        "_who", "_other"
    )


def line_rows(lines: ir.Table, orders: ir.Table) -> ir.Table:
    """`lines` with `fate`.

    A batch that also has the order's own row is a full copy of the order: a newer copy replaces
    it. Otherwise the key is the source's line number, or order and whole content; identical lines
    are told apart by their occurrence within the file where `identical` is `keep`.
    """
    keyed = _line_keys(lines, orders)
    occurrence = ibis.row_number().over(
        ibis.window(
            group_by=["source", "batch", "row_file", "source_order_id", "_content"],
            order_by="row_number",
        )
    )
    keyed = keyed.mutate(_nth=occurrence)
    told_apart = keyed.line_number.isnull() & (keyed.identical == "keep")
    keyed = keyed.mutate(_occurrence=told_apart.ifelse(keyed._nth, 0))
    return _newest(keyed, (*ORDER, "_key", "_occurrence"))


def _line_keys(lines: ir.Table, orders: ir.Table) -> ir.Table:
    """`lines` with `_old`, `_content` and `_key`: its number in the source, else its content."""
    keyed = _with_old(lines, superseded(orders, ORDER), ORDER)
    content = [name for name in STAGED["order_lines"].names if name not in (*ORIGIN, *_LIVING)]
    keyed = keyed.mutate(_content=content_key(keyed, content))
    number = ibis.literal("#").concat(keyed.line_number)
    return keyed.mutate(
        _key=keyed.line_number.notnull().ifelse(number, keyed._content.cast("string"))
    )


def repeated_orders(orders: ir.Table) -> ir.Table:
    """Orders that more than one row tells."""
    told = orders.group_by(*ORDER).agg(rows=orders.count())
    return told.filter(told.rows > 1).drop("rows")


def repeated_lines(lines: ir.Table, orders: ir.Table) -> ir.Table:
    """Orders with lines that another row repeats or a later import replaces."""
    keyed = _line_keys(lines, orders)
    told = keyed.group_by(*ORDER, "_key").agg(rows=keyed.count(), old=keyed._old.max())
    return told.filter((told.rows > 1) | told.old.fill_null(False)).select(*ORDER).distinct()


def judged_where(table: ir.Table, repeated: ir.Table, judge: Judge) -> ir.Table:
    """`judge` applied to the rows of `repeated` orders alone; every other row is kept.

    To rank all rows of a large shop costs more than all the rest of its cleaning.
    """
    alone = table.anti_join(repeated, list(ORDER)).mutate(fate=ibis.literal("kept"))
    several = judge(table.semi_join(repeated, list(ORDER)))
    return alone.union(several.select(*alone.columns))


def refund_rows(refunds: ir.Table, orders: ir.Table) -> ir.Table:
    """`refunds` with `fate`: the key is the refund's own number, else its whole content; and with
    `gone_on`, the day on which their source took them back.

    An import whose row of an order tells all its refunds (`refunds_told_on`) rules those of earlier
    imports that did: of these, what it tells no more is gone. Until its day they were told.
    """
    fated = numbered_rows(refunds, "refunds", number="source_refund_id", within="product_id")
    whole = orders.filter(orders.refunds_told_on.notnull()).semi_join(refunds, list(ORDER))
    told = whole.group_by(*ORDER, "batch", "seq").agg(day=whole.refunds_told_on.max())
    own, later = told.select(*ORDER, "batch", "seq"), told.select(*ORDER, "day", later="seq")
    after = own.inner_join(later, list(ORDER)).filter(lambda t: t.later > t.seq)
    gone = after.group_by(*ORDER, "batch").agg(gone_on=after.day.min())
    joined = fated.left_join(gone, [*ORDER, "batch"], rname="gone_{name}")
    return joined.select(*fated.columns, "gone_on")


def not_gone(refunds: ir.Table, as_of: date) -> ir.Table:
    """`refunds` that their source had not taken back by a day."""
    stay = refunds.gone_on.isnull() | (refunds.gone_on > ibis.literal(as_of))
    return refunds.filter(stay).drop("gone_on")


def numbered_rows(
    table: ir.Table, name: str, *, number: str, within: str | None = None
) -> ir.Table:
    """`table` (staged `name`) with `fate`: the key is the source's own `number` (and `within` it
    another column), else the whole content of the row."""
    columns = [column for column in STAGED[name].names if column not in ORIGIN]
    keyed = table.mutate(_content=content_key(table, columns))
    inner = keyed[within].fill_null("") if within else ibis.literal("")
    keyed = keyed.mutate(
        _key=keyed[number]
        .fill_null("")
        .concat(
            "\x1f",
            keyed[number].isnull().ifelse(keyed._content.cast("string"), inner),
        ),
        _old=False,
    )
    return _newest(keyed, ("source", "_key"))


def keyed_rows(table: ir.Table, name: str, key: Sequence[str]) -> ir.Table:
    """`table` (staged `name`) with `fate`: per key the newest batch wins whole, and in it rows
    that repeat each other count once."""
    columns = [column for column in STAGED[name].names if column not in ORIGIN]
    return _newest_distinct(table, ("source", *key), columns)


def person_rows(customers: ir.Table, as_of: date) -> ir.Table:
    """`customers` with `fate`, as of a day: per customer one word wins whole, whichever file came
    first. What a list of customers says comes before what an order told, and of orders the latest
    of the day tells; only of two lists the one imported last is believed. `seq` becomes that order.
    What was told later alone is kept only where nothing else tells of the customer (`later`).
    Contacts take what the winner leaves blank from the words after it (`identity`)."""
    until = ibis.literal(as_of)
    since = ibis.coalesce(customers.first_told_on, customers.told_on)
    dated = customers.mutate(
        later=later(customers, as_of),
        told_on=(since <= until).ifelse(ibis.least(customers.told_on, until), customers.told_on),
    )
    placed = ibis.cases(
        (dated.told_on.isnull(), dated.seq + _AFTER_EVERY_DAY),
        (dated.told_on > until, 0),
        else_=dated.told_on.delta(ibis.date("1970-01-01"), unit="day"),
    )
    told = dated.mutate(seq=placed.cast("int64"))
    content = [name for name in STAGED["customers"].names if name not in (*ORIGIN, "first_told_on")]
    return _newest_distinct(told, ("source", "customer_ref"), content)


def later(customers: ir.Table, as_of: date) -> ir.BooleanValue:
    """Whether a row was told after the day alone. An import of an earlier version does not tell
    since when it was: it may have been by then."""
    return (customers.first_told_on > ibis.literal(as_of)).fill_null(False)


def consent_rows(table: ir.Table) -> ir.Table:
    """`table` (staged consents) with `fate`. A word with a date holds whichever file tells it, so
    that files may come in any order; without one, the newest file's word replaces all older ones
    and is replaced by any newer."""
    key = ("source", *STAGED["consents"].key)
    names = [f"_k{i}" for i in range(len(key))]
    filled = {n: table[k].fill_null(_blank(table[k])) for n, k in zip(names, key, strict=True)}
    keyed = table.mutate(**filled)
    same = ibis.window(group_by=names)
    keyed = keyed.mutate(
        _undated=keyed.said_on.isnull(),
        _last=keyed.seq.max().over(same),
        _state=keyed.said_on.isnull().ifelse(keyed.seq, ibis.null("int64")).max().over(same),
    )
    replaced = (keyed._undated & (keyed.seq < keyed._last)) | (keyed.seq < keyed._state)
    columns = [column for column in STAGED["consents"].names if column not in ORIGIN]
    keyed = keyed.mutate(_old=replaced.fill_null(False), _content=content_key(keyed, columns))
    return _newest(keyed, (*names, "_content"))


def last_rows(table: ir.Table, key: Sequence[str]) -> ir.Table:
    """`table` with `fate`: one row per key, the last of the newest batch."""
    return _newest(table.mutate(_old=False), ("source", *key), last=True)


def _newest_distinct(
    table: ir.Table, key: Sequence[str], content: Sequence[str], *, last: bool = False
) -> ir.Table:
    filled = {f"_k{i}": table[name].fill_null(_blank(table[name])) for i, name in enumerate(key)}
    keyed = table.mutate(**filled)
    newest = keyed.seq.max().over(ibis.window(group_by=list(filled)))
    keyed = keyed.mutate(_old=keyed.seq < newest, _content=content_key(keyed, content))
    return _newest(keyed, (*filled, "_content"), last=last)


def _blank(column: ir.Column) -> ir.Scalar:
    blank = {"string": "", "date": "1900-01-01"}.get(str(column.type()), "0")
    return ibis.literal(blank).cast(column.type())


def _with_old(table: ir.Table, old: ir.Table, key: Sequence[str]) -> ir.Table:
    marked = table.left_join(old, [*key, "batch"], rname="_old_{name}")
    return marked.drop([name for name in marked.columns if name.startswith("_old_")])


def _newest(table: ir.Table, key: Sequence[str], *, last: bool = False) -> ir.Table:
    """Of each key the row of the newest batch is kept: its first, or its `last`."""
    row = ibis.desc("row_number") if last else ibis.asc("row_number")
    rank = ibis.row_number().over(
        ibis.window(group_by=list(key), order_by=[ibis.desc("seq"), "row_file", row])
    )
    ranked = table.mutate(_rank=rank)
    fate = (ranked._old.fill_null(False) | (ranked._rank > 0)).ifelse("merged", "kept")
    private = [name for name in ranked.columns if name.startswith("_")]
    return ranked.mutate(fate=fate).drop(private)
