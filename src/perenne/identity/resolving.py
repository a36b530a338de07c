"""From the records of all sources to customers: rules, the model's proposals, decisions, ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perenne.identity import comparing, scoring
from perenne.identity.account import IdentityAccount, Unused, alarm
from perenne.identity.clusters import Ints, components
from perenne.identity.decisions import Decision, standing
from perenne.identity.identifiers import blocked_pattern, masked, normal_emails, normal_phones
from perenne.identity.missing import Missed, Spoken, Stated, likely
from perenne.identity.schema import PAIRS
from perenne.identity.settings import IdentitySettings
from perenne.identity.tables import records, sharing, words
from perenne.identity.weighing import (
    ACCEPT,
    APART,
    MODEL,
    NONE,
    REFUSE,
    RULES,
    Contrary,
    Pairs,
    Weighed,
    by_rule,
    combined,
    nobody,
    weigh,
)
from perenne.warehouse import DuckEngine, Table

Keep = Callable[[str, Table], Table]
DOUBTFUL = 0.02
"""Probability from which a pair counts in the estimate of what is missed."""
LISTED = 20
"""Identifiers that the account names."""


@dataclass(frozen=True)
class Before:
    """What earlier refreshes leave: `customer_ids` and `customer_links` of the newest snapshot,
    and its largest customer."""

    ids: Table | None = None
    links: Table | None = None
    largest: int | None = None


@dataclass(frozen=True)
class Resolved:
    """Schemas `customer_links`, `identity_pairs`, `customer_ids`, lazy; and the account."""

    links: Table
    pairs: Table
    ids: Table
    account: IdentityAccount


def as_it_is(name: str, table: Table) -> Table:
    """A table that is one of the engine's already."""
    return table


@dataclass(frozen=True)
class Task:
    """Everything that one resolution needs; `keep` writes what only the refresh itself may see.

    Records are compared by DuckDB whichever engine computes the rest: `bring` makes its tables
    tables of `engine`.
    """

    engine: DuckEngine
    keep: Keep
    settings: IdentitySettings
    run: int
    decisions: Sequence[Decision] = ()
    before: Before = field(default_factory=Before)
    bring: Keep = as_it_is


def resolve(
    task: Task, *, alone: Table, staged: Table, sold: Table, settled: Table | None = None
) -> Resolved:
    """Link the records of `alone` (schema `customer_links`, each source on its own); `staged` is
    every word of the sources on their customers, with their personal data, `sold` the orders,
    `settled` the purchases of orders beside them, by record."""
    reference = task.keep("references", records.references(alone))
    node = task.keep("records", records.aged(reference, task.before.ids, run=task.run))
    if not _anything_to_compare(task, staged, reference):
        return _unlinked(task, reference, node)
    told = task.keep("told", records.told_of(staged, reference))
    value, identifier, invalid = _identifiers(task, reference, told)
    word = _words(task, told, identifier)
    bears = task.keep("borne", words.borne(word, value, identifier))
    used = task.keep("linking", words.linking(identifier, bears))
    shared = identifier.filter(identifier.state == "shared")
    person = task.keep("people", words.people(word, node, used=used, bears=bears, shared=shared))
    common = task.engine.fetch(sharing.pairs(used, node))
    with comparing.people_in(task.engine, task.engine.ibis.compile(person)):
        pairs, weighed, scored = _weighed(task, node, common)
        outcome = pa.table(weighed.outcome(pairs, from_=task.settings.review_from))
        evidence = comparing.evidence(task.engine, outcome)
    arrow = task.engine.arrow
    pair = task.keep("pairs", sharing.outcome(arrow(outcome), arrow(evidence), node))
    root = arrow(_numbered(weighed.root))
    link = task.keep("links", sharing.links(reference, node, root=root, pair=pair))
    account = _account(task, weighed, node=node, pair=outcome, link=link)
    account = replace(
        account,
        **_unused(task, identifier),
        invalid=invalid,
        **_model(scored, weighed),
        missed=_missed(
            task, pairs, weighed, bought=sharing.bought(sold, reference, node, settled=settled)
        ),
    )
    return Resolved(
        links=sharing.dated(link, task.before.links, run=task.run),
        pairs=pair,
        ids=sharing.ids(node, link, task.before.ids),
        account=account,
    )


def _anything_to_compare(task: Task, staged: Table, reference: Table) -> bool:
    if task.settings.shared_numbers or task.decisions:
        return True
    return bool(task.engine.fetch(records.anything_told(staged, reference)).as_py())


