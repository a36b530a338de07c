"""From a request to the few queries that answer it: figures that share rows share a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from perenne.core import Period
from perenne.metrics.datasets import DATASETS, Grain
from perenne.metrics.definitions import Catalogue, Metric
from perenne.metrics.dimensions import filter_value, is_time, resolve
from perenne.metrics.expressions import Aggregate, Check, aggregates
from perenne.metrics.periods import Slot
from perenne.metrics.settings import Context

ORDERS_IN_GROUP = Aggregate("count_distinct", "sales", "order_id", Check("is_sale", "==", True))
CUSTOMERS_IN_GROUP = Aggregate("count", "customers")
ACTIVE_CUSTOMERS = Aggregate("count", "customers", None, Check("is_active", "==", True))
GAP_MEAN = Aggregate("mean", "gaps", "days")
UNOBSERVED = Aggregate("count", "starts", None, Check("is_observed", "==", False))
UNSCALED = Aggregate("count", "answers", None, Check("is_unscaled", "==", True))
UNPRICED = Aggregate("count", "subscriptions", None, Check("is_unpriced", "==", True))
SPENT = Aggregate("sum", "life_spend", "amount")
REACHED = Aggregate("sum", "life_costs", "amount")
UNREAD = Aggregate("count", "subscriptions", None, Check("unread", "==", True))
NOTE_ATOMS = {
    "censored": (CUSTOMERS_IN_GROUP, ACTIVE_CUSTOMERS),
    "mean_gap": (GAP_MEAN,),
    "unobserved": (UNOBSERVED,),
    "unscaled": (UNSCALED,),
    "unpriced": (UNPRICED, UNREAD),
}
"""Figures that a remark needs besides the metric's own."""
WHOLE_ATOMS = {"unreached": (SPENT, REACHED)}
"""The same, of remarks on the whole shop alone: spend is known by channel only."""
STEPS_IN_GROUP = Aggregate("count", "steps")
SIZES: dict[Grain, Aggregate] = {
    "order": ORDERS_IN_GROUP,
    "customer": CUSTOMERS_IN_GROUP,
    "step": STEPS_IN_GROUP,
    "spend": CUSTOMERS_IN_GROUP,
    "person": Aggregate("count", "people"),
    "answer": Aggregate("count", "answers"),
    "subscription": Aggregate("count", "subscriptions", None, Check("is_end", "==", True)),
    "event": Aggregate("count", "events"),
}


@dataclass(frozen=True)
class Shape:
    """What the rows of a query are split and filtered by, in the columns of the tables."""

    periods: tuple[Period, ...]
    columns: tuple[str, ...]
    filters: tuple[tuple[str, tuple[object, ...]], ...] = ()


@dataclass(frozen=True)
class Query:
    """One query: a dataset, its shape, and the aggregates asked of it."""

    dataset: str
    shape: Shape
    aggregates: tuple[Aggregate, ...]

    def windows(self, context: Context) -> dict[int, Period]:
        """Days that the dataset looks at, by number of the period; none when it cannot be."""
        window = DATASETS[self.dataset].window
        found = {k: window(period, context) for k, period in enumerate(self.shape.periods)}
        return {k: one for k, one in found.items() if one is not None}


@dataclass(frozen=True)
class Task:
    """One metric to evaluate: its slots, its shape, and the metrics it is made of."""

    metric: Metric
    slots: tuple[Slot, ...]
    shape: Shape
    closure: tuple[Metric, ...]

    @property
    def size(self) -> Aggregate:
        """What tells how large a group is: its orders or its customers."""
        return SIZES[self.metric.grain]

    @property
    def wanted(self) -> list[Aggregate]:
        found = [one for metric in self.closure for one in metric.aggregates]
        found += aggregates(self.metric.bounds) if self.metric.bounds else []
        found += [one for name in self.metric.notes for one in NOTE_ATOMS.get(name, ())]
        if self.is_whole:
            found += [one for name in self.metric.notes for one in WHOLE_ATOMS.get(name, ())]
        return [*found, self.size] if self.shape.columns else found

    @property
    def is_whole(self) -> bool:
        """Is the figure that of the whole shop, neither split nor filtered?"""
        return not (self.shape.columns or self.shape.filters)


def task(
    metric: Metric,
    *,
    slots: Iterable[Slot],
    by: Iterable[str],
    where: Mapping[str, tuple[str, ...]],
    extra: Iterable[str],
    catalogue: Catalogue,
    lifespan: str,
) -> Task:
    """Resolve a metric's dimensions; those it does not know must have been refused before."""
    kept = tuple(slots)
    columns = [resolve(name, metric.grain, extra) for name in by if not is_time(name)]
    periods = dict.fromkeys(
        period for slot in kept for period in (slot.period, slot.compared) if period
    )
    names = {**{name: (value,) for name, value in metric.default_filter.items()}, **where}
    names = {key: value for key, value in names.items() if key not in by or key in where}
    filters = {
        column: tuple(filter_value(name, column, text) for text in values)
        for name, values in names.items()
        if (column := resolve(name, metric.grain, extra))
    }
    shape = Shape(tuple(periods), tuple(filter(None, columns)), tuple(filters.items()))
    closure = catalogue.closure([metric.id], lifespan=lifespan)
    return Task(metric, kept, shape, tuple(closure))


def queries(tasks: Iterable[Task]) -> list[Query]:
    """One query per dataset and shape, with every aggregate that any task wants of it."""
    wanted: dict[tuple[str, Shape, bool], dict[Aggregate, None]] = {}
    for one in tasks:
        for atom in one.wanted:
            key = (atom.dataset, one.shape, atom.function == "curve")
            wanted.setdefault(key, {})[atom] = None
    return [Query(dataset, shape, tuple(atoms)) for (dataset, shape, _c), atoms in wanted.items()]


def unknown_dimensions(metric: Metric, names: Iterable[str], extra: Iterable[str]) -> list[str]:
    """Dimensions among `names` that have no meaning for the metric."""
    known = tuple(extra)
    return [
        name for name in names if not is_time(name) and resolve(name, metric.grain, known) is None
    ]
