"""What the columns of an exported table mean, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from perenne.core import PerenneError
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
    ("rfm_recency", "integer", _l("Recency score, 1 to 5, 5 for the most recent.")),
    ("rfm_frequency", "integer", _l("Frequency score, 1 to 5, 5 for the most orders.")),
    ("rfm_monetary", "integer", _l("Monetary score, 1 to 5, 5 for the most revenue.")),
    ("segment", "text", _l("Segment that the RFM scores fall into.")),
    ("status", "text", _l("Where the customer stands with regard to the inactivity window.")),
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

_TABLES: Final[Mapping[str, _Rows]] = {"customers": _CUSTOMERS, "orders": _ORDERS}


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
