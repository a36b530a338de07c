"""Reasons in the reader's language, from the codes of a snapshot."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import pyarrow as pa

from perenne.text import (
    current_language,
    format_days,
    format_money,
    format_number,
    format_percent,
    ngettext,
)
from perenne.text import gettext as _

Arguments = Mapping[str, float]


def reason_text(code: str, arguments: Arguments, *, currency: str) -> str:
    """One sentence in the current language; amounts in `currency`, an ISO 4217 code.

    Raises KeyError for a code that this version does not know.
    """
    fact = _FACTS[code](arguments, currency)
    effect = arguments.get("effect")
    if effect is None:
        return fact
    amount = _rough(abs(effect), currency)
    if effect < 0:
        return _("{fact}: {amount} less over 12 months.").format(fact=fact, amount=amount)
    return _("{fact}: {amount} more over 12 months.").format(fact=fact, amount=amount)


def in_words(column: pa.ChunkedArray, *, currency: str) -> pa.Array:
    """The column `why` as sentences in the current language; null stays null."""
    language = current_language()
    told: list[str | None] = []
    for text in column.to_pylist():
        parts = None if text is None else json.loads(text)
        told.append(
            None
            if parts is None
            else " ".join(_sentence(c, tuple(a.items()), currency, language) for c, a in parts)
        )
    return pa.array(told, pa.string())


@lru_cache(maxsize=100_000)
def _sentence(code: str, arguments: Any, currency: str, _language: str) -> str:
    return reason_text(code, dict(arguments), currency=currency)


def _rough(amount: float, currency: str) -> str:
    """Without cents from ten on: a model's amount is known no better."""
    return format_money(amount, currency, decimals=0 if amount >= 10 else None)


def _orders(told: Arguments, currency: str) -> str:
    return ngettext(
        "Bought on {orders} day, against {typical} at the median of customers of the same age "
        "who came back",
        "Bought on {orders} days, against {typical} at the median of customers of the same age "
        "who came back",
        int(told["orders"]),
    ).format(orders=format_number(told["orders"]), typical=format_number(told["typical"]))


def _one_order(told: Arguments, currency: str) -> str:
    return _(
        "One order only (of one-time buyers of the same age, {chance} order again within 12 months)"
    ).format(chance=format_percent(told["chance"]))


def _silent(told: Arguments, currency: str) -> str:
    return _("Usually {gap} between orders, silent for {silence}").format(
        gap=format_days(told["gap"]), silence=format_days(told["silence"])
    )


def _recent(told: Arguments, currency: str) -> str:
    return _("Usually {gap} between orders, the last one {silence} ago").format(
        gap=format_days(told["gap"]), silence=format_days(told["silence"])
    )


def _basket(told: Arguments, currency: str) -> str:
    return _("Baskets of {basket}, against {typical} for the shop").format(
        basket=format_money(told["basket"], currency),
        typical=format_money(told["typical"], currency),
    )


def _returns(told: Arguments, currency: str) -> str:
    return _("Returns {share} of what is bought, against {typical} for the shop").format(
        share=format_percent(told["share"], decimals=0),
        typical=format_percent(told["typical"], decimals=0),
    )


def _other(told: Arguments, currency: str) -> str:
    return _("Other signs that the chosen model reads")


def _first_discounted(told: Arguments, currency: str) -> str:
    return _(
        "The first order was discounted: {share} of such customers ordered again within a year, "
        "{others} of the others."
    ).format(share=format_percent(told["share"]), others=format_percent(told["others"]))


def _wide(told: Arguments, currency: str) -> str:
    return _("Very uncertain: nine chances in ten of lying between {low} and {high}.").format(
        low=_rough(told["low"], currency), high=_rough(told["high"], currency)
    )


def _typical(told: Arguments, currency: str) -> str:
    return _("Like a typical customer of the same age: {value} over 12 months.").format(
        value=_rough(told["value"], currency)
    )


def _simple_formula(told: Arguments, currency: str) -> str:
    return ngettext(
        "Too few data for a model; by the simple formula: {orders} order in the last 12 months, "
        "{basket} on average.",
        "Too few data for a model; by the simple formula: {orders} orders in the last 12 months, "
        "{basket} on average.",
        int(told["orders"]),
    ).format(orders=format_number(told["orders"]), basket=format_money(told["basket"], currency))


_FACTS: Mapping[str, Callable[[Arguments, str], str]] = {
    "basket": _basket,
    "first_discounted": _first_discounted,
    "one_order": _one_order,
    "orders": _orders,
    "other": _other,
    "recent": _recent,
    "returns": _returns,
    "silent": _silent,
    "simple_formula": _simple_formula,
    "typical": _typical,
    "wide": _wide,
}
