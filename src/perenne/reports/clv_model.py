"""The CLV model in plain numbers: seven inputs, six figures, and what is missing said aloud.

A figure whose input is missing is missing too: nothing stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import expm1, isfinite, log1p
from typing import Final

from perenne.core import PerenneError
from perenne.text import gettext as _

Figure = Decimal | float | int

# Below it the annuity is the lifespan to eleven digits, and would underflow.
_NO_RATE: Final = 1e-12


@dataclass(frozen=True)
class ClvInputs:
    """What is measured on a group of customers; None is unknown, never 0.

    Money in the workspace's currency, without tax. `basket`: average purchase value; `frequency`:
    orders per customer and year; `lifespan`: years; `margin`: share of revenue (0.3); `cac`: spend
    per new customer; `retention_cost`: spend per customer and year.
    """

    customers: int | None = None
    basket: Figure | None = None
    frequency: Figure | None = None
    lifespan: Figure | None = None
    margin: Figure | None = None
    cac: Figure | None = None
    retention_cost: Figure | None = None


@dataclass(frozen=True)
class ClvTerms:
    """What follows from the inputs, per customer: money, and `clv_cac` as a ratio."""

    customer_value: float | None = None
    clv_simple: float | None = None
    clv_margin: float | None = None
    clv_net: float | None = None
    clv_discounted: float | None = None
    clv_cac: float | None = None


@dataclass(frozen=True)
class ClvRow:
    """One line of the model: a group of customers, its inputs, and the engine's figures for it.

    `terms` None means: as `clv_terms` computes them. `missing` says why an input is None, by the
    input's name, in the reader's language.
    """

    name: str
    inputs: ClvInputs
    terms: ClvTerms | None = None
    missing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ClvModel:
    """Everything the workbook shows; `period` and `notes` are already in the reader's language.

    `discount_rate` is per year (0.1), None when the shop has set none. `notes` are conventions
    and reserves that hold for the whole model.
    """

    shop: str
    currency: str
    as_of: date
    period: str
    whole: ClvRow
    segments: tuple[ClvRow, ...] = ()
    channels: tuple[ClvRow, ...] = ()
    discount_rate: Figure | None = None
    discount_rate_missing: str = ""
    notes: tuple[str, ...] = ()

    def rows(self) -> Iterator[ClvRow]:
        """Yield the whole shop, then its segments, then its channels."""
        yield self.whole
        yield from self.segments
        yield from self.channels


def clv_terms(inputs: ClvInputs, *, discount_rate: Figure | None) -> ClvTerms:
    """Return the six figures that the inputs allow; the others are None.

    `clv_discounted` is a continuous annuity over the lifespan, less the CAC. Raises
    `PerenneError` for a figure that is not finite, a negative lifespan, or a discount rate
    outside [0, 1].
    """
    given = {name: _number(name, value) for name, value in vars(inputs).items()}
    rate = _number("discount_rate", discount_rate)
    years = _checked("lifespan", given["lifespan"], most=None)
    factor = _annuity(years, _checked("discount_rate", rate, most=1))
    value = _times(given["basket"], given["frequency"])
    simple = _times(value, years)
    margin = _times(simple, given["margin"])
    yearly = _minus(_times(value, given["margin"]), given["retention_cost"])
    return ClvTerms(
        customer_value=value,
        clv_simple=simple,
        clv_margin=margin,
        clv_net=_minus(_minus(margin, given["cac"]), _times(given["retention_cost"], years)),
        clv_discounted=_minus(_times(yearly, factor), given["cac"]),
        clv_cac=margin / given["cac"] if margin is not None and given["cac"] else None,
    )


def row_terms(row: ClvRow, *, discount_rate: Figure | None) -> ClvTerms:
    """Return the engine's figures of a row, or the model's where the engine gave none.

    Raises `PerenneError` when the engine's figures do not follow from the row's inputs: the
    workbook would show another figure as soon as it is recalculated.
    """
    computed = clv_terms(row.inputs, discount_rate=discount_rate)
    if row.terms is None:
        return computed
    given = {name: _number(name, value) for name, value in vars(row.terms).items()}
    for name, ours in vars(computed).items():
        if not _agree(given[name], ours):
            raise _disagreement(row.name, name, given=given[name], expected=ours)
    return ClvTerms(**given)


def _annuity(years: float | None, rate: float | None) -> float | None:
    """Present value of 1 a year, paid continuously for `years`; `years` itself at rate 0."""
    if years is None or rate is None:
        return None
    force = log1p(rate)
    return -expm1(-years * force) / force if force > _NO_RATE else years


def _times(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else left * right


def _minus(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else left - right


def _agree(left: float | None, right: float | None) -> bool:
    if left is None or right is None:
        return left is right
    return abs(left - right) <= 1e-6 * max(1.0, abs(left))


def _number(name: str, value: Figure | None) -> float | None:
    if value is None or isfinite(value):
        return None if value is None else float(value)
    raise PerenneError(
        _("The CLV model cannot use {value} as its input “{name}”.").format(value=value, name=name),
        given=value,
        next_step=_("Give a finite number, or leave it empty and say why."),
    )


def _checked(name: str, value: float | None, *, most: float | None) -> float | None:
    if value is None or (value >= 0 and (most is None or value <= most)):
        return value
    allowed = _("0 or more") if most is None else _("0 to {most}").format(most=most)
    raise PerenneError(
        _("The CLV model cannot use {value} as its input “{name}”.").format(value=value, name=name),
        given=value,
        allowed=(allowed,),
        next_step=_("Allowed: {allowed}.").format(allowed=allowed),
    )


def _disagreement(row: str, name: str, *, given: object, expected: object) -> PerenneError:
    return PerenneError(
        _("“{name}” of “{row}” is {given}, but its inputs give {expected}.").format(
            name=name, row=row, given=given, expected=expected
        ),
        given=given,
        allowed=(expected,),
        next_step=_("Run the refresh again; if it persists, report it as a defect."),
    )
