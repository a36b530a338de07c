"""What is in each order: lines, discounts, shipping, tax, gift cards, samples, free orders."""

import numpy as np

from perenne.demo import catalogue, season
from perenne.demo.channels import STORE
from perenne.demo.season import Ints
from perenne.demo.shapes import (
    GIFT_CARD_ONLY,
    GOODS,
    LINE,
    SAMPLE_ONLY,
    Table,
    tax_in,
    without_tax,
)

_GIFT_CARD_SHARE, _SAMPLE_SHARE = 0.007, 0.002
_MIXED_GIFT_SHARE, _FREE_GIFT_SHARE = 0.002, 0.08
_FREE_GIFT_FROM = 5000
_FREE_SHIPPING_FROM = 6000
_SHIPPING = np.array([490, 690, 690, 790], dtype=np.int64)
_MOST_LINES, _MOST_PIECES = 9, 9


def fill(rng: np.random.Generator, sales: Table, people: Table) -> Table:
    """Draw the lines of all `sales` and write their amounts into them; rows of LINE.

    Lines are sorted by sale. Inside an order a product stands on one line only, so that an
    exact copy of a row is always a duplicate.
    """
    _draw_kinds(rng, sales)
    goods = _draw_goods(rng, sales, people)
    _discount(sales, goods)
    lines = np.concatenate([goods, _gift_cards(rng, sales), _samples(rng, sales)])
    lines = lines[np.argsort(lines["sale"], kind="stable")]
    lines["net"] = np.where(catalogue.IS_GIFT_CARD[lines["product"]], 0, without_tax(lines["paid"]))
    _add_up(sales, lines)
    return lines


def _draw_kinds(rng: np.random.Generator, sales: Table) -> None:
    draw = rng.random(len(sales))
    sales["kind"] = np.where(draw < _GIFT_CARD_SHARE, GIFT_CARD_ONLY, GOODS)
    sales["kind"][draw > 1 - _SAMPLE_SHARE] = SAMPLE_ONLY
    # A till knows nobody by a sample: it is given to who has a card.
    unknown = (sales["kind"] == SAMPLE_ONLY) & (sales["guest"] == 1) & (sales["channel"] == STORE)
    sales["kind"][unknown] = GOODS
    sales["code"][sales["kind"] != GOODS] = season.NO_CODE


def _draw_goods(rng: np.random.Generator, sales: Table, people: Table) -> Table:
    owner = people[sales["owner"]]
    counts = np.minimum(1 + rng.poisson(owner["appetite"]), _MOST_LINES)
    counts[sales["kind"] != GOODS] = 0
    sale = np.repeat(np.arange(len(sales)), counts)
    faithful = rng.random(len(sale)) < 0.5
    usual = owner["favourite"][sale]
    category = np.where(faithful, usual, catalogue.popular_category(rng.random(len(sale))))
    product = catalogue.pick(category, owner["taste"][sale], rng.random(len(sale)))
    pieces = rng.random(len(sale))
    return _merge(sale, product, 1 + (pieces < 0.14) + (pieces < 0.03))


def _merge(sale: Ints, product: Ints, quantity: Ints) -> Table:
    """The same product drawn twice in an order becomes one line with more pieces."""
    width = len(catalogue.PRODUCTS)
    keys, place = np.unique(sale * width + product, return_inverse=True)
    lines = np.zeros(len(keys), dtype=LINE)
    lines["sale"], lines["product"] = keys // width, keys % width
    total = np.bincount(place, weights=quantity, minlength=len(keys)).astype(np.int64)
    lines["quantity"] = np.minimum(total, _MOST_PIECES)
    lines["price"] = catalogue.PRICE[lines["product"]]
    return lines


def _discount(sales: Table, goods: Table) -> None:
    """Take each order's rate off its lines so that the lines add up to the cent.

    The discount up to each line is rounded, and a line bears the difference.
    """
    gross = goods["quantity"] * goods["price"]
    sales["gross"] = total_by_sale(sales, goods, gross)
    rate = season.RATES[sales["code"]][goods["sale"]]
    reached = np.cumsum(gross)
    before_order = (np.cumsum(sales["gross"]) - sales["gross"])[goods["sale"]]
    upto = ((reached - before_order) * rate + 50) // 100
    upto_previous = ((reached - gross - before_order) * rate + 50) // 100
    goods["paid"] = gross - (upto - upto_previous)


def total_by_sale(sales: Table, rows: Table, values: Ints) -> Ints:
    """Sum `values` (one for each of `rows`) by the rows' sale; exact up to 2^53."""
    return np.bincount(rows["sale"], weights=values, minlength=len(sales)).astype(np.int64)


def _single_lines(sale: Ints, product: Ints) -> Table:
    lines = np.zeros(len(sale), dtype=LINE)
    lines["sale"], lines["product"], lines["quantity"] = sale, product, 1
    lines["price"] = lines["paid"] = catalogue.PRICE[product]
    return lines


def _gift_cards(rng: np.random.Generator, sales: Table) -> Table:
    mixed = (sales["kind"] == GOODS) & (sales["code"] == season.NO_CODE)
    mixed &= rng.random(len(sales)) < _MIXED_GIFT_SHARE
    sale = np.flatnonzero((sales["kind"] == GIFT_CARD_ONLY) | mixed)
    return _single_lines(sale, rng.choice(np.array(catalogue.GIFT_CARDS), len(sale)))


def _samples(rng: np.random.Generator, sales: Table) -> Table:
    given = (sales["gross"] >= _FREE_GIFT_FROM) & (sales["code"] != season.FREE)
    given &= rng.random(len(sales)) < _FREE_GIFT_SHARE
    sale = np.flatnonzero((sales["kind"] == SAMPLE_ONLY) | given)
    return _single_lines(sale, np.full(len(sale), catalogue.SAMPLE))


def _add_up(sales: Table, lines: Table) -> None:
    gift = catalogue.IS_GIFT_CARD[lines["product"]]
    sales["paid"] = total_by_sale(sales, lines, np.where(gift, 0, lines["paid"]))
    sales["gift"] = total_by_sale(sales, lines, np.where(gift, lines["paid"], 0))
    sales["discount"] = sales["gross"] - sales["paid"]
    sales["net"] = total_by_sale(sales, lines, lines["net"])
    sales["cost"] = total_by_sale(
        sales, lines, lines["quantity"] * catalogue.COST[lines["product"]]
    )
    charged = (sales["paid"] > 0) & (sales["paid"] < _FREE_SHIPPING_FROM)
    charged &= sales["channel"] != STORE
    sales["shipping"] = np.where(charged, _SHIPPING[sales["country"]], 0)
    sales["taxes"] = tax_in(sales["paid"] + sales["shipping"])
