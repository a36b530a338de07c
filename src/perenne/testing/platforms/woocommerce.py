"""WooCommerce on this machine: orders, refunds, customers and products of REST v3."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from perenne.testing.server import Asked, FakePlatform, Said

_API = "/wp-json/wc/v3"
_SITE = ZoneInfo("Europe/Paris")


def _gmt(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def modified(moment: datetime) -> dict[str, str]:
    """When a record was last changed, by the clock of the site and in GMT."""
    return {
        "date_modified": _gmt(moment.astimezone(_SITE)),
        "date_modified_gmt": _gmt(moment.astimezone(UTC)),
    }


class WooCommercePlatform(FakePlatform):
    """Amounts are texts, times are without zone, a guest is customer 0.

    As in WordPress, what is ordered by change is ordered by the clock of the site, also where it is
    filtered by GMT; `any` leaves out the bin, and whatever stands beside it is not heard.
    """

    kind = "woocommerce"
    stream = "orders"
    table = "orders"
    key = "source_order_id"
    broken_field = "total"

    def connection(self) -> dict[str, object]:
        return {"url": self.url, "page_size": self.page, "since": "2025-01-01"}

    def secrets(self) -> dict[str, str]:
        return {"consumer_key": "ck_fake_9f31", "consumer_secret": "cs_fake_77ab"}

    def allowed(self, asked: Asked) -> bool:
        pair = ":".join(self.secrets().values()).encode()
        return asked.headers.get("authorization") == f"Basic {b64encode(pair).decode()}"

    def refuse(self) -> Said:
        return Said({"code": "woocommerce_rest_cannot_view", "data": {"status": 401}}, 401)

    def make(self, number: int) -> dict[str, Any]:
        made = _gmt(self.when(number))
        price = Decimal(10 + number)
        shipping = Decimal("4.90")
        discount = Decimal(2) if number % 4 == 0 else Decimal(0)
        tax = ((2 * price - discount + shipping) * Decimal("0.2")).quantize(Decimal("0.01"))
        guest = number % 5 == 0
        return {
            "id": 1000 + number,
            "number": str(1000 + number),
            "status": "completed",
            "currency": "EUR",
            "date_created_gmt": made,
            **modified(self.when(number)),
            "discount_total": f"{discount:.2f}",
            "shipping_total": f"{shipping:.2f}",
            "total": f"{2 * price - discount + shipping + tax:.2f}",
            "total_tax": f"{tax:.2f}",
            "customer_id": 0 if guest else number % 7 + 1,
            "billing": {
                "first_name": "Camille",
                "last_name": f"Exemple {number % 7 + 1}",
                "company": "",
                "address_1": "1 rue de l'Exemple",
                "city": "Lyon",
                "state": "",
                "postcode": "69001",
                "country": "FR",
                "email": f"Client{number % 7 + 1}@example.org",
                "phone": "",
            },
            "shipping": {"country": "FR"},
            "meta_data": [
                {"id": 1, "key": "_wc_order_attribution_utm_source", "value": "google"},
                {"id": 2, "key": "_wc_order_attribution_utm_medium", "value": "cpc"},
            ],
            "line_items": [
                {
                    "id": 5000 + number,
                    "name": f"Produit {number % 3}",
                    "product_id": number % 3 + 1,
                    "sku": f"SKU-{number % 3}",
                    "quantity": 2,
                    "subtotal": f"{2 * price:.2f}",
                    "total": f"{2 * price - discount:.2f}",
                    "total_tax": f"{tax:.2f}",
                }
            ],
            "fee_lines": [],
            "coupon_lines": [{"id": 1, "code": "ete"}] if discount else [],
            "refunds": [],
        }

    def change(self, number: int) -> None:
        order = self.records[number]
        order["refunds"].append({"id": 9000 + number, "reason": "", "total": "-3.00"})
        order.update(modified(self.now))

    def truth(self) -> dict[str, dict[str, str]]:
        return {
            str(order["id"]): {
                "total": order["total"],
                "refunded": str(3 * len(order["refunds"])),
            }
            for order in self.records
        }

    def is_data(self, asked: Asked) -> bool:
        return not asked.path.endswith(("/refunds", "/variations"))

    def answer(self, asked: Asked) -> Said:
        path = asked.path.removeprefix(f"{_API}/")
        if path.endswith("/refunds"):
            return Said(self._refunds(int(path.split("/")[1])))
        if path.endswith("/variations"):
            return self._listed(self._variations(int(path.split("/")[1])), asked)
        rows = {
            "orders": _of_status(self.records, asked),
            "customers": _of_role(self._customers(), asked),
            "products": self._products(),
        }.get(path)
        if rows is None:
            return Said({"code": "rest_no_route"}, 404)
        return self._listed(rows, asked)

    def _listed(self, rows: list[dict[str, Any]], asked: Asked) -> Said:
        """Filtered, ordered, and a page of it."""
        if after := asked.params.get("modified_after"):
            rows = [row for row in rows if row["date_modified_gmt"] > after]
        if asked.params.get("orderby") == "modified":
            rows = sorted(rows, key=lambda row: (row["date_modified"], row["id"]))
        size, page = int(asked.params["per_page"]), int(asked.params.get("page", 1))
        first = int(asked.params.get("offset", (page - 1) * size))
        headers = {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": str(-(-len(rows) // size))}
        return Said(rows[first : first + size], headers=headers)

    def _refunds(self, order: int) -> list[dict[str, Any]]:
        (found,) = (one for one in self.records if one["id"] == order)
        return [
            {
                "id": refund["id"],
                "date_created_gmt": found["date_modified_gmt"],
                "amount": "3.00",
                "reason": "",
                "line_items": [],
                "shipping_lines": [],
            }
            for refund in found["refunds"]
        ]

    def _customers(self) -> list[dict[str, Any]]:
        return [
            {
                "id": number,
                "role": "customer" if number > 1 else "subscriber",
                "date_created_gmt": "2025-02-01T08:00:00",
                "email": f"client{number}@example.org",
                "first_name": "Camille",
                "last_name": f"Exemple {number}",
                "billing": {"city": "Lyon", "country": "FR", "postcode": "69001"},
            }
            for number in range(1, 8)
        ]

    def _products(self) -> list[dict[str, Any]]:
        return [
            {
                "id": number + 1,
                "name": f"Produit {number}",
                "sku": f"SKU-{number}",
                "price": "12.00",
                "regular_price": "12.00",
                "stock_quantity": None,
                "type": "simple" if number else "variable",
                "categories": [{"id": 1, "name": "Thé"}],
                "date_modified": "2025-03-01T09:00:00",
                "date_modified_gmt": "2025-03-01T08:00:00",
            }
            for number in range(3)
        ]

    def _variations(self, product: int) -> list[dict[str, Any]]:
        """What a variation lacks, it has of its product: the second has no number of its own."""
        return [
            {
                "id": 100 * product + nth,
                "sku": f"SKU-{product - 1}{size}",
                "price": "13.00",
                "regular_price": "13.00",
                "stock_quantity": 4,
            }
            for nth, size in enumerate(("-L", ""))
            if product == 1
        ]


def _of_status(orders: list[dict[str, Any]], asked: Asked) -> list[dict[str, Any]]:
    wanted = asked.params.get("status", "any").split(",")
    if "any" in wanted:
        return [one for one in orders if one["status"] not in ("trash", "auto-draft")]
    return [one for one in orders if one["status"] in wanted]


def _of_role(customers: list[dict[str, Any]], asked: Asked) -> list[dict[str, Any]]:
    role = asked.params.get("role", "customer")
    return [one for one in customers if role in ("all", one["role"])]
