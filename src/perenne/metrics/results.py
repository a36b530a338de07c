"""Aggregates that came back from the engine, found again by period and group."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from perenne.core import Period
from perenne.metrics.arithmetic import Number, Row, Value, evaluate
from perenne.metrics.datasets import FACTS
from perenne.metrics.definitions import LIFESPAN, Metric
from perenne.metrics.expressions import Aggregate, Name
from perenne.metrics.plan import Query, Shape, Task
from perenne.metrics.settings import Context

Group = tuple[object, ...]
Cell = tuple[int, Group]

_NOTHING: dict[str, Value] = {"sum": 0, "sum_all": 0, "count": 0, "count_distinct": 0, "curve": ()}
"""What each aggregate is over no row; the others are unknown."""


@dataclass
class Results:
    """Values by dataset and shape, then period and group; filled query by query."""

    values: dict[tuple[str, Shape], dict[Cell, dict[Aggregate, Value]]] = field(
        default_factory=dict
    )
    impossible: set[tuple[str, Shape, int]] = field(default_factory=set)

    def add(self, query: Query, rows: Iterable[Row], *, windows: Mapping[int, Period]) -> None:
        """Take the rows of one query: k, the columns of its shape, a0, a1, … or a curve."""
        cells = self.values.setdefault((query.dataset, query.shape), {})
        lost = set(range(len(query.shape.periods))) - set(windows)
        self.impossible |= {(query.dataset, query.shape, k) for k in lost}
        for row in rows:
            group = tuple(row[column] for column in query.shape.columns)
            cell = cells.setdefault((int(str(row["k"])), group), {})
            _store(cell, query.aggregates, row)

    def groups(self, task: Task, k: int) -> set[Group]:
        """Groups that any of the metric's own figures saw in this period."""
        if not task.shape.columns:
            return {()}
        datasets = {atom.dataset for metric in task.closure for atom in metric.aggregates}
        cells = [self.values.get((name, task.shape), {}) for name in datasets]
        return {group for found in cells for number, group in found if number == k}

    def atom(self, atom: Aggregate, shape: Shape, at: Cell) -> Value:
        """Value of one aggregate, 0 or unknown over no row."""
        if (atom.dataset, shape, at[0]) in self.impossible:
            return None
        cell = self.values.get((atom.dataset, shape), {}).get(at, {})
        return cell[atom] if atom in cell else _NOTHING.get(atom.function)


@dataclass
class Evaluator:
    """Evaluates metrics of one period and group, each once."""

    results: Results
    context: Context
    task: Task
    k: int
    group: Group
    known: dict[str, Number | None] = field(default_factory=dict)

    @property
    def period(self) -> Period:
        return self.task.shape.periods[self.k]

    def metric(self, metric: Metric) -> Number | None:
        if metric.id not in self.known:
            self.known[metric.id] = evaluate(metric.parsed, self.look_up)
        return self.known[metric.id]

    def look_up(self, wanted: Aggregate | Name) -> Value:
        if isinstance(wanted, Aggregate):
            return self.results.atom(wanted, self.task.shape, (self.k, self.group))
        if wanted.id in FACTS:
            return FACTS[wanted.id](self.period, self.context)
        name = lifespan_metric(self.context) if wanted.id == LIFESPAN else wanted.id
        return self.metric(next(one for one in self.task.closure if one.id == name))


def lifespan_metric(context: Context) -> str:
    """The metric that stands for the lifespan, as the settings say."""
    implied = context.settings.lifespan == "implied"
    return "implied_lifespan_years" if implied else "average_lifespan_years"


def _store(cell: dict[Aggregate, Value], atoms: Sequence[Aggregate], row: Row) -> None:
    for number, atom in enumerate(atoms):
        if atom.function == "curve":
            earlier = cell.get(atom)
            cell[atom] = [*(earlier if isinstance(earlier, list) else ()), row]
        else:
            cell[atom] = _known(row[f"a{number}"])


def _known(value: object) -> Value:
    """A median that lies beyond all that was observed is unknown."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value  # type: ignore[return-value]  # Arrow gives objects
