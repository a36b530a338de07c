"""Published data sets as ledgers, with the split at which accuracy is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from perenne.models.ledger import Ledger, day_number

# Codes of the UCI Online Retail set that stand for no product.
NO_PRODUCT = ("POST", "DOT", "M", "D", "C2", "CRUK", "PADS", "BANK CHARGES", "AMAZONFEE", "ADJUST")
# The donors' log tells years only.
PERIOD = 365


@dataclass(frozen=True)
class Split:
    """Predict `horizon` days from day `origin` on; rolling origins use `rolling` days."""

    name: str
    ledger: Ledger
    origin: int
    horizon: int
    rolling: int


def _ledger(
    who: list[Any],
    days: list[date],
    amounts: Any,
    *,
    until: date | None = None,
    attributes: Mapping[str, list[Any]] | None = None,
) -> Ledger:
    """One row per customer and day with a purchase; zero amounts stay purchases of nothing.

    attributes: one value per row; those of a customer's earliest row count, as codes.
    """
    ids, customer = np.unique(np.asarray(who), return_inverse=True)
    day = np.array([day_number(d) for d in days])
    net = np.asarray(amounts, dtype=float)
    span = int(day.max()) + 1
    keys, place = np.unique(customer.astype(np.int64) * span + day, return_inverse=True)
    total = np.bincount(place, weights=net).astype(np.float64)
    _who, first = np.unique(customer[order := np.argsort(day, kind="stable")], return_index=True)
    told = {
        name: np.unique(np.asarray(values), return_inverse=True)[1][order][first]
        for name, values in (attributes or {}).items()
    }
    return Ledger(
        customer=(keys // span).astype(np.int32),
        day=(keys % span).astype(np.int32),
        orders=np.ones(keys.size, dtype=np.int32),
        net=total,
        returned=np.zeros(keys.size),
        margin=np.full(keys.size, np.nan),
        until=day_number(until) if until else int(day.max()),
        customer_ids=ids,
        attributes=told,
    )


def _read(path: Path) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = pq.read_table(path).to_pydict()
    return columns


def cdnow(folder: Path) -> Split:
    """23,570 customers of one quarter; 39 weeks, then 39 weeks."""
    rows = _read(folder / "cdnow" / "cdnow_master.parquet")
    days = [datetime.strptime(str(d), "%Y%m%d").date() for d in rows["date"]]
    amounts = np.array(rows["dollar_value"], dtype=float)
    ledger = _ledger(rows["customer_id"], days, amounts, until=date(1998, 6, 30))
    return Split("CDNOW master", ledger, day_number(date(1997, 9, 30)), 273, 91)


def retail(folder: Path) -> Split:
    rows = _read(folder / "retail_transactions_response" / "Retail_Data_Transactions.parquet")
    days = [datetime.strptime(d, "%d-%b-%y").date() for d in rows["trans_date"]]
    ledger = _ledger(rows["customer_id"], days, np.array(rows["tran_amount"], dtype=float))
    return Split("Retail transactions", ledger, day_number(date(2014, 3, 16)), 365, 182)


def rfm_orders(folder: Path) -> Split:
    rows = _read(folder / "rfm_package_orders" / "rfm_data_orders.parquet")
    days = [date.fromisoformat(str(d)[:10]) for d in rows["order_date"]]
    amounts = np.array(rows["revenue"], dtype=float)
    ledger = _ledger(rows["customer_id"], days, amounts, until=date(2006, 12, 31))
    return Split("rfm package orders", ledger, day_number(date(2005, 12, 31)), 365, 182)


def online_retail(folder: Path) -> Split:
    """Without lines that name no customer, cancellations (C) and bad debt (A), codes that are no
    product, and prices or quantities of zero or less; each line counted once."""
    rows = _read(folder / "online_retail_2_year1" / "online_retail_II_2009_2010.parquet")
    lines = dict.fromkeys(
        zip(*(rows[c] for c in ("Invoice", "StockCode", "Quantity", "InvoiceDate", "Price",
                                "Customer ID", "Country")), strict=True)
    )  # fmt: skip
    kept = [line for line in lines if _is_sale(*line[:6])]
    days = [date.fromisoformat(str(line[3])[:10]) for line in kept]
    amounts = np.array([float(line[2]) * float(line[4]) for line in kept])
    countries = {"country": [str(line[6]) for line in kept]}
    ledger = _ledger([str(line[5]) for line in kept], days, amounts, attributes=countries)
    return Split("Online Retail", ledger, day_number(date(2010, 8, 31)), 100, 60)


def _is_sale(invoice: Any, code: Any, quantity: Any, _when: Any, price: Any, who: Any) -> bool:
    product = not str(code).upper().startswith(("GIFT", "TEST")) and str(code) not in NO_PRODUCT
    sale = str(invoice)[:1] not in "CA"
    return bool(who) and who == who and sale and product and float(quantity) > 0 < float(price)


def donors(folder: Path) -> Split:
    """The simulated log of BTYD: 6 yearly occasions, then 7."""
    rows = _read(folder / "btyd_donations" / "discreteSimElog.parquet")
    periods = np.array([int(d[:4]) - 1970 for d in rows["date"]])
    ids = np.array(rows["cust"])
    ledger = _of_days(ids, PERIOD * periods)
    return Split("Donors", ledger, PERIOD * 5, PERIOD * 7, PERIOD * 3)


def grocery(folder: Path) -> Split:
    rows = _read(folder / "btydplus_grocery" / "groceryElog.parquet")
    days = np.array([day_number(date.fromisoformat(str(d)[:10])) for d in rows["date"]])
    ledger = _of_days(np.array(rows["cust"]), days)
    return Split("Grocery", ledger, day_number(date(2006, 12, 31)), 364, 91)


def _of_days(who: npt.NDArray[Any], days: npt.NDArray[Any]) -> Ledger:
    """A log without amounts: each purchase day is worth 1."""
    origin = date(1970, 1, 1).toordinal()
    dates = [date.fromordinal(origin + int(d)) for d in days]
    return _ledger(who.tolist(), dates, np.ones(days.size))


SPLITS: dict[str, Callable[[Path], Split]] = {
    "cdnow": cdnow,
    "retail": retail,
    "rfm": rfm_orders,
    "online": online_retail,
    "donors": donors,
    "grocery": grocery,
}
