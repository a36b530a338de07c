"""What must be said beside a figure: what it leaves out, what it rests on, why it is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from perenne.core import Period
from perenne.metrics.arithmetic import Number
from perenne.metrics.datasets import DAYS_PER_YEAR, annual_scale, churn_year
from perenne.metrics.definitions import Metric
from perenne.metrics.expressions import Call, Name, Operation
from perenne.metrics.periods import Slot
from perenne.metrics.plan import ACTIVE_CUSTOMERS, CUSTOMERS_IN_GROUP, GAP_MEAN
from perenne.metrics.remarks import (
    Said,
    activation,
    ahead,
    machines,
    not_told,
    unobserved,
    unpriced,
    unreached,
    unscaled,
)
from perenne.metrics.results import Evaluator
from perenne.metrics.settings import Context
from perenne.text import (
    format_date,
    format_days,
    format_number,
    format_percent,
    format_period,
    ngettext,
)
from perenne.text import gettext as _

LARGE_ENOUGH = 30
RATIO_BAND = (3, 5)
OF_ORDERS = ("order", "customer", "step")


def note(here: Evaluator, value: Number | None, *, slot: Slot, said: Said) -> str | None:
    """All remarks on one figure as one text, the reason of a missing value first."""
    return " ".join(_remarks(here, value, slot=slot, said=said)) or None


def unavailable(metric: Metric, context: Context) -> str | None:
    """Which input that was never imported makes the metric impossible."""
    if "acquisition_spend" in metric.needs and not context.acquisition.is_known:
        return _(
            "No acquisition spend is known: import the costs of your channels "
            "(perenne import FILE)."
        )
    if "retention_spend" in metric.needs and not context.retention.is_known:
        return _(
            "No retention spend is known: import the costs of e-mailing and loyalty, "
            "with “retention” as their kind."
        )
    if "predictions" in metric.needs and not context.has_predictions:
        return _(
            "This snapshot predicts nothing: switch on [predictions] in perenne.toml, then run "
            "perenne refresh, which says what keeps it from predicting."
        )
    return not_told(metric.needs, context)


def largest_drop(steps: Sequence[tuple[int, int, float]]) -> tuple[int, float] | None:
    """The rank with the lowest share going on, among those that enough customers reached."""
    large = [(share, rank) for rank, reached, share in steps if reached >= LARGE_ENOUGH]
    return (min(large)[1], min(large)[0]) if large else None


def _remarks(here: Evaluator, value: Number | None, *, slot: Slot, said: Said) -> Iterator[str]:
    metric, context = here.task.metric, said.context
    if value is None:
        yield missing(here)
    elif here.group:
        yield from _small(here)
    if slot.is_cut:
        yield _("The period is not over: figures stop on {day}.").format(
            day=format_date(slot.period.end)
        )
    elif metric.scope == "period" and slot.period.start < context.history_from:
        yield _("The data start on {day}.").format(day=format_date(context.history_from))
    if slot.compared and metric.scope == "period" and metric.grain in OF_ORDERS:
        yield from _other(slot, slot.compared, context)
    if metric.grain in ("customer", "step", "spend"):
        yield from _guests(context)
    for name in metric.notes:
        yield from _NOTES[name](here, value, said)


def _other(slot: Slot, other: Period, context: Context) -> Iterator[str]:
    """What must be known of the period compared with: that it is cut as well, or known in part."""
    if slot.is_cut:
        yield _("Compared with {period}.").format(period=format_period(other.start, other.end))
    day = format_date(context.history_from)
    if other.end < context.history_from:
        yield _("The data start on {day}, after the period compared with.").format(day=day)
    elif other.start < context.history_from:
        yield _("The data start on {day}, within the period compared with.").format(day=day)


def missing(here: Evaluator) -> str:
    """Why there is no figure, and what to import or set."""
    metric, context = here.task.metric, here.context
    reason = unavailable(metric, context)
    if reason:
        return reason
    if "cost" in metric.needs and context.has_unknown_cost and _refuses_cost(context):
        return _(
            "The cost of goods is unknown for {share} of product revenue: import product costs, "
            "or set default_rate under [margin] in perenne.toml."
        ).format(share=format_percent(context.share_without_cost))
    if "predictions" in metric.needs and here.period.end != context.as_of:
        return _("Predictions are made on the last day of the data, {day}, only.").format(
            day=format_date(context.as_of)
        )
    if "annualised" in metric.notes and churn_year(here.period, context) is None:
        return _("The history is too short to measure a yearly churn.")
    if isinstance(metric.parsed, Call) and not _without_spend(here):
        return _("The margin of the customers so far does not repay the CAC.")
    if _without_spend(here):
        return _("No spend is known for this period and group.")
    if label := _nothing_to_share_among(here):
        return _("“{label}” is 0 in this period.").format(label=label)
    return _("Nothing to compute it from in this period.")


def _nothing_to_share_among(here: Evaluator) -> str:
    """The label of the metric by which it is divided, where that is 0."""
    parsed = here.task.metric.parsed
    if not isinstance(parsed, Operation) or parsed.operator != "/":
        return ""
    by = parsed.right
    if not isinstance(by, Name) or here.look_up(by) != 0:
        return ""
    return next((str(one.label) for one in here.task.closure if one.id == by.id), "")


def _without_spend(here: Evaluator) -> bool:
    atoms = [atom for metric in here.task.closure for atom in metric.aggregates]
    return any(here.look_up(one) is None for one in atoms if one.function == "sum_or_null")


def _refuses_cost(context: Context) -> bool:
    return context.settings.margin_default_rate is None


def _small(here: Evaluator) -> Iterator[str]:
    metric, settings = here.task.metric, here.context.settings
    size = here.look_up(here.task.size)
    fewest = settings.min_group if metric.min_group is None else metric.min_group
    if not isinstance(size, int) or size >= fewest or metric.grain == "event":
        return
    if {"customer", "account"} & set(here.task.shape.columns):
        return
    if metric.grain == "order":
        yield ngettext("Small group: {n} order.", "Small group: {n} orders.", size).format(n=size)
    elif metric.grain == "answer":
        yield ngettext("Small group: {n} answer.", "Small group: {n} answers.", size).format(n=size)
    elif metric.grain == "subscription":
        yield ngettext(
            "Small group: {n} subscription.", "Small group: {n} subscriptions.", size
        ).format(n=size)
    else:
        yield ngettext("Small group: {n} customer.", "Small group: {n} customers.", size).format(
            n=size
        )


def _guests(context: Context) -> Iterator[str]:
    if context.guest_orders:
        yield _("Without guests, who place {share} of orders.").format(
            share=format_percent(context.guest_share)
        )


def _scaled(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    scale = annual_scale(here.period, said.context)
    if scale != 1:
        yield _("Less than a year of history ({days}), scaled to 365 days.").format(
            days=format_days(round(DAYS_PER_YEAR / scale))
        )


def _censored(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    active, customers = here.look_up(ACTIVE_CUSTOMERS), here.look_up(CUSTOMERS_IN_GROUP)
    if isinstance(active, int) and isinstance(customers, int) and customers:
        yield _("{share} of customers are still active: their lifespan is not over.").format(
            share=format_percent(active / customers)
        )


def _annualised(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    window = churn_year(here.period, said.context)
    if window and window.days < DAYS_PER_YEAR:
        yield _("Churn measured over {days} and brought to a year.").format(
            days=format_days(window.days)
        )


def _band(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    if value is None:
        return
    low, high = RATIO_BAND
    if value < low:
        yield _("Below the healthy band of 3:1 to 5:1: acquisition costs too much.")
    elif value > high:
        yield _("Above the healthy band of 3:1 to 5:1: there is room to invest in acquisition.")
    else:
        yield _("Within the healthy band of 3:1 to 5:1.")


def _containing(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    if "category" in here.task.shape.columns:
        yield _("By category: its revenue divided by the orders that contain it.")


def _several(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    if "category" in here.task.shape.columns:
        yield _("By category: the orders that contain it; an order may stand in several.")


def _mean_gap(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    mean = here.look_up(GAP_MEAN)
    if isinstance(mean, float):
        yield _("Mean: {days} days.").format(days=format_number(mean, decimals=1))


def _drop(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    if here.group:
        return
    yield _("From the 1st to the 2nd order.")
    if said.drop:
        rank, share = said.drop
        yield _("Largest drop: from order {n} to order {next}, {share} go on.").format(
            n=rank, next=rank + 1, share=format_percent(share)
        )


def _window(here: Evaluator, value: Number | None, said: Said) -> Iterator[str]:
    yield _("Active: last order within {days} days.").format(
        days=format_number(said.context.inactivity_days)
    )


_NOTES: dict[str, Callable[[Evaluator, Number | None, Said], Iterator[str]]] = {
    "scaled": _scaled,
    "censored": _censored,
    "annualised": _annualised,
    "band": _band,
    "containing": _containing,
    "several": _several,
    "mean_gap": _mean_gap,
    "drop": _drop,
    "window": _window,
    "unobserved": unobserved,
    "activation": activation,
    "unscaled": unscaled,
    "unpriced": unpriced,
    "machines": machines,
    "ahead": ahead,
    "unreached": unreached,
}
