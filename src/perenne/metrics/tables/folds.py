"""Figures of rows that are added up before windows of days look at them.

A window asks of a day only whether it lies before or after the days at which windows begin and end.
Rows between the same two such days are alike to every window: their sums stand for them. What a
million rows hold is then some hundred, however many windows there are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from perenne.core import Period
from perenne.metrics.expressions import Aggregate, Check, Condition, Junction, columns
from perenne.metrics.settings import Context
from perenne.metrics.tables import Tables
from perenne.metrics.tables.aggregate import condition
from perenne.metrics.tables.weighed import WEIGHED, ranked, told_name, weighed_figure, where_of
from perenne.warehouse.held import held

Windows = Mapping[int, Period]
FAR = date(9999, 12, 31)
_DAY = timedelta(days=1)
_SUMS = ("sum", "sum_or_null", "sum_all")


@dataclass(frozen=True)
class Compared:
    """A column that windows look at: of days, the days at which an answer changes; and the flags
    for which they look at it (none: always)."""

    turns: Callable[[Period, Context], Iterable[date]] | None = None
    flags: frozenset[str] = frozenset()

    def matters(self, asked: set[str]) -> bool:
        return not self.flags or bool(self.flags & asked)


@dataclass(frozen=True)
class Fold:
    """A source whose rows may be added up before windows look at them.

    `mart`: what they come from. `rows`: all that no window decides, of the days that any window
    holds. `seen`: those of each window, with the flags that it decides. `units`: columns of which
    every row with a flag holds another value. Where rows stand for several things, they cannot be
    counted (`counts`). `signed`: flags say how often a row counts, -1 where it takes back what
    others say. `lacks`: columns that only the unfolded rows have. `weighed`: whole numbers of which
    there are few, so that means and medians come from how often each occurs.
    """

    mart: str
    rows: Callable[[Tables, Windows, Context], ir.Table]
    seen: Callable[[ir.Table, Windows, Context], ir.Table]
    compared: Mapping[str, Compared]
    flags: frozenset[str] = frozenset()
    units: Mapping[str, str] = field(default_factory=dict)
    counts: bool = True
    signed: bool = False
    lacks: frozenset[str] = frozenset()
    weighed: frozenset[str] = frozenset()

    def fits(self, wanted: Sequence[Aggregate], *, tables: Tables, needed: Iterable[str]) -> bool:
        """May these figures be had from sums, split and filtered by these columns?"""
        fitting = self.mart in tables and not self.lacks & set(needed)
        return fitting and all(self._fits(one) for one in wanted)

    def _fits(self, one: Aggregate) -> bool:
        if self.lacks & {one.column or "", *columns(one.condition)}:
            return False
        if self.signed:
            return one.function == "count" and self._flag(one) is not None
        if one.function == "count":
            return self.counts
        if one.function == "count_distinct":
            flag = self.units.get(one.column or "")
            return flag is not None and _requires(one, flag)
        if one.function in WEIGHED:
            return one.column in self.weighed
        return one.function in _SUMS and one.column not in self.compared

    def _flag(self, one: Aggregate) -> str | None:
        given = one.condition
        if not isinstance(given, Check) or given.column not in self.flags:
            return None
        return given.column if given == Check(given.column, "==", True) else None

    def figure(self, rows: ir.Table, number: int, one: Aggregate) -> ir.Scalar:
        """The aggregate a`number` over rows that were added up."""
        flag = self._flag(one) if self.signed else None
        if flag:
            return (rows.n * rows[flag]).sum().fill_null(0)
        if one.function in WEIGHED:
            return weighed_figure(rows, number, one)
        return _figure(rows, one, where_of(rows, number, one))

    def settled(self, wanted: Sequence[Aggregate]) -> dict[int, Condition]:
        """The conditions of `wanted`, by number, that no window decides."""
        decided = self.flags | self.compared.keys()
        given = {n: one.condition for n, one in enumerate(wanted) if one.condition}
        return {n: one for n, one in given.items() if not decided & columns(one)}


def _requires(one: Aggregate, flag: str) -> bool:
    given = one.condition
    parts = given.parts if isinstance(given, Junction) and given.operator == "and" else (given,)
    return Check(flag, "==", True) in parts


def fold_figures(
    fold: Fold,
    rows: ir.Table,
    wanted: Sequence[Aggregate],
    *,
    by: tuple[str, ...],
    windows: Windows,
    context: Context,
) -> ir.Table:
    """What `aggregate` gives of `fold.seen(rows)`: columns k, the groups, and a0, a1, …"""
    told = fold.settled(wanted)
    rows = rows.mutate(**{told_name(n): condition(rows, one) for n, one in told.items()})
    open_ = (one for n, one in enumerate(wanted) if n not in told)
    asked = set().union(*(columns(one.condition) for one in open_))
    summed = {one.column for one in wanted if one.function in _SUMS and one.column}
    weighed = {one.column for one in wanted if one.function in WEIGHED and one.column}
    looked = {name: one.turns for name, one in fold.compared.items() if one.matters(asked)}
    own = [*by, *sorted(weighed), *map(told_name, told)]
    keys = dict.fromkeys([*own, *sorted(asked - fold.flags), *looked])
    if len(windows) == 1 and not weighed:
        found = _single(rows, keys, summed)
    else:
        for name, turns in looked.items():
            if turns:
                days = {day for period in windows.values() for day in turns(period, context)}
                rows = _marked(rows, name, sorted(days))
        found = _summed(rows, keys, summed)
    unasked = fold.compared.keys() - keys.keys()
    found = found.mutate(**{name: ibis.null(rows[name].type()) for name in sorted(unasked)})
    seen = fold.seen(found, windows, context)
    if weighed:
        seen = ranked(seen, wanted, by=("k", *by))
    figures = {f"a{number}": fold.figure(seen, number, one) for number, one in enumerate(wanted)}
    return seen.group_by("k", *by).aggregate(**figures)


def through(
    rows: ir.Table,
    windows: Windows,
    inside: Callable[[ir.Table, ir.Table], Sequence[ir.BooleanValue]],
) -> ir.Table:
    """`rows` once for each window that they lie in, with its k, start and end."""
    if len(windows) > 1:
        table = window_table(windows)
        return rows.join(table, inside(rows, table))
    ((k, period),) = windows.items()
    said = {"k": ibis.literal(k, "int64"), "start": period.start, "end": period.end}
    beside = rows.mutate(**{name: ibis.literal(value) for name, value in said.items()})
    return beside.filter(inside(beside, beside))


def window_table(windows: Windows) -> ir.Table:
    periods = windows.values()
    return held(
        {
            "k": ("int64", [*windows]),
            "start": ("date", [one.start for one in periods]),
            "end": ("date", [one.end for one in periods]),
        }
    )


def _marked(rows: ir.Table, name: str, turns: Sequence[date]) -> ir.Table:
    """`rows` with the last of the days `turns` by the day of a column in its place."""
    first = next((day for day in turns if day > date.min), turns[0])
    before = first - _DAY if first > date.min else first
    listed = [first + _DAY * number for number in range((turns[-1] - first).days)]
    last = [turns[bisect_right(turns, day) - 1] for day in listed]
    schema = ibis.schema({"_day": "date", "_turn": "date"})
    days = ibis.memtable(pa.table({"_day": listed, "_turn": last}, schema=schema.to_pyarrow()))
    joined = rows.left_join(days, rows[name] == days["_day"])
    turn = ibis.cases(
        (joined[name] >= turns[-1], ibis.literal(turns[-1])),
        (joined[name] < first, ibis.literal(before)),
        else_=joined["_turn"],
    )
    return joined.mutate(**{name: turn}).drop("_day", "_turn")


def _summed(rows: ir.Table, keys: Iterable[str], summed: Iterable[str]) -> ir.Table:
    totals = {_total(name): rows[name].sum() for name in summed}
    unknown = {_unknown(name): rows[name].isnull().any() for name in summed}
    return rows.group_by(*keys).aggregate(n=rows.count(), **totals, **unknown)


def _single(rows: ir.Table, keys: Iterable[str], summed: Iterable[str]) -> ir.Table:
    """What `_summed` gives, row by row: one window needs no sums before it."""
    totals = {_total(name): rows[name] for name in summed}
    unknown = {_unknown(name): rows[name].isnull() for name in summed}
    return rows.select(*keys, n=ibis.literal(1, "int64"), **totals, **unknown)


def _figure(rows: ir.Table, one: Aggregate, where: ir.BooleanValue | None) -> ir.Scalar:
    if one.function in ("count", "count_distinct"):
        return rows.n.sum(where=where).fill_null(0)
    total = rows[_total(one.column or "")].sum(where=where)
    if one.function == "sum_or_null":
        return total
    if one.function == "sum":
        return total.fill_null(0)
    unknown = rows[_unknown(one.column or "")]
    lost = unknown.any() if where is None else (unknown & where).any()
    return ibis.ifelse(lost.fill_null(False), ibis.null(), total.fill_null(0))


def _total(column: str) -> str:
    return f"total_{column}"


def _unknown(column: str) -> str:
    return f"unknown_{column}"
