"""The compiler's action: plan, ask the engine, evaluate, explain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from perenne.core import PerenneError
from perenne.metrics.arithmetic import Number, evaluate, operate
from perenne.metrics.checks import check_dimensions
from perenne.metrics.datasets import DATASETS
from perenne.metrics.definitions import Catalogue, Metric
from perenne.metrics.dimensions import check_names, is_time, label, time_grain, why_not
from perenne.metrics.expressions import Call
from perenne.metrics.intervals import interval
from perenne.metrics.notes import largest_drop, note, unavailable
from perenne.metrics.periods import Slot, slots
from perenne.metrics.plan import Query, Task, queries, task, unknown_dimensions
from perenne.metrics.remarks import Said
from perenne.metrics.requests import Compared, Figure, Interval, Request
from perenne.metrics.results import Evaluator, Group, Results, lifespan_metric
from perenne.metrics.settings import Context
from perenne.metrics.tables import Fetch, Table, Tables
from perenne.metrics.tables.aggregate import aggregate, curve, restrict
from perenne.metrics.tables.foldable import FOLDS
from perenne.metrics.tables.folds import fold_figures
from perenne.metrics.tables.profiles import extra_dimensions, with_dimensions
from perenne.metrics.tables.rows import rows
from perenne.text import gettext as _

STEPS = "order_n_to_next"


def compute(
    request: Request,
    *,
    catalogue: Catalogue,
    tables: Tables,
    context: Context,
    fetch: Fetch,
) -> list[Figure]:
    """Figures in the order of the metrics asked for, then of the periods and groups.

    `tables`: canonical tables, marts, and extra dimensions (customer_id and one column). Raises
    PerenneError for an unknown metric, dimension or filter value, and for a dimension that a
    metric asked for by name does not have.
    """
    extra = tuple(extra_dimensions(tables))
    check_names(request.by, extra)
    check_names(request.where, extra, times=False)
    check_dimensions(request, tables, fetch=fetch)
    metrics = [catalogue[name] for name in request.metrics] or list(catalogue)
    tasks = {
        metric.id: _task(metric, request, catalogue=catalogue, context=context, extra=extra)
        for metric in metrics
        if not _refused(metric, request, extra)
    }
    drops = _steps_task(tasks, request, catalogue=catalogue, context=context, extra=extra)
    asked = [one for one in tasks.values() if not unavailable(one.metric, context)]
    results = _ask([*asked, *drops], tables=tables, context=context, fetch=fetch)
    drop = largest_drop(_steps(drops[0], results, context)) if drops else None
    figures: list[Figure] = []
    for metric in metrics:
        if metric.id in tasks and not (request.by and unavailable(metric, context)):
            said = Said(context, drop if metric.id == STEPS else None)
            figures.extend(_figures(tasks[metric.id], request, results=results, said=said))
        else:
            figures.extend(_impossible(metric, request, context=context, extra=extra))
    return figures


def _refused(metric: Metric, request: Request, extra: Iterable[str]) -> bool:
    """Is the metric without one of the dimensions? An error when it was asked for by name."""
    missing = unknown_dimensions(metric, (*request.by, *request.where), extra)
    if not missing:
        return False
    if request.metrics:
        raise PerenneError(
            _("“{metric}” cannot be split or filtered by {dimension}: {reason}.").format(
                metric=metric.label, dimension=missing[0], reason=why_not(missing[0], metric.grain)
            ),
            given=missing[0],
            next_step=_("Choose another dimension for this metric."),
        )
    return True


def _task(
    metric: Metric,
    request: Request,
    *,
    catalogue: Catalogue,
    context: Context,
    extra: Iterable[str],
    by: tuple[str, ...] | None = None,
) -> Task:
    return task(
        metric,
        slots=slots(
            metric.scope,
            asked=request.period,
            grain=time_grain(request.by),
            compare=request.compare,
            context=context,
        ),
        by=request.by if by is None else by,
        where=request.where,
        extra=extra,
        catalogue=catalogue,
        lifespan=lifespan_metric(context),
    )


def _ask(tasks: Iterable[Task], *, tables: Tables, context: Context, fetch: Fetch) -> Results:
    results = Results()
    for query in queries(tasks):
        windows = query.windows(context)
        found = fetch(_table(query, tables, context=context)).to_pylist() if windows else []
        results.add(query, found, windows=windows)
    return results


def _table(query: Query, tables: Tables, *, context: Context) -> Table:
    source = DATASETS[query.dataset].source
    shape = query.shape
    needed = (*shape.columns, *(column for column, _values in shape.filters))
    windows = query.windows(context)
    fold = FOLDS.get(source)
    if fold and fold.fits(query.aggregates, tables=tables, needed=needed):
        held = fold.rows(tables, windows, context)
        held = with_dimensions(held, source, columns=needed, tables=tables)
        return fold_figures(
            fold,
            restrict(held, dict(shape.filters)),
            query.aggregates,
            by=shape.columns,
            windows=windows,
            context=context,
        )
    found = rows(source, tables, windows=windows, context=context, columns=needed)
    found = with_dimensions(found, source, columns=needed, tables=tables)
    found = restrict(found, dict(shape.filters))
    if query.aggregates[0].function == "curve":
        return curve(found, by=shape.columns)
    return aggregate(found, query.aggregates, by=shape.columns)


def _figures(task: Task, request: Request, *, results: Results, said: Said) -> Iterator[Figure]:
    numbers = {period: k for k, period in enumerate(task.shape.periods)}
    for slot in task.slots:
        now = numbers[slot.period]
        before = numbers[slot.compared] if slot.compared else None
        groups = results.groups(task, now)
        if before is not None:
            groups |= results.groups(task, before)
        for group in sorted(groups, key=_order):
            here = Evaluator(results, said.context, task, now, group)
            there = (
                Evaluator(results, said.context, task, before, group)
                if before is not None
                else None
            )
            yield _figure(here, there, request, slot=slot, said=said)


def _figure(
    here: Evaluator, there: Evaluator | None, request: Request, *, slot: Slot, said: Said
) -> Figure:
    task = here.task
    value = figure_value(here)
    return Figure(
        metric=task.metric.id,
        value=value,
        unit=task.metric.unit,
        period=slot.period,
        group=_group(task, request, slot=slot, group=here.group),
        note=note(here, value, slot=slot, said=said),
        compared=_compare(value, there) if there else None,
        interval=None if value is None else _interval(here),
    )


def _interval(here: Evaluator) -> Interval | None:
    bounds = here.task.metric.bounds
    if not isinstance(bounds, Call):
        return None
    return interval(bounds, tuple(evaluate(one, here.look_up) for one in bounds.arguments))


def figure_value(evaluator: Evaluator) -> Number | None:
    """The metric's value, None when an input that it needs was never imported."""
    metric = evaluator.task.metric
    if unavailable(metric, evaluator.context):
        return None
    value = evaluator.metric(metric)
    return Decimal(value) if metric.unit == "money" and isinstance(value, int) else value


