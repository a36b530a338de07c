"""From a table of transactions to what the models read of each customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date as Date
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perenne.core import PerenneError
from perenne.models.arguments import shown
from perenne.models.histories import Floats, Ints, read_columns, read_table, refuse_where
from perenne.models.ledger import Ledger, day_number
from perenne.models.value.discounting import PER_YEAR, units_per_year
from perenne.text import format_number
from perenne.text import gettext as _

# Integers that lie no further apart than this many times their number are numbered by a table.
DENSE = 8


def purchase_summary(
    transactions: Any,
    *,
    customer: str = "customer",
    date: str = "date",
    value: str | None = None,
    until: Any = None,
    ahead: Any = None,
    time_unit: str = "week",
) -> dict[str, npt.NDArray[Any]]:
    """What the models read of each customer, from one row per purchase, in any order.

    transactions: any data frame that narwhals knows (pandas, Polars, Arrow, DuckDB …) or a mapping
    of columns; customer, date, value: names of its columns. A date is a date, a moment (its day on
    the clock that it is written in), or the number of a day; the purchases of one day are one.
    until: the last day seen, that of the data when not given; what comes after it is left out.
    ahead: a later day; then `purchases_ahead` and `value_ahead` are what (until, ahead] brought.
    time_unit: day, week, month or year.

    The columns, (customers,) each, in order of customer: customer; frequency (repeat purchase
    days); recency (age at the last) and tenure (age at `until`); log_intervals; and with a value
    monetary_value (mean of the repeat days, NaN without any) and first_value. Pass them as they
    are: `BetaGeo().fit(summary)`, `GammaGamma().fit(summary)`. Raises PerenneError for a missing
    column, a row without customer, date or value, text in place of dates, a value below zero
    (returns are no purchases), and a history of nobody.
    """
    rows = _rows(transactions, customer=customer, date=date, value=value)
    last = int(rows[1].max()) if until is None else _day(until, "until")
    codes, names = _numbered(rows[0])
    told = _ledger(codes, names, day=rows[1], value=rows[2])
    seen = replace(told, until=last) if last >= told.until else told.as_of(last)
    if seen.customers == 0:
        raise PerenneError(
            _("Nobody had bought by {day}.").format(day=shown(until)),
            given=shown(until),
            next_step=_("Give a later day as until=…."),
        )
    unit = PER_YEAR["day"] / units_per_year(time_unit)
    columns = _columns(seen, unit=unit, valued=value is not None)
    if ahead is not None:
        columns |= _outcome(told, seen, _day(ahead, "ahead"), valued=value is not None)
    return columns


def _columns(seen: Ledger, *, unit: float, valued: bool) -> dict[str, npt.NDArray[Any]]:
    history = seen.histories()
    columns = {
        "customer": seen.customer_ids,
        "frequency": history.frequency,
        "recency": history.recency / unit,
        "tenure": history.tenure / unit,
        "log_intervals": seen.log_intervals(unit=unit),
    }
    if valued:
        columns |= {"monetary_value": history.monetary_value, "first_value": history.first_value}
    return columns


def _outcome(told: Ledger, seen: Ledger, last: int, *, valued: bool) -> dict[str, Floats]:
    if last <= seen.until:
        raise PerenneError(
            _("The day ahead = {ahead} does not lie after the last day seen.").format(ahead=last),
            given=last,
            next_step=_("Give a day after until=…."),
        )
    after = told.outcome(seen, horizon=last - seen.until)
    bought = {"purchases_ahead": np.asarray(after.orders, dtype=np.float64)}
    return bought | ({"value_ahead": after.value} if valued else {})


def _ledger(codes: Ints, names: npt.NDArray[Any], *, day: Ints, value: Floats) -> Ledger:
    """One row per customer and day, sorted."""
    first_day = int(day.min())
    span = int(day.max()) - first_day + 1
    key = codes * span + (day - first_day)
    order = np.argsort(key)
    key = key[order]
    first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    distinct, nothing = key[first], np.zeros(first.size)
    return Ledger(
        customer=(distinct // span).astype(np.int32),
        day=(distinct % span + first_day).astype(np.int32),
        orders=np.ones(first.size, dtype=np.int32),
        net=np.add.reduceat(value[order], first),
        returned=nothing,
        margin=nothing,
        until=first_day + span - 1,
        customer_ids=names,
    )


def _rows(
    transactions: Any, *, customer: str, date: str, value: str | None
) -> tuple[npt.NDArray[Any], Ints, Floats]:
    """Customer, day number and value of each row; PerenneError for what cannot be read."""
    wanted = [name for name in (customer, date, value) if name is not None]
    table = read_table(_by_its_own_clock(transactions, date), wanted)
    for name in wanted:
        if name not in table:
            raise PerenneError(
                _("The column {name} is missing.").format(name=name),
                given=sorted(read_table(transactions)),
                next_step=_("Name the columns: customer=…, date=…, value=…."),
            )
    who, day = np.atleast_1d(table[customer]), _days(table[date], name=date)
    worth = (
        np.ones(day.size)
        if value is None
        else read_columns(None, ("value",), {"value": table[value]})["value"]
    )
    if not who.size == day.size == worth.size or not who.size:
        raise PerenneError(
            _("There are no transactions, or their columns differ in length."),
            given={customer: who.size, date: day.size, "value": worth.size},
            next_step=_("Give one row per purchase."),
        )
    _refuse_values(worth)
    return who, day, worth


def _by_its_own_clock(transactions: Any, date: str) -> Any:
    """The same table; moments with a time zone as that zone writes them, without it."""
    if isinstance(transactions, Mapping):
        given = nw.from_native(transactions.get(date), series_only=True, pass_through=True)
        if isinstance(given, nw.Series) and _has_zone(given.dtype):
            return {**transactions, date: given.dt.replace_time_zone(None).to_native()}
        return transactions
    frame = nw.from_native(transactions, pass_through=True)
    if not isinstance(frame, nw.DataFrame | nw.LazyFrame):
        return transactions
    if not _has_zone(frame.collect_schema().get(date)):
        return transactions
    return frame.with_columns(nw.col(date).dt.replace_time_zone(None)).to_native()


def _has_zone(kind: Any) -> bool:
    return isinstance(kind, nw.Datetime) and kind.time_zone is not None


def _refuse_values(value: Floats) -> None:
    refuse_where(
        ~np.isfinite(value),
        _("A value is missing or infinite."),
        given={"value": value},
        next_step=_("Remove or repair these rows."),
    )
    refuse_where(
        value < 0,
        _("A value is below zero: returns are no purchases."),
        given={"value": value},
        next_step=_("Leave these rows out, or take them off the purchases that they belong to."),
    )


def _days(given: Any, *, name: str) -> Ints:
    """Day numbers (days since 1970) of dates, of moments, or as they are given."""
    values = np.atleast_1d(np.asarray(given))
    try:
        if values.dtype.kind == "O":
            values = _of_objects(values)
        if values.dtype.kind == "M":
            days = values.astype("datetime64[D]")
            if np.isnat(days).any():
                raise ValueError
            return np.asarray(days.astype(np.int64))
        if values.dtype.kind in "iu":
            return np.asarray(values.astype(np.int64))
        if values.dtype.kind != "f" or not np.isfinite(values).all():
            raise ValueError
        return np.asarray(np.floor(values).astype(np.int64))
    except (TypeError, ValueError) as error:
        raise PerenneError(
            _("The column {name} holds something that is no date.").format(name=name),
            given=str(values[:1].tolist())[:80],
            next_step=_(
                "Give dates, moments or numbers of days, none missing; text becomes dates first, "
                "for example by pandas.to_datetime."
            ),
        ) from error


def _of_objects(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Dates and moments with a time zone: the day that each of them writes."""
    if any(not isinstance(one, Date) or one != one for one in values.tolist()):
        raise TypeError("no dates")
    return np.array(
        [Date(one.year, one.month, one.day) for one in values.tolist()], "datetime64[D]"
    )


