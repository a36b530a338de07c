"""Stripe on this machine: lists from the newest, by `starting_after`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from perenne.testing.server import Asked, FakePlatform, Said


class StripePlatform(FakePlatform):
    """Amounts are whole numbers of the smallest unit; every third charge is in yen."""

    kind = "stripe"
    stream = "charges"
    table = "orders"
    key = "source_order_id"
    broken_field = "amount"

    def __init__(self, count: int = 23) -> None:
        super().__init__(count)
        self.disputes: list[dict[str, Any]] = []
        self.subscriptions = [self._subscription()]
        self.coupons: dict[str, dict[str, Any]] = {}
        """Discounts of subscriptions by their id: told whole only to who asks for it."""
        self.more_items: dict[str, list[dict[str, Any]]] = {}
        """All items of a subscription that has more than are shown beside it."""

    def dispute(self, number: int, status: str) -> None:
        """The bank of the payer takes a payment back; the charge bears no mark of how it ends."""
        charge = self.records[number]
        charge["disputed"] = True
        self.disputes = [one for one in self.disputes if one["charge"] != charge["id"]]
        self.disputes.append(
            {
                "id": charge["id"].replace("ch_", "dp_"),
                "object": "dispute",
                "amount": charge["amount"],
                "charge": charge["id"],
                "created": int(self.now.timestamp()),
                "currency": charge["currency"],
                "livemode": True,
                "reason": "fraudulent",
                "status": status,
            }
        )

    def connection(self) -> dict[str, object]:
        return {"url": self.url, "page_size": self.page, "since": "2025-01-01"}

    def secrets(self) -> dict[str, str]:
        return {"api_key": "rk_live_fake_51xyz"}

    def allowed(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {self.secrets()['api_key']}"

    def refuse(self) -> Said:
        key = self.secrets()["api_key"]
        said = {"type": "invalid_request_error", "message": f"Expired API Key provided: {key}"}
        return Said({"error": said}, 401)

    def make(self, number: int) -> dict[str, Any]:
        yen = number % 3 == 2
        return {
            "id": f"ch_{number:04d}",
            "object": "charge",
            "amount": 500 + number if yen else 5000 + 7 * number,
            "amount_captured": 500 + number if yen else 5000 + 7 * number,
            "amount_refunded": 0,
            "currency": "jpy" if yen else "eur",
            "created": int(self.when(number).timestamp()),
            "captured": True,
            "disputed": False,
            "livemode": True,
            "status": "succeeded",
            "customer": None if number % 5 == 0 else f"cus_{number % 7}",
            "receipt_email": f"client{number % 7}@example.org",
            "billing_details": {"email": None, "address": {"country": "FR"}},
        }

    def change(self, number: int) -> None:
        """A refund: the charge tells its amount, and bears no mark of the change."""
        self.records[number]["amount_refunded"] = 100

    def truth(self) -> dict[str, dict[str, str]]:
        return {
            one["id"]: {
                "total": _major(one["amount"], one["currency"]),
                "refunded": _major(one["amount_refunded"], one["currency"]),
            }
            for one in self.records
        }

    def answer(self, asked: Asked) -> Said:
        rows = {
            "/v1/charges": self.records,
            "/v1/refunds": self._refunds(),
            "/v1/customers": self._customers(),
            "/v1/payment_intents": [],
            "/v1/disputes": self.disputes,
            "/v1/subscriptions": self._told_subscriptions(asked),
        }.get(asked.path)
        if asked.path == "/v1/subscription_items":
            items = self.more_items[asked.params["subscription"]]
            return Said({"object": "list", "data": items, "has_more": False})
        if rows is None:
            return Said({"error": {"message": "Unrecognized request URL"}}, 404)
        return self._listed(rows, asked)

    def _listed(self, rows: list[dict[str, Any]], asked: Asked) -> Said:
        low = int(asked.params.get("created[gte]", 0))
        high = int(asked.params.get("created[lt]", 1 << 40))
        rows = [row for row in rows if low <= row["created"] < high]
        rows.sort(key=lambda row: (row["created"], row["id"]), reverse=True)
        if after := asked.params.get("starting_after"):
            place = next(i for i, row in enumerate(rows) if row["id"] == after)
            rows = rows[place + 1 :]
        size = int(asked.params.get("limit", 10))
        return Said({"object": "list", "data": rows[:size], "has_more": len(rows) > size})

    def _refunds(self) -> list[dict[str, Any]]:
        return [
            {
                "id": one["id"].replace("ch_", "re_"),
                "object": "refund",
                "amount": one["amount_refunded"],
                "charge": one["id"],
                "created": int(self.now.timestamp()),
                "currency": one["currency"],
                "reason": None,
                "status": "succeeded",
            }
            for one in self.records
            if one["amount_refunded"]
        ]

    def _customers(self) -> list[dict[str, Any]]:
        return [
            {
                "id": f"cus_{number}",
                "object": "customer",
                "created": int(datetime(2025, 1, 5, tzinfo=UTC).timestamp()) + number,
                "email": f"client{number}@example.org",
                "livemode": True,
                "name": f"Camille Exemple {number}",
                "phone": None,
                "address": None,
            }
            for number in range(7)
        ]

    def _subscription(self) -> dict[str, Any]:
        begun = int(datetime(2025, 1, 6, tzinfo=UTC).timestamp())
        return {
            "id": "sub_1",
            "object": "subscription",
            "created": begun,
            "start_date": begun,
            "customer": "cus_1",
            "currency": "eur",
            "livemode": True,
            "status": "active",
            "trial_end": None,
            "canceled_at": None,
            "ended_at": None,
            "pause_collection": None,
            "discounts": [],
            "items": {
                "object": "list",
                "data": [self.item("1990", quantity=2)],
                "has_more": False,
            },
        }

    def item(self, amount: str | None, *, quantity: int | None = 1, **price: Any) -> dict[str, Any]:
        """An item of a subscription; one that is paid by use has no quantity."""
        metered = quantity is None
        recurring = {
            "interval": "month",
            "interval_count": 1,
            "usage_type": "metered" if metered else "licensed",
        }
        whole = {
            "id": "price_1",
            "nickname": "Thé du mois",
            "product": "prod_1",
            "billing_scheme": "per_unit" if amount else "tiered",
            "transform_quantity": None,
            "unit_amount_decimal": amount,
            "recurring": recurring,
            **price,
        }
        item = {"id": f"si_{amount}_{quantity}", "price": whole, "discounts": []}
        return item if metered else {**item, "quantity": quantity}

    def _told_subscriptions(self, asked: Asked) -> list[dict[str, Any]]:
        """With the discounts as ids, but for those asked for whole."""
        wanted = " ".join(v for name, v in asked.params.items() if name.startswith("expand"))

        def told(owner: dict[str, Any], *, whole: bool) -> dict[str, Any]:
            given = [self.coupons[one] if whole else one for one in owner["discounts"]]
            return {**owner, "discounts": given}

        found = []
        for one in self.subscriptions:
            items = [
                told(item, whole="data.items.data.discounts" in wanted)
                for item in one["items"]["data"]
            ]
            shown = told(one, whole="data.discounts" in wanted)
            found.append({**shown, "items": {**one["items"], "data": items}})
        return found


def _major(amount: object, currency: str) -> str:
    whole = int(str(amount))
    return str(whole) if currency == "jpy" else f"{whole // 100}.{whole % 100:02d}"
