"""Purchase histories as arrays: read from arrays or any data frame, checked, compressed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError, closest
from perenne.text import gettext as _

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]

# Rows that are looked at while they are in the cache.
PART = 1 << 14
# Largest table of possible histories that is cheaper than sorting them.
TABLE = 1 << 24


def read_table(data: Any, names: Sequence[str] | None = None) -> dict[str, Any]:
    """The columns of a table, or those of `names` that it has, each an array or what was given.

    data: any data frame that narwhals knows (pandas, Polars, Arrow …), a lazy one (Polars, DuckDB
    …), which is collected, a mapping of name to values, or None for no columns. Raises PerenneError
    for anything else.
    """
    if data is None:
        return {}
    if isinstance(data, Mapping):
        return {name: data[name] for name in data if names is None or name in names}
    try:
        frame = nw.from_native(data)
        here = frame.collect_schema().names()
        some = frame.select([name for name in here if names is None or name in names])
        table = some.collect() if isinstance(some, nw.LazyFrame) else some
    except TypeError as error:
        raise PerenneError(
            _("These data are no table: {kind}.").format(kind=type(data).__name__),
            given=repr(data)[:80],
            next_step=_(
                "Give a data frame (pandas, Polars, Arrow, DuckDB), a dictionary of columns, or "
                "each column by its name."
            ),
        ) from error
    return {name: table[name].to_numpy() for name in table.columns}


def read_columns(
    data: Any, names: tuple[str, ...], given: Mapping[str, Any], *, beside: Any = None
) -> dict[str, Floats]:
    """Columns `names` as float64 arrays of one length: from `given`, else from the frame `data`.

    `data` is as in `read_table`, or None; `beside` is a table of the same customers that somebody
    else reads. Rows are matched by their place. A name that ends in `?` may be missing. Raises
    PerenneError for a missing, non-numeric or unequal one, for one of `given` that is no name
    (nothing that was meant to count is left out in silence), and for pandas data whose indexes say
    that rows are in another order.
    """
    refuse_unknown_names(given, names)
    refuse_other_order(data, *given.values(), beside)
    table = read_table(data, [name.removesuffix("?") for name in names])
    columns: dict[str, Floats] = {}
    for name in names:
        plain = name.removesuffix("?")
        value = given.get(plain)
        if value is None:
            value = table.get(plain)
        if value is None and name.endswith("?"):
            continue
        columns[plain] = _as_floats(plain, value)
    lengths = {name: column.size for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise PerenneError(
            _("The columns differ in length: {lengths}.").format(
                lengths=", ".join(f"{name} {size}" for name, size in lengths.items())
            ),
            given=lengths,
            next_step=_("Give one value per customer in each column."),
        )
    return columns


def refuse_other_order(*given: Any) -> None:
    """Raise PerenneError where two pandas objects bear different indexes: their rows would be
    matched by place, not by index."""
    tables = [
        one
        for table in given
        for one in (table.values() if isinstance(table, Mapping) else (table,))
    ]
    labels = [one.index for one in tables if hasattr(getattr(one, "index", None), "equals")]
    if all(labels[0].equals(other) for other in labels[1:]):
        return
    raise PerenneError(
        _("The rows of these pandas data bear different indexes."),
        given=[str(list(one[:3])) for one in labels],
        next_step=_(
            "Bring them into one order (frame.loc[other.index]), or give arrays (.to_numpy()) that "
            "are in one order already: rows are matched by their place."
        ),
    )


def refuse_unknown_names(given: Mapping[str, Any], names: Sequence[str]) -> None:
    """Raise PerenneError where `given` has a name that is none of `names`, with the near one."""
    known = [name.removesuffix("?") for name in names]
    for name in given:
        if name in known:
            continue
        near, allowed = closest(name, known), ", ".join(known)
        raise PerenneError(
            _("Nothing here reads {name}=….").format(name=name),
            given=name,
            allowed=known,
            next_step=_("Did you mean {near}=…? Allowed are {names}.").format(
                near=near, names=allowed
            )
            if near
            else _("Leave it out; allowed are {names}.").format(names=allowed),
        )


def _as_floats(name: str, value: Any) -> Floats:
    if value is None:
        raise PerenneError(
            _("The column {name} is missing.").format(name=name),
            next_step=_("Give {name}=…, or a data frame with a column of that name.").format(
                name=name
            ),
        )
    try:
        column = np.atleast_1d(np.asarray(value))
        if column.ndim > 1 or column.dtype.kind in "mM":
            raise TypeError(f"{column.dtype} of {column.ndim} dimensions")
        column = column.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise PerenneError(
            _("The column {name} holds something that is not a number.").format(name=name),
            given=repr(value)[:80],
            next_step=_("Give numbers; dates become tenure and recency first."),
        ) from error
    return column.ravel()


def refuse_where(wrong: npt.NDArray[np.bool_], what: str, *, given: Any, next_step: str) -> None:
    """Raise PerenneError(`what`) with the number of rows that are wrong and the first of them."""
    if not wrong.any():
        return
    first = int(np.argmax(wrong))
    shown = {name: column[first].item() for name, column in given.items()}
    raise PerenneError(
        _("{what} ({count} rows; the first is row {row}: {values}).").format(
            what=what.rstrip("."),
            count=int(wrong.sum()),
            row=first,
            values=", ".join(f"{name} = {value:g}" for name, value in shown.items()),
        ),
        given=shown,
        next_step=next_step,
    )


@dataclass(frozen=True)
class Histories:
    """Distinct rows of (frequency, recency, tenure) with their weights.

    frequency: repeat purchases (x); recency: age at the last purchase (t_x); tenure: age at the
    end of observation (T), in one time unit. `row[i]` is the distinct row of customer i; `group`
    numbers what the customers of a row share beyond their history, 0 when nothing.
    """

    frequency: Floats
    recency: Floats
    tenure: Floats
    weights: Floats
    row: Rows
    group: Ints

    @property
    def customers(self) -> float:
        return float(self.weights.sum())


def read_histories(data: Any = None, *, group: Ints | None = None, **given: Any) -> Histories:
    """Checked and compressed histories. Keywords: frequency, recency, tenure, weights.

    Raises PerenneError for no rows, NaN, negative values, a fractional frequency, recency > tenure,
    or frequency > 0 with zero recency (and the reverse).
    """
    columns = read_columns(data, ("frequency", "recency", "tenure", "weights?"), given)
    check_histories(columns["frequency"], columns["recency"], columns["tenure"])
    weights = columns.get("weights")
    refuse_weights(weights)
    history = (columns["frequency"], columns["recency"], columns["tenure"])
    return compress(*history, weights=weights, group=group)


def refuse_weights(weights: Floats | None) -> None:
    """Raise PerenneError for a weight that is negative or not a number, and where all are 0; None
    has none."""
    if weights is None:
        return
    refuse_where(
        ~(weights >= 0) | ~np.isfinite(weights),
        _("A weight is negative or not a number."),
        given={"weights": weights},
        next_step=_("Give how many customers each row stands for."),
    )
    if weights.size and not weights.any():
        raise PerenneError(
            _("Every weight is 0: the rows stand for nobody."),
            given={"weights": 0.0},
            next_step=_("Give how many customers each row stands for."),
        )


def check_histories(frequency: Floats, recency: Floats, tenure: Floats) -> None:
    """Raise PerenneError for the first rule that rows break; each names the count and a row."""
    given = {"frequency": frequency, "recency": recency, "tenure": tenure}
    if frequency.size == 0:
        raise PerenneError(
            _("There are no customers to read."), next_step=_("Give at least one row.")
        )
    if all(_sound(frequency[p], recency[p], tenure[p]) for p in parts(frequency.size)):
        return
    bad = ~np.isfinite(frequency) | ~np.isfinite(recency) | ~np.isfinite(tenure)
    refuse_where(
        bad,
        _("A value is missing or infinite."),
        given=given,
        next_step=_("Remove or repair these rows."),
    )
    refuse_where(
        (frequency < 0) | (recency < 0) | (tenure < 0),
        _("A value is negative."),
        given=given,
        next_step=_("frequency, recency and tenure count from 0."),
    )
    refuse_where(
        frequency != np.floor(frequency),
        _("A frequency is not a whole number."),
        given=given,
        next_step=_("frequency counts repeat purchases."),
    )
    refuse_where(
        recency > tenure,
        _("A recency lies beyond the tenure."),
        given=given,
        next_step=_("Both are ages since the first purchase, in one unit: recency ≤ tenure."),
    )
    refuse_where(
        (frequency > 0) & (recency == 0),
        _("A customer with repeat purchases has zero recency."),
        given=given,
        next_step=_("Merge purchases of one day, or count in a finer unit."),
    )
    refuse_where(
        (frequency == 0) & (recency > 0),
        _("A customer without repeat purchase has a recency above zero."),
        given=given,
        next_step=_("Recency is the age at the last purchase, 0 when there was only the first."),
    )


def parts(size: int) -> Iterator[slice]:
    """Slices that cover `size` rows, each small enough to stay in the cache of a processor."""
    return (slice(start, start + PART) for start in range(0, size, PART))


def _sound(x: Floats, last: Floats, age: Floats) -> bool:
    """Whether rows break none of the rules of `check_histories`; NaN fails every comparison."""
    fine = (x == np.floor(x)) & (x < np.inf) & (last >= 0) & (last <= age) & (age < np.inf)
    return bool(np.all(fine & (x >= 0) & ((x > 0) == (last > 0))))


def compress(
    frequency: Floats,
    recency: Floats,
    tenure: Floats,
    *,
    weights: Floats | None = None,
    group: Ints | None = None,
) -> Histories:
    """Distinct rows and their total weight (1 each when not given).

    group: customers of different groups (their covariates differ) never share a row.
    """
    groups = np.zeros(frequency.size, dtype=np.int64) if group is None else group
    row, member = _distinct([_on_grid(frequency), _on_grid(recency), _on_grid(tenure), groups])
    total = np.bincount(row, weights=weights, minlength=member.size).astype(np.float64)
    return Histories(frequency[member], recency[member], tenure[member], total, row, groups[member])


def distinct_rows(*columns: Floats | Ints) -> tuple[Rows, Rows]:
    """(number of the distinct combination in each row, one row that has each combination)."""
    return _distinct([_on_grid(column.astype(np.float64)) for column in columns])


def _on_grid(ages: Floats) -> Ints:
    """Ages as whole days when they are days, weeks or months of days; else their ranks."""
    for days in (1.0, 7.0, 365.25 / 12):
        few = ages[:PART] * days
        if np.abs(np.rint(few) - few).max(initial=0.0) > 0.01:
            continue  # the first rows tell most units apart
        scaled = ages * days
        nearest = np.rint(scaled)
        off = 1e-6 * min(float(scaled[scaled > 0].min(initial=1.0)), 1.0)  # a tiny unit is no day
        if nearest.max() < 2**31 and np.abs(scaled - nearest).max() < off:
            return nearest.astype(np.int64)
    return np.unique(ages, return_inverse=True)[1].astype(np.int64)


def _distinct(digits: list[Ints]) -> tuple[Rows, Rows]:
    """(number of the distinct combination in each row, one row that has each combination)."""
    key, span = np.zeros(digits[0].size, dtype=np.int64), 1
    for digit in digits:
        low, width = int(digit.min()), int(np.ptp(digit)) + 1
        if span * width >= 2**62:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            span = int(key.max()) + 1
        key, span = key * width + (digit - low), span * width
    if span > max(TABLE, 8 * key.size):
        _keys, member, row = np.unique(key, return_index=True, return_inverse=True)
        return row.astype(np.intp), member
    there = np.zeros(span, dtype=np.bool_)  # a table beats a sort while it fits in memory
    there[key] = True
    present = np.flatnonzero(there)
    number = np.empty(span, dtype=np.int32)
    number[present] = np.arange(present.size)
    row = number[key].astype(np.intp)
    member = np.empty(present.size, dtype=np.intp)
    member[row] = np.arange(key.size)
    return row, member
