"""Why a customer is expected to bring more or less than the mean customer of the shop.

The difference is split by asking the fitted models what they would say otherwise: had the customer
been silent no longer than their own mean gap (silence), had they the shop's mean number of orders
ahead (rhythm), had they its mean basket. Orders and basket share their product equally (Shapley),
so that the parts add up to the whole difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from perenne.models.contenders.probability import (
    FittedProbability,
    spend_evidence,
    weekly_history,
)
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger
from perenne.text import format_days, format_money, format_number, format_percent, ngettext
from perenne.text import gettext as _

AHEAD = 52.0
"""Weeks over which reasons are weighed."""
MOST = 3
# Parts below this share of the mean customer's value go without a word.
SMALL = 0.15
# An interval wider than so many times the expected value is told.
WIDE = 3.0


@dataclass(frozen=True)
class Expected:
    """What is told of each customer: value, 90% interval, chance of an order; NaN where none."""

    value: Floats
    low: Floats
    high: Floats
    chance: Floats


@dataclass(frozen=True)
class Parts:
    """Money that each thing adds to or takes from the mean customer's value, (customers,) each.

    value − mean = silence + rhythm + basket, by the purchase and spend models.
    """

    silence: Floats
    rhythm: Floats
    basket: Floats
    value: Floats
    mean: float


def parts(ledger: Ledger, model: FittedProbability) -> Parts:
    """The difference of each customer from the mean one, by counterfactuals of the models."""
    history = weekly_history(ledger)
    frequency, value = spend_evidence(ledger)
    each = model.spend.expected_value(frequency=frequency, monetary_value=value)
    each = each * model.kept(ledger)
    orders = model.purchases.expected_purchases(AHEAD, **history)
    heard = history["frequency"] > 0
    gap = history["recency"] / np.maximum(history["frequency"], 1)
    in_rhythm = np.minimum(history["tenure"], history["recency"] + gap)
    just_now = {**history, "tenure": np.where(heard, in_rhythm, history["tenure"])}
    unsilent = orders.copy()
    if heard.any():
        unsilent[heard] = model.purchases.expected_purchases(
            AHEAD, **{name: column[heard] for name, column in just_now.items()}
        )
    usual_orders, usual_each = float(orders.mean()), float(np.average(each, weights=orders + 1e-12))
    price, count = (each + usual_each) / 2, (orders + usual_orders) / 2
    return Parts(
        silence=(orders - unsilent) * price,
        rhythm=(unsilent - usual_orders) * price,
        basket=(each - usual_each) * count,
        value=orders * each,
        mean=usual_orders * usual_each,
    )


def reasons(ledger: Ledger, told: Expected, model: FittedProbability) -> list[str]:
    """JSON per customer: at most three [code, arguments], the largest part first."""
    part, history = parts(ledger, model), ledger.histories()
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = history.recency / history.frequency
    each = _mean_basket(ledger)
    usual = float(np.nanmean(each))
    silent = history.tenure - history.recency
    rows = zip(
        history.frequency.astype(int).tolist(),
        np.nan_to_num(gap, nan=0.0).round(1).tolist(),
        silent.astype(int).tolist(),
        np.nan_to_num(each).round(2).tolist(),
        part.silence.round(2).tolist(),
        part.rhythm.round(2).tolist(),
        part.basket.round(2).tolist(),
        _plain(told.chance),
        _plain(told.low),
        _plain(told.high),
        _plain(told.value),
        strict=True,
    )
    least = SMALL * part.mean
    return [json.dumps(_chosen(row, least=least, usual=round(usual, 2))) for row in rows]


def simple_reasons(ledger: Ledger, told: Expected) -> list[str]:
    """Below the gate: the simple formula, with the customer's own basket and orders."""
    orders = (ledger.histories().frequency + 1).astype(int).tolist()
    baskets = np.nan_to_num(_mean_basket(ledger)).round(2).tolist()
    return [
        json.dumps([["simple_formula", {"orders": count, "basket": basket}]])
        for count, basket in zip(orders, baskets, strict=True)
    ]


def _mean_basket(ledger: Ledger) -> Floats:
    sold = ledger.orders > 0
    who = ledger.customer[sold]
    total = np.bincount(who, weights=ledger.net[sold], minlength=ledger.customers)
    return np.asarray(total / np.bincount(who, minlength=ledger.customers), dtype=np.float64)


def _plain(values: Floats) -> list[float | None]:
    return [round(one, 4) if one == one else None for one in np.asarray(values).tolist()]


