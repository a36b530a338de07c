"""A newer blank wipes nothing of what is known of a customer, and the page says where it stands."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from perenne.workspace import Layout, open_shop
from tests.cli.files import write
from tests.workspace.shops import bring, computed, new_workspace, table, without_models

pytestmark = pytest.mark.slow

WEB = """\
order_id,order_date,customer_id,email,phone,total
1,2024-02-01,c1,ann@exemple.fr,06 47 21 58 93,20.00
2,2024-05-01,c1,ann.b@exemple.fr,,30.00
3,2024-09-01,c2,ben@exemple.fr,,30.00
"""
LISTED = """\
customer_id,first_name,last_name,email,phone,address,postcode,city
c1,Ann,Martin,,,,,
c2,Ben,,ben@exemple.fr,06 58 31 42 07,,,
"""
HEADER = (
    "Name,Email,Financial Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Street,"
    "Billing City,Billing Zip,Billing Country,Billing Phone,Notes,Cancelled at,Refunded Amount,Id,"
    "Discount Code"
)
CLEO = "cleo@exemple.fr"


def ordered(number: int, day: str, *address: str) -> str:
    """An order of Cléo: street, city, postcode, country and telephone."""
    return (
        f"#{number},{CLEO},paid,EUR,20.00,0.00,0.00,20.00,{day} 10:00:00 +0100,1,Savon,20.00,SAV,"
        f"Cléo Blin,{','.join(address)},,,0.00,{9000 + number},"
    )


SHOPIFY = "\n".join(
    [
        HEADER,
        ordered(1001, "2024-02-01", "1 rue des Lilas", "Nantes", "'44000", "FR", "06 47 21 58 94"),
        ordered(1002, "2024-05-01", "", "", "", "", ""),
        ordered(1003, "2024-08-01", "", "Lyon", "", "", ""),
        "",
    ]
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    folder = tmp_path_factory.mktemp("blanks")
    place = new_workspace(folder / "shop")
    without_models(place)
    bring(place, write(folder / "web.csv", WEB), store="web")
    bring(place, write(folder / "shopify.csv", SHOPIFY))
    computed(place, as_of=date(2024, 6, 30))
    bring(place, write(folder / "listed.csv", LISTED), store="web")
    computed(place, as_of=date(2024, 9, 30))
    return place


def shown(place: Layout, word: str, snapshot: str | None = None) -> dict[str, tuple[Any, ...]]:
    """Each field of the contact with the file and row it comes from, as the page tells it."""
    with open_shop(place.root, snapshot=snapshot) as shop:
        fields = shop.person(word, personal=True).contact
    return {one.name: (one.told.value, one.told.file, one.told.row) for one in fields}


def snapshots(place: Layout) -> list[str]:
    return sorted(path.name for path in place.snapshots.iterdir() if path.is_dir())


def test_a_later_order_with_blanks_wipes_nothing(place: Layout) -> None:
    """As of a day on which she had not yet moved."""
    early, _last = snapshots(place)
    found = shown(place, CLEO, early)
    assert {name: found[name] for name in ("phone", "address", "postcode", "city", "country")} == {
        "phone": ("06 47 21 58 94", "shopify.csv", 2),
        "address": ("1 rue des Lilas", "shopify.csv", 2),
        "postcode": ("44000", "shopify.csv", 2),
        "city": ("Nantes", "shopify.csv", 2),
        "country": ("FR", "shopify.csv", 2),
    }
    assert shown(place, "files:web:c1", early) == {
        "email": ("ann.b@exemple.fr", "web.csv", 3),
        "phone": ("06 47 21 58 93", "web.csv", 2),
    }


def test_an_address_moves_as_a_whole(place: Layout) -> None:
    found = shown(place, CLEO)
    assert found["city"] == ("Lyon", "shopify.csv", 4)
    assert found["phone"] == ("06 47 21 58 94", "shopify.csv", 2)
    assert not found.keys() & {"address", "postcode", "country"}


def test_a_newer_list_with_blanks_wipes_nothing(place: Layout) -> None:
    found = shown(place, "files:web:c1")
    assert found == {
        "first_name": ("Ann", "listed.csv", 2),
        "last_name": ("Martin", "listed.csv", 2),
        "email": ("ann.b@exemple.fr", "web.csv", 3),
        "phone": ("06 47 21 58 93", "web.csv", 2),
    }
    (ann,) = [row for row in table(place, "contacts") if row["last_name"] == "Martin"]
    assert {name: ann[name] for name in found} == {name: one[0] for name, one in found.items()}
