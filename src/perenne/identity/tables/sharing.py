"""What records share: which identifiers may link, the pairs they link, and what came of it."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.identity.schema import IDS, PAIRS
from perenne.identity.tables.facts import to_schema
from perenne.identity.weighing import RULES
from perenne.warehouse import CANONICAL


def judged(identifier: ir.Table, *, cap: int, blocked: str | None) -> ir.Table:
    """`identifier` with `state`: used, blocked (on the list), shared (by more records than the
    cap), crowd (its record carries more of them than the cap, or is known by one that is shared),
    desk (its record is known by one on the list: it links nobody, but is evidence as names are).
    """
    pattern = ibis.literal(False) if blocked is None else identifier.value.re_search(blocked)
    people = identifier.own_id.count().over(ibis.window(group_by=["kind", "value"]))
    carried = identifier.value.count().over(ibis.window(group_by=["own_id", "kind"]))
    listed = identifier.mutate(
        state=ibis.cases(
            (pattern, "blocked"), (people > cap, "shared"), (carried > cap, "crowd"), else_="used"
        ),
        people=people,
    )
    mine = ibis.window(group_by="own_id")
    crowd = (listed.names & listed.state.isin(["shared", "crowd"])).any().over(mine)
    desk = (listed.names & (listed.state == "blocked")).any().over(mine)
    used = listed.state == "used"
    return listed.mutate(
        state=ibis.cases((used & crowd, "crowd"), (used & desk, "desk"), else_=listed.state)
    )


def not_used(identifier: ir.Table) -> ir.Table:
    """Identifiers that link nobody, those of the most records first."""
    shared = identifier.filter(
        identifier.state.isin(["blocked", "shared"]) & (identifier.people > 1)
    )
    found = shared.group_by("kind", "value", "state").agg(people=shared.people.max())
    return found.order_by([ibis.desc("people"), "kind", "value"])


def pairs(used: ir.Table, node: ir.Table) -> ir.Table:
    """`l`, `r`, `rule` (its place in RULES) for records that share an identifier, the strongest;
    `known`: how many of the two are known by one that they share."""
    coded = used.join(node.select("own_id", "idx"), "own_id")
    coded = coded.select("idx", "kind", "value", known=coded.names.cast("int64"))
    one, other = coded.view(), coded.view()
    met = one.inner_join(
        other,
        [one.kind == other.kind, one.value == other.value, one.idx < other.idx],
        rname="{name}_r",
    )
    rule = ibis.cases(*((met.kind == k, RULES.index(k)) for k in ("number", "email", "phone")))
    ruled = met.select(l="idx", r="idx_r", rule=rule, known=met.known + met.known_r)
    return ruled.group_by("l", "r").agg(
        rule=ruled.rule.min().cast("int64"), known=ruled.known.max()
    )


def outcome(pair: ir.Table, evidence: ir.Table, node: ir.Table) -> ir.Table:
    """Schema `identity_pairs`: pairs (l, r and what became of them) with evidence and ids."""
    left = node.select(l="idx", own_id_1="own_id", source_1="source")
    right = node.select(r="idx", own_id_2="own_id", source_2="source")
    joined = pair.inner_join(left, "l").inner_join(right, "r")
    joined = joined.left_join(evidence, ["l", "r"], rname="e_{name}")
    told = joined.mutate(
        pair_id=_pair_id(joined.own_id_1, joined.own_id_2),
        decision=joined.decision.nullif(""),
        probability=joined.probability.isnan().ifelse(ibis.null("float64"), joined.probability),
        evidence=joined.evidence.fill_null(""),
    )
    return to_schema(told, PAIRS)


def _pair_id(one: ir.StringValue, other: ir.StringValue) -> ir.StringValue:
    """Twelve hex digits, whichever record comes first."""
    both = ibis.least(one, other).concat("|", ibis.greatest(one, other))
    return both.hexdigest("sha256").substr(0, 12)


def links(reference: ir.Table, node: ir.Table, *, root: ir.Table, pair: ir.Table) -> ir.Table:
    """Schema `customer_links` but for `run`: every reference with the customer of its record.

    A record that was linked to an older one names the strongest rule that links it; `pair` are the
    rows of `identity_pairs`.
    """
    numbered = node.inner_join(root, "idx")
    oldest = numbered.select(root="idx", customer_id="own_id")
    known = numbered.inner_join(oldest, "root").select("own_id", "customer_id", "since")
    made = pair.filter(pair.status == "linked")
    sides = [
        made.select(own_id=side, rule="rule", probability="probability")
        for side in ("own_id_1", "own_id_2")
    ]
    every = ibis.union(*sides)
    place = ibis.cases(*((every.rule == name, n) for n, name in enumerate(RULES)))
    first = ibis.row_number().over(
        ibis.window(group_by="own_id", order_by=[place, ibis.desc(every.probability)])
    )
    best = every.mutate(_first=first).filter(lambda t: t._first == 0)
    joined = reference.inner_join(known, "own_id").left_join(
        best.select("own_id", "rule", "probability"), "own_id", rname="b_{name}"
    )
    alone = (joined.own_id == joined.customer_id) | joined.rule.isnull()
    return joined.select(
        "source",
        "source_id",
        "source_id_kind",
        "customer_id",
        "own_id",
        "since",
        rule=alone.ifelse(joined.own_rule, joined.rule),
        probability=alone.ifelse(1.0, joined.probability.fill_null(1.0)),
    )


def unlinked(reference: ir.Table, node: ir.Table) -> ir.Table:
    """As `links`, where nothing can be shared: every record is its own customer."""
    joined = reference.inner_join(node.select("own_id", "since"), "own_id")
    alone = joined.mutate(customer_id=joined.own_id, probability=ibis.literal(1.0))
    return alone.rename(rule="own_rule")


def dated(link: ir.Table, before: ir.Table | None, *, run: int) -> ir.Table:
    """Schema `customer_links`: `run` is the refresh since which the link stands as it is."""
    if before is None:
        made = link.mutate(run=ibis.literal(run, "int32").cast("int64"))
        return to_schema(made, CANONICAL["customer_links"])
    names = ("source", "source_id", "source_id_kind", "customer_id", "rule")
    joined = link.left_join(before.select(*names, "run"), list(names), rname="o_{name}")
    return to_schema(joined.mutate(run=joined.run.fill_null(run)), CANONICAL["customer_links"])


def ids(node: ir.Table, link: ir.Table, known: ir.Table | None) -> ir.Table:
    """Schema `customer_ids`: every id there ever was, and where it leads."""
    leads = link.select("own_id", "customer_id").distinct()
    now = node.inner_join(leads, "own_id").select("own_id", "customer_id", "since")
    if known is None:
        return to_schema(now, IDS)
    gone = known.anti_join(now, "own_id").mutate(customer_id=ibis.null("string"))
    return to_schema(now.union(gone.select("own_id", "customer_id", "since")), IDS)


def newcomers(alone: ir.Table, known: ir.Table, *, run: int) -> ir.Table:
    """Schema `customer_links`: references of `alone` that `known` links do not have."""
    new = alone.anti_join(known, ["source", "source_id", "source_id_kind"])
    since = ibis.literal(run, "int32").cast("int64")
    return to_schema(new.mutate(run=since), CANONICAL["customer_links"])


def newcomer_ids(link: ir.Table) -> ir.Table:
    """Schema `customer_ids` of links that nobody had before."""
    return to_schema(link.select("own_id", "customer_id", since="run").distinct(), IDS)


def linked_by(link: ir.Table) -> ir.Table:
    """How many records each rule links to an older one."""
    made = link.filter(link.own_id != link.customer_id)
    return made.group_by("rule").agg(records=made.own_id.nunique())


def bought(
    sold: ir.Table, reference: ir.Table, node: ir.Table, *, settled: ir.Table | None = None
) -> ir.Table:
    """`idx` and `orders`: how many purchases each record carries; `settled` are purchases of
    records that are counted already."""
    ref = reference.select(
        "source", "own_id", customer_ref="source_id", customer_ref_kind="source_id_kind"
    )
    known = sold.filter(sold.is_purchase & sold.customer_ref.notnull())
    known = known.mutate(customer_ref_kind=known.customer_ref_kind.fill_null("id"))
    met = known.inner_join(ref, ["source", "customer_ref", "customer_ref_kind"])
    counted = met.group_by("own_id").agg(orders=met.count())
    if settled is not None:
        every = counted.union(settled.select("own_id", orders="purchases"))
        counted = every.group_by("own_id").agg(orders=every.orders.sum())
    return counted.inner_join(node.select("own_id", "idx"), "own_id").select("idx", "orders")


def numbered(node: ir.Table, own: ir.Table) -> ir.Table:
    """The numbers of these records, of those that are there."""
    return node.semi_join(own, "own_id").select("own_id", "idx")