def _day(given: Any, name: str) -> int:
    if isinstance(given, Date):
        return day_number(Date(given.year, given.month, given.day))
    if isinstance(given, str):
        try:
            return day_number(Date.fromisoformat(given))
        except ValueError:
            given = np.array([given])
    return int(_days([given] if np.ndim(given) == 0 else given, name=name)[0])


def _numbered(who: npt.NDArray[Any]) -> tuple[Ints, npt.NDArray[Any]]:
    """The place of each row's customer among the distinct ones, in order, and these."""
    if who.dtype.kind in "iu":
        low, size = int(who.min()), int(who.max()) - int(who.min()) + 1
        if size <= DENSE * who.size:
            here = np.zeros(size, dtype=bool)
            here[who - low] = True
            return (np.cumsum(here) - 1)[who - low], np.flatnonzero(here) + low
    words = pa.array(who, from_pandas=True)
    if words.null_count:
        raise PerenneError(
            _("{count} rows have no customer.").format(count=format_number(words.null_count)),
            given=words.null_count,
            next_step=_("Leave out purchases of which nobody knows who made them."),
        )
    coded = words.dictionary_encode()
    order = pc.sort_indices(coded.dictionary).to_numpy(zero_copy_only=False)
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    names = coded.dictionary.take(pa.array(order)).to_numpy(zero_copy_only=False)
    return place[coded.indices.to_numpy(zero_copy_only=False)], names
