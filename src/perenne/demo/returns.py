"""What comes back: items returned, goodwill gestures, cancelled orders paid back."""

import numpy as np

from perenne.demo import catalogue
from perenne.demo.baskets import total_by_sale
from perenne.demo.process import is_purchase, is_unpaid
from perenne.demo.season import DAY, Ints
from perenne.demo.shapes import (
    CANCELLATION,
    CANCELLED,
    GESTURE,
    REFUND,
    RETURNED,
    Table,
    without_tax,
)

_GESTURE_SHARE = 0.006
_SHIPPING_TOO = 0.5


def draw_refunds(rng: np.random.Generator, sales: Table, lines: Table, *, last_day: int) -> Table:
    """Money given back up to `last_day` (days since 1970), sorted by sale: rows of REFUND.

    Writes the amount paid back by order into `sales["refunded"]`.
    """
    delay = 3 + np.floor(rng.gamma(2.0, 6.0, len(sales))).astype(np.int64)
    day = sales["at"] // DAY + delay
    returned = _returned(rng, sales, lines, day)
    gestures = _gestures(rng, sales, returned, day)
    cancelled = _cancellations(sales, np.minimum(sales["at"] // DAY + 1, last_day))
    refunds = np.concatenate([returned, gestures, cancelled])
    refunds = refunds[refunds["day"] <= last_day]
    refunds = refunds[np.argsort(refunds["sale"], kind="stable")]
    sales["refunded"] = total_by_sale(sales, refunds, refunds["amount"])
    return refunds


def _returned(rng: np.random.Generator, sales: Table, lines: Table, day: Ints) -> Table:
    possible = is_purchase(sales) & ~is_unpaid(sales)
    chosen = rng.random(len(lines)) < catalogue.RETURN_RATE[lines["product"]]
    partly = rng.random(len(lines)) < 0.25
    with_shipping = rng.random(len(sales)) < _SHIPPING_TOO
    back = np.flatnonzero(chosen & possible[lines["sale"]] & (lines["paid"] > 0))
    source = lines[back]
    refunds = np.zeros(len(back), dtype=REFUND)
    refunds["sale"], refunds["product"] = source["sale"], source["product"]
    refunds["day"], refunds["reason"] = day[source["sale"]], RETURNED
    refunds["quantity"] = np.where(partly[back], 1, source["quantity"])
    refunds["goods"] = source["paid"] * refunds["quantity"] // source["quantity"]
    refunds["net"] = without_tax(refunds["goods"])
    refunds["cost"] = refunds["quantity"] * catalogue.COST[source["product"]]
    refunds["amount"] = refunds["goods"]
    _pay_shipping_back(sales, refunds, with_shipping)
    return refunds


def _pay_shipping_back(sales: Table, refunds: Table, with_shipping: Table) -> None:
    """When all products of an order come back, half the time the shipping is repaid too."""
    complete = total_by_sale(sales, refunds, refunds["goods"]) == sales["paid"]
    sale = refunds["sale"]
    first = np.concatenate([[True], sale[1:] != sale[:-1]])[: len(sale)]
    repaid = first & (complete & with_shipping)[sale]
    refunds["amount"] += np.where(repaid, sales["shipping"][sale], 0)


def _gestures(rng: np.random.Generator, sales: Table, returned: Table, day: Ints) -> Table:
    """Ten to thirty per cent of an order given back with nothing returned."""
    possible = is_purchase(sales) & ~is_unpaid(sales) & (sales["paid"] >= 1000)
    possible[returned["sale"]] = False
    chosen = np.flatnonzero(possible & (rng.random(len(sales)) < _GESTURE_SHARE))
    refunds = np.zeros(len(chosen), dtype=REFUND)
    refunds["sale"], refunds["day"], refunds["reason"] = chosen, day[chosen], GESTURE
    refunds["product"] = -1
    share = rng.integers(10, 31, len(chosen))
    refunds["goods"] = refunds["amount"] = sales["paid"][chosen] * share // 100
    refunds["net"] = without_tax(refunds["goods"])
    return refunds


def _cancellations(sales: Table, day: Ints) -> Table:
    """Cancelled orders are paid back whole; they were never revenue, so `goods` stays 0."""
    total = sales["paid"] + sales["gift"] + sales["shipping"]
    chosen = np.flatnonzero((sales["status"] == CANCELLED) & (total > 0))
    refunds = np.zeros(len(chosen), dtype=REFUND)
    refunds["sale"], refunds["day"], refunds["reason"] = chosen, day[chosen], CANCELLATION
    refunds["product"] = -1
    refunds["amount"] = total[chosen]
    return refunds
