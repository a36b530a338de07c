"""What figures can be split and filtered by, and what a name means for each kind of metric."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import cast

from perenne.core import GRAINS, PerenneError, Period, closest
from perenne.core import Grain as TimeGrain
from perenne.metrics.datasets import Grain
from perenne.text import gettext as _

CUSTOMER_DIMENSIONS = (
    "customer",
    "account",
    "acquisition_channel",
    "cohort",
    "cohort_week",
    "cohort_quarter",
    "first_category",
    "first_discounted",
)
_ORDER_DIMENSIONS = (*CUSTOMER_DIMENSIONS, "channel", "country", "category", "order_number")
DIMENSIONS = (*_ORDER_DIMENSIONS, "plan", "survey", "topic", "campaign")
COHORTS: dict[str, TimeGrain] = {
    "cohort": "month",
    "cohort_week": "week",
    "cohort_quarter": "quarter",
}

_ORDER = {name: name for name in _ORDER_DIMENSIONS}
_CUSTOMER = {
    **{name: name for name in CUSTOMER_DIMENSIONS},
    "channel": "acquisition_channel",
    "country": "customer_country",
}
_MEANINGS: dict[Grain, dict[str, str]] = {
    "order": _ORDER,
    "customer": _CUSTOMER,
    "step": {**_CUSTOMER, "order_number": "order_number"},
    "spend": {"channel": "acquisition_channel", "acquisition_channel": "acquisition_channel"},
    "person": _CUSTOMER,
    "answer": {**_CUSTOMER, "survey": "survey", "topic": "topic"},
    "subscription": {**_CUSTOMER, "plan": "plan"},
    "event": {**_CUSTOMER, "channel": "channel", "campaign": "campaign"},
}


def is_time(name: str) -> bool:
    return name in GRAINS


def time_grain(by: Iterable[str]) -> TimeGrain | None:
    """The one time grain among the dimensions; PerenneError for two."""
    found = [name for name in by if is_time(name)]
    if len(found) > 1:
        raise PerenneError(
            _("Figures can be split by one time step, not by {given}.").format(
                given=", ".join(found)
            ),
            given=found,
            allowed=GRAINS,
            next_step=_("Keep one of them."),
        )
    return cast(TimeGrain, found[0]) if found else None


def check_names(names: Iterable[str], extra: Iterable[str], *, times: bool = True) -> None:
    """Refuse a dimension that does not exist, with the closest that does."""
    allowed = (*DIMENSIONS, *extra, *(GRAINS if times else ()))
    for name in names:
        if name in allowed:
            continue
        near = closest(name, allowed)
        hint = _("Did you mean “{name}”?").format(name=near) + " " if near else ""
        raise PerenneError(
            _("There is no dimension “{name}”.").format(name=name),
            given=name,
            allowed=allowed,
            next_step=hint + _("Choose among: {allowed}.").format(allowed=", ".join(allowed)),
        )


def resolve(name: str, grain: Grain, extra: Iterable[str]) -> str | None:
    """Column behind a dimension for this kind of metric; None when it has no meaning there."""
    if name in extra and grain != "spend":
        return name
    return _MEANINGS[grain].get(name)


def why_not(name: str, grain: Grain) -> str:
    """Why a metric of this grain cannot be split by `name`, and what can be done instead."""
    if name == "category" and grain in ("customer", "step", "person"):
        return _(
            "a customer buys in several categories; use first_category, the category of the "
            "first order"
        )
    if name == "order_number" and grain == "customer":
        return _("a customer has orders of several ranks; use order_n_to_next")
    if grain == "spend":
        return _("spend is known by channel only")
    return _("“{name}” has no meaning for this metric").format(name=name)


def label(column: str, value: object) -> str | None:
    """How a group is named: `2025-03`, `2025-W09`, `2025-Q1`, `true`; None for unknown."""
    if value is None:
        return None
    if column in COHORTS and isinstance(value, date):
        return period_label(value, COHORTS[column])
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def period_label(day: date, grain: TimeGrain) -> str:
    """`2025-03-09`, `2025-W10`, `2025-03`, `2025-Q1`, `2025`: what Period.parse reads back."""
    if grain == "day":
        return day.isoformat()
    if grain == "week":
        year, week, _day = day.isocalendar()
        return f"{year}-W{week:02d}"
    if grain == "month":
        return day.isoformat()[:7]
    if grain == "quarter":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    return str(day.year)


_YES = {"true": True, "yes": True, "oui": True, "vrai": True, "1": True}
_NO = {"false": False, "no": False, "non": False, "faux": False, "0": False}


def filter_value(name: str, column: str, text: str) -> object:
    """What a filter's text means in the column it filters; an empty text means unknown."""
    if not text:
        return None
    try:
        if column in COHORTS:
            return Period.of(Period.parse(text).start, COHORTS[column]).start
        if column == "first_discounted":
            return (_YES | _NO)[text.casefold()]
        return int(text) if column == "order_number" else text
    except (ValueError, KeyError) as error:
        raise PerenneError(
            _("“{value}” is not a value of {name}.").format(value=text, name=name),
            given=text,
            next_step=_("Write for example {examples}.").format(examples=_EXAMPLES[column]),
        ) from error


_EXAMPLES = {
    "cohort": "cohort=2025-03",
    "cohort_week": "cohort_week=2025-W09",
    "cohort_quarter": "cohort_quarter=2025-Q1",
    "first_discounted": "first_discounted=true",
    "order_number": "order_number=1",
}
