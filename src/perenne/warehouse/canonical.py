"""Canonical tables: what stands in a snapshot after cleaning and identity."""

from perenne.warehouse.schemas import MONEY, QUANTITY, TableSchema, columns

ORDERS = TableSchema(
    "orders",
    "every order of every source, kept or set aside; amounts in the workspace's currency",
    columns(
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
    columns(
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
    columns(
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
    columns(
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
    columns(
        ("source", "string", "", True),
        ("source_id", "string", "id, or normalised e-mail when the source has no id", True),
        ("source_id_kind", "string", "id | email | phone | name", True),
        ("customer_id", "string", "", True),
        ("rule", "string", "how the link was made", True),
        ("probability", "float64", "1 for a rule that is certain", True),
        ("own_id", "string", "the customer_id it has while nothing else is linked to it", True),
        ("run", "int64", "number of the refresh since which the link stands", True),
    ),
    ("source", "source_id", "source_id_kind"),
)
CONTACTS = TableSchema(
    "contacts",
    "personal data, apart from everything else so that it can be masked and erased",
    columns(
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
        ("birth_on", "date", ""),
    ),
    ("customer_id", "source"),
)
PRODUCTS = TableSchema(
    "products",
    "one row per product and source",
    columns(
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
    columns(
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
