"""The exports have the platforms' own layout, and each row adds up."""

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from perenne.demo import Simulation
from tests.demo.plain_reader import Export, line_amount, read_csv

PARIS = ZoneInfo("Europe/Paris")
CENT = Decimal("0.01")
ADDRESS = (
    "Name", "Street", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country",
    "Phone",
)  # fmt: skip
REPEATED = {"Name", "Email", "Created at", "Vendor", "Lineitem discount"}


def test_files_written(shop: Simulation, directory: Path) -> None:
    names = [path.relative_to(directory).as_posix() for path in shop.files]
    assert names == [
        "shopify/orders_export_1.csv",
        "shopify/orders_export_2.csv",
        "shopify/orders_export_3.csv",
        "remboursements.csv",
        "shopify/products_export.csv",
        "meta/Meta-Ads-costs.csv",
        "meta/Meta-Ads-couts.csv",
        "costs/couts_marketing.csv",
    ]
    assert all(path.is_file() for path in shop.files)
    left = {path.relative_to(directory).as_posix() for path in directory.rglob("*")}
    extra = {name for name in left - set(names) if not name.startswith("truth")}
    assert extra == {"shopify", "meta", "costs"}


def test_order_columns(export: Export) -> None:
    for rows in export.rows.values():
        columns = list(rows[0])
        assert len(columns) == 79
        assert columns[:3] == ["Name", "Email", "Financial Status"]
        assert columns[24:34] == [f"Billing {part}" for part in ADDRESS]
        assert columns[34:44] == [f"Shipping {part}" for part in ADDRESS]
        assert columns[-3:] == ["Payment Terms Name", "Next Payment Due At", "Payment References"]
        assert all(None not in row and None not in row.values() for row in rows)


def test_only_the_first_row_bears_the_order(export: Export) -> None:
    several = [order for order in export.orders.values() if len(order.lines) > 1]
    assert len(several) > 500
    for order in several:
        assert order.head["Financial Status"]
        assert order.head["Total"]
        for line in order.lines[1:]:
            filled = {column for column, value in line.items() if value}
            assert filled - REPEATED <= {c for c in line if c.startswith("Lineitem")}
            assert {line[c] for c in REPEATED} == {order.head[c] for c in REPEATED}


def test_amounts_add_up(export: Export) -> None:
    for order in export.orders.values():
        head = {
            column: Decimal(order.head[column])
            for column in ("Subtotal", "Shipping", "Taxes", "Total", "Discount Amount")
        }
        lines = sum((line_amount(line) for line in order.lines), Decimal(0))
        assert head["Subtotal"] == lines - head["Discount Amount"], order.name
        assert head["Total"] == head["Subtotal"] + head["Shipping"], order.name
        taxed = (order.products + head["Shipping"]) / 6
        assert head["Taxes"] == taxed.quantize(CENT, ROUND_HALF_UP), order.name
        assert bool(order.head["Discount Code"]) == (head["Discount Amount"] > 0), order.name
        assert Decimal(order.head["Refunded Amount"]) <= head["Total"], order.name


def test_refunded_amount_is_the_sum_of_refunds(export: Export) -> None:
    given: dict[str, Decimal] = {}
    for row in export.refunds:
        amount = Decimal(row["Montant remboursé"].replace("\u00a0", "").replace(",", "."))
        given[row["N° commande"]] = given.get(row["N° commande"], Decimal(0)) + amount
    assert set(given) <= set(export.orders)
    for name, order in export.orders.items():
        assert Decimal(order.head["Refunded Amount"]) == given.get(name, 0), name


def test_times_exist_in_paris(export: Export) -> None:
    stamp = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0[12]00")
    offsets = set()
    for order in export.orders.values():
        for column in ("Created at", "Paid at", "Fulfilled at", "Cancelled at"):
            text = order.head[column]
            if text:
                assert stamp.fullmatch(text), text
                at = datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")
                assert at.astimezone(PARIS).utcoffset() == at.utcoffset(), text
                offsets.add(text[-5:])
    assert offsets == {"+0100", "+0200"}


def test_order_numbers_follow_time(export: Export) -> None:
    orders = list(export.orders.values())
    numbers = [int(order.name.removeprefix("#")) for order in orders]
    assert numbers == sorted(numbers)
    assert len({order.head["Id"] for order in orders}) == len(orders)
    sound = [order for order in orders if not order.is_test]
    assert [order.at for order in sound] == sorted(order.at for order in sound)


def test_some_orders_change_month_in_utc(export: Export) -> None:
    moved = [
        order
        for order in export.purchases
        if order.at.astimezone(ZoneInfo("UTC")).date() != order.day
    ]
    assert len(moved) > 10


def test_people_are_nobody(export: Export) -> None:
    emails = {order.email for order in export.purchases if order.email}
    assert all(email.endswith(".example") for email in emails)
    owners: dict[str, set[str]] = {}
    for order in export.purchases:
        postcode = order.head["Billing Zip"]
        assert postcode.startswith("'") == bool(order.email)
        if order.head["Phone"]:
            owners.setdefault(order.head["Phone"], set()).add(order.email)
    assert len(owners) > 200
    assert all(len(people) == 1 for people in owners.values())


def test_guests_leave_no_trace(export: Export) -> None:
    for order in export.purchases:
        if not order.email:
            traces = {order.head[f"{kind} {part}"] for kind in ("Billing", "Shipping")
                      for part in ADDRESS}  # fmt: skip
            assert traces | {order.head["Phone"]} == {""}


def test_products(directory: Path, export: Export) -> None:
    products = {
        row["Variant SKU"]: row
        for row in read_csv(directory / "shopify" / "products_export.csv", encoding="utf-8")
    }
    goods = [row for row in products.values() if row["Gift Card"] == "false"]
    assert len(goods) == 81
    assert len({row["Type"] for row in goods}) == 7
    for row in goods:
        assert Decimal(row["Cost per item"]) <= Decimal(row["Variant Price"]) / Decimal("1.2")
    for order in export.orders.values():
        for line in order.lines:
            row = products[line["Lineitem sku"]]
            assert row["Title"] == line["Lineitem name"]
            assert row["Variant Price"] == line["Lineitem price"]


def test_encodings(directory: Path) -> None:
    bom = b"\xef\xbb\xbf"
    assert (directory / "remboursements.csv").read_bytes().startswith(bom + "N° comm".encode())
    assert "Dépense".encode("cp1252") in (directory / "costs" / "couts_marketing.csv").read_bytes()
    assert not (directory / "shopify" / "orders_export_1.csv").read_bytes().startswith(bom)


def test_costs_use_french_figures(tmp_path: Path) -> None:
    from perenne.demo.layouts import euros, french_euros

    assert french_euros(123_456_789) == "1\u00a0234\u00a0567,89"
    assert french_euros(5) == "0,05"
    assert euros(123_456_789) == "1234567.89"
