"""The model's formulas in Excel's own words; inputs and figures are filled in by their names."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Final

# At a rate this small the fraction loses its digits and the lifespan is nearer to the truth.
_ANNUITY: Final = (
    "IF(ABS({discount_rate})<0.00000001,{lifespan},"
    "(1-(1+{discount_rate})^(-{lifespan}))/LN(1+{discount_rate}))"
)

# Over the inputs and the figures to the left, as the CLV sheet shows them step by step.
STEPS: Final = {
    "customers": "{customers}",
    "customer_value": "{basket}*{frequency}",
    "clv_simple": "{customer_value}*{lifespan}",
    "clv_margin": "{clv_simple}*{margin}",
    "clv_net": "{clv_margin}-{cac}-{retention_cost}*{lifespan}",
    "clv_discounted": "({customer_value}*{margin}-{retention_cost})*" + _ANNUITY + "-{cac}",
    "clv_cac": 'IF({cac}=0,"",{clv_margin}/{cac})',
    "net_total": "{customers}*{clv_net}",
}

# Over the inputs alone, for what-ifs.
NET: Final = "{basket}*{frequency}*{lifespan}*{margin}-{cac}-{retention_cost}*{lifespan}"
DISCOUNTED: Final = "({basket}*{frequency}*{margin}-{retention_cost})*" + _ANNUITY + "-{cac}"


def filled(body: str, places: Mapping[str, str]) -> str:
    """Return the formula over `places`; it shows nothing until each of them holds a number."""
    needs = dict.fromkeys(places[name] for _, name, _, _ in Formatter().parse(body) if name)
    return guarded(body.format(**places), needs=list(needs))


def guarded(formula: str, *, needs: list[str]) -> str:
    """Return `formula` as a cell's content, empty text while one of `needs` is no number."""
    return f'=IF(COUNT({",".join(needs)})<{len(needs)},"",{formula})'


def shown(value: float | None) -> float | str:
    """Return what the cell of a formula holds: its value, or the empty text of a missing one."""
    return "" if value is None else value
