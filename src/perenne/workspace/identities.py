"""Who is one customer: what earlier refreshes and the owner's decisions say of it, and the door to
review, accept and refuse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from perenne.core import PerenneError, closest
from perenne.identity import (
    Before,
    Decision,
    IdentityAccount,
    IdentitySettings,
    Newcomers,
    Resolved,
    Settled,
    Task,
    Word,
    from_lines,
    resolve,
    standing,
    to_line,
)
from perenne.identity import newcomers as find_newcomers
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine, Engine, Table
from perenne.workspace import snapshots
from perenne.workspace.carrying import Carried
from perenne.workspace.failures import explained
from perenne.workspace.layout import Layout, key_of, write_atomically, writing
from perenne.workspace.shop import Shop
from perenne.workspace.snapshots import Snapshot

Keep = Callable[[str, Table], Table]
Status = Literal["review", "linked", "refused", "all"]


def decisions(layout: Layout) -> tuple[Decision, ...]:
    """All that was ever decided, oldest first. Raises PerenneError when the file is damaged."""
    if not layout.decisions.is_file():
        return ()
    try:
        return from_lines(layout.decisions.read_text(encoding="utf-8").splitlines())
    except ValueError as error:
        raise PerenneError(
            _("{file} cannot be read: {reason}.").format(file=layout.decisions.name, reason=error),
            given=str(layout.decisions),
            next_step=_("Take that line out of the file; the other decisions hold."),
        ) from error


def resolve_customers(
    cleaned: Mapping[str, Table],
    *,
    key: str,
    settings: IdentitySettings,
    engine: DuckEngine,
    layout: Layout,
    keep: Keep,
    bring: Keep,
    settled: Settled | None = None,
) -> Resolved:
    """Link the records of all sources; ids and dates of links go on from the newest snapshot.

    `bring` makes a table of the refresh one of `engine`.
    """
    return resolve(
        cleaned,
        key=key,
        settled=settled,
        task=Task(
            engine=engine,
            keep=keep,
            bring=bring,
            settings=settings,
            run=snapshots.next_number(layout),
            decisions=decisions(layout),
            before=_before(layout, engine),
        ),
    )


_SILENT = {"orders", "order_lines", "products", "costs"}
"""Staged tables that name customers by ids of their source, or nobody."""


def newcomers(
    cleaned: Mapping[str, Table], carried: Carried, *, layout: Layout, keep: Keep
) -> Newcomers | None:
    """Who is new beside the snapshot that is carried over, where nothing was ever told of anybody
    but the ids that orders bear, so that nobody can be linked. None where more is told, or where
    an earlier customer may be gone."""
    from perenne.workspace.tables import misfits

    found, engine = carried.snapshot, carried.desk.engine
    newest = snapshots.published(layout)[-1].id == found.id
    silent = found.manifest["identity"]["model"] == "nothing" and set(carried.staged) <= _SILENT
    if not newest or not silent:
        return None
    links, ids = (
        engine.read(found.table_path(name)) for name in ("customer_links", "customer_ids")
    )
    key, run = key_of(layout), snapshots.next_number(layout)
    came = find_newcomers(cleaned, key=key, known=links, run=run, keep=keep)
    odd = misfits(came.links, ids, alone=came.alone, opened=carried.opened)
    return None if engine.fetch(odd)[0][0].as_py() else came


def grown(found: Snapshot, came: Newcomers, *, engine: Engine) -> IdentityAccount:
    """The account of a snapshot with `came` beside the customers of `found`."""
    before = IdentityAccount.from_manifest(found.manifest["identity"])
    n = int(engine.fetch(came.ids.count()).as_py())
    return replace(
        before,
        records=before.records + n,
        customers=before.customers + n,
        largest_before=before.largest,
    )


def _before(layout: Layout, engine: DuckEngine) -> Before:
    """The newest snapshot that knows ids, whichever is published: a rollback forgets no id."""
    for snapshot in reversed(snapshots.published(layout)):
        names = ("customer_ids", "customer_links")
        if names[0] in snapshot.tables and not snapshots.damaged(snapshot, tables=names):
            ids, links = (engine.read(snapshot.table_path(name)) for name in names)
            return Before(ids, links, snapshot.manifest["identity"]["largest"])
    return Before()


@dataclass(frozen=True)
class Side:
    """One record of a pair: its source, its ids there (id, email, phone or name), its customer, and
    what the source last told of it."""

    source: str
    kind: str
    ids: tuple[str, ...]
    customer_id: str
    contact: Mapping[str, Any]


@dataclass(frozen=True)
class ReviewPair:
    """A pair of records, what links it or may, and how the two compare."""

    pair_id: str
    status: str
    rule: str
    probability: float | None
    decision: str | None
    decided_since: str | None
    evidence: str
    sides: tuple[Side, Side]


@dataclass(frozen=True)
class Asked:
    """Which pairs to show, the likeliest first. `at_random` draws from all that the model proposed
    or linked and nobody has decided, for decisions that measure it."""

    status: Status = "review"
    customer_id: str | None = None
    limit: int = 20
    at_random: bool = False


def pairs(shop: Shop, asked: Asked) -> tuple[list[ReviewPair], int]:
    """Pairs of the published snapshot, and how many there are in all."""
    from perenne.workspace.tables import (
        pairs_of_customer,
        review_pairs,
        review_sides,
        sampled_pairs,
    )

    if "identity_pairs" not in shop.tables:
        raise PerenneError(
            _("Snapshot {id} was computed before records were linked.").format(id=shop.snapshot.id),
            given=shop.snapshot.id,
            next_step=_("Compute a new one: perenne refresh"),
        )
    links, contacts = (shop.tables[name] for name in ("customer_links", "contacts"))
    every = shop.tables["identity_pairs"]
    chosen = sampled_pairs(every, links) if asked.at_random else review_pairs(every, asked.status)
    if asked.customer_id:
        chosen = pairs_of_customer(chosen, links, asked.customer_id)
    total = shop.engine.fetch(chosen.count()).as_py()
    rows = shop.engine.fetch(chosen.limit(asked.limit)).to_pylist()
    own = sorted({row[side] for row in rows for side in ("own_id_1", "own_id_2")})
    staged = shop.desk.staged.get("customers")
    found = shop.engine.fetch(review_sides(links, contacts, staged, own_ids=own)).to_pylist()
    sides = {row["own_id"]: _side(row) for row in found}
    words = {one.pair_id: one.word for one in standing(decisions(shop.layout))}
    return [
        ReviewPair(
            pair_id=row["pair_id"],
            status=row["status"],
            rule=row["rule"],
            probability=row["probability"],
            decision=row["decision"],
            decided_since=words.get(row["pair_id"]),
            evidence=row["evidence"],
            sides=(sides[row["own_id_1"]], sides[row["own_id_2"]]),
        )
        for row in rows
    ], int(total)


def _side(row: Mapping[str, Any]) -> Side:
    contact = {k: v for k, v in row.items() if k.startswith("contact_") and v is not None}
    return Side(
        row["source"],
        row["kind"],
        tuple(row["source_ids"]),
        row["customer_id"],
        {name.removeprefix("contact_"): value for name, value in contact.items()},
    )


def account(shop: Shop) -> IdentityAccount | None:
    """What the refresh of this snapshot linked; None for one made before records were linked."""
    told = shop.snapshot.manifest.get("identity")
    return IdentityAccount.from_manifest(told) if told else None


def decide(
    layout: Layout, pair_ids: Sequence[str], word: Word, *, at: datetime | None = None
) -> list[Decision]:
    """Write down what the owner says of pairs; the next refresh follows it. Returns what was
    written: to undo what was not decided is nothing.

    Raises PerenneError for a pair that neither the published snapshot nor a decision knows;
    then nothing is written.
    """
    from perenne.workspace.shop import open_shop

    with explained(layout), writing(layout):
        told = decisions(layout)
        with open_shop(layout.root) as shop:
            known = _known(shop, told)
        missing = [pair for pair in pair_ids if pair not in known]
        if missing:
            raise _unknown(missing[0], known)
        moment = (at or datetime.now(UTC)).isoformat(timespec="seconds")
        hold = {one.pair_id for one in standing(told)}
        asked = [one for one in dict.fromkeys(pair_ids) if word != "undo" or one in hold]
        made = [Decision(pair, *known[pair], word, moment) for pair in asked]
        if made:
            lines = [to_line(one) for one in (*told, *made)]
            write_atomically(layout.decisions, "".join(f"{line}\n" for line in lines))
    return made


def since(shop: Shop) -> dict[Word, int]:
    """How many pairs were accepted, refused and undone since the published snapshot, which does
    not know it yet."""
    if "identity_pairs" not in shop.tables:
        return {}
    rows = shop.engine.fetch(shop.tables["identity_pairs"].select("pair_id", "decision"))
    now = {one.pair_id: one.word for one in standing(decisions(shop.layout))}
    words = ((now.get(row["pair_id"]), row["decision"]) for row in rows.to_pylist())
    return dict(Counter(new or "undo" for new, old in words if new != old))


def _known(shop: Shop, told: Iterable[Decision]) -> dict[str, tuple[str, str]]:
    known = {one.pair_id: (one.own_id_1, one.own_id_2) for one in told}
    if "identity_pairs" in shop.tables:
        table = shop.tables["identity_pairs"].select("pair_id", "own_id_1", "own_id_2")
        rows = shop.engine.fetch(table).to_pylist()
        known |= {row["pair_id"]: (row["own_id_1"], row["own_id_2"]) for row in rows}
    return known


def _unknown(pair: str, known: Mapping[str, object]) -> PerenneError:
    near = closest(pair, known)
    next_step = _("perenne identity review lists the pairs that wait; --status all every pair.")
    if near:
        next_step = _("Did you mean {near}?").format(near=near) + " " + next_step
    return PerenneError(
        _("There is no pair {pair}.").format(pair=pair),
        given=pair,
        allowed=sorted(known)[:20],
        next_step=next_step,
    )
