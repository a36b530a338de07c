"""From rows of the snapshot to a ledger: Arrow in, NumPy out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perenne.models.events import Events
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger, day_number

ATTRIBUTES = ("channel", "country", "first_category", "first_discounted")
# Klaviyo's prediction, imported with its profiles: a forecast to compare with.
FORETOLD = ("klaviyo_predicted_value", "klaviyo_predicted_orders", "klaviyo_predicted_on")
UNKNOWN = -1
# More days than any calendar has: makes one number of customer and day.
SPAN = 1 << 22


def ledger_from(
    rows: pa.Table, attributes: pa.Table, *, until: date, events: pa.Table | None = None
) -> Ledger:
    """The ledger of `ledger_rows`, `customer_attributes` and `event_rows`, at the end of `until`.

    Rows may come in any order. Customers stand in the order of `attributes`, so that one seed
    gives one answer. Those without a purchase by `until` are left out with their returns: no model
    tells what they will do. Names become numbers (`codes`), −1 where unknown; an unknown margin
    becomes NaN.
    """
    listed = _plain(attributes["customer_id"])
    rows = _known_by(rows, until)
    number = pc.index_in(rows["customer_id"], value_set=listed)
    others = _others(rows["customer_id"], number)
    if len(others):
        listed = pa.concat_arrays([listed, others.cast(listed.type)])
        number = pc.index_in(rows["customer_id"], value_set=listed)
    told: dict[str, npt.NDArray[Any]] = {
        name: codes(_with_nulls(attributes[name], len(others)))
        for name in ATTRIBUTES
        if name in attributes.column_names
    }
    told |= _foretold(attributes, len(others))
    found = _ledger(rows, number, until=day_number(until), ids=listed, attributes=told)
    return found if events is None else replace(found, events=_events(events, found.until))


def _events(rows: pa.Table, until: int) -> Events | None:
    """What customers did beside buying; None where nothing is known that many of them do."""
    who, kind = rows["customer_id"], rows["event"]
    day = _numpy(rows["day"].cast(pa.int32()))
    order = np.argsort(day, kind="stable")
    found = Events(
        customer_ids=np.asarray(named(who).to_numpy(zero_copy_only=False)),
        kinds=tuple(named(kind).to_pylist()),
        who=codes(who)[order],
        kind=codes(kind)[order],
        day=day[order],
        count=_numpy(rows["count"])[order],
    )
    told = found.as_of(until).common()
    return told if told.kinds else None


def _foretold(attributes: pa.Table, others: int) -> dict[str, Floats]:
    """What Klaviyo foretold of each customer, NaN where nothing; empty when it was not imported."""
    names = [name for name in FORETOLD if name in attributes.column_names]
    if not names or attributes[names[0]].null_count == len(attributes):
        return {}
    plain = {name: _with_nulls(attributes[name], others) for name in names}
    # A day becomes its number.
    days = {n: c.cast(pa.int32()) if pa.types.is_date(c.type) else c for n, c in plain.items()}
    return {n: _numpy(pc.fill_null(c.cast(pa.float64()), float("nan"))) for n, c in days.items()}


def codes(names: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int32]:
    """The place of each value among the sorted distinct ones; −1 for null.

    Sorted, so that the code of a name does not depend on which row came first.
    """
    plain = _plain(names)
    found = pc.fill_null(pc.index_in(plain, value_set=named(plain)), UNKNOWN)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int32)


def named(names: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The sorted distinct values: `codes` are places in it."""
    distinct = pc.unique(_plain(names)).drop_null()
    # Arrow sorts no booleans.
    order = distinct.cast(pa.int8()) if pa.types.is_boolean(distinct.type) else distinct
    return distinct.take(pc.array_sort_indices(order))


def _known_by(rows: pa.Table, until: date) -> pa.Table:
    late = pc.greater(rows["day"], pa.scalar(until, type=rows.schema.field("day").type))
    return rows.filter(pc.invert(late)) if pc.any(late).as_py() else rows


def _others(seen: pa.ChunkedArray, number: pa.ChunkedArray) -> pa.Array:
    """Ids that the attributes do not have, sorted."""
    unlisted = pc.unique(seen.filter(pc.is_null(number)))
    return unlisted.take(pc.array_sort_indices(unlisted))


def _with_nulls(column: pa.ChunkedArray, count: int) -> pa.Array:
    return pa.concat_arrays([_plain(column), pa.nulls(count, type=column.type)])


def _ledger(
    rows: pa.Table,
    number: pa.ChunkedArray,
    *,
    until: int,
    ids: pa.Array,
    attributes: dict[str, npt.NDArray[Any]],
) -> Ledger:
    customer = _numpy(number).astype(np.int64)
    day = _numpy(rows["day"].cast(pa.int32())).astype(np.int64)
    order = np.argsort(customer * SPAN + day)

    def column(name: str) -> Floats:
        values = pc.fill_null(rows[name].cast(pa.float64()), float("nan"))
        return np.asarray(_numpy(values)[order], dtype=np.float64)

    return Ledger(
        customer=customer[order].astype(np.int32),
        day=day[order].astype(np.int32),
        orders=_numpy(rows["orders"])[order].astype(np.int32),
        net=column("net"),
        returned=column("returned"),
        margin=column("margin"),
        until=until,
        customer_ids=np.asarray(ids.to_numpy(zero_copy_only=False)),
        columns={
            "gross": column("gross"),
            "discount": column("discount"),
            "category": codes(rows["category"])[order],
        },
        attributes=attributes,
    ).as_of(until)


def _plain(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _numpy(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[Any]:
    return np.asarray(_plain(column).to_numpy(zero_copy_only=False))
