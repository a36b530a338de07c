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


def euros(cents: int) -> str:
    """`1234.50`: an amount as the platforms write it."""
    return f"{cents // 100}.{cents % 100:02d}"


def french_euros(cents: int) -> str:
    """`1 234,50` with a no-break space between thousands, as French spreadsheets write it."""
    whole = f"{cents // 100:,}".replace(",", "\u00a0")
    return f"{whole},{cents % 100:02d}"
