"""PrestaShop on this machine: the webservice in JSON, with dates local to the shop."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from perenne.testing.server import Asked, FakePlatform, Said

_PARIS = ZoneInfo("Europe/Paris")
_LISTS = {"order_slip": "order_slips"}
"""Names of lists that are not those of their resources."""
_STATES = {2: ("Paiement accepté", "payment"), 6: ("Annulé", "order_canceled")}


def _local(moment: datetime) -> str:
    return moment.astimezone(_PARIS).strftime("%Y-%m-%d %H:%M:%S")


class PrestaShopPlatform(FakePlatform):
    """Numbers are texts with six decimals; an empty list is `[]` without its name."""

    kind = "prestashop"
    stream = "orders"
    table = "orders"
    key = "source_order_id"
    broken_field = "total_paid_tax_incl"

    def connection(self) -> dict[str, object]:
        return {"url": self.url, "page_size": self.page, "since": "2025-01-01"}

    def secrets(self) -> dict[str, str]:
        return {"key": "FAKEPRESTASHOPKEY123"}

    def allowed(self, asked: Asked) -> bool:
        pair = f"{self.secrets()['key']}:".encode()
        return asked.headers.get("authorization") == f"Basic {b64encode(pair).decode()}"

    def refuse(self) -> Said:
        return Said(b"401 Unauthorized", 401)

    def is_data(self, asked: Asked) -> bool:
        return asked.path not in ("/api/currencies", "/api/order_states")

    def make(self, number: int) -> dict[str, Any]:
        made = _local(self.when(number))
        net, shipping = Decimal(2 * (10 + number)), Decimal(5)
        paid = (net + shipping) * Decimal("1.2")
        return {
            "id": 300 + number,
            "id_customer": str(number % 7 + 1),
            "id_currency": "1",
            "current_state": "2",
            "valid": "1",
            "date_add": made,
            "date_upd": made,
            "total_discounts_tax_excl": "0.000000",
            "total_paid_tax_incl": f"{paid:.6f}",
            "total_paid_tax_excl": f"{net + shipping:.6f}",
            "total_products": f"{net:.6f}",
            "total_shipping_tax_excl": f"{shipping:.6f}",
            "associations": {
                "order_rows": [
                    {
                        "id": str(700 + number),
                        "product_id": str(number % 3 + 1),
                        "product_reference": f"REF-{number % 3}",
                        "product_name": f"Produit {number % 3}",
                        "product_quantity": "2",
                        "unit_price_tax_excl": f"{net / 2:.6f}",
                    }
                ]
            },
        }

    def change(self, number: int) -> None:
        order = self.records[number]
        order.update(current_state="6", valid="0", date_upd=_local(self.now))

    def truth(self) -> dict[str, dict[str, str]]:
        return {
            str(order["id"]): {
                "total": order["total_paid_tax_incl"],
                "status_text": _STATES[int(order["current_state"])][0],
            }
            for order in self.records
        }

    def answer(self, asked: Asked) -> Said:
        resource = asked.path.removeprefix("/api/")
        rows = {
            "orders": self.records,
            "currencies": [{"id": 1, "iso_code": "EUR"}],
            "order_states": [
                {"id": state, "name": _spoken(name), "template": _spoken(template)}
                for state, (name, template) in _STATES.items()
            ],
            "order_slip": self._slips(),
            "customers": self._customers(),
            "products": self._products(),
        }.get(resource)
        if rows is None:
            return Said({"errors": [{"code": 0, "message": "Resource does not exist"}]}, 404)
        return self._listed(resource, rows, asked)

    def _listed(self, resource: str, rows: list[dict[str, Any]], asked: Asked) -> Said:
        if window := re.fullmatch(r"\[(.+),(.+)\]", asked.params.get("filter[date_upd]", "")):
            rows = [row for row in rows if window[1] <= row["date_upd"] <= window[2]]
        if asked.params.get("sort") == "[date_upd_ASC,id_ASC]":
            rows = sorted(rows, key=lambda row: (row["date_upd"], row["id"]))
        if limit := asked.params.get("limit"):
            offset, size = (int(n) for n in (["0", *limit.split(",")])[-2:])
            rows = rows[offset : offset + size]
        return Said({_LISTS.get(resource, resource): rows} if rows else [])

    def _slips(self) -> list[dict[str, Any]]:
        return [
            {
                "id": 40,
                "id_order": str(self.records[1]["id"]),
                "date_add": "2025-05-20 10:00:00",
                "date_upd": "2025-05-20 10:00:00",
                "total_products_tax_excl": "5.000000",
                "total_products_tax_incl": "6.000000",
                "total_shipping_tax_excl": "2.500000",
                "total_shipping_tax_incl": "3.000000",
                "amount": "5.000000",
                "shipping_cost": "1",
                "shipping_cost_amount": "2.500000",
                "partial": "0",
                "order_slip_type": "2",
            }
        ]

    def _customers(self) -> list[dict[str, Any]]:
        return [
            {
                "id": number,
                "email": f"client{number}@example.org",
                "firstname": "Camille",
                "lastname": f"Exemple {number}",
                "birthday": "0000-00-00",
                "newsletter": str(number % 2),
                "newsletter_date_add": "2025-02-01 09:00:00",
                "date_add": "2025-02-01 09:00:00",
                "date_upd": "2025-02-01 09:00:00",
            }
            for number in range(1, 8)
        ]

    def _products(self) -> list[dict[str, Any]]:
        return [
            {
                "id": number + 1,
                "reference": f"REF-{number}",
                "name": _spoken(f"Produit {number}"),
                "price": "12.000000",
                "wholesale_price": "4.000000",
                "manufacturer_name": "Atelier" if number else False,
                "active": "1",
                "date_upd": "2025-02-01 09:00:00",
            }
            for number in range(3)
        ]


def _spoken(text: str) -> list[dict[str, str]]:
    """A text in the languages of the shop."""
    return [{"id": "1", "value": text}]
