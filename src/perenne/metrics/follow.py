"""Cohorts from the tables: ask the engine, then build the triangle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from perenne.core import PerenneError
from perenne.metrics.cohorts import (
    COHORT_DIMENSIONS,
    COHORT_GRAINS,
    MEASURES,
    UNITS,
    Activity,
    CohortRequest,
    CohortTable,
    Start,
    average,
    row,
)
from perenne.metrics.settings import Context
from perenne.metrics.tables import Fetch, Tables
from perenne.metrics.tables.cohorts import acquisition_spend, histories, starts
from perenne.text import format_percent
from perenne.text import gettext as _


def cohorts(
    request: CohortRequest, *, tables: Tables, context: Context, fetch: Fetch
) -> CohortTable:
    """The cohorts of a request, oldest first (by name for a dimension, unknown last).

    Raises PerenneError for a grain, dimension or measure that does not exist.
    """
    _check(request)
    groups = _starts(request, tables=tables, context=context, fetch=fetch)
    costs = _cac(request, groups, tables=tables, context=context, fetch=fetch)
    rows = tuple(
        row(groups[key], request, as_of=context.as_of, cac=costs.get(key))
        for key in sorted(groups, key=lambda key: (key is None, key))
    )
    return CohortTable(
        request=request,
        unit=UNITS[request.measure],
        rows=rows,
        average=average(rows),
        note=_note(request, context),
    )


def _starts(
    request: CohortRequest, *, tables: Tables, context: Context, fetch: Fetch
) -> dict[Any, list[Start]]:
    history: dict[tuple[object, date], dict[int, Activity]] = defaultdict(dict)
    for one in fetch(histories(tables, request, context.as_of)).to_pylist():
        key = (one.pop("cohort"), one.pop("first"))
        history[key][one["age"]] = Activity(**one)
    found: dict[Any, list[Start]] = defaultdict(list)
    for one in fetch(starts(tables, request)).to_pylist():
        start = Start(**one, history=history[one["cohort"], one["first"]])
        found[one["cohort"]].append(start)
    return found


def _cac(
    request: CohortRequest,
    groups: Mapping[Any, list[Start]],
    *,
    tables: Tables,
    context: Context,
    fetch: Fetch,
) -> dict[Any, float]:
    """Acquisition spend per new customer; none where no spend is known."""
    if request.dimension not in (None, "channel") or not context.acquisition.is_known:
        return {}
    spent = fetch(acquisition_spend(tables, request, context.as_of)).to_pylist()
    sizes = {key: sum(start.size for start in found) for key, found in groups.items()}
    return {
        one["cohort"]: float(one["spend"]) / sizes[one["cohort"]]
        for one in spent
        if sizes.get(one["cohort"])
    }


def _note(request: CohortRequest, context: Context) -> str | None:
    said = []
    if context.guest_orders:
        share = format_percent(context.guest_share)
        said.append(_("Without guests, who place {share} of orders.").format(share=share))
    if request.measure == "margin" and context.has_unknown_cost:
        share = format_percent(context.share_without_cost)
        said.append(
            _("The cost of goods is unknown for {share} of product revenue.").format(share=share)
        )
    if not context.acquisition.is_known:
        said.append(_("No acquisition spend is known: neither CAC nor payback."))
    return " ".join(said) or None


def _check(request: CohortRequest) -> None:
    _one_of(_("grain"), request.grain, COHORT_GRAINS)
    _one_of(_("measure"), request.measure, MEASURES)
    if request.dimension is not None:
        _one_of(_("dimension"), request.dimension, COHORT_DIMENSIONS)
    if request.periods is not None and request.periods < 1:
        raise PerenneError(
            _("Cohorts cannot be followed over {periods} periods.").format(periods=request.periods),
            given=request.periods,
            next_step=_("Give 1 or more."),
        )


def _one_of(what: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise PerenneError(
            _("Cohorts know no {what} “{given}”.").format(what=what, given=given),
            given=given,
            allowed=allowed,
            next_step=_("Use one of: {allowed}.").format(allowed=", ".join(allowed)),
        )