def _unlinked(task: Task, reference: Table, node: Table) -> Resolved:
    """Every record is its own customer: the sources tell nothing but ids of their own."""
    link = sharing.unlinked(reference, node)
    size = int(task.engine.fetch(node.count()).as_py())
    return Resolved(
        links=sharing.dated(link, task.before.links, run=task.run),
        pairs=task.engine.rows(PAIRS),
        ids=sharing.ids(node, link, task.before.ids),
        account=IdentityAccount(
            size, size, largest=min(size, 1), largest_before=task.before.largest, model="nothing"
        ),
    )


def _identifiers(task: Task, reference: Table, told: Table) -> tuple[Table, Table, int]:
    """How each text of a record is written, the identifiers of every record, judged, and how many
    texts are none."""
    settings = task.settings
    given = records.identifiers(reference, told, numbers=settings.shared_numbers)
    wanted = {"email": settings.by_email, "phone": settings.by_phone, "number": True}
    kinds = [kind for kind, on in wanted.items() if on]
    given = task.keep("given", given.filter(given.kind.isin(kinds)))
    odd = task.engine.fetch(records.to_look_up(given))
    looked_up, invalid = _looked_up(odd, settings.default_country)
    table = task.engine.arrow(looked_up) if looked_up.num_rows else None
    blocked = blocked_pattern(settings.blocklist, default_country=settings.default_country)
    value = task.keep("values", records.values(given, table))
    judged = sharing.judged(records.normal(value), cap=settings.cap, blocked=blocked)
    return value, task.keep("identifiers", judged), invalid


def _words(task: Task, told: Table, identifier: Table) -> Table:
    """What each record has said of its person, the newest first."""
    spoken = task.keep("spoken", words.spoken(told))
    once = task.keep("once", words.words(spoken))
    every = task.keep("said", words.borne_by(once, words.bearers(once, identifier)))
    astray = comparing.astray(task.engine, task.engine.ibis.compile(every))
    return task.keep("words", words.without(every, task.engine.arrow(astray), identifier))


def _looked_up(odd: pa.Table, country: str) -> tuple[pa.Table, int]:
    """What the libraries make of each text: `kind`, `text`, `place`, `value`; and how many are no
    identifier."""
    rows = {kind: odd.filter(pc.equal(odd["kind"], kind)) for kind in ("email", "phone")}
    values = [
        *normal_emails(rows["email"]["text"].to_pylist()),
        *normal_phones(
            zip(*(rows["phone"][name].to_pylist() for name in ("text", "country")), strict=True),
            default_country=country,
        ),
    ]
    both = pa.concat_tables([rows["email"], rows["phone"]])
    table = pa.table(
        {
            "kind": both["kind"],
            "text": both["text"],
            "place": pc.fill_null(both["country"], ""),
            "value": pa.array(values, pa.string()),
        }
    )
    known = table.filter(pc.is_valid(table["value"]))
    return known, table.num_rows - known.num_rows


def _account(
    task: Task, weighed: Weighed, *, node: Table, pair: pa.Table, link: Table
) -> IdentityAccount:
    sizes = np.bincount(weighed.root, minlength=1)
    largest = int(sizes.max())
    status = Counter(pair["status"].to_pylist())
    decision = Counter(pair["decision"].to_pylist())
    rules = task.engine.fetch(sharing.linked_by(link)).to_pylist()
    oldest = node.filter(node.idx == int(sizes.argmax())).select("own_id")
    names = task.engine.fetch(oldest)["own_id"].to_pylist()
    return IdentityAccount(
        records=len(weighed.root),
        customers=int(np.count_nonzero(sizes)),
        links={row["rule"]: row["records"] for row in sorted(rules, key=lambda r: r["rule"])},
        review=status["review"],
        refused=decision["refuse"],
        accepted=decision["accept"],
        largest=largest,
        largest_before=task.before.largest,
        largest_id=names[0] if names else "",
        alarm=alarm(largest, task.before.largest, limit=task.settings.largest),
    )


def _missed(task: Task, pairs: Pairs, weighed: Weighed, *, bought: Table) -> Missed | None:
    """What the pairs left apart do to figures per customer; None where nothing was compared."""
    told = ~np.isnan(pairs.probability)
    if not told.any():
        return None
    counts = task.engine.fetch(bought)
    orders = np.zeros(len(weighed.root), dtype=np.int64)
    orders[_ints(counts, "idx")] = _ints(counts, "orders")
    apart = weighed.root[pairs.left] != weighed.root[pairs.right]
    open_ = told & apart & (pairs.decision == NONE)
    judged = told & (pairs.rule >= MODEL) & (pairs.decision != NONE)
    linked = told & ~apart & (pairs.rule == MODEL) & (pairs.decision == NONE) & weighed.wanted
    sure = weighed.wanted & ~apart & ((pairs.rule < MODEL) | (pairs.decision == ACCEPT))

    spoken = Spoken(pairs.left, pairs.right, pairs.probability, weighed.profile)
    return likely(
        Stated(weighed.root, components(len(orders), pairs.left[sure], pairs.right[sure]), orders),
        apart=spoken.among(open_),
        linked=spoken.among(linked),
        curves=weighed.curves,
        decided=int(judged.sum()),
        # The same records give the same estimate.
        rng=np.random.default_rng(len(orders)),
    )


