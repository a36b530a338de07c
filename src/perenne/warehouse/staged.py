"""Staged tables: what a source hands over, typed but not cleaned. Any column but an origin column
may be null unless it is required."""

from perenne.warehouse.schemas import MONEY, QUANTITY, TableSchema, columns

ERASED = "erased"
"""Kind of a reference to an erased person, and the word that stands where something was taken out.
The reference is `erased-<token of the person>-<hash of the record>`."""
TOKEN_LENGTH = 16

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
_WHO_COLUMNS = (
    ("customer_ref", "string", "the source's own id of the customer, else a normalised e-mail"),
    ("customer_ref_kind", "string", "id | email | phone | name | erased; null without a customer"),
)
_WHO = columns(*_WHO_COLUMNS)

STAGED_ORDERS = TableSchema(
    "orders",
    "one row per order of a source; amounts as the source wrote them, in its currency",
    (
        *_ORIGIN,
        *columns(("source_order_id", "string", "the source's order number", True)),
        *_WHEN,
        *_WHO,
        *columns(
            ("document", "string", "sale | return | adjustment | payment; null = sale"),
            ("pays_order", "string", "the order number that a payment names"),
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
            (
                "refunds_told_on",
                "date",
                "day as of which its import tells every refund of the order; null = not every one",
            ),
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
            ("shipping", MONEY, "part of it that gave shipping back, null = not told"),
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
            ("region", "string", "state, province or region as written"),
            ("country", "string", "as in orders"),
            ("birth_on", "date", "date of birth"),
            ("account_ref", "string", "the source's id of the company or account"),
            ("created_on", "date", "when the source says the customer was created"),
            ("told_on", "date", "day of the last order that told it; null in a list of customers"),
            (
                "first_told_on",
                "date",
                "day of the first order, of those one after another, that did",
            ),
            ("channel", "string", "acquisition channel when the source says it"),
            ("tags", "string", "tags or lists, separated by commas"),
            ("total_orders", "int64", "orders so far, as the source says: only for comparison"),
            ("total_spent", MONEY, "spend so far, as the source says: only for comparison"),
            ("historic_clv", MONEY, "value so far, as Klaviyo says: only for comparison"),
            ("klaviyo_predicted_value", MONEY, "Klaviyo's predicted value of the next 365 days"),
            ("klaviyo_predicted_orders", QUANTITY, "its predicted orders of the next 365 days"),
            ("klaviyo_predicted_on", "date", "last day that the export it stands in knows of"),
        ),
    ),
    ("customer_ref",),
)
STAGED_CONSENTS = TableSchema(
    "consents",
    "one row per customer, channel and purpose that a source says something about",
    (
        *_ORIGIN,
        *columns(
            ("customer_ref", "string", "as in orders", True),
            ("customer_ref_kind", "string", "as in orders"),
            ("channel", "string", "email | sms | phone | post | whatsapp | push | ads", True),
            (
                "purpose",
                "string",
                "marketing | partners | ads_matching | surveys | service | cookies …",
                True,
            ),
            (
                "status",
                "string",
                "subscribed | unsubscribed | unknown | unread (no yes or no)",
                True,
            ),
            ("suppressed", "boolean", "stands on a suppression list: wins over everything", True),
            ("status_text", "string", "status or reason as the source wrote it"),
            ("said_at", "timestamp('UTC')", "when it was said; null when the source does not tell"),
            ("said_on", "date", "local calendar day"),
            ("origin", "string", "form, list or import where it was said, as written"),
            ("proof", "string", "what the source keeps as proof: method, level, form version"),
        ),
    ),
    ("customer_ref", "customer_ref_kind", "channel", "purpose", "suppressed"),
)
STAGED_EVENTS = TableSchema(
    "events",
    "one row per thing that happened, or per count of them; no name, address or message in it",
    (
        *_ORIGIN,
        *columns(
            ("source_event_id", "string", "the source's own id, null when it has none"),
            (
                "occurred_at",
                "timestamp('UTC')",
                "instant; local midnight without a time",
            ),
            ("occurred_on", "date", "local calendar day", True),
            ("until_on", "date", "last day of a count that spans several days"),
            ("time_known", "boolean", "false when the source gave a date without a time"),
            *_WHO_COLUMNS,
            (
                "event",
                "string",
                "page_view | product_view | search | cart | checkout | purchase | session | "
                "login | usage | email_sent | email_open | email_click | email_bounce | "
                "sms_sent | sms_click | subscribe | unsubscribe | ticket | call | training | other",
                True,
            ),
            ("event_text", "string", "the kind as the source wrote it"),
            ("channel", "string", "channel, null = unknown"),
            ("campaign", "string", "campaign, flow or list"),
            ("session_id", "string", "the source's session id"),
            ("product_id", "string", "product looked at or put into the basket"),
            ("status", "string", "state of a ticket or call, as written"),
            ("topic", "string", "category, priority or form of a ticket, as written"),
            ("ended_on", "date", "day on which a ticket was solved or a session ended"),
            ("hours", "float64", "hours from start to end: of a ticket to its solution"),
            ("quantity", QUANTITY, "how many; null = 1"),
            ("value", MONEY, "value that the source puts on it; never revenue"),
            ("currency", "string", "ISO 4217, null = the workspace's"),
        ),
    ),
    ("source_event_id",),
)
STAGED_SUBSCRIPTIONS = TableSchema(
    "subscriptions",
    "one row per subscription, as it stands in the source",
    (
        *_ORIGIN,
        *columns(
            ("source_subscription_id", "string", "the source's own id", True),
            *_WHO_COLUMNS,
            (
                "status",
                "string",
                "active | trialing | past_due | paused | cancelled | expired | other",
                True,
            ),
            ("status_text", "string", "as written"),
            ("started_at", "timestamp('UTC')", "instant"),
            ("started_on", "date", "local calendar day", True),
            ("trial_until_on", "date", "last day of the trial"),
            ("cancelled_on", "date", "day on which the customer cancelled"),
            ("ended_on", "date", "day on which it stopped, at or after the cancellation"),
            ("next_charge_on", "date", "next planned charge"),
            ("cancel_reason", "string", "as written"),
            ("plan", "string", "plan or product name"),
            ("product_id", "string", "SKU, product or plan id"),
            ("price", MONEY, "price of one unit per interval"),
            ("quantity", QUANTITY, "units per interval"),
            ("currency", "string", "ISO 4217, null = the workspace's"),
            ("interval_unit", "string", "day | week | month | year"),
            ("interval_count", "int64", "units between two charges"),
        ),
    ),
    ("source_subscription_id",),
)
STAGED_SURVEYS = TableSchema(
    "surveys",
    "one row per answer to one scored question",
    (
        *_ORIGIN,
        *columns(
            ("source_response_id", "string", "the source's own id of the answer"),
            *_WHO_COLUMNS,
            ("survey", "string", "name or id of the survey"),
            ("kind", "string", "nps | csat | ces | other", True),
            ("answered_at", "timestamp('UTC')", "instant"),
            ("answered_on", "date", "local calendar day", True),
            ("score", QUANTITY, "as answered", True),
            ("scale_min", "int64", "lowest possible score"),
            ("scale_max", "int64", "highest possible score"),
            ("comment", "string", "as written; it may name persons"),
            ("source_order_id", "string", "order that the question was about"),
            ("topic", "string", "shop, product or subject that the question was about"),
        ),
    ),
    ("source_response_id", "kind"),
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
            ("vendor", "string", "brand or supplier"),
            ("status", "string", "active | draft | archived; null = unknown"),
            ("stock", QUANTITY, "units in stock when the list was exported"),
            ("availability", "string", "in_stock | out_of_stock | preorder; null = not said"),
            ("price", MONEY, "list price"),
            ("sale_price", MONEY, "price of a promotion under way, null = none"),
            ("tax_included", "boolean", "do prices include tax? null = unknown"),
            ("sku", "string", "the merchant's own code, where it may be another than product_id"),
            ("gtin", "string", "EAN, UPC or ISBN as written"),
            ("other_id", "string", "another number of its list, by which order lines may name it"),
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
        STAGED_CONSENTS,
        STAGED_EVENTS,
        STAGED_SUBSCRIPTIONS,
        STAGED_SURVEYS,
    )
}
