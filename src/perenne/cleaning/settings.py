"""What the user may switch in `[cleaning]`, `[tax]` and `[currency]` of perenne.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from perenne.text import unknown
from perenne.warehouse import pattern_fault

# A line kind and the switch that sets lines of that kind aside.
KIND_RULES: Mapping[str, str] = {
    "shipping": "shipping_lines",
    "fee": "fee_lines",
    "adjustment": "adjustments",
    "discount": "discount_lines",
    "sample": "samples",
    "gift_card": "gift_cards",
    "test": "test_orders",
}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CleaningSettings(_Section):
    """One switch per cleaning rule. Off means: the rows count as ordinary sales."""

    merge_identical_lines: Literal["preset", "merge", "keep"] = Field(
        "preset",
        description="Identical lines of one order in one file: merge them, keep them, or as the "
        "preset says.",
    )
    cancelled_orders: bool = Field(True, description="Set cancelled and voided orders aside.")
    pending_orders: bool = Field(False, description="Set orders that are not paid yet aside.")
    payments: Literal["match", "orders", "aside"] = Field(
        "match",
        description="Payments beside orders: set those aside whose order another source tells, "
        "count all as orders, or set all aside.",
    )
    test_orders: bool = Field(True, description="Set test orders and test products aside.")
    returns: bool = Field(True, description="Treat credit notes and refunds as returns.")
    adjustments: bool = Field(True, description="Set manual adjustments and bad debt aside.")
    shipping_lines: bool = Field(True, description="Set postage and carriage lines aside.")
    fee_lines: bool = Field(True, description="Set bank, marketplace and service fees aside.")
    discount_lines: bool = Field(True, description="Set lines that are a discount aside.")
    samples: bool = Field(True, description="Set sample lines aside.")
    gift_cards: bool = Field(True, description="Set gift cards aside: they are sold value.")
    zero_price_lines: bool = Field(
        True, description="Set free lines of an order that also has paid ones aside."
    )
    stock_movements: bool = Field(
        True, description="Set zero-price lines without a customer aside: write-offs, stock counts."
    )
    returned_goods_resold: bool = Field(
        True, description="Give the cost of returned goods back to the margin."
    )
    product_patterns: dict[str, list[str]] = Field(
        default_factory=dict,
        description="More regular expressions by line kind, tried on product id and name.",
    )

    @field_validator("product_patterns")
    @classmethod
    def _can_be_read(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        for kind, patterns in value.items():
            if kind not in KIND_RULES:
                raise ValueError(unknown(kind, KIND_RULES))
            for fault in filter(None, map(pattern_fault, patterns)):
                raise ValueError(f"{kind}: {fault}")
        return value


class TaxSettings(_Section):
    """How prices and taxes of the sources are read."""

    prices: Literal["auto", "included", "excluded"] = Field(
        "auto", description="Do prices include tax? auto: as each order's own figures show."
    )
    default_rate: Decimal | None = Field(
        None,
        ge=0,
        lt=1,
        description="Tax rate taken out of tax-included prices when the source states no tax.",
    )


class ExchangeRate(_Section):
    """Units of the workspace's currency for one unit of `currency`, from `since` on."""

    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["USD"])
    rate: Decimal = Field(gt=0)
    since: date = date(1970, 1, 1)


@dataclass(frozen=True)
class Policy:
    """How to clean: the switches, taxes, exchange rates and the workspace's currency."""

    cleaning: CleaningSettings
    tax: TaxSettings
    rates: tuple[ExchangeRate, ...]
    currency: str
