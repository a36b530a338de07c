"""Reasons in words: from codes and figures to what a marketer reads, in the current language."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from perenne.text import (
    format_days,
    format_money,
    format_month_name,
    format_number,
    format_percent,
    ngettext,
)
from perenne.text import gettext as _

Said = Mapping[str, Any]
# Within this much of the mean customer's value, a customer is like the mean.
NEAR = 0.15
# From this amount on, no cents; an effect is told to three digits.
WHOLE, DIGITS = 10.0, 3


def reasons_text(why: str | None, *, currency: str, beside_figures: bool = False) -> str | None:
    """The reasons of one customer, as JSON, in one text; None without any.

    beside_figures: without the value and its interval, which the reader sees already.
    """
    if why and beside_figures:
        why = json.dumps([one for one in json.loads(why) if one[0] not in ("worth", "wide")])
    return reasons_texts([why], currency=currency)[0]


def reasons_texts(told: Iterable[str | None], *, currency: str) -> list[str | None]:
    """The same of many customers: figures that come back are written once."""
    write = _Writer.of(currency)
    return [write.text(json.loads(why)) if why else None for why in told]


@dataclass(frozen=True)
class _Writer:
    """How figures are written in the current language, each value once."""

    money: Callable[[float], str]
    percent: Callable[[float], str]
    days: Callable[[int], str]

    @classmethod
    def of(cls, currency: str) -> _Writer:
        # The caches live as long as the writer, which is used in one language.
        money = cache(lambda value: format_money(value, currency, decimals=_cents(value)))
        percent = cache(lambda value: format_percent(value, decimals=0))
        return cls(
            lambda value: money(_told(value)),
            lambda value: percent(round(value, 2)),
            cache(lambda value: format_days(value)),
        )

    def text(self, told: Sequence[tuple[str, Said]]) -> str | None:
        """The lead, what adds and what takes off, the stronger side first, then the rest."""
        lead = [_LEADS[code](said, self) for code, said in told if code in _LEADS]
        sides: dict[bool, list[str]] = {}
        apart = []
        for code, said in told:
            write = _CLAUSES.get(code)
            if write is None:
                continue
            if "effect" in said:
                sides.setdefault(said["effect"] >= 0, []).append(write(said, self))
            else:
                apart.append(write(said, self))
        beyond = [_beyond(code, said, self) for code, said in told if code in _BEYOND]
        sums = [_side(clauses, adds=adds) for adds, clauses in sides.items()]
        return " ".join([*lead, *sums, *apart, *beyond]) or None

    def effect(self, said: Said) -> str:
        """`+€34` or `−€34`."""
        value = said["effect"]
        return ("+" if value >= 0 else "\N{MINUS SIGN}") + self.money(abs(value))


def _told(value: float) -> float:
    """To three digits, and to the cent below ten."""
    if abs(value) < WHOLE:
        return round(value, 2)
    return float(f"{value:.{DIGITS}g}")


def _cents(value: float) -> int | None:
    return 0 if value == 0 or abs(value) >= WHOLE else None


def _side(clauses: Sequence[str], *, adds: bool) -> str:
    joined = _("; ").join(clauses)
    if adds:
        return _("What adds: {clauses}.").format(clauses=joined)
    return _("What takes off: {clauses}.").format(clauses=joined)


def _worth(said: Said, write: _Writer) -> str:
    value, mean = said["value"], said["mean"]
    if value is None or not mean or mean <= 0:
        return ""
    ratio, figures = value / mean, {"value": write.money(value), "mean": write.money(mean)}
    if abs(ratio - 1) <= NEAR:
        return _("{value} expected in 12 months, about as much as the mean customer.").format(
            **figures
        )
    if ratio >= 1.95:
        times = format_number(ratio, decimals=0 if ratio >= 10 else 1)
        return _("{value} expected in 12 months, {times} times the mean customer ({mean}).").format(
            times=times, **figures
        )
    return _("{value} expected in 12 months, against {mean} for the mean customer.").format(
        **figures
    )


def _simple(said: Said, write: _Writer) -> str:
    return ngettext(
        "Simple formula: {n} purchase day, baskets of {basket}.",
        "Simple formula: {n} purchase days, baskets of {basket}.",
        said["orders"],
    ).format(n=format_number(said["orders"]), basket=write.money(said["basket"]))


def _silent(said: Said, write: _Writer) -> str:
    return _("silent for {days}, who used to order every {gap} ({effect})").format(
        gap=write.days(max(round(said["gap"]), 1)),
        days=write.days(said["days"]),
        effect=write.effect(said),
    )


def _season(said: Said, write: _Writer) -> str:
    return _(
        "silent since the last season, but always orders around {month}, which has not come back "
        "yet: the silence counts here ({effect}) and may mean nothing"
    ).format(month=format_month_name(said["month"]), effect=write.effect(said))


def _often(said: Said, write: _Writer) -> str:
    return _("{orders} purchase days, one every {gap} ({effect})").format(
        orders=said["orders"],
        gap=write.days(max(round(said["gap"]), 1)),
        effect=write.effect(said),
    )


def _basket(said: Said, write: _Writer) -> str:
    return _("baskets of {basket}, against {usual} in the shop ({effect})").format(
        basket=write.money(said["basket"]),
        usual=write.money(said["usual"]),
        effect=write.effect(said),
    )


def _discount_high(said: Said, write: _Writer) -> str:
    return _(
        "buys at {share} off, against {usual} in the shop ({effect} at the same orders)"
    ).format(**_shares(said, write))


def _discount_low(said: Said, write: _Writer) -> str:
    return _(
        "pays nearly full price, {share} off against {usual} in the shop "
        "({effect} at the same orders)"
    ).format(**_shares(said, write))


def _returns_high(said: Said, write: _Writer) -> str:
    return _("sends back {share} of purchases, against {usual} in the shop ({effect})").format(
        **_shares(said, write)
    )


def _returns_low(said: Said, write: _Writer) -> str:
    return _(
        "keeps what is bought, {share} sent back against {usual} in the shop ({effect})"
    ).format(**_shares(said, write))


def _shares(said: Said, write: _Writer) -> dict[str, str]:
    return {
        "share": write.percent(said["share"]),
        "usual": write.percent(said["usual"]),
        "effect": write.effect(said),
    }


def _one_order(said: Said, write: _Writer) -> str:
    return _(
        "One purchase only, {days} ago: of such customers {chance} order again within 12 months."
    ).format(days=write.days(said["days"]), chance=write.percent(said["chance"]))


def _wide(said: Said, write: _Writer) -> str:
    return _("Far from sure: nine chances in ten of lying between {low} and {high}.").format(
        low=write.money(said["low"]), high=write.money(said["high"])
    )


def _beyond(code: str, said: Said, write: _Writer) -> str:
    """What the first order says beyond the purchases, and beyond the predicted value."""
    who, ratio = _BEYOND[code](said), said["ratio"]
    figures = {"share": write.percent(abs(ratio - 1)), "effect": write.effect(said)}
    if ratio < 1:
        told = _(
            "{who}: over the last 12 months, such customers brought {share} less than their "
            "purchases promised ({effect}, not counted in the value)."
        )
    else:
        told = _(
            "{who}: over the last 12 months, such customers brought {share} more than their "
            "purchases promised ({effect}, not counted in the value)."
        )
    return told.format(who=who, **figures)


def _channel(said: Said) -> str:
    return _("Won by the channel {name}").format(name=said["name"])


def _category(said: Said) -> str:
    return _("First bought “{name}”").format(name=said["name"])


def _discounted(said: Said) -> str:
    return _("First order on discount") if said["name"] else _("First order at full price")


def _quarter(said: Said) -> str:
    first = int(said["name"]) * 3 + 1
    return _("First order between {first} and {last}").format(
        first=format_month_name(first), last=format_month_name(first + 2)
    )


_LEADS: Mapping[str, Callable[[Said, _Writer], str]] = {"worth": _worth, "simple_formula": _simple}
_CLAUSES: Mapping[str, Callable[[Said, _Writer], str]] = {
    "silent": _silent,
    "season": _season,
    "often": _often,
    "seldom": _often,
    "basket_high": _basket,
    "basket_low": _basket,
    "discount_high": _discount_high,
    "discount_low": _discount_low,
    "returns_high": _returns_high,
    "returns_low": _returns_low,
    "one_order": _one_order,
    "wide": _wide,
}
_BEYOND: Mapping[str, Callable[[Said], str]] = {
    "channel": _channel,
    "first_category": _category,
    "first_discounted": _discounted,
    "first_season": _quarter,
}
CODES = (*_LEADS, *_CLAUSES, *_BEYOND)
