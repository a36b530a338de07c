"""Whom a mailbox names: zoe.martin@… is Zoé Martin's, whatever name stands on an order.

Under one account others are sent gifts, and some people invent a name. A mailbox tells a name where
its two parts are borne as first and family names in the shop: the words of a record that agree with
its mailbox speak for it, and where none does, the mailbox itself does.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.identity.tables.records import jaro_winkler_similarity

ALIKE = 0.75
"""Likeness of names from which they do not contradict each other."""
_SHORTEST = 3
REPLACES, AGREES, DISAGREES, FURTHER = range(4)
"""Which word of a record is heard first (`rank`): the name of the mailbox where all others are
invented; those that agree with their mailbox, or have none that tells a name; the others; and last
the family name of the mailbox, where it is another one than the one told, as after a wedding."""


def ranked(said: ir.Table) -> ir.Table:
    """`said` (a row per word of a record: `source`, `own_id`, `first_name`, `last_name`, `email`,
    `postcode`) with `rank`, and a row more per word of which the mailbox tells another name.

    A mailbox replaces no name where its owner has another record of the source at that place: one
    household shares it.
    """
    named = _named(said)
    first = _differs(named.first_name, named.box_first)
    last = _differs(named.last_name, named.box_last)
    crossed = ~_differs(named.first_name, named.box_last) & ~_differs(
        named.last_name, named.box_first
    )
    told = named.mutate(
        first_apart=first.fill_null(False) & ~crossed.fill_null(False),
        last_apart=last.fill_null(False) & ~crossed.fill_null(False),
        rank=ibis.literal(AGREES),
    )
    whole = told.mutate(rank=told.first_apart.ifelse(DISAGREES, AGREES))
    best = whole.rank.min().over(ibis.window(group_by="own_id"))
    whole = whole.mutate(best=best)
    invented = whole.filter(
        whole.first_apart & whole.last_apart & (whole.best == DISAGREES)
    ).mutate(rank=ibis.literal(REPLACES), first_name="box_first", last_name="box_last")
    owner = said.select("source", "first_name", "last_name", "postcode", holder="own_id").distinct()
    shared = invented.inner_join(owner, ["source", "first_name", "last_name", "postcode"]).filter(
        lambda t: t.own_id != t.holder
    )
    invented = invented.anti_join(shared.select("own_id").distinct(), "own_id")
    married = whole.filter(~whole.first_apart & whole.last_apart).mutate(
        rank=ibis.literal(FURTHER), last_name="box_last"
    )
    columns = [*said.columns, "rank"]
    return ibis.union(*(part.select(columns) for part in (whole, invented, married)))


def _named(said: ir.Table) -> ir.Table:
    """`said` with the first and family name that the mailbox of each word tells, if it tells any:
    `box_first`, `box_last`."""
    box = said.email.re_replace("@.*$", "").re_replace("[+].*$", "")
    parts = r"^([a-z]{2,})[._-]([a-z]{2,})[._-]?[0-9]*$"
    boxes = (
        said.select(box=box)
        .distinct()
        .filter(lambda t: t.box.re_search(parts))
        .mutate(one=lambda t: t.box.re_extract(parts, 1), two=lambda t: t.box.re_extract(parts, 2))
    )
    first, last = _borne(said.first_name), _borne(said.last_name)
    ways = []
    for place, (before, after) in enumerate((("one", "two"), ("two", "one"))):
        known = boxes.inner_join(first, boxes[before] == first.bare).select(
            "box", "one", "two", box_first="name"
        )
        known = known.inner_join(last, known[after] == last.bare)
        ways.append(known.select("box", "box_first", box_last="name", way=ibis.literal(place)))
    found = ibis.union(*ways)
    best = ibis.window(group_by="box", order_by=["way", "box_first", "box_last"])
    found = found.mutate(again=ibis.row_number().over(best)).filter(lambda t: t.again == 0)
    keyed = said.mutate(box=box)
    return keyed.left_join(found.drop("way", "again"), "box", rname="f_{name}").drop("box", "f_box")


def _borne(name: ir.StringValue) -> ir.Table:
    """Names as they are written, by how a mailbox writes them."""
    told = name.as_table()
    column = told.columns[0]
    return (
        told.select(name=told[column])
        .filter(lambda t: t.name.notnull())
        .mutate(bare=lambda t: t.name.replace(" ", ""))
        .filter(lambda t: t.bare.length() >= _SHORTEST)
        .group_by("bare")
        .agg(name=lambda t: t.name.min())
    )


def _differs(told: ir.StringValue, box: ir.StringValue) -> ir.BooleanValue:
    """Whether a name that was told contradicts that of the mailbox; null where either is not
    told."""
    bare, known = told.replace(" ", ""), box.replace(" ", "")
    part = known.startswith(bare) | known.contains(bare) | bare.contains(known)
    return (jaro_winkler_similarity(bare, known) < ALIKE) & ~part
