"""Klaviyo on this machine: JSON:API pages with a link to the next."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from perenne.testing.server import Asked, FakePlatform, Said

_FILTER = re.compile(r"(greater-than|greater-or-equal)\((updated|datetime),(.+)\)")


class KlaviyoPlatform(FakePlatform):
    """Profiles by the time of their change, events by their time; the cursor is a place in them."""

    kind = "klaviyo"
    stream = "profiles"
    table = "customers"
    key = "customer_ref"
    broken_field = "attributes.created"

    def connection(self) -> dict[str, object]:
        return {"url": self.url, "page_size": self.page, "since": "2025-01-01"}

    def secrets(self) -> dict[str, str]:
        return {"api_key": "pk_fake_4242"}

    def allowed(self, asked: Asked) -> bool:
        right = asked.headers.get("authorization") == f"Klaviyo-API-Key {self.secrets()['api_key']}"
        return right and "revision" in asked.headers

    def refuse(self) -> Said:
        said = {"status": 401, "code": "not_authenticated", "title": "Authentication failed"}
        return Said({"errors": [said]}, 401)

    def make(self, number: int) -> dict[str, Any]:
        made = self.when(number).isoformat()
        marketing = {
            "can_receive_email_marketing": True,
            "consent": "SUBSCRIBED",
            "consent_timestamp": made,
            "last_updated": made,
            "method": "FORM",
            "method_detail": "example.org/newsletter",
            "custom_method_detail": None,
            "double_optin": True,
            "suppression": [],
            "list_suppressions": [],
        }
        return {
            "type": "profile",
            "id": f"01PROFILE{number:04d}",
            "attributes": {
                "email": f"client{number}@example.org",
                "phone_number": None,
                "external_id": None,
                "first_name": "Camille",
                "last_name": f"Exemple {number}",
                "organization": None,
                "locale": None,
                "title": None,
                "image": None,
                "created": made,
                "updated": made,
                "last_event_date": None,
                "location": {"city": "Lyon", "country": "France", "zip": "69001", "region": None},
                "properties": {},
                "subscriptions": {
                    "email": {"marketing": marketing},
                    "sms": None,
                    "mobile_push": None,
                    "whatsapp": None,
                },
                "predictive_analytics": {
                    "historic_clv": 93.87,
                    "predicted_clv": 27.24,
                    "historic_number_of_orders": 2,
                    "predicted_number_of_orders": 0.54,
                },
            },
            "relationships": {},
            "links": {"self": "https://a.klaviyo.com/api/profiles/x/"},
        }

    def change(self, number: int) -> None:
        about = self.records[number]["attributes"]
        about["location"] = {**about["location"], "city": "Nantes"}
        about["updated"] = self.now.isoformat()

    def truth(self) -> dict[str, dict[str, str]]:
        return {
            one["id"]: {
                "email": one["attributes"]["email"],
                "city": one["attributes"]["location"]["city"],
            }
            for one in self.records
        }

    def answer(self, asked: Asked) -> Said:
        if asked.path == "/api/profiles":
            return self._listed(self.records, "updated", asked)
        if asked.path == "/api/events":
            return self._listed([self._event(n) for n in range(3)], "datetime", asked)
        return Said({"errors": [{"status": 404, "code": "not_found"}]}, 404)

    def _listed(self, rows: list[dict[str, Any]], by: str, asked: Asked) -> Said:
        found = _FILTER.fullmatch(asked.params.get("filter", ""))
        if found:
            low = datetime.fromisoformat(found[3])
            least = found[1] == "greater-or-equal"
            rows = [r for r in rows if _at(r, by) > low or (least and _at(r, by) == low)]
        rows = sorted(rows, key=lambda row: (_at(row, by), row["id"]))
        # The cursor is the last record given, not a number: a record that moves pushes none off.
        if cursor := asked.params.get("page[cursor]"):
            moment, _, last = cursor.partition("|")
            place = (datetime.fromisoformat(moment), last)
            rows = [row for row in rows if (_at(row, by), row["id"]) > place]
        size = int(asked.params["page[size]"])
        page = rows[:size]
        following = None
        if len(rows) > size:
            cursor = f"{_at(page[-1], by).isoformat()}|{page[-1]['id']}"
            query = urlencode({**asked.params, "page[cursor]": cursor})
            following = f"{self.url}{asked.path}?{query}"
        included = (
            [{"type": "metric", "id": "M1", "attributes": {"name": "Opened Email"}}]
            if asked.params.get("include")
            else []
        )
        links = {"self": self.url, "next": following, "prev": None}
        return Said({"data": page, "links": links, "included": included})

    def _event(self, number: int) -> dict[str, Any]:
        return {
            "type": "event",
            "id": f"E{number}",
            "attributes": {
                "timestamp": int(self.when(number).timestamp()),
                "datetime": self.when(number).isoformat(),
                "event_properties": {"Campaign Name": "Printemps"},
                "uuid": f"uuid-{number}",
            },
            "relationships": {
                "profile": {"data": {"type": "profile", "id": f"01PROFILE{number:04d}"}},
                "metric": {"data": {"type": "metric", "id": "M1"}},
            },
            "links": {"self": "https://a.klaviyo.com/api/events/x/"},
        }


def _at(row: dict[str, Any], by: str) -> datetime:
    return datetime.fromisoformat(row["attributes"][by])
