"""From forecasts to the tables of predictions. Arrays in, Arrow out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perenne.models.forecast import Forecast
from perenne.models.histories import Floats
from perenne.models.margins import MarginOutlook, MarginRate
from perenne.models.outlook import QUANTILES, GroupOutlook, Outlook, of_customers
from perenne.models.schema import INTERVALS, PREDICTED
from perenne.models.value.months import Promised
from perenne.warehouse import TableSchema

_ARROW = {
    "string": pa.string(),
    "float64": pa.float64(),
    "int64": pa.int64(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
    "decimal(18, 4)": pa.decimal128(18, 4),
}


@dataclass(frozen=True)
class Groups:
    """One way to split customers: `codes` are places in `values`, −1 for none of them."""

    dimension: str
    values: Sequence[str | None]
    codes: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Least:
    """Orders, discounted value and its margin expected within a shorter horizon, (customers,) each:
    what the longer one brings at least. Horizons have levels and rates of their own, learnt apart.
    """

    orders: Floats
    value: Floats
    margin: Floats

    def part(self, rows: slice) -> Least:
        return Least(self.orders[rows], self.value[rows], self.margin[rows])


@dataclass(frozen=True)
class Terms:
    """What turns the forecast of one horizon into money of today: discount, margin, retention.

    factor: (customers,). margin: what of the value is left. retention: cost of keeping each
    customer until the horizon, discounted; None when no such spend is known. It is what the shop
    means to spend, so that it moves an interval and does not widen it. least: what a shorter
    horizon expects already.
    """

    months: int
    factor: Floats
    margin: MarginRate
    retention: Floats | None
    least: Least | None = None

    def part(self, rows: slice) -> Terms:
        kept = None if self.retention is None else self.retention[rows]
        least = self.least and self.least.part(rows)
        return Terms(self.months, self.factor[rows], self.margin.part(rows), kept, least)

    def lifted(self, forecast: Forecast) -> Forecast:
        """Means no lower than those of the shorter horizon; draws as they are."""
        if self.least is None:
            return forecast
        before = self.least.value
        enough = np.maximum(forecast.mean_value, before / self.factor)
        return replace(
            forecast,
            mean_orders=np.maximum(forecast.mean_orders, self.least.orders),
            mean_value=np.where(before > 0, enough, forecast.mean_value),
        )

    def keeping(self, forecast: Forecast) -> Terms:
        """At rates that leave of the forecast no less than the shorter horizon does.

        Only where further value leaves something: a rate below zero makes a loss grow.
        """
        if self.least is None:
            return self
        rate, value = self.margin.mean, forecast.mean_value * self.factor
        gains = (rate >= 0) & (value > 0) & (self.least.margin > rate * value)
        raised = np.divide(self.least.margin, value, out=rate.copy(), where=gains)
        return replace(self, margin=replace(self.margin, mean=raised))


class Ahead:
    """One horizon told in parts: columns of customers as they come, sums of groups draw by draw."""

    def __init__(
        self, terms: Terms, groups: Sequence[Groups], *, shifts: npt.NDArray[np.float32]
    ) -> None:
        """shifts: (draws,), what all margin rates of each future have in common."""
        self.terms, self.groups = terms, groups
        sizes = [len(one.values) for one in groups]
        self.sums = [GroupOutlook(size) for size in sizes]
        self.kept = [np.zeros(size) for size in sizes]
        self.margins = MarginOutlook(sizes, shifts=shifts)
        self._value = self._orders = self._margin = 0.0
        self._columns: dict[str, list[npt.NDArray[Any]]] = {}

    def add(self, forecast: Forecast, part: slice, *, rng: np.random.Generator) -> None:
        """The forecast of the customers `part`; parts come in their order. rng: for margins."""
        terms = self.terms.part(part)
        forecast = terms.lifted(forecast)
        terms = terms.keeping(forecast)
        codes = [one.codes[part] for one in self.groups]
        told = of_customers(forecast, factor=terms.factor)
        draws = 0 if forecast.orders is None else len(forecast.orders)
        margins = self.margins.add(
            forecast, terms.margin, codes, factor=terms.factor, told=told.quantiles, rng=rng
        )
        for name, values in _columns(told, terms, margins, draws=draws).items():
            self._columns.setdefault(name, []).append(values)
        self._value += float(forecast.mean_value.sum())
        self._orders += float(forecast.mean_orders.sum())
        self._margin += float((forecast.mean_value * terms.margin.mean).sum())
        for group, sums, kept in zip(codes, self.sums, self.kept, strict=True):
            sums.add(forecast, group, factor=terms.factor)
            if terms.retention is not None:
                inside = group >= 0
                kept += np.bincount(
                    group[inside], weights=terms.retention[inside], minlength=kept.size
                )

    def promised(self) -> Promised:
        """Of all customers together, undiscounted."""
        return Promised(self._value, self._orders, self._margin)

    def least(self) -> Least:
        """What a longer horizon brings at least; asked before `columns`."""
        end = f"{self.terms.months}m"
        return Least(
            *(
                np.concatenate(self._columns[f"{one}_{end}"])
                for one in ("expected_orders", "clv", "clv_margin")
            )
        )

    def columns(self) -> dict[str, pa.Array]:
        """The columns of this horizon in `predictions`; they are handed over, not kept."""
        types = PREDICTED["predictions"].types
        names = list(self._columns)
        return {
            name: _array(np.concatenate(self._columns.pop(name)), types[name], 0) for name in names
        }

    def rows(self, *, learnt: int | None) -> Iterator[dict[str, Any]]:
        """Rows of `prediction_totals`: intervals of a group are those of its summed draws.

        learnt: days of the past forecasts from which their level was learnt.
        """
        for split, (groups, sums) in enumerate(zip(self.groups, self.sums, strict=True)):
            told, margins = sums.told(), list(self.margins.rows(split))
            for place, value in enumerate(groups.values):
                yield {
                    "dimension": groups.dimension,
                    "value": value,
                    "horizon_months": self.terms.months,
                    "customers": int(sums.size[place]),
                    "mean": told.mean[place],
                    **{name: told.quantiles[name][place] for name in QUANTILES if told.quantiles},
                    **margins[place],
                    **self._net(margins[place], float(self.kept[split][place])),
                    "expected_orders": told.orders[place],
                    "learnt_days": learnt or None,
                }

    def _net(self, margin: Mapping[str, float | int], kept: float) -> dict[str, float]:
        """The margin of a group less what keeping it costs; empty where that is unknown."""
        if self.terms.retention is None:
            return {}
        ends = ("mean", *QUANTILES)
        known = {end: margin[f"margin_{end}"] for end in ends if f"margin_{end}" in margin}
        return {f"net_{end}": value - kept for end, value in known.items()}


def _columns(
    told: Outlook, terms: Terms, margins: Mapping[str, Floats], *, draws: int
) -> dict[str, npt.NDArray[Any]]:
    end = f"{terms.months}m"
    margin = told.mean * terms.margin.mean
    # Orders are computed, the chance of one is drawn: the former bounds the latter. And all of
    # so many draws do not make an order certain.
    surest = 1 - 0.5 / max(draws, 1)
    unknown = np.full(margin.size, np.nan)
    quantiles = told.quantiles or dict.fromkeys(QUANTILES, unknown)
    return {
        f"expected_orders_{end}": told.orders,
        f"p_order_{end}": np.minimum(told.chance, np.minimum(told.orders, surest)),
        f"clv_{end}": told.mean,
        # Draws are in single precision.
        **{f"clv_{end}_{name}": v.astype(np.float32) for name, v in quantiles.items()},
        f"clv_margin_{end}": margin,
        **{f"clv_margin_{end}_{name}": margins[name].astype(np.float32) for name in INTERVALS},
        f"clv_net_{end}": unknown if terms.retention is None else margin - terms.retention,
    }


def rising(columns: Mapping[str, pa.Array], horizons: Sequence[int]) -> dict[str, pa.Array]:
    """Chances and quantiles of a longer horizon no lower than those of a shorter one.

    True of what they estimate, but not of estimates from different draws: each is the mean of the
    highest so far and of the lowest to come. Of margins only where no loss is in sight.
    """
    types = PREDICTED["predictions"].types
    found: dict[str, pa.Array] = {}

    def drawn(stem: str) -> dict[str, Floats]:
        names = [stem.format(end=f"{months}m") for months in sorted(horizons)]
        return {name: numbers(columns[name]) for name in names}

    for stem in ("p_order_{end}", *(f"clv_{{end}}_{name}" for name in QUANTILES)):
        for name, values in _lifted(drawn(stem)).items():
            found[name] = _array(values, types[name], 0)
    lowest = np.stack(list(drawn("clv_margin_{end}_lo90").values())).min(axis=0)
    for end in INTERVALS:
        told = drawn(f"clv_margin_{{end}}_{end}")
        for name, values in _lifted(told).items():
            found[name] = _array(np.where(lowest >= 0, values, told[name]), types[name], 0)
    return found


def rising_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of groups with ends that do not fall as the horizon grows, as those of customers do not:
    each horizon has a level of its own, and the wider error of a longer one may pull the lower end
    of a sum below what a shorter one promises. Where an end is negative, losses may add up."""
    groups: dict[tuple[Any, Any], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["dimension"], row["value"]), []).append(row)
    for told in groups.values():
        told = sorted(told, key=lambda row: row["horizon_months"])
        _lift(told, "", also=())
        _lift(told, "margin_", also=("net_",))
    return list(rows)