def _chosen(row: tuple[Any, ...], *, least: float, usual: float) -> list[tuple[str, Any]]:
    repeats, gap, silent, basket, silence, rhythm, worth, chance, low, high, value = row
    found: list[tuple[float, str, dict[str, Any]]] = []
    if repeats == 0 and chance is not None:
        found.append((abs(rhythm) + least, "one_order", {"days": silent, "chance": chance}))
    elif repeats:
        if -silence >= least:
            found.append((-silence, "silent", {"gap": gap, "days": silent, "effect": silence}))
        if abs(rhythm) >= least:
            code = "often" if rhythm > 0 else "seldom"
            found.append((abs(rhythm), code, {"orders": repeats + 1, "gap": gap, "effect": rhythm}))
    if abs(worth) >= least:
        code = "basket_high" if worth > 0 else "basket_low"
        found.append((abs(worth), code, {"basket": basket, "usual": usual, "effect": worth}))
    ordered = [(code, said) for _size, code, said in sorted(found, key=lambda one: -one[0])]
    if high is not None and value is not None and high - low > WIDE * max(value, 1e-9):
        ordered = [*ordered[: MOST - 1], ("wide", {"low": low, "high": high})]
    return ordered[:MOST] or [("usual", {})]


def reason_text(code: str, arguments: Mapping[str, Any], *, currency: str) -> str:
    """One sentence in the current language; empty for a code of another version."""
    write = _WORDS.get(code)
    return write(arguments, currency) if write else ""


def reasons_text(why: str | None, *, currency: str) -> str | None:
    """The reasons of one customer, as JSON, in one text; None without any."""
    told = [reason_text(code, said, currency=currency) for code, said in json.loads(why or "[]")]
    return " ".join(filter(None, told)) or None


def _silent(said: Mapping[str, Any], currency: str) -> str:
    return _(
        "Usually orders every {gap}, silent for {days}: that takes {effect} off what is expected."
    ).format(
        gap=format_days(round(said["gap"])),
        days=format_days(said["days"]),
        effect=format_money(-said["effect"], currency),
    )


def _often(said: Mapping[str, Any], currency: str) -> str:
    return _("{orders} purchase days, one every {gap}: that rhythm adds {effect}.").format(
        orders=format_number(said["orders"]),
        gap=format_days(round(said["gap"])),
        effect=format_money(said["effect"], currency),
    )


def _seldom(said: Mapping[str, Any], currency: str) -> str:
    return _("{orders} purchase days, one every {gap}: that rhythm takes off {effect}.").format(
        orders=format_number(said["orders"]),
        gap=format_days(round(said["gap"])),
        effect=format_money(-said["effect"], currency),
    )


def _basket_high(said: Mapping[str, Any], currency: str) -> str:
    return _("Baskets of {basket} against {usual} for the shop: {effect} more.").format(
        basket=format_money(said["basket"], currency),
        usual=format_money(said["usual"], currency),
        effect=format_money(said["effect"], currency),
    )


def _basket_low(said: Mapping[str, Any], currency: str) -> str:
    return _("Baskets of {basket} against {usual} for the shop: {effect} less.").format(
        basket=format_money(said["basket"], currency),
        usual=format_money(said["usual"], currency),
        effect=format_money(-said["effect"], currency),
    )


def _one_order(said: Mapping[str, Any], currency: str) -> str:
    return _(
        "One purchase only, {days} ago: of such customers {chance} order again within 12 months."
    ).format(days=format_days(said["days"]), chance=format_percent(said["chance"], decimals=0))


def _wide(said: Mapping[str, Any], currency: str) -> str:
    return _("Far from sure: nine chances in ten of lying between {low} and {high}.").format(
        low=format_money(said["low"], currency), high=format_money(said["high"], currency)
    )


def _usual(said: Mapping[str, Any], currency: str) -> str:
    return _("Close to the mean customer of the shop in every respect.")


def _simple(said: Mapping[str, Any], currency: str) -> str:
    return ngettext(
        "Simple formula: {n} purchase day, baskets of {basket}.",
        "Simple formula: {n} purchase days, baskets of {basket}.",
        said["orders"],
    ).format(
        n=format_number(said["orders"]),
        basket=format_money(said["basket"], currency),
    )


_WORDS: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {
    "silent": _silent,
    "often": _often,
    "seldom": _seldom,
    "basket_high": _basket_high,
    "basket_low": _basket_low,
    "one_order": _one_order,
    "wide": _wide,
    "usual": _usual,
    "simple_formula": _simple,
}
CODES = tuple(_WORDS)
