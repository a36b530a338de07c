"""Shopify on this machine: tokens for a day, bulk operations, and their file."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from perenne.sources.connectors.shopify import queries
from perenne.testing.server import Asked, FakePlatform, Said

_WINDOW = re.compile(r"updated_at:>='(.+?)' updated_at:<'(.+?)'")
_GRAPHQL = re.compile(r"/admin/api/\d{4}-\d{2}/graphql\.json")


def _money(amount: object) -> dict[str, Any]:
    return {"shopMoney": {"amount": str(amount), "currencyCode": "EUR"}}


class ShopifyPlatform(FakePlatform):
    """Asks for data are the looks at an operation and the download of its file."""

    kind = "shopify"
    stream = "orders"
    table = "orders"
    key = "source_order_id"
    broken_field = "totalPriceSet.shopMoney.amount"

    def __init__(self, count: int = 23) -> None:
        super().__init__(count)
        self._operations: dict[str, dict[str, Any]] = {}
        self._tokens = 0
        self.token_valid = True
        self.throttled = 0
        self.scopes = list(queries.SCOPES)
        self.ends: list[tuple[str, str | None]] = []
        """How the next operations end, where not well: status and error code."""
        self.taken: list[str] = []
        """Refusals of the next tries to begin one: OPERATION_IN_PROGRESS, LIMIT_REACHED."""
        self.blips = 0

    def connection(self) -> dict[str, object]:
        return {"shop": self.url, "since": "2025-01-01"}

    def secrets(self) -> dict[str, str]:
        return {"client_id": "fake-client-id", "client_secret": "shpss_fake_77aa"}

    def allowed(self, asked: Asked) -> bool:
        if asked.path == "/admin/oauth/access_token":
            given = dict(parse_qsl(asked.body.decode()))
            return given == {"grant_type": "client_credentials", **self.secrets()}
        if asked.path.startswith("/bulk/"):
            return "x-shopify-access-token" not in asked.headers
        token = asked.headers.get("x-shopify-access-token")
        return self.token_valid and token == f"shpat_fake_{self._tokens}"

    def refuse(self) -> Said:
        return Said({"errors": "[API] Invalid API key or access token"}, 401)

    def is_data(self, asked: Asked) -> bool:
        return asked.path.startswith("/bulk/") or b"bulkOperation(id" in asked.body

    def make(self, number: int) -> dict[str, Any]:
        made = self.when(number).strftime("%Y-%m-%dT%H:%M:%SZ")
        price = 20 + number
        return {
            "__typename": "Order",
            "id": f"gid://shopify/Order/{50000000000 + number}",
            "legacyResourceId": str(50000000000 + number),
            "name": f"#{1001 + number}",
            "createdAt": made,
            "updatedAt": made,
            "cancelledAt": None,
            "test": False,
            "displayFinancialStatus": "PAID",
            "currencyCode": "EUR",
            "taxesIncluded": True,
            "email": f"client{number % 7}@example.org",
            "phone": None,
            "tags": [],
            "discountCodes": [],
            "subtotalPriceSet": _money(f"{price}.0"),
            "totalDiscountsSet": _money("0.0"),
            "totalShippingPriceSet": _money("5.0"),
            "totalTaxSet": _money("4.17"),
            "totalPriceSet": _money(f"{price + 5}.0"),
            "totalRefundedSet": _money("0.0"),
            "totalRefundedShippingSet": _money("0.0"),
            "totalReceivedSet": _money(f"{price + 5}.0"),
            "totalOutstandingSet": _money("0.0"),
            "customAttributes": [],
            "customerJourneySummary": {
                "lastVisit": {"utmParameters": {"source": "google", "medium": "cpc"}}
            },
            "customer": {"legacyResourceId": str(700 + number % 7)},
            "shippingAddress": {"countryCodeV2": "FR"},
            "billingAddress": None,
            "refunds": [],
            "_lines": [self._line(number, place, price) for place in range(2)],
        }

    def _line(self, number: int, place: int, price: int) -> dict[str, Any]:
        whole = price - 5 if place == 0 else 5
        return {
            "__typename": "LineItem",
            "id": f"gid://shopify/LineItem/{2 * number + place}",
            "name": f"Produit {place}",
            "sku": f"SKU-{place}",
            "quantity": 1,
            "currentQuantity": 1,
            "isGiftCard": False,
            "requiresShipping": True,
            "originalTotalSet": _money(whole),
            "discountedTotalSet": _money(whole),
            "taxLines": [],
            "product": {"productType": "Thé"},
            "__parentId": f"gid://shopify/Order/{50000000000 + number}",
        }

    def change(self, number: int) -> None:
        order, now = self.records[number], self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        refund = {
            "legacyResourceId": str(90 + number),
            "createdAt": now,
            "note": "",
            "totalRefundedSet": _money("3.0"),
        }
        order["refunds"] = [refund]
        order["totalRefundedSet"] = _money("3.0")
        order["displayFinancialStatus"] = "PARTIALLY_REFUNDED"
        order["updatedAt"] = now

    def truth(self) -> dict[str, dict[str, str]]:
        return {
            f"{one['name']}/{one['legacyResourceId']}": {
                "total": one["totalPriceSet"]["shopMoney"]["amount"],
                "refunded": one["totalRefundedSet"]["shopMoney"]["amount"],
            }
            for one in self.records
        }

    def answer(self, asked: Asked) -> Said:
        if asked.path == "/admin/oauth/access_token":
            self._tokens += 1
            self.token_valid = True
            token = f"shpat_fake_{self._tokens}"
            return Said({"access_token": token, "scope": "read_orders", "expires_in": 86399})
        if asked.path.startswith("/bulk/"):
            operation = self._operations[asked.path.removeprefix("/bulk/")]
            headers = {"Content-Type": "application/jsonl"}
            return Said(operation["file"], headers=headers)
        if not _GRAPHQL.fullmatch(asked.path):
            return Said({"errors": "Not Found"}, 404)
        return self._graphql(asked.json())

    def _graphql(self, body: dict[str, Any]) -> Said:
        if self.throttled:
            self.throttled -= 1
            status = {"maximumAvailable": 2000.0, "currentlyAvailable": 10, "restoreRate": 100.0}
            cost = {"requestedQueryCost": 510, "throttleStatus": status}
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return Said({"errors": [error], "extensions": {"cost": cost}})
        query, variables = body["query"], body["variables"]
        if self.blips and "bulkOperation(id" in query:
            self.blips -= 1
            said = "Internal error. Looks like something went wrong on our end."
            error = {"message": said, "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
            return Said({"errors": [error]})
        if "bulkOperations(first" in query:
            return Said({"data": {"bulkOperations": {"nodes": []}}})
        if "bulkOperationRunQuery" in query and self.taken:
            refused = {"field": None, "message": "Try again later.", "code": self.taken.pop(0)}
            answer = {"bulkOperation": None, "userErrors": [refused]}
            return Said({"data": {"bulkOperationRunQuery": answer}})
        if "bulkOperationRunQuery" in query:
            return Said({"data": {"bulkOperationRunQuery": self._started(variables["query"])}})
        if "bulkOperation(id" in query:
            return Said({"data": {"bulkOperation": self._looked_at(variables["id"])}})
        granted = {"accessScopes": [{"handle": scope} for scope in self.scopes]}
        shop = {"name": "Boutique d'exemple"}
        return Said({"data": {"shop": shop, "currentAppInstallation": granted}})

    def _started(self, query: str) -> dict[str, Any]:
        window = _WINDOW.search(query)
        assert window, "a bulk query asks for a window of changes"
        low, high = (datetime.fromisoformat(text) for text in window.groups())
        rows = self._rows(query)
        rows = [r for r in rows if low <= datetime.fromisoformat(r["updatedAt"]) < high]
        lines = []
        for row in sorted(rows, key=lambda r: str(r["updatedAt"])):
            lines.append({k: v for k, v in row.items() if k != "_lines"})
            lines += row.get("_lines", [])
        number = str(len(self._operations) + 1)
        self._operations[number] = {
            "file": "".join(json.dumps(line) + "\n" for line in lines).encode(),
            "objects": len(lines),
            "roots": len(rows),
            "looks": 0,
        }
        made = {"id": f"gid://shopify/BulkOperation/{number}", "status": "CREATED"}
        return {"bulkOperation": made, "userErrors": []}

    def _looked_at(self, identity: str) -> dict[str, Any]:
        """Running at the first look, done at the second."""
        number = identity.rsplit("/", 1)[-1]
        operation = self._operations[number]
        operation["looks"] += 1
        done = operation["looks"] > 1
        if done and self.ends:
            status, code = self.ends.pop(0)
            counts = {"objectCount": "0", "rootObjectCount": "0"}
            return {"id": identity, "status": status, "errorCode": code, "url": None, **counts}
        return {
            "id": identity,
            "status": "COMPLETED" if done else "RUNNING",
            "errorCode": None,
            "url": f"{self.url}/bulk/{number}" if done and operation["objects"] else None,
            "objectCount": str(operation["objects"]),
            "rootObjectCount": str(operation["roots"]),
        }

    def _rows(self, query: str) -> list[dict[str, Any]]:
        if "productVariants(" in query:
            return [_variant(number) for number in range(2)]
        return [_customer(n) for n in range(7)] if "customers(" in query else self.records


def _customer(number: int) -> dict[str, Any]:
    return {
        "__typename": "Customer",
        "id": f"gid://shopify/Customer/{700 + number}",
        "legacyResourceId": str(700 + number),
        "createdAt": "2025-02-01T08:00:00Z",
        "updatedAt": "2025-02-01T08:00:00Z",
        "firstName": "Camille",
        "lastName": f"Exemple {number}",
        "tags": [],
        "numberOfOrders": "3",
        "amountSpent": {"amount": "60.0", "currencyCode": "EUR"},
        "defaultEmailAddress": {
            "emailAddress": f"client{number}@example.org",
            "marketingState": "SUBSCRIBED",
            "marketingOptInLevel": "SINGLE_OPT_IN",
            "marketingUpdatedAt": "2025-02-01T08:00:00Z",
        },
        "defaultPhoneNumber": None,
        "defaultAddress": None,
    }


def _variant(number: int) -> dict[str, Any]:
    return {
        "__typename": "ProductVariant",
        "id": f"gid://shopify/ProductVariant/{number}",
        "legacyResourceId": str(number),
        "sku": f"SKU-{number}",
        "displayName": f"Produit {number}",
        "price": "12.00",
        "inventoryQuantity": 4,
        "updatedAt": "2025-02-01T08:00:00Z",
        "inventoryItem": {"unitCost": {"amount": "4.0", "currencyCode": "EUR"}},
        "product": {
            "productType": "Thé",
            "vendor": "Exemple",
            "status": "ACTIVE",
            "isGiftCard": False,
        },
    }
