"""Which checks a table gets, and from which share of failing rows each one matters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from perenne.quality.settings import QualitySettings
from perenne.warehouse import STAGED

Test = Literal["filled", "distinct", "between", "at_least", "pattern", "true"]
View = Literal["rows", "lines", "keyed", "sales", "judged", "gaps", "said", "earlier", "read"]
MAY_BE_EMPTY: tuple[View, ...] = ("keyed", "sales", "said")
"""Views of a table with rows that may have none: there is nothing to judge then."""

EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s.]{2,}$"
# Digits and the signs between them; no 6.12E+08, which a spreadsheet makes of a number.
PHONE = r"^'?\+?[0-9][0-9\s().\-/]{6,21}$"
COUNTRY = "^[A-Z]{2}$"
FIRST_BIRTH = date(1900, 1, 1)


@dataclass(frozen=True)
class Limits:
    """Shares of failing rows from which a check warns, errs or is critical; None: never."""

    warning: float | None = None
    error: float | None = None
    critical: float | None = None


ANY = Limits(warning=0.0, error=0.01, critical=0.10)
HINT = Limits(warning=0.0)
LIMITS: Mapping[str, Limits] = {
    "refused": Limits(0.001, 0.02, 0.10),
    "key": ANY,
    "repeated": Limits(0.001, 0.02, 0.20),
    "filled": Limits(0.02, 0.20),
    "dates": ANY,
    "signs": ANY,
    "outliers": Limits(0.0, 0.02),
    "currency": ANY,
    "email": Limits(0.005, 0.05, 0.50),
    "phone": Limits(0.02, 0.20),
    "country": Limits(0.02, 0.20),
    "links": Limits(0.001, 0.05, 0.50),
    "gaps": HINT,
    "guests": Limits(0.30, 0.60),
    "opt_in": HINT,
    "overlap": HINT,
    "order": ANY,
}
"""Every check by name, with its limits unless perenne.toml says otherwise."""

DAYS: Mapping[str, str] = {
    "orders": "ordered_on",
    "order_lines": "ordered_on",
    "refunds": "refunded_on",
    "customers": "created_on",
    "costs": "from_on",
    "consents": "said_on",
    "events": "occurred_on",
    "subscriptions": "started_on",
    "surveys": "answered_on",
}
"""The day on which a row of a table happened."""

# Columns without which a row is of little use, though it may be read without them.
_WANTED: Mapping[str, tuple[str, ...]] = {
    "orders": ("ordered_on", "total", "status", "country"),
    "order_lines": ("ordered_on", "product_id", "quantity", "unit_price"),
    "refunds": ("amount",),
    "customers": ("email", "country", "created_on"),
    "products": ("product_name", "price", "cost", "category"),
    "costs": ("amount", "campaign"),
    "consents": ("said_on", "origin"),
    "events": ("customer_ref",),
    "subscriptions": ("customer_ref", "price", "status"),
    "surveys": ("customer_ref", "score"),
}
_POSITIVE: Mapping[str, tuple[str, ...]] = {
    "orders": ("total", "shipping", "tax", "refunded"),
    "order_lines": ("unit_price", "discount"),
    "refunds": ("amount",),
    "products": ("price", "cost", "stock"),
    "costs": ("amount",),
    "subscriptions": ("price", "quantity"),
    "events": ("quantity",),
}
# Of these a return or an adjustment may be negative.
_SIGNED = ("orders", "order_lines")
MEASURED: Mapping[str, str] = {
    "orders": "total",
    "order_lines": "unit_price",
    "refunds": "amount",
    "products": "price",
    "costs": "amount",
    "subscriptions": "price",
}
"""The amount of a table among which outliers are looked for."""

# Columns in pairs: what holds of the second beside the first (tables.py says it in Ibis).
JUDGED: Mapping[str, tuple[str, ...]] = {
    "orders": ("tax", "refunded"),
    "order_lines": ("discount",),
    "products": ("cost",),
    "costs": ("to_on",),
    "subscriptions": ("ended_on",),
    "surveys": ("score",),
}
_DAILY = ("orders", "order_lines", "costs", "events")


@dataclass(frozen=True)
class Check:
    """One question asked of every row of a view; `column` names what it is about."""

    name: str
    column: str
    test: Test
    view: View = "rows"
    columns: tuple[str, ...] = ()
    low: object = None
    high: object = None
    pattern: str = ""
    limits: Limits = Limits()


@dataclass(frozen=True)
class Facts:
    """What one pass over a table found: rows, filled cells by column, days, quartiles."""

    rows: int
    filled: Mapping[str, int] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None
    days: int = 0
    quartiles: tuple[float, float] | None = None

    def has(self, *columns: str) -> bool:
        """Does any row fill each of these columns?"""
        return all(self.filled.get(column) for column in columns)


@dataclass(frozen=True)
class Surroundings:
    """What stands beside a table: rows refused, the days allowed, earlier imports, orders."""

    earliest: date
    today: date
    read: int = 0
    refused: int = 0
    earlier: bool = False
    linked: bool = False


def plan(
    table: str, facts: Facts, around: Surroundings, *, settings: QualitySettings
) -> tuple[Check, ...]:
    """The checks of a table. A column that no row fills is not in the export and is not judged."""
    found = _checks(table, facts, around, settings)
    return tuple(
        _limited(check, settings)
        for check in found
        if check.name not in settings.skip and f"{check.name}:{check.column}" not in settings.skip
    )


def _limited(check: Check, settings: QualitySettings) -> Check:
    chosen = settings.limits.get(f"{check.name}:{check.column}") or settings.limits.get(check.name)
    limits = Limits(chosen.warning, chosen.error, chosen.critical) if chosen else LIMITS[check.name]
    return Check(**{**check.__dict__, "limits": limits})


def _checks(
    table: str, facts: Facts, around: Surroundings, settings: QualitySettings
) -> Iterator[Check]:
    if around.read:
        yield Check("refused", "kept", "true", "read")
    if not facts.rows:
        return
    key = tuple(column for column in STAGED[table].key if facts.has(column))
    if key and len(key) == len(STAGED[table].key):
        yield Check("key", ", ".join(key), "distinct", "keyed", columns=key)
    yield Check("repeated", "row_hash", "distinct", "lines", columns=("row_hash",))
    for column in _WANTED[table]:
        if facts.has(column):
            yield Check("filled", column, "filled")
    yield from _persons(table, facts, around)
    yield from _amounts(table, facts, settings)
    yield from _time(table, facts, around)
    if around.linked and facts.has("source_order_id"):
        yield Check("links", "order_known", "true", "judged")


def _persons(table: str, facts: Facts, around: Surroundings) -> Iterator[Check]:
    # Lines leave the customer to their order, where they have one.
    if table == "orders" or (table == "order_lines" and facts.has("customer_ref")):
        yield Check("guests", "customer_ref", "filled")
    for column, pattern in (("email", EMAIL), ("phone", PHONE), ("country", COUNTRY)):
        if facts.has(column):
            yield Check(column, column, "pattern", pattern=pattern)
    if facts.has("birth_on"):
        yield Check("dates", "birth_on", "between", low=FIRST_BIRTH, high=around.today)
    if table == "consents":
        yield Check("opt_in", "some_said_no", "true", "said")


def _amounts(table: str, facts: Facts, settings: QualitySettings) -> Iterator[Check]:
    for column in _POSITIVE.get(table, ()):
        if facts.has(column):
            yield Check("signs", column, "at_least", "sales" if table in _SIGNED else "rows", low=0)
    fence = upper_fence(facts.quartiles, settings.outlier_spread)
    if fence is not None and table in MEASURED:
        yield Check("outliers", MEASURED[table], "between", low=-fence, high=fence)
    if facts.has("currency"):
        yield Check("currency", "currency_known", "true", "judged")
    for column in JUDGED.get(table, ()):
        if facts.has(column):
            yield Check("order", f"{column}_plausible", "true", "judged")


def _time(table: str, facts: Facts, around: Surroundings) -> Iterator[Check]:
    day = DAYS.get(table)
    if day is None or not facts.has(day):
        return
    yield Check("dates", day, "between", low=around.earliest, high=around.today)
    allowed = longest_gap(facts)
    if table in _DAILY and allowed is not None:
        yield Check("gaps", "no_gap", "true", "gaps", high=allowed)
    if around.earlier:
        yield Check("overlap", "apart", "true", "earlier")


def upper_fence(quartiles: tuple[float, float] | None, spread: float) -> float | None:
    """The amount beyond which one is an outlier, from the quartiles of the logarithms.

    A spread of less than a quarter counts as a quarter: among equal prices none is one.
    """
    if quartiles is None:
        return None
    low, high = quartiles
    fence = math.exp(min(high + spread * max(high - low, 0.25), 30.0))
    return round(fence, 2 if fence < 1000 else 0)


def longest_gap(facts: Facts) -> int | None:
    """Days in a row without a row that chance explains, at the table's own pace.

    With rows on a share p of the days, a run of g empty days has the chance (1 - p)^g; the longest
    run expected by chance once in a hundred such tables is allowed, and never fewer than 3 days.
    None where less than two weeks or a tenth of the days have rows.
    """
    if facts.first is None or facts.last is None:
        return None
    span = (facts.last - facts.first).days + 1
    share = facts.days / span
    if span < 14 or share < 0.1:
        return None
    if share >= 1:
        return 3
    return max(3, math.ceil(math.log(0.01 / span) / math.log(1 - share)))
