"""Columns of the platform exports the shop writes, in the platforms' own order and spelling."""

_ADDRESS = (
    "Name", "Street", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country",
    "Phone",
)  # fmt: skip

ORDER_COLUMNS = (
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at",
    "Accepts Marketing", "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code",
    "Discount Amount", "Shipping Method", "Created at", "Lineitem quantity", "Lineitem name",
    "Lineitem price", "Lineitem compare at price", "Lineitem sku", "Lineitem requires shipping",
    "Lineitem taxable", "Lineitem fulfillment status",
    *(f"Billing {part}" for part in _ADDRESS),
    *(f"Shipping {part}" for part in _ADDRESS),
    "Notes", "Note Attributes", "Cancelled at", "Payment Method", "Payment Reference",
    "Refunded Amount", "Vendor", "Outstanding Balance", "Employee", "Location", "Device ID", "Id",
    "Tags", "Risk Level", "Source", "Lineitem discount",
    *(f"Tax {rank} {part}" for rank in range(1, 6) for part in ("Name", "Value")),
    "Phone", "Receipt Number", "Duties", "Billing Province Name", "Shipping Province Name",
    "Payment ID", "Payment Terms Name", "Next Payment Due At", "Payment References",
)  # fmt: skip

PRODUCT_COLUMNS = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published", "Option1 Name",
    "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name", "Option3 Value",
    "Variant SKU", "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty",
    "Variant Inventory Policy", "Variant Fulfillment Service", "Variant Price",
    "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable",
    "Variant Barcode", "Image Src", "Image Position", "Image Alt Text", "Gift Card", "SEO Title",
    "SEO Description", "Variant Image", "Variant Weight Unit", "Variant Tax Code",
    "Cost per item", "Status",
)  # fmt: skip

META_ENGLISH = (
    "Reporting starts", "Reporting ends", "Campaign name", "Campaign delivery",
    "Amount spent (EUR)", "Impressions", "Reach", "Frequency", "Link clicks",
)  # fmt: skip
META_FRENCH = (
    "Début des rapports", "Fin des rapports", "Nom de la campagne", "Diffusion de la campagne",
    "Montant dépensé (EUR)", "Impressions", "Couverture", "Répétition", "Clics sur un lien",
)  # fmt: skip

COST_COLUMNS = ("Date", "Canal", "Campagne", "Type", "Dépense")
REFUND_COLUMNS = (
    "N° commande", "Date remboursement", "Montant remboursé", "SKU", "Quantité", "Motif",
)  # fmt: skip

SHOPIFY_CUSTOMER_COLUMNS = (
    "Customer ID", "First Name", "Last Name", "Email", "Accepts Email Marketing",
    "Default Address Company", "Default Address Address1", "Default Address Address2",
    "Default Address City", "Default Address Province Code", "Default Address Country Code",
    "Default Address Zip", "Default Address Phone", "Phone", "Accepts SMS Marketing",
    "Total Spent", "Total Orders", "Note", "Tax Exempt", "Tags",
)  # fmt: skip
TILL_COLUMNS = (
    "N° ticket", "Date de vente", "N° carte fidélité", "Référence article", "Désignation", "Qté",
    "Prix unitaire TTC", "Remise", "Statut", "Canal",
)  # fmt: skip
CARD_COLUMNS = (
    "N° carte fidélité", "Prénom", "Nom", "Téléphone", "E-mail", "Adresse", "Code postal", "Ville",
    "Date de naissance",
)  # fmt: skip
KLAVIYO_COLUMNS = (
    "Email", "Klaviyo ID", "First Name", "Last Name", "Organization", "Title", "Phone Number",
    "Address", "Address 2", "City", "State / Region", "Country", "Zip Code", "Latitude",
    "Longitude", "Source", "IP Address", "Email Marketing Consent",
    "Email Marketing Consent Timestamp", "First Active", "Last Active", "Profile Created On",
    "Date Added", "Last Open", "Last Click", "Email Suppressions",
)  # fmt: skip
SUPPRESSED_COLUMNS = ("Email", "Reason", "Timestamp")
STRIPE_COLUMNS = (
    "id", "Created date (UTC)", "Amount", "Amount Refunded", "Currency", "Captured",
    "Converted Amount", "Converted Amount Refunded", "Converted Currency", "Decline Reason",
    "Description", "Fee", "Refunded date (UTC)", "Statement Descriptor", "Status",
    "Seller Message", "Taxes On Fee", "Card ID", "Customer ID", "Customer Description",
    "Customer Email", "Invoice ID", "Transfer", "Mode",
)  # fmt: skip
ZENDESK_COLUMNS = (
    "Summation column", "ID", "Requester", "Requester id", "Requester external id",
    "Requester email", "Submitter", "Assignee", "Group", "Subject", "Tags", "Status", "Priority",
    "Via", "Ticket type", "Created at", "Updated at", "Solved at", "Satisfaction Score",
    "Reopens", "Replies", "Full resolution time in minutes",
)  # fmt: skip
RECHARGE_COLUMNS = (
    "id", "address_id", "customer_id", "created_at", "cancelled_at", "next_charge_scheduled_at",
    "price", "quantity", "cancellation_reason", "status", "product_title", "variant_title", "sku",
    "order_interval_unit", "order_interval_frequency", "charge_interval_frequency", "updated_at",
)  # fmt: skip
RECHARGE_CUSTOMER_COLUMNS = (
    "id", "hash", "external_customer_id_ecommerce", "email", "first_name", "last_name",
    "created_at", "subscriptions_active_count",
)  # fmt: skip
SURVEY_COLUMNS = ("ID réponse", "E-mail", "Date de réponse", "Score NPS", "N° commande")
EVENT_COLUMNS = ("event_id", "event_time", "event", "email", "session_id")
GOOGLE_TITLE = (("Campaign report",), ("All time",))
GOOGLE_COLUMNS = (
    "Day", "Campaign state", "Campaign", "Currency code", "Cost", "Impr.", "Clicks",
)  # fmt: skip


def euros(cents: int) -> str:
    """`1234.50`: an amount as the platforms write it."""
    return f"{cents // 100}.{cents % 100:02d}"


def french_euros(cents: int) -> str:
    """`1 234,50` with a no-break space between thousands, as French spreadsheets write it."""
    whole = f"{cents // 100:,}".replace(",", "\u00a0")
    return f"{whole},{cents % 100:02d}"