def _lift(told: Sequence[dict[str, Any]], stem: str, *, also: Sequence[str]) -> None:
    """Lift the ends under `stem`, and by as much those under `also`."""
    lowest = f"{stem}lo90"
    if not all(row.get(lowest, -1) >= 0 for row in told):
        return
    for end in QUANTILES:
        name = f"{stem}{end}"
        if not all(name in row for row in told):
            continue
        lifted = _lifted({str(n): np.array([row[name]]) for n, row in enumerate(told)})
        for row, (now,) in zip(told, lifted.values(), strict=True):
            for other in also:
                if f"{other}{end}" in row:
                    row[f"{other}{end}"] += float(now) - row[name]
            row[name] = float(now)


def _lifted(drawn: Mapping[str, Floats]) -> dict[str, Floats]:
    values = np.stack(list(drawn.values()))
    highest = np.maximum.accumulate(values, axis=0)
    lowest = np.minimum.accumulate(values[::-1], axis=0)[::-1]
    return dict(zip(drawn, (highest + lowest) / 2, strict=True))


def numbers(column: pa.Array) -> Floats:
    """A column as float64, NaN for null."""
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def as_table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """The table `name` from columns; NaN is null, a column that is not given is null throughout."""
    schema, size = PREDICTED[name], _size(columns)
    given = {column: columns.get(column) for column in schema.names}
    return pa.table(
        {column: _array(values, schema.types[column], size) for column, values in given.items()}
    )


