"""Orders and products as Shopify exports them.

`orders_export` has one row per line item. The order's own columns stand on its first row; the
following rows repeat only Name, Email, Created at, the line item columns and Vendor.
"""

from collections.abc import Sequence
from typing import NamedTuple

from perenne.demo import channels, season
from perenne.demo.catalogue import PRODUCTS, VENDOR
from perenne.demo.layouts import ORDER_COLUMNS, PRODUCT_COLUMNS, euros
from perenne.demo.people import Identity
from perenne.demo.shapes import CANCELLED, COUNTRIES, PENDING, VOIDED, Line, Sale

_PLACE = {column: place for place, column in enumerate(ORDER_COLUMNS)}
_BLANK_ADDRESS = [""] * 10
_BLANK_HEAD = [""] * (_PLACE["Created at"] - _PLACE["Financial Status"])
_BLANK_TAIL = [""] * (len(ORDER_COLUMNS) - _PLACE["Tax 1 Name"])
_NOTES = (
    "Merci de sonner deux fois,\nlaisser chez la voisine si absente",
    'Emballer comme "cadeau", svp',
    "-10 % promis par téléphone",
    "Livrer après 18 h ; code portail 12B45",
    "Joyeux anniversaire Mamie 🎂\n\nTa « grande » famille, Léa",
    "=> fragile !",
    "Déjà cliente en boutique, carte n°00457",
)
_OTHER_TAGS = ("vip", "cadeau", "pro", "relance 30j")


class Traits(NamedTuple):
    """How one order appears in the export: its names, its dates, its small oddities.

    Dates are already written out, empty when the thing never happened. `casing`: 0 for a clean
    e-mail, 1 to 3 for capitals and spaces. `note`: position in the notes, -1 for none.
    """

    number: int
    created: str
    paid: str
    fulfilled: str
    cancelled: str
    casing: int
    note: int
    other_tag: int


def set_cell(row: list[str], column: str, value: str) -> None:
    """Overwrite one cell of an orders_export row."""
    row[_PLACE[column]] = value


def order_rows(
    sale: Sale, lines: Sequence[Line], traits: Traits, *, who: Identity | None = None
) -> list[list[str]]:
    """The rows of one order, one per line; `who` places it, nobody known when None."""
    keys = [f"#{traits.number}", _email(who, traits.casing)]
    address = _address(sale, who)
    pieces = [_line_cells(line, traits) for line in lines]
    rows = [
        keys + _head(sale, traits) + [traits.created] + pieces[0] + address + address
        + _middle(sale, traits) + ["0.00"] + _tail(sale, traits, who)
    ]  # fmt: skip
    middle = _blank_middle()
    rows += [
        keys + _BLANK_HEAD + [traits.created] + piece + _BLANK_ADDRESS + _BLANK_ADDRESS
        + middle + ["0.00"] + _BLANK_TAIL
        for piece in pieces[1:]
    ]  # fmt: skip
    return rows


def _email(who: Identity | None, casing: int) -> str:
    if who is None:
        return ""
    if casing == 0:
        return who.email
    if casing == 1:
        return who.email.title()
    return who.email + " " if casing == 2 else " " + who.email.upper()


def _financial_status(sale: Sale) -> str:
    if sale.status == VOIDED:
        return "voided"
    if sale.status == PENDING:
        return "pending"
    if sale.status == CANCELLED or (sale.total and sale.refunded >= sale.total):
        return "refunded"
    return "partially_refunded" if sale.refunded else "paid"


def _head(sale: Sale, traits: Traits) -> list[str]:
    in_store = sale.channel == channels.STORE
    return [
        _financial_status(sale),
        traits.paid,
        "fulfilled" if traits.fulfilled else "unfulfilled",
        traits.fulfilled,
        "yes" if sale.number % 3 else "no",
        "EUR",
        euros(sale.subtotal),
        euros(sale.shipping),
        euros(sale.taxes),
        euros(sale.total),
        season.CODES[sale.code],
        euros(sale.discount),
        "" if in_store else ("Colissimo" if sale.country == 0 else "Colissimo Europe"),
    ]


