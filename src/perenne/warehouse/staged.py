"""Staged tables: what a source hands over, typed but not cleaned. Any column but an origin column
may be null unless it is required."""

from perenne.warehouse.schemas import MONEY, QUANTITY, TableSchema, columns

# Every staged row says where it came from and carries a hash of its whole content.
_ORIGIN = columns(
    ("row_file", "string", "name of the file the row was read from", True),
    ("row_number", "int64", "line in a text file, row in a sheet or Parquet file, from 1", True),
    ("row_hash", "string", "hash of the row's whole text content", True),
)
_WHEN = columns(
    ("ordered_at", "timestamp('UTC')", "instant; local midnight when only a date was given"),
    ("ordered_on", "date", "local calendar day; never passes through UTC when no time was given"),
    ("time_known", "boolean", "false when the source gave a date without a time"),
)
_WHO = columns(
    ("customer_ref", "string", "the source's own id of the customer, else a normalised e-mail"),
    ("customer_ref_kind", "string", "id | email | phone | name; null without a customer"),
)

STAGED_ORDERS = TableSchema(
    "orders",
    "one row per order of a source; amounts as the source wrote them, in its currency",
    (
        *_ORIGIN,
        *columns(("source_order_id", "string", "the source's order number", True)),
        *_WHEN,
        *_WHO,
        *columns(
            ("document", "string", "sale | return | adjustment; null = sale"),
            (
                "status",
                "string",
                "paid | pending | cancelled | voided | refunded | partial | test | other",
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
        *columns(("source_order_id", "string", "the source's order number", True)),
        *_WHEN,
        *_WHO,
        *columns(
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
        *columns(
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
        *columns(
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
            ("birth_on", "date", "date of birth"),
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
        *columns(
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
        *columns(
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