def from_rows(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """The table `name` from rows."""
    schema: TableSchema = PREDICTED[name]
    return as_table(name, {column: [row.get(column) for row in rows] for column in schema.names})


def _size(columns: Mapping[str, Any]) -> int:
    return max((len(values) for values in columns.values() if values is not None), default=0)


def _array(values: Any, kind: str, size: int) -> pa.Array:
    wanted = _ARROW[kind]
    if values is None:
        return pa.nulls(size, wanted)
    if isinstance(values, pa.Array):
        return values.cast(wanted)
    if pa.types.is_string(wanted) or pa.types.is_date(wanted) or pa.types.is_boolean(wanted):
        return pa.array(values, wanted)
    if pa.types.is_integer(wanted):
        return pa.array(values, wanted)
    known = pa.array(np.asarray(_numbers(values), dtype=np.float64), from_pandas=True)
    if pa.types.is_decimal(wanted):
        return pc.round(known, ndigits=4).cast(wanted, safe=False)
    return known


def _numbers(values: Any) -> Any:
    if isinstance(values, np.ndarray):
        return values
    return [np.nan if value is None else value for value in values]


def days_after(start: date, ahead: Floats) -> pa.Array:
    """The day `ahead` days after `start`, null for NaN and beyond the calendar."""
    number = (start - date(1970, 1, 1)).days
    days = number + np.ceil(ahead)
    known = np.isfinite(days) & (days < 2_900_000)
    return pa.array(np.where(known, days, 0).astype(np.int32), mask=~known).cast(pa.date32())
