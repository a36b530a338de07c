"""Whom the retention policy no longer allows to keep: the age of the last act *by* a person."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from perenne.core import PerenneError, add_months
from perenne.text import gettext as _
from perenne.warehouse import ERASED, quote_text
from perenne.workspace.batches import list_imports
from perenne.workspace.erasure.acts import last_acts_sql
from perenne.workspace.erasure.ageing import Aged, Ageing
from perenne.workspace.erasure.jobs import Desk, Erased, Step, Wait, desk, erase_people
from perenne.workspace.erasure.people import parquet
from perenne.workspace.layout import Layout
from perenne.workspace.snapshots import Snapshot, published

Kind = Literal["customer", "prospect"]
_OPEN = "('active', 'trialing', 'past_due', 'paused')"


@dataclass(frozen=True)
class Due:
    """A person who did nothing for longer than the policy keeps them."""

    customer_id: str
    kind: Kind
    last_act: date
    act: str


@dataclass(frozen=True)
class Review:
    """What the policy says on a day. `soon` fall due within the next month; `undated` have no
    dated act at all and are never erased by it; `held` would be due but are kept: by the setting
    `keep`, or for a subscription that is open."""

    as_of: date
    snapshot: str
    due: tuple[Due, ...]
    soon: int
    undated: int
    held: int
    kept: int
    rows: tuple[Aged, ...] = ()
    """Rows that name nobody any more, by rule."""

    @property
    def nothing(self) -> bool:
        """Is nobody due, and no row?"""
        return not self.due and not any(one.imports or one.snapshots for one in self.rows)

    @property
    def digest(self) -> str:
        """Names exactly these persons and rows: `--expect` takes it."""
        rows = (f"{one.rule} {one.before} {one.imports} {one.snapshots}" for one in self.rows)
        text = "\n".join([*sorted(one.customer_id for one in self.due), *rows])
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def by_year(self) -> list[tuple[Kind, int, str, int]]:
        """How many persons are due, by kind, year and sort of their last act."""
        counted = Counter((one.kind, one.last_act.year, one.act) for one in self.due)
        return [(*key, count) for key, count in sorted(counted.items())]


@dataclass(frozen=True)
class Retained:
    """A review, and what followed it: the record of the rows that name nobody any more, and the
    erasure of persons; None in a dry run or when nothing is due."""

    review: Review
    erased: Erased | None = None
    aged: str | None = None


def retention(
    layout: Layout,
    *,
    apply: bool = False,
    as_of: date | None = None,
    expect: str | None = None,
    at: datetime | None = None,
    step: Step = lambda text: None,
    wait: Wait = lambda: None,
) -> Retained:
    """Find who is due by the policy of perenne.toml, and which rows; with `apply`, erase those.

    `expect` is the digest of an earlier dry run; another set of persons or rows is refused.
    """
    with desk(layout, step=step, wait=wait) as place:
        moment = at or datetime.now(UTC)
        zone = ZoneInfo(place.settings.shop.time_zone)
        step(_("Looking at the last act of each person"))
        ageing = Ageing(place, _newest(layout), as_of or moment.astimezone(zone).date())
        found = replace(review(place, ageing.newest, ageing.as_of), rows=ageing.review())
        if expect is not None and expect != found.digest:
            raise PerenneError(
                _("Others are due now than when {expected} was shown: now it is {digest}.").format(
                    expected=expect, digest=found.digest
                ),
                given=expect,
                allowed=[found.digest],
                next_step=_("Look at the present list first: perenne retention"),
            )
        if not apply or found.nothing:
            return Retained(found)
        return _applied(place, ageing, found, at=moment)


def _applied(place: Desk, ageing: Ageing, found: Review, *, at: datetime) -> Retained:
    """Exactly what a review says: first the rows, then the persons."""
    aged = None
    if any(one.imports or one.snapshots for one in found.rows):
        place.step(_("Taking persons out of old rows"))
        aged = ageing.run(found.rows, at=at)
    if not found.due:
        return Retained(found, aged=aged)
    census = place.census
    census.take()
    people = census.persons([one.customer_id for one in found.due])
    erased = erase_people(place, people, dry_run=False, at=at, reason="retention")
    return Retained(found, erased, aged)


def review(place: Desk, snapshot: Snapshot, as_of: date) -> Review:
    """Who is due on a day, as the newest snapshot knows them."""
    policy = place.settings.retention
    keep = ", ".join(quote_text(word) for word in policy.keep) or "''"
    rows = place.engine.duck.execute(
        f"""
        WITH links AS (
          SELECT customer_id, bool_and(source_id_kind = '{ERASED}') AS erased,
            bool_or(source_id IN ({keep}) OR customer_id IN ({keep})
              OR source || ':' || source_id IN ({keep})) AS held
          FROM {parquet(snapshot.table_path("customer_links"))} GROUP BY customer_id
        ), last AS ({last_acts_sql(snapshot, policy.acts)}), open AS (
          SELECT DISTINCT customer_id FROM {parquet(snapshot.table_path("subscriptions"))}
          WHERE status IN {_OPEN} AND ended_on IS NULL
        )
        SELECT c.customer_id, c.first_order_on IS NOT NULL OR s.customer_id IS NOT NULL,
          last.day, last.act, held OR o.customer_id IS NOT NULL
        FROM {parquet(snapshot.table_path("customers"))} c
        JOIN links USING (customer_id) LEFT JOIN last USING (customer_id)
        LEFT JOIN open o ON o.customer_id = c.customer_id
        LEFT JOIN (SELECT DISTINCT customer_id
          FROM {parquet(snapshot.table_path("subscriptions"))}) s
          ON s.customer_id = c.customer_id
        WHERE NOT erased ORDER BY 1
        """
    ).fetchall()
    limits: dict[Kind, int] = {
        "customer": policy.customers_years,
        "prospect": policy.prospects_years,
    }
    return _judged(rows, limits, as_of=as_of, snapshot=snapshot.id)


def _judged(
    rows: Sequence[tuple[str, bool, date | None, str | None, bool]],
    limits: dict[Kind, int],
    *,
    as_of: date,
    snapshot: str,
) -> Review:
    due, soon, undated, held = [], 0, 0, 0
    for customer_id, bought, day, act, kept in rows:
        kind: Kind = "customer" if bought else "prospect"
        if day is None:
            undated += 1
        elif day < add_months(as_of, -12 * limits[kind]):
            held += kept
            if not kept:
                due.append(Due(customer_id, kind, day, act or ""))
        elif day < add_months(add_months(as_of, 1), -12 * limits[kind]) and not kept:
            soon += 1
    stay = len(rows) - len(due)
    return Review(as_of, snapshot, tuple(due), soon, undated, held, stay)


def _newest(layout: Layout) -> Snapshot:
    """The newest snapshot, which must know every import: an act that it does not know of would
    cost its person everything."""
    made = published(layout)
    known = {one["id"] for one in made[-1].manifest["inputs"]} if made else set()
    missing = [
        batch.file for batch in list_imports(layout) if batch.tables and batch.id not in known
    ]
    if not made or missing:
        raise PerenneError(
            _("The figures do not know every import yet: {files}.").format(
                files=", ".join(missing) or "-"
            ),
            given=missing,
            next_step=_("Compute them first: perenne refresh"),
        )
    return made[-1]
