"""Figures out of aggregates: numbers in, numbers out. A missing number makes the result missing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import add, mul, sub
from typing import Any

from perenne.metrics.expressions import Aggregate, Call, Constant, Expression, Name, Operation

Number = Decimal | float | int
Row = Mapping[str, object]
Value = Number | Sequence[Row] | None
# `Any`: each works on two decimals or two floats alike.
_PLAIN: dict[str, Callable[[Any, Any], Any]] = {"+": add, "-": sub, "*": mul}
Lookup = Callable[[Aggregate | Name], Value]


@dataclass(frozen=True)
class AgePoint:
    """Margin earned at one age by the customers who have lived the same whole months."""

    complete_months: int
    age: int
    margin: Decimal | float | None
    customers: int


def evaluate(expression: Expression, lookup: Lookup) -> Number | None:
    """Compute an expression; `lookup` gives aggregates and names. Division by 0 gives None."""
    value = _value(expression, lookup)
    return value if isinstance(value, Decimal | float | int) else None


def operate(operator: str, left: Number | None, right: Number | None) -> Number | None:
    """Money stays decimal under +, - and x by a decimal or a count; a ratio is a float."""
    if left is None or right is None:
        return None
    if operator in ("/", "**"):
        return _as_float(operator, float(left), float(right))
    return _plain(operator, left, right)


def payback_month(points: Sequence[AgePoint], cac: Number | None) -> int | None:
    """Smallest age in whole months at which the mean cumulative margin per customer repays `cac`.

    At age m the mean is over customers who have lived m whole months. None when never, when `cac`
    or any margin is unknown.
    """
    if cac is None or any(point.margin is None for point in points):
        return None
    for month in range(1, max((point.complete_months for point in points), default=0) + 1):
        mean = cumulative_margin(points, month)
        if mean is not None and mean >= float(cac):
            return month
    return None


def cumulative_margin(points: Sequence[AgePoint], month: int) -> float | None:
    """Mean margin in the first `month` months of customers who have lived them; None without."""
    old = [point for point in points if point.complete_months >= month]
    # Every customer has a first purchase, hence a row of age 0.
    customers = sum(point.customers for point in old if point.age == 0)
    margin = sum(float(point.margin or 0) for point in old if point.age < month)
    return margin / customers if customers else None


def _value(expression: Expression, lookup: Lookup) -> Value:
    if isinstance(expression, Constant):
        return expression.value
    if isinstance(expression, Aggregate | Name):
        return lookup(expression)
    if isinstance(expression, Operation):
        left, right = evaluate(expression.left, lookup), evaluate(expression.right, lookup)
        return operate(expression.operator, left, right)
    return _call(expression, lookup)


def _call(call: Call, lookup: Lookup) -> Number | None:
    rows, cac = (_value(argument, lookup) for argument in call.arguments)
    if isinstance(rows, Decimal | float | int) or not isinstance(cac, Decimal | float | int):
        return None
    return payback_month([_point(row) for row in rows or ()], cac)


def _point(row: Row) -> AgePoint:
    margin = row["margin"]
    return AgePoint(
        complete_months=int(str(row["complete_months"])),
        age=int(str(row["age"])),
        margin=margin if isinstance(margin, Decimal | float) else None,
        customers=int(str(row["customers"])),
    )


def _as_float(operator: str, left: float, right: float) -> float | None:
    try:
        result = left / right if operator == "/" else left**right
    except (ZeroDivisionError, OverflowError):
        return None
    return result if isinstance(result, float) and math.isfinite(result) else None


def _plain(operator: str, left: Number, right: Number) -> Number:
    if isinstance(left, float) or isinstance(right, float):
        return float(_PLAIN[operator](float(left), float(right)))
    result: Decimal = _PLAIN[operator](Decimal(left), Decimal(right))
    both_whole = isinstance(left, int) and isinstance(right, int)
    return int(result) if both_whole else result
