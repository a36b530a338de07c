"""What each figure of the model is called, how it is computed, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perenne.text import gettext as _


@dataclass(frozen=True)
class Definition:
    """One figure as the reader meets it, in the current language."""

    id: str
    label: str
    formula: str
    unit: str
    source: str


def labels() -> Mapping[str, str]:
    """Return the short name of each figure, for headers and rows."""
    return {definition.id: definition.label for definition in definitions()}


def definitions() -> tuple[Definition, ...]:
    """Return every input and figure of the model, in the order of the sheets."""
    return (*_inputs(), *_figures())


def _inputs() -> tuple[Definition, ...]:
    year = _("orders of the 365 days that end on the date of the figures")
    money = _("money")
    return (
        Definition(
            "customers",
            _("Customers"),
            _("known customers with at least one order up to the date of the figures"),
            _("customers"),
            _("all orders"),
        ),
        Definition(
            "basket",
            _("Average basket"),
            _("product revenue ÷ orders, known customers, after discount and before returns"),
            money,
            year,
        ),
        Definition(
            "frequency",
            _("Purchase frequency (per year)"),
            _("orders of known customers ÷ customers with an order"),
            _("orders per year"),
            year,
        ),
        Definition(
            "lifespan",
            _("Lifespan (years)"),
            _("1 ÷ annual churn, unless the settings ask for the observed lifespan"),
            _("years"),
            _("customers lost over one year"),
        ),
        Definition(
            "margin",
            _("Margin rate"),
            _("margin ÷ product revenue of known customers"),
            "%",
            year,
        ),
        Definition(
            "cac",
            _("Acquisition cost (CAC)"),
            _("acquisition spend ÷ new customers"),
            money,
            _("imported spend of the same 365 days"),
        ),
        Definition(
            "retention_cost",
            _("Retention cost per year"),
            _("retention spend ÷ known customers who bought"),
            _("money per customer and year"),
            _("imported spend of the same 365 days"),
        ),
        Definition(
            "discount_rate",
            _("Discount rate per year"),
            _("what a year’s wait takes off the value of 1 received later"),
            "%",
            _("your choice, in the settings or in this workbook"),
        ),
    )


def _figures() -> tuple[Definition, ...]:
    money = _("money per customer")
    here = _("computed in this workbook")
    return (
        Definition(
            "customer_value",
            _("Customer value per year"),
            _("basket × frequency"),
            _("money per customer and year"),
            here,
        ),
        Definition("clv_simple", _("CLV, revenue"), _("customer value × lifespan"), money, here),
        Definition("clv_margin", _("CLV, margin"), _("CLV in revenue × margin rate"), money, here),
        Definition(
            "clv_net",
            _("CLV, net"),
            _("CLV in margin − acquisition cost − retention cost × lifespan"),
            money,
            here,
        ),
        Definition(
            "clv_discounted",
            _("CLV, net and discounted"),
            _(
                "(customer value × margin rate − retention cost)"
                " × (1 − (1 + d)^(−lifespan)) ÷ ln(1 + d) − acquisition cost;"
                " d is the discount rate; at d = 0 the fraction is the lifespan"
            ),
            money,
            here,
        ),
        Definition(
            "clv_cac",
            _("CLV : CAC"),
            _("CLV in margin ÷ acquisition cost; sound between 3 and 5"),
            _("ratio"),
            here,
        ),
        Definition(
            "net_total",
            _("Net value of the group"),
            _("customers × CLV, net"),
            _("money"),
            here,
        ),
    )
