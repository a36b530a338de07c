"""What the columns of an exported table mean, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from perenne.core import PerenneError
from perenne.reports.exports.predicted import PREDICTED, TOTALS
from perenne.text import LazyText
from perenne.text import gettext as _
from perenne.text import lazy_gettext as _l


@dataclass(frozen=True)
class ExportColumn:
    """One column of an export: its name, how it is written, what it means, when it is empty."""

    name: str
    type: str
    meaning: str


_Rows = tuple[tuple[str, str, LazyText], ...]

_CUSTOMERS: Final[_Rows] = (
    ("customer_id", "text", _l("Opaque and stable id of the customer.")),
    ("first_order_at", "instant", _l("First order.")),
    ("last_order_at", "instant", _l("Last order.")),
    ("first_order_on", "date", _l("Local calendar day of the first order.")),
    ("last_order_on", "date", _l("Local calendar day of the last order.")),
    (
        "days_since_last_order",
        "integer",
        _l("Days from the last order to the date of the figures."),
    ),
    ("orders", "integer", _l("Orders up to the date of the figures.")),
    ("frequency", "integer", _l("Distinct purchase days after the first one.")),
    ("recency_days", "integer", _l("Days from the first to the last purchase day.")),
    ("tenure_days", "integer", _l("Days from the first purchase day to the date of the figures.")),
    (
        "monetary_value",
        "decimal",
        _l("Mean revenue of a repeat purchase day, before returns; empty when frequency is 0."),
    ),
    ("revenue", "decimal", _l("Products after discount and returns, without tax and shipping.")),
    ("margin", "decimal", _l("Revenue less cost of goods; empty when a cost is unknown.")),
    ("historical_clv", "decimal", _l("Revenue after returns since the first order.")),
    ("historical_clv_12m", "decimal", _l("The same over the last 12 calendar months.")),
    ("historical_clv_24m", "decimal", _l("The same over the last 24 calendar months.")),
    ("historical_clv_36m", "decimal", _l("The same over the last 36 calendar months.")),
    (
        "historical_clv_margin",
        "decimal",
        _l("Margin after returns since the first order; empty when a cost is unknown."),
    ),
    ("historical_clv_margin_12m", "decimal", _l("The same over the last 12 calendar months.")),
    ("historical_clv_margin_24m", "decimal", _l("The same over the last 24 calendar months.")),
    ("historical_clv_margin_36m", "decimal", _l("The same over the last 36 calendar months.")),
    (
        "historical_clv_net",
        "decimal",
        _l("Margin less acquisition and retention cost; empty when a spend is unknown."),
    ),
    ("historical_clv_net_12m", "decimal", _l("The same over the last 12 calendar months.")),
    ("historical_clv_net_24m", "decimal", _l("The same over the last 24 calendar months.")),
    ("historical_clv_net_36m", "decimal", _l("The same over the last 36 calendar months.")),
    (
        "value_first_12m",
        "decimal",
        _l("Revenue of the first 12 months; empty until they are over."),
    ),
    (
        "margin_first_12m",
        "decimal",
        _l("Margin of the first 12 months; empty until they are over."),
    ),
    ("first_12m_end", "date", _l("Last day of the first 12 months.")),
    (
        "acquisition_cost",
        "decimal",
        _l("Spend of the channel and month of the first order, shared among its new customers."),
    ),
    ("channel", "text", _l("Channel of the first order; empty when unknown.")),
    ("country", "text", _l("Country of the first order; empty when unknown.")),
    ("first_category", "text", _l("Category of the largest line of the first order.")),
    ("first_discounted", "true/false", _l("The first order was discounted.")),
    ("cohort_week", "date", _l("Monday of the week of the first order.")),
    ("cohort_month", "date", _l("First day of the month of the first order.")),
    ("cohort_quarter", "date", _l("First day of the quarter of the first order.")),
    ("is_active", "true/false", _l("Ordered within the inactivity window.")),
    ("rfm_recency", "integer", _l("Recency score, 1 to 5, 5 for the most recent.")),
    ("rfm_frequency", "integer", _l("Frequency score, 1 to 5, 5 for the most orders.")),
    ("rfm_monetary", "integer", _l("Monetary score, 1 to 5, 5 for the most revenue.")),
    ("segment", "text", _l("Id of the segment that the RFM scores fall into.")),
    ("size", "text", _l("small, medium or large buyer of the last 12 months.")),
    ("revenue_12m", "decimal", _l("Revenue after returns of the last 12 months.")),
    (
        "is_hvc",
        "true/false",
        _l("High-value customer: in the top share by value of the last 12 months."),
    ),
    ("hvc_basis", "text", _l("What that value is: margin, or revenue when a margin is unknown.")),
    (
        "is_hpc",
        "true/false",
        _l("High-potential customer: not high-value, but ahead of their median at the same age."),
    ),
    ("hpc_basis", "text", _l("What is compared: margin, or revenue when a margin is unknown.")),
    ("age_months", "integer", _l("Complete months since the first order.")),
    ("opportunity", "decimal", _l("Gap × chance of another order; empty when it cannot be told.")),
    (
        "opportunity_gap",
        "decimal",
        _l("How far the customer is below the upper quarter of the same cohort, at least 0."),
    ),
    ("opportunity_note", "text", _l("Code of why the opportunity cannot be told.")),
    ("is_top_opportunity", "true/false", _l("Among the highest opportunities.")),
    ("chance_of_another_order", "decimal", _l("Observed share that ordered again.")),
    ("chance_basis", "text", _l("Where that share was observed: RFM cell or segment.")),
    ("chance_days", "integer", _l("Days within which they ordered again.")),
    ("status", "text", _l("new, active, reactivated or inactive, by the inactivity window.")),
    ("status_since", "date", _l("First day of this status.")),
    ("status_reason", "text", _l("Code of what changed it last.")),
    *PREDICTED,
)

_ORDERS: Final[_Rows] = (
    ("order_id", "text", _l("Source and order number, unique.")),
    ("source", "text", _l("System the order came from.")),
    ("source_order_id", "text", _l("Order number in that system.")),
    ("customer_id", "text", _l("Customer; empty for an order without a known customer.")),
    ("ordered_at", "instant", _l("Instant of the order.")),
    ("ordered_on", "date", _l("Local calendar day of the order.")),
    ("status", "text", _l("State of the order in its source.")),
    ("is_purchase", "true/false", _l("Counts as an order.")),
    ("excluded_by", "text", _l("Rule that set it aside; empty when it counts.")),
    ("order_number", "integer", _l("1 for the customer’s first order, then 2, 3…")),
    ("account_id", "text", _l("Company that ordered, as an opaque id; empty without one.")),
    ("channel", "text", _l("Channel; empty when unknown.")),
    ("country", "text", _l("Country; empty when unknown.")),
    ("currency", "text", _l("Currency of the source; amounts are in the shop’s.")),
    ("coupon", "text", _l("Discount code.")),
    ("gross", "decimal", _l("Products before discount, without tax.")),
    ("discount", "decimal", _l("Discount on products, without tax, positive.")),
    ("net", "decimal", _l("Products after discount, without tax and shipping.")),
    ("shipping", "decimal", _l("Shipping, without tax.")),
    ("tax", "decimal", _l("Taxes.")),
    ("total", "decimal", _l("What the customer paid.")),
    ("cost", "decimal", _l("Cost of goods; empty when that of a line is unknown.")),
)

_COHORTS: Final[_Rows] = (
    ("cohort", "text", _l("Month of the first order.")),
    ("size", "integer", _l("Customers of the cohort.")),
    ("cac", "decimal", _l("Acquisition cost per customer of the cohort; empty without spend.")),
    ("age", "integer", _l("Months since the month of the first order, which is 0.")),
    ("complete", "true/false", _l("The period is over.")),
    ("active", "integer", _l("Customers who bought in the period.")),
    ("retention", "decimal", _l("Share of the cohort that bought in the period.")),
    ("revenue", "decimal", _l("Revenue per customer, added up since the start.")),
    (
        "margin",
        "decimal",
        _l("Margin per customer, added up since the start; empty when a cost is unknown."),
    ),
    ("orders", "decimal", _l("Orders per customer, added up since the start.")),
)

_SEGMENTS: Final[_Rows] = (
    ("segment", "text", _l("Id of the segment.")),
    ("segment_position", "integer", _l("Place of its rule in the settings, from 1.")),
    ("customers", "integer", _l("Customers in the segment.")),
    ("revenue", "decimal", _l("Their revenue after returns, all history.")),
    ("mean_orders", "decimal", _l("Orders per customer.")),
    ("median_recency", "decimal", _l("Median of the days since the last order.")),
    ("opportunity", "decimal", _l("Sum of the opportunities; empty when none can be told.")),
    ("share", "decimal", _l("Share of all customers.")),
    ("revenue_share", "decimal", _l("Share of all revenue.")),
)

_TABLES: Final[Mapping[str, _Rows]] = {
    "customers": _CUSTOMERS,
    "orders": _ORDERS,
    "cohorts": _COHORTS,
    "segments": _SEGMENTS,
    "predictions": TOTALS,
}


def column_dictionary(table: str) -> tuple[ExportColumn, ...]:
    """Return the documented columns of an export, described in the current language.

    Raises `PerenneError` for a table that has no dictionary.
    """
    if table not in _TABLES:
        raise PerenneError(
            _("No dictionary describes the export “{table}”.").format(table=table),
            given=table,
            allowed=_TABLES,
            next_step=_("Choose one of: {choices}.").format(choices=", ".join(_TABLES)),
        )
    return tuple(ExportColumn(name, type, str(text)) for name, type, text in _TABLES[table])
