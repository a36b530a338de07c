"""Files of one shop that call one address by different names, imported in any order."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from perenne.workspace import Layout
from tests.cli.files import write
from tests.workspace.shops import bring, computed, new_workspace, table, without_models

HEADER = (
    "Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Street,"
    "Billing City,Billing Zip,Billing Country,Id"
)
LIST = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,"
    "Default Address Address1,Default Address City,Default Address Country Code,"
    "Default Address Zip,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags"
)


def _order(number: int, name: str, day: str) -> str:
    return (
        f"#{number},anna@exemple.fr,paid,EUR,20.00,0.00,0.00,20.00,{day} 10:00:00 +0100,1,Savon,"
        f"20.00,SAV,{name},3 place Royale,Nantes,'44000,FR,{number}"
    )


FILES = {
    "2023.csv": "\n".join([HEADER, _order(1, "Anna Durand", "2023-05-01")]),
    "2025.csv": "\n".join([HEADER, _order(3, "Anna Lopez", "2025-05-01")]),
    "2024.csv": "\n".join([HEADER, _order(2, "A. Durand", "2024-05-01")]),
}


def _names(place: Layout) -> Any:
    computed(place, as_of=date(2025, 12, 31))
    told = [
        (row["first_name"], row["last_name"], row["source"]) for row in table(place, "contacts")
    ]
    return told, [(row["customer_id"], row["orders"]) for row in table(place, "customers")]


def _imported(folder: Path, order: tuple[str, ...]) -> Layout:
    place = new_workspace(folder / "shop")
    without_models(place)
    for name in order:
        bring(place, write(folder / name, FILES[name] + "\n"))
    return place


@pytest.mark.long
def test_the_latest_order_tells_the_name(tmp_path: Path) -> None:
    names = tuple(FILES)
    orders = (names, names[::-1], (names[1], names[2], names[0]))
    found = [_names(_imported(tmp_path / "-".join(order), order)) for order in orders]
    assert found[0][0] == [("Anna", "Lopez", "shopify")]
    assert all(one == found[0] for one in found)


@pytest.mark.slow
def test_of_orders_in_one_file_the_latest_tells_the_name_too(tmp_path: Path) -> None:
    """A customer of several orders is not lost, whatever their order in the file."""
    for nth, years in enumerate((("2023", "2025", "2024"), ("2025", "2024", "2023"))):
        rows = [FILES[f"{year}.csv"].splitlines()[1] for year in years]
        place = new_workspace(tmp_path / str(nth) / "shop")
        without_models(place)
        bring(place, write(tmp_path / str(nth) / "all.csv", "\n".join([HEADER, *rows]) + "\n"))
        contacts, customers = _names(place)
        assert contacts == [("Anna", "Lopez", "shopify")]
        assert [orders for _customer, orders in customers] == [3]


@pytest.mark.long
def test_a_list_of_customers_comes_before_orders_and_the_newer_list_before_the_older(
    tmp_path: Path,
) -> None:
    for nth, (before, last) in enumerate([(("2023.csv",), ("2025.csv",)), ((), tuple(FILES))]):
        place = _imported(tmp_path / str(nth), before)
        for name in ("Anna,Martin", "Anna,Bernard"):
            row = f"'7010,{name},anna@exemple.fr,yes,,3 place Royale,Nantes,FR,'44000,,no,60,3,,no,"
            bring(place, write(tmp_path / f"{nth}-{name}.csv", f"{LIST}\n{row}\n"))
        for name in last:
            bring(place, write(tmp_path / str(nth) / name, FILES[name] + "\n"))
        assert ("Anna", "Bernard", "shopify") in _names(place)[0]
