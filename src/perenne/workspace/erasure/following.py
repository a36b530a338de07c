"""References that are met for the first time after an erasure: an import says whose they are, and
what stood under them before, without a word on whose it was, is taken out too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pyarrow as pa

from perenne.warehouse import quote_text
from perenne.workspace.batches import list_imports
from perenne.workspace.erasure import ledger, suppression
from perenne.workspace.erasure.jobs import Desk, rewrite
from perenne.workspace.erasure.people import UNIVERSE, Person, parquet
from perenne.workspace.erasure.planning import Planner
from perenne.workspace.erasure.rewriting import Rewriter
from perenne.workspace.erasure.suppression import Met
from perenne.workspace.layout import Layout


def follow(place: Desk, met: Sequence[Met]) -> None:
    """Put references on the suppression list, and take what earlier imports and snapshots hold of
    them away. One with an act after the erasure is left: that is a new relation."""
    still = [one for one in met if not _acted(place, one)]
    if not still:
        return
    census = place.census
    census.take()
    people = list(_people(place, still))
    known = {record for person in people for record in person.records}
    country = place.settings.identity.default_country
    planner = Planner(census, Rewriter(place.engine, place.key), country)
    if people:
        rewrite(place, planner, people, at=datetime.now(UTC), reason=ledger.MET)
    _listed(place.layout, place.key, [one for one in still if one.record not in known])


def _acted(place: Desk, met: Met) -> bool:
    """Does an earlier import know an act under the reference after the day of the erasure?"""
    for batch in list_imports(place.layout):
        for table in batch.tables:
            day = suppression.ACTS.get(table)
            if batch.source != met.record.source or day is None:
                continue
            path = place.layout.raw / batch.id / f"{table}.parquet"
            found = place.engine.duck.execute(
                f"SELECT 1 FROM {parquet(path)} WHERE customer_ref = $ref "
                f"AND coalesce(customer_ref_kind, 'id') = $kind AND {day} > $until LIMIT 1",
                {"ref": met.record.ref, "kind": met.record.kind, "until": met.until},
            ).fetchall()
            if found:
                return True
    return False


def _people(place: Desk, met: Sequence[Met]) -> Iterator[Person]:
    """The references that the workspace knows already, each as a person of the old token. The
    customer they were counted under is renamed where no other reference is theirs."""
    for one in met:
        rows = place.engine.duck.execute(
            f"SELECT u.own_id, u.customer_id, (SELECT count(*) FROM {UNIVERSE} o "
            f"WHERE o.customer_id = u.customer_id) FROM {UNIVERSE} u "
            f"WHERE source = {quote_text(one.record.source)} AND kind = $kind AND ref = $ref",
            {"kind": one.record.kind, "ref": one.record.ref},
        ).fetchall()
        for own_id, customer_id, records in rows:
            alone = customer_id if records == 1 else own_id
            yield Person(alone, (one.record,), (own_id,), one.token)


def _listed(layout: Layout, key: str, met: Sequence[Met]) -> None:
    """Put references on the list that nothing was known of: a later file may name them alone."""
    if not met:
        return
    rows = [
        row
        for one in met
        for row in suppression.entries(
            key, one.token, until=one.until, records=[one.record], names=()
        )
    ]
    whole = [*suppression.read(layout).to_pylist(), *rows]
    suppression.write(pa.Table.from_pylist(whole, schema=suppression.SCHEMA), layout.suppressed)
