"""Amounts out of fractions: to the last digit the same on every engine."""

from __future__ import annotations

import ibis.expr.types as ir

from perenne.warehouse.schemas import MONEY

_PARTS = 10_000
"""Parts of one unit of money: as many as MONEY has decimals for."""


def to_money(value: ir.FloatingValue) -> ir.DecimalValue:
    """`value` rounded to four decimals, halves away from zero.

    Engines round a double to decimals each in its own way; to whole numbers all round it alike.
    """
    return ((value * _PARTS).round(0) / _PARTS).cast(MONEY)


def money_quantile(value: ir.DecimalColumn, share: float) -> ir.DecimalScalar:
    """The quantile of amounts, between two of them in proportion, rounded as `to_money` does.

    Counted in whole parts: what lies between two of those has no error that could turn a half.
    """
    parts = (value.cast("float64") * _PARTS).round(0)
    return (parts.quantile(share).round(0) / _PARTS).cast(MONEY)
