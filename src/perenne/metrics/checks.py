"""Refusals that need a look at the data: repeated customers, values that do not exist."""

from __future__ import annotations

from collections.abc import Iterable

from perenne.core import PerenneError, closest
from perenne.metrics.requests import Request
from perenne.metrics.tables import Fetch, Tables
from perenne.metrics.tables.profiles import (
    dimension_values,
    extra_dimensions,
    repeated_customers,
)
from perenne.text import gettext as _

SHOWN = 20
"""Values listed in a message; the error's `allowed` holds all."""


def check_dimensions(request: Request, tables: Tables, *, fetch: Fetch) -> None:
    """Refuse a dimension that would count customers twice, and filter values that are nowhere."""
    _check_extra(request, tables, fetch=fetch)
    for name, given in request.where.items():
        values = dimension_values(name, tables)
        if values is None:
            continue
        found = {str(one) for one in fetch(values)["value"].to_pylist() if one is not None}
        for value in given:
            meant = _closest(value, found)
            # A segment may have nobody in it today; only a slip of the pen is refused.
            may_be_empty = name in extra_dimensions(tables) and meant is None
            if value and value not in found and not may_be_empty:
                raise _nowhere(name, value, found=sorted(found), meant=meant)


def _closest(value: str, found: Iterable[str]) -> str | None:
    by_fold = {one.casefold(): one for one in found}
    near = closest(value, by_fold)
    return by_fold[near] if near else None


def _nowhere(name: str, value: str, *, found: list[str], meant: str | None) -> PerenneError:
    hint = _("Did you mean “{name}”?").format(name=meant) + " " if meant else ""
    listed = ", ".join(found[:SHOWN]) + (", …" if len(found) > SHOWN else "")
    choices = "" if name == "customer" else _("Choose among: {allowed}.").format(allowed=listed)
    return PerenneError(
        _("“{value}” is not a value of {name}.").format(value=value, name=name),
        given=value,
        allowed=found,
        next_step=(hint + choices).strip() or _("Read the ids with: perenne export customers."),
    )


def _check_extra(request: Request, tables: Tables, *, fetch: Fetch) -> None:
    """Refuse a dimension that gives a customer two values: sums would count them twice."""
    extra = extra_dimensions(tables)
    for name in {*request.by, *request.where} & set(extra):
        if "customer_number" in tables[extra[name]].columns:
            continue  # made from the marts: one row per customer
        repeated = repeated_customers(tables[extra[name]], fetch=fetch)
        if repeated:
            raise PerenneError(
                _("“{name}” gives {n} customers more than one value.").format(
                    name=name, n=repeated
                ),
                given=name,
                next_step=_("Give each customer one value, so that nobody is counted twice."),
            )
