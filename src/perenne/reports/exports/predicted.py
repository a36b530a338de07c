"""What the predicted columns of the export `customers` mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from perenne.text import LazyText
from perenne.text import lazy_gettext as _l

Described = tuple[str, str, LazyText]

_YEAR: Final[tuple[Described, ...]] = (
    (
        "expected_orders",
        "decimal",
        _l("Expected days with a purchase in the 12 months after the date of the figures."),
    ),
    (
        "p_order",
        "decimal",
        _l("Chance of a further order within these 12 months, 0 to 1; empty below the gate."),
    ),
    (
        "clv",
        "decimal",
        _l("Predicted value: expected revenue of these 12 months after returns, discounted."),
    ),
    (
        "clv_median",
        "decimal",
        _l("Value of these 12 months that is as likely to be exceeded as not."),
    ),
    ("clv_lo50", "decimal", _l("Lower end of the interval that holds the value 5 times in 10.")),
    ("clv_hi50", "decimal", _l("Upper end of the interval that holds the value 5 times in 10.")),
    ("clv_lo90", "decimal", _l("Lower end of the interval that holds the value 9 times in 10.")),
    ("clv_hi90", "decimal", _l("Upper end of the interval that holds the value 9 times in 10.")),
    ("clv_margin", "decimal", _l("Margin of the predicted value; empty when a cost is unknown.")),
    (
        "clv_margin_lo50",
        "decimal",
        _l("Lower end of the interval that holds that margin 5 times in 10."),
    ),
    (
        "clv_margin_hi50",
        "decimal",
        _l("Upper end of the interval that holds that margin 5 times in 10."),
    ),
    (
        "clv_margin_lo90",
        "decimal",
        _l("Lower end of the interval that holds that margin 9 times in 10."),
    ),
    (
        "clv_margin_hi90",
        "decimal",
        _l("Upper end of the interval that holds that margin 9 times in 10."),
    ),
    (
        "clv_net",
        "decimal",
        _l("That margin less the cost of keeping the customer; empty when a spend is unknown."),
    ),
)
_LATER: Final = {
    24: _l("The same over the next 24 months."),
    36: _l("The same over the next 36 months."),
}


def _named(stem: str, months: int) -> str:
    """`clv_lo90` over 12 months is `clv_12m_lo90`."""
    for ending in ("_median", "_lo50", "_hi50", "_lo90", "_hi90"):
        if stem.endswith(ending):
            return f"{stem.removesuffix(ending)}_{months}m{ending}"
    return f"{stem}_{months}m"


def _columns() -> Iterator[Described]:
    yield (
        "model",
        "text",
        _l(
            "What predicts this customer over 12 months; simple_clv where data are too few for a "
            "model, or none can be fitted: the report says which."
        ),
    )
    yield (
        "p_alive",
        "decimal",
        _l(
            "Chance of still being a customer, 0 to 1, no less than that of an order; empty where "
            "the model has none."
        ),
    )
    for stem, kind, meaning in _YEAR:
        yield _named(stem, 12), kind, meaning
    for months, meaning in _LATER.items():
        for stem, kind, _meaning in _YEAR:
            yield _named(stem, months), kind, meaning
    yield (
        "next_order_by",
        "date",
        _l(
            "Day by which a further order is as likely as not; empty when that comes after 36 "
            "months, or never."
        ),
    )
    yield (
        "next_order_note",
        "text",
        _l(
            "Code of why there is no such day: after_horizons (later than 36 months), "
            "never_even_odds."
        ),
    )
    yield (
        "why",
        "text",
        _l("Why, in words: what adds to the value of the mean customer and what takes off."),
    )


PREDICTED: Final[tuple[Described, ...]] = tuple(_columns())
"""Name, type and meaning, in the order of the table `predictions`."""


def _group_ends(stem: str, what: dict[str, LazyText]) -> Iterator[Described]:
    for name, meaning in what.items():
        yield f"{stem}{name}", "decimal", meaning


_INTERVALS: Final = {
    "lo50": _l("Lower end of the interval of that total that holds 5 times in 10."),
    "hi50": _l("Upper end of the interval of that total that holds 5 times in 10."),
    "lo90": _l("Lower end of the interval of that total that holds 9 times in 10."),
    "hi90": _l("Upper end of the interval of that total that holds 9 times in 10."),
}


def _totals() -> Iterator[Described]:
    yield "dimension", "text", _l("all, segment, channel, cohort_quarter or country.")
    yield "value", "text", _l("The group; empty for all customers, and where it is unknown.")
    yield "horizon_months", "integer", _l("Months ahead of the date of the figures.")
    yield "customers", "integer", _l("Known customers of the group.")
    yield "mean", "decimal", _l("Expected revenue of the group after returns, discounted.")
    yield "median", "decimal", _l("Revenue that is as likely to be exceeded as not.")
    yield from _group_ends("", _INTERVALS)
    yield (
        "margin_mean",
        "decimal",
        _l("Expected margin of the group; empty when a cost is unknown."),
    )
    yield "margin_median", "decimal", _l("Margin that is as likely to be exceeded as not.")
    yield from _group_ends("margin_", _INTERVALS)
    yield "margin_unknown", "integer", _l("Customers of the group of whom a cost is unknown.")
    yield (
        "net_mean",
        "decimal",
        _l("Expected margin less the cost of keeping the customers; empty without that spend."),
    )
    yield "net_median", "decimal", _l("The same that is as likely to be exceeded as not.")
    yield from _group_ends("net_", _INTERVALS)
    yield "expected_orders", "decimal", _l("Expected days with a purchase of all in the group.")
    yield (
        "learnt_days",
        "integer",
        _l("Days of the past forecasts that level and width were learnt from; empty without any."),
    )


TOTALS: Final[tuple[Described, ...]] = tuple(_totals())
"""The same of the table `prediction_totals`."""