def _line_cells(line: Line, traits: Traits) -> list[str]:
    product = PRODUCTS[line.product]
    return [
        str(line.quantity),
        product.title,
        euros(line.price),
        "",
        product.sku,
        "true" if product.taxable else "false",
        "true" if product.taxable else "false",
        "fulfilled" if traits.fulfilled else "pending",
    ]


def _address(sale: Sale, who: Identity | None) -> list[str]:
    if who is None:
        return _BLANK_ADDRESS
    # Shopify shields postcodes with an apostrophe, so that spreadsheets keep the leading zero.
    return [
        who.name, who.street, who.street, "", "", who.city, f"'{who.postcode}", "",
        COUNTRIES[sale.country], who.phone,
    ]  # fmt: skip


def _middle(sale: Sale, traits: Traits) -> list[str]:
    """From Notes to Source."""
    in_store = sale.channel == channels.STORE
    return [
        _NOTES[traits.note] if traits.note >= 0 else "",
        _note_attributes(sale, traits),
        traits.cancelled,
        "" if sale.total == 0 else ("Carte en boutique" if in_store else "Shopify Payments"),
        f"r{traits.number:x}z{traits.number % 9973:x}" if traits.paid else "",
        euros(sale.refunded),
        VENDOR,
        euros(sale.total) if sale.status == PENDING else "0.00",
        "Camille R." if in_store else "",
        "Boutique du Marais" if in_store else "",
        "1" if in_store else "",
        str(5_000_000_000_000 + traits.number * 32_768),
        _tags(sale, traits),
        "Low",
        "pos" if in_store else "web",
    ]


def _blank_middle() -> list[str]:
    cells = [""] * (_PLACE["Source"] - _PLACE["Notes"] + 1)
    cells[_PLACE["Vendor"] - _PLACE["Notes"]] = VENDOR
    return cells


def _note_attributes(sale: Sale, traits: Traits) -> str:
    if sale.mark != channels.BY_UTM:
        return "message_cadeau: oui" if traits.other_tag == 1 else ""
    utms = channels.CHANNELS[sale.channel].utms
    source, medium = utms[traits.number % len(utms)]
    campaign = f"{channels.NAMES[sale.channel]}_{traits.created[:7]}"
    return f"utm_source: {source}\nutm_medium: {medium}\nutm_campaign: {campaign}"


def _tags(sale: Sale, traits: Traits) -> str:
    tags = [_OTHER_TAGS[traits.other_tag]] if traits.other_tag >= 0 else []
    if sale.mark == channels.BY_TAG:
        tags += channels.CHANNELS[sale.channel].tags
    return ", ".join(sorted(tags))


def _tail(sale: Sale, traits: Traits, who: Identity | None) -> list[str]:
    payment = f"r{traits.number:x}z{traits.number % 9973:x}" if traits.paid else ""
    tax = ["FR TVA 20%", euros(sale.taxes)] + [""] * 8
    phone = who.phone if who else ""
    receipt = f"1-{traits.number}" if sale.channel == channels.STORE else ""
    return [*tax, phone, receipt, "", "", "", payment, "", "", payment]


def product_rows() -> list[list[str]]:
    """The rows of products_export, one per variant; gift cards have no cost."""
    return [_product_row(position) for position in range(len(PRODUCTS))]


def _product_row(position: int) -> list[str]:
    product = PRODUCTS[position]
    known = {
        "Handle": product.sku.lower(),
        "Title": product.title,
        "Body (HTML)": f"<p>{product.title}, choisi par notre atelier.</p>",
        "Vendor": VENDOR,
        "Type": product.category,
        "Published": "true",
        "Option1 Name": "Title",
        "Option1 Value": "Default Title",
        "Variant SKU": product.sku,
        "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Price": euros(product.price),
        "Variant Requires Shipping": "true" if product.taxable else "false",
        "Variant Taxable": "true" if product.taxable else "false",
        "Gift Card": "false" if product.taxable else "true",
        "Variant Weight Unit": "kg",
        "Cost per item": "" if product.cost is None else euros(product.cost),
        "Status": "active",
    }
    return [known.get(column, "") for column in PRODUCT_COLUMNS]