def _compare(value: Number | None, there: Evaluator) -> Compared:
    other = figure_value(there)
    difference = operate("-", value, other)
    # From nothing, or from less than nothing, no change can be told in per cent.
    change = operate("/", difference, other) if other is not None and other > 0 else None
    return Compared(other, there.period, difference, None if change is None else float(change))


def _group(
    task: Task, request: Request, *, slot: Slot, group: Group
) -> dict[str, str | None] | None:
    if not request.by:
        return None
    values = iter(zip(task.shape.columns, group, strict=True))
    return {name: slot.label if is_time(name) else label(*next(values)) for name in request.by}


def _order(group: Group) -> tuple[tuple[bool, bool, object], ...]:
    """Groups by name, numbers by size, the unknown group last."""
    return tuple((value is None, isinstance(value, str), value or 0) for value in group)


def _impossible(
    metric: Metric, request: Request, *, context: Context, extra: Iterable[str]
) -> Iterator[Figure]:
    """What cannot be split as asked, or was never imported: one figure for each time step."""
    missing = unknown_dimensions(metric, (*request.by, *request.where), extra)
    if missing:
        reason = _("Not computed: {reason}.").format(reason=why_not(missing[0], metric.grain))
    else:
        reason = unavailable(metric, context) or ""
    grain = None if missing else time_grain(request.by)
    for slot in slots(
        metric.scope, asked=request.period, grain=grain, compare=None, context=context
    ):
        group = {name: slot.label if is_time(name) else None for name in request.by}
        shown = group if grain else None
        yield Figure(metric.id, None, metric.unit, slot.period, shown, reason)


def _steps_task(
    tasks: dict[str, Task],
    request: Request,
    *,
    catalogue: Catalogue,
    context: Context,
    extra: Iterable[str],
) -> list[Task]:
    """The steps one by one, to name the largest drop beside the first step."""
    if STEPS not in tasks or request.by or "order_number" in request.where:
        return []
    by = ("order_number",)
    metric = catalogue[STEPS]
    return [_task(metric, request, catalogue=catalogue, context=context, extra=extra, by=by)]


def _steps(task: Task, results: Results, context: Context) -> list[tuple[int, int, float]]:
    """(rank, customers who reached it, share who went on) in order of rank."""
    found = []
    for group in sorted(results.groups(task, 0), key=_order):
        here = Evaluator(results, context, task, 0, group)
        share, reached = here.metric(task.metric), here.look_up(task.size)
        if isinstance(share, float) and isinstance(reached, int) and isinstance(group[0], int):
            found.append((group[0], reached, share))
    return found