def _unused(task: Task, identifier: Table) -> dict[str, Any]:
    """How many identifiers link nobody, and those that the most records share, masked."""
    rows = task.engine.fetch(sharing.not_used(identifier)).to_pylist()
    state = Counter(row["state"] for row in rows)
    return {
        "blocked": state["blocked"],
        "shared": state["shared"],
        "unused": tuple(
            Unused(row["kind"], masked(row["kind"], row["value"]), row["state"], row["people"])
            for row in rows[:LISTED]
        ),
    }


def _model(scored: scoring.Scored, weighed: Weighed) -> dict[str, Any]:
    return {
        "model": scored.skipped or "done",
        "compared": scored.compared,
        "fields": scored.fields,
        "thresholds": weighed.thresholds,
    }


def _numbered(root: Ints) -> pa.Table:
    return pa.table({"idx": np.arange(len(root)), "root": root})


def _ints(table: pa.Table, name: str) -> Ints:
    return np.array(table[name].to_numpy(), dtype=np.int64)


def _weighed(task: Task, node: Table, shared: pa.Table) -> tuple[Pairs, Weighed, scoring.Scored]:
    """All pairs that anything speaks of, who is then one customer, and what the model did."""
    sources = task.engine.fetch(node.select("idx", "source").order_by("idx"))["source"]
    size = len(sources)
    rules = _rules(task, shared)
    decided = _decided(task, node)
    scored, found = _scored(task, combined(rules, decided, records=size), size)
    model = Pairs.of(
        _ints(found, "l"),
        _ints(found, "r"),
        rule=MODEL,
        probability=found["probability"].to_numpy(),
    )
    pairs = combined(rules, decided, model, records=size)
    names = sources.to_numpy(zero_copy_only=False).astype(str)
    # Where the data show no households, names that differ are slips like others.
    contrary = _contrary(task) if scored.household < 0.5 else nobody
    return pairs, weigh(pairs, names, task.settings, contrary=contrary), scored


def _rules(task: Task, shared: pa.Table) -> Pairs:
    """Records that share an identifier. Under first names that contradict each other an e-mail or a
    telephone number links nobody, whatever the family names: such a pair is left for review."""
    rule = _ints(shared, "rule")
    apart = np.isin(rule, [RULES.index(kind) for kind in ("email", "phone")])
    apart &= comparing.contrary_pairs(task.engine, shared)
    rule[apart] += RULES.index("email_apart") - RULES.index("email")
    return Pairs.of(_ints(shared, "l"), _ints(shared, "r"), rule=rule, known=_ints(shared, "known"))


def _contrary(task: Task) -> Contrary:
    """Finds the records under one root whose first names contradict each other."""

    def found(root: Ints) -> tuple[Ints, Ints]:
        pairs = comparing.contrary_within(task.engine, _numbered(root))
        return _ints(pairs, "l"), _ints(pairs, "r")

    return found


def _decided(task: Task, node: Table) -> Pairs:
    """The decisions on records that are there."""
    said = standing(task.decisions)
    ids = pa.table(
        {"own_id": sorted({own for one in said for own in (one.own_id_1, one.own_id_2)})},
        schema=pa.schema([("own_id", pa.string())]),
    )
    rows = []
    if said:
        known = task.engine.fetch(sharing.numbered(node, task.engine.arrow(ids))).to_pylist()
        number = {row["own_id"]: row["idx"] for row in known}
        rows = [
            (number[one.own_id_1], number[one.own_id_2], ACCEPT if one.word == "accept" else REFUSE)
            for one in said
            if {one.own_id_1, one.own_id_2} <= number.keys()
        ]
    left, right, word = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return Pairs.of(left, right, rule=APART, decision=word)


def _scored(task: Task, known: Pairs, size: int) -> tuple[scoring.Scored, pa.Table]:
    """What the model gives to pairs of records that are not one customer by rule already.

    Pairs that were decided are compared too: they measure its thresholds.
    """
    if task.settings.probabilistic == "off":
        return scoring.Scored("off"), scoring.SCORES.empty_table()
    return scoring.score(
        task.engine,
        linked=_numbered(by_rule(known, size, _contrary(task))),
        from_=min(task.settings.review_from, DOUBTFUL),
        sources=2 if task.settings.probabilistic == "auto" else 1,
    )
