"""Names and columns of every table: what a source hands over (staged) and what stands after
cleaning (canonical). The one place where a column gets its name, type and meaning.

Types are Ibis type names. Money is `decimal(18, 4)`; `*_at` are UTC timestamps; `*_on` are local
calendar days of the workspace's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass

MONEY = "decimal(18, 4)"
QUANTITY = "decimal(18, 4)"


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class TableSchema:
    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def types(self) -> dict[str, str]:
        return {column.name: column.type for column in self.columns}

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)


def _columns(*rows: tuple[str, str, str] | tuple[str, str, str, bool]) -> tuple[Column, ...]:
    return tuple(Column(*row) for row in rows)


# Every staged row says where it came from and carries a hash of its whole content.
_ORIGIN = _columns(
    ("row_file", "string", "name of the file the row was read from", True),
    ("row_number", "int64", "line in a text file, row in a sheet or Parquet file, from 1", True),
    ("row_hash", "string", "hash of the row's whole text content", True),
)
_WHEN = _columns(
    ("ordered_at", "timestamp('UTC')", "instant; local midnight when only a date was given"),
    ("ordered_on", "date", "local calendar day; never passes through UTC when no time was given"),
    ("time_known", "boolean", "false when the source gave a date without a time"),
)
_WHO = _columns(
    ("customer_ref", "string", "the source's own id of the customer, else a normalised e-mail"),
    ("customer_ref_kind", "string", "id | email | phone | name; null without a customer"),
)

STAGED_ORDERS = TableSchema(
    "orders",
    "one row per order of a source; amounts as the source wrote them, in its currency",
    (
        *_ORIGIN,
        *_columns(("source_order_id", "string", "the source's order number", True)),
        *_WHEN,
        *_WHO,
        *_columns(
            ("document", "string", "sale | return | adjustment; null = sale"),
            (
                "status",
                "string",
                "paid | pending | cancelled | voided | refunded | partial | other",
            ),
            ("status_text", "string", "the status as the source wrote it"),
            ("is_test", "boolean", "a test order"),
            ("cancelled_on", "date", "when it was cancelled"),
            ("currency", "string", "ISO 4217, null = the workspace's"),
            (
                "subtotal",
                MONEY,
                "products after discount, before shipping (tax as in tax_included)",
            ),
            ("discount", MONEY, "whole discount of the order, positive"),
            ("shipping", MONEY, "shipping charged"),
            ("tax", MONEY, "all taxes of the order"),
            ("total", MONEY, "what the customer paid, tax and shipping included"),
            ("refunded", MONEY, "amount refunded since, tax included, positive"),
            ("cost", MONEY, "cost of goods of the order"),
            ("tax_included", "boolean", "do subtotal and line prices include tax? null = unknown"),
            ("coupon", "string", "discount code"),
            ("channel", "string", "channel of the order, null = unknown"),
            ("country", "string", "country as ISO 3166 alpha-2 where recognised, else as written"),
        ),
    ),
    ("source_order_id",),
)
STAGED_LINES = TableSchema(
    "order_lines",
    "one row per order line of a source; carries order columns when the source has no order rows",
    (
        *_ORIGIN,
        *_columns(("source_order_id", "string", "the source's order number", True)),
        *_WHEN,
        *_WHO,
        *_columns(
            ("document", "string", "sale | return | adjustment; null = sale"),
            ("status", "string", "as in orders"),
            ("line_number", "string", "the source's own line number or id, null when it has none"),
            ("product_id", "string", "the source's product id or SKU"),
            ("product_name", "string", "name as written"),
            ("category", "string", "category as written"),
            (
                "kind",
                "string",
                "product | shipping | fee | adjustment | discount | sample | "
                "gift_card | test; null = to be told by the cleaning rules",
            ),
            ("quantity", QUANTITY, "signed as in the source"),
            ("unit_price", MONEY, "before discount, signed as in the source"),
            ("discount", MONEY, "discount of the line, positive"),
            ("tax", MONEY, "tax of the line"),
            ("amount", MONEY, "line total as the source wrote it, null = quantity x unit_price"),
            ("unit_cost", MONEY, "cost of goods of one unit"),
            ("tax_included", "boolean", "do prices include tax? null = unknown"),
            ("currency", "string", "ISO 4217, null = the workspace's"),
            ("coupon", "string", "discount code"),
            ("channel", "string", "channel of the order, null = unknown"),
            ("country", "string", "as in orders"),
        ),
    ),
    ("source_order_id", "line_number"),
)
STAGED_REFUNDS = TableSchema(
    "refunds",
    "one row per refund of a source",
    (
        *_ORIGIN,
        *_columns(
            ("source_order_id", "string", "order that is refunded", True),
            ("source_refund_id", "string", "the source's refund number"),
            ("refunded_at", "timestamp('UTC')", "instant"),
            ("refunded_on", "date", "local calendar day", True),
            ("product_id", "string", "product given back, null = whole order or unknown"),
            ("quantity", QUANTITY, "units given back, positive"),
            ("amount", MONEY, "amount paid back, tax included, positive", True),
            ("currency", "string", "ISO 4217, null = the workspace's"),
            ("reason", "string", "as written"),
        ),
    ),
    ("source_refund_id",),
)
STAGED_CUSTOMERS = TableSchema(
    "customers",
    "one row per customer of a source; personal data",
    (
        *_ORIGIN,
        *_WHO,
        *_columns(
            (
                "person_ref",
                "string",
                "the source's id of the person, where customer_ref is one of several ids of theirs",
            ),
            ("email", "string", "as written, trimmed"),
            ("phone", "string", "as written; text, never a number"),
            ("first_name", "string", "as written"),
            ("last_name", "string", "as written"),
            ("company", "string", "as written"),
            ("address", "string", "street"),
            ("postcode", "string", "text, never a number"),
            ("city", "string", "as written"),
            ("country", "string", "as in orders"),
            ("created_on", "date", "when the source says the customer was created"),
            ("channel", "string", "acquisition channel when the source says it"),
        ),
    ),
    ("customer_ref",),
)
STAGED_PRODUCTS = TableSchema(
    "products",
    "one row per product or variant of a source",
    (
        *_ORIGIN,
        *_columns(
            ("product_id", "string", "SKU or id as it stands on order lines", True),
            ("product_name", "string", "as written"),
            ("category", "string", "as written"),
            ("price", MONEY, "list price"),
            ("cost", MONEY, "cost of goods of one unit, without tax"),
            ("currency", "string", "ISO 4217, null = the workspace's"),
            ("is_gift_card", "boolean", "sold value, not revenue"),
        ),
    ),
    ("product_id",),
)
STAGED_COSTS = TableSchema(
    "costs",
    "one row per spend line of a source; a row may span several days",
    (
        *_ORIGIN,
        *_columns(
            ("from_on", "date", "first day of the spend", True),
            ("to_on", "date", "last day of the spend", True),
            ("channel", "string", "channel", True),
            ("campaign", "string", "campaign"),
            ("kind", "string", "acquisition | retention; null = acquisition"),
            ("amount", MONEY, "spend", True),
            ("currency", "string", "ISO 4217, null = the workspace's"),
        ),
    ),
    ("from_on", "to_on", "channel", "campaign", "kind"),
)

STAGED: dict[str, TableSchema] = {
    schema.name: schema
    for schema in (
        STAGED_ORDERS,
        STAGED_LINES,
        STAGED_REFUNDS,
        STAGED_CUSTOMERS,
        STAGED_PRODUCTS,
        STAGED_COSTS,
    )
}

ORDERS = TableSchema(
    "orders",
    "every order of every source, kept or set aside; amounts in the workspace's currency",
    _columns(
        ("order_id", "string", "source and source_order_id, unique", True),
        ("source", "string", "system the order came from", True),
        ("source_order_id", "string", "the source's order number", True),
        ("customer_id", "string", "null for a guest: kept in revenue, never attributed"),
        ("ordered_at", "timestamp('UTC')", "instant", True),
        ("ordered_on", "date", "local calendar day", True),
        ("status", "string", "as staged", True),
        ("is_purchase", "boolean", "counts as an order: not set aside by a rule", True),
        ("excluded_by", "string", "rule that set it aside, null when it is a purchase"),
        ("order_number", "int64", "1 for the customer's first purchase; null for guests"),
        ("channel", "string", "null = unknown"),
        ("country", "string", "null = unknown"),
        ("currency", "string", "currency of the source", True),
        ("coupon", "string", "discount code"),
        ("gross", MONEY, "product lines before discount, without tax", True),
        ("discount", MONEY, "discount on product lines, without tax, positive", True),
        ("net", MONEY, "product lines after discount, without tax and shipping", True),
        ("shipping", MONEY, "shipping, without tax", True),
        ("tax", MONEY, "taxes", True),
        ("total", MONEY, "what the customer paid", True),
        ("cost", MONEY, "cost of goods; null when any product line has no cost"),
    ),
    ("order_id",),
)
ORDER_LINES = TableSchema(
    "order_lines",
    "every line of every order, kept or set aside",
    _columns(
        ("order_line_id", "string", "unique", True),
        ("order_id", "string", "", True),
        ("customer_id", "string", "null for a guest"),
        ("ordered_on", "date", "local calendar day of the order", True),
        ("product_id", "string", "null when the source has orders only"),
        ("product_name", "string", ""),
        ("category", "string", "null = unknown"),
        (
            "kind",
            "string",
            "product | shipping | fee | adjustment | discount | sample | gift_card | test",
            True,
        ),
        ("excluded_by", "string", "rule that keeps it out of revenue, null when it counts"),
        ("quantity", QUANTITY, "", True),
        ("gross", MONEY, "before discount, without tax", True),
        ("discount", MONEY, "own discount plus its share of the order's, without tax", True),
        ("net", MONEY, "after discount, without tax", True),
        ("cost", MONEY, "cost of goods of the line, null = unknown"),
        (
            "as_given",
            MONEY,
            "value as the source wrote it, in its currency: reconciliation adds it",
        ),
        ("batch", "string", "import the line was kept from", True),
    ),
    ("order_line_id",),
)
REFUNDS = TableSchema(
    "refunds",
    "what was given back, dated when it was given back; amounts positive, without tax and shipping",
    _columns(
        ("refund_id", "string", "unique", True),
        ("source", "string", "", True),
        ("order_id", "string", "the order it was matched to, null when none was found"),
        ("customer_id", "string", "null for a guest"),
        ("refunded_on", "date", "local calendar day", True),
        (
            "date_known",
            "boolean",
            "false: the source gives no date, the order's day stands in",
            True,
        ),
        ("product_id", "string", "null = whole order or unknown"),
        ("category", "string", "null = unknown"),
        ("channel", "string", "channel of the order"),
        ("country", "string", "country of the order"),
        ("quantity", QUANTITY, "units given back, null = unknown"),
        ("net", MONEY, "product value given back", True),
        ("cost", MONEY, "cost of goods that comes back, null = unknown"),
    ),
    ("refund_id",),
)
CUSTOMERS = TableSchema(
    "customers",
    "the single customer view; prospects have no first_order_on",
    _columns(
        ("customer_id", "string", "opaque and stable", True),
        ("first_order_at", "timestamp('UTC')", "null for a prospect"),
        ("last_order_at", "timestamp('UTC')", "null for a prospect"),
        ("first_order_on", "date", "local calendar day"),
        ("last_order_on", "date", "local calendar day"),
        ("orders", "int64", "purchases up to as_of", True),
        ("channel", "string", "acquisition channel: that of the first order"),
        ("country", "string", "country of the first order"),
        ("first_category", "string", "category of the first order's largest product line"),
        ("first_discounted", "boolean", "was the first order discounted?"),
    ),
    ("customer_id",),
)
CUSTOMER_LINKS = TableSchema(
    "customer_links",
    "which source id is which customer",
    _columns(
        ("source", "string", "", True),
        ("source_id", "string", "id, or normalised e-mail when the source has no id", True),
        ("source_id_kind", "string", "id | email | phone | name", True),
        ("customer_id", "string", "", True),
        ("rule", "string", "how the link was made", True),
        ("probability", "float64", "1 for a rule that is certain", True),
    ),
    ("source", "source_id", "source_id_kind"),
)
CONTACTS = TableSchema(
    "contacts",
    "personal data, apart from everything else so that it can be masked and erased",
    _columns(
        ("customer_id", "string", "", True),
        ("source", "string", "", True),
        ("email", "string", ""),
        ("phone", "string", ""),
        ("first_name", "string", ""),
        ("last_name", "string", ""),
        ("company", "string", ""),
        ("address", "string", ""),
        ("postcode", "string", ""),
        ("city", "string", ""),
        ("country", "string", ""),
    ),
    ("customer_id", "source"),
)
PRODUCTS = TableSchema(
    "products",
    "one row per product and source",
    _columns(
        ("source", "string", "", True),
        ("product_id", "string", "", True),
        ("product_name", "string", ""),
        ("category", "string", ""),
        ("price", MONEY, ""),
        ("cost", MONEY, ""),
        ("is_gift_card", "boolean", "", True),
    ),
    ("source", "product_id"),
)
COSTS = TableSchema(
    "costs",
    "acquisition and retention spend per day, in the workspace's currency",
    _columns(
        ("day", "date", "", True),
        ("source", "string", "", True),
        ("channel", "string", "", True),
        ("campaign", "string", ""),
        ("kind", "string", "acquisition | retention", True),
        ("amount", MONEY, "spend of the day; a row that spans days is spread evenly", True),
    ),
)

CANONICAL: dict[str, TableSchema] = {
    schema.name: schema
    for schema in (
        ORDERS,
        ORDER_LINES,
        REFUNDS,
        CUSTOMERS,
        CUSTOMER_LINKS,
        CONTACTS,
        PRODUCTS,
        COSTS,
    )
}
