"""What Klaviyo gives, as rows of staged tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from perenne.sources.connectors.answers import Answer, read_records
from perenne.sources.connectors.model import Page, Row, Span, Stream

_CHANNELS = ("email", "sms", "whatsapp", "mobile_push")
_CONSENT = {
    "SUBSCRIBED": "subscribed",
    "UNSUBSCRIBED": "unsubscribed",
    "NEVER_SUBSCRIBED": "unknown",
}
# Klaviyo's own metrics; those of a shop's integrations bear the same names.
_EVENTS = {
    "received email": "email_sent",
    "opened email": "email_open",
    "clicked email": "email_click",
    "bounced email": "email_bounce",
    "received sms": "sms_sent",
    "clicked sms": "sms_click",
    "subscribed to list": "subscribe",
    "subscribed to email marketing": "subscribe",
    "unsubscribed": "unsubscribe",
    "unsubscribed from list": "unsubscribe",
    "unsubscribed from email marketing": "unsubscribe",
    "active on site": "session",
    "viewed product": "product_view",
    "added to cart": "cart",
    "checkout started": "checkout",
    "started checkout": "checkout",
    "placed order": "purchase",
}
# What answers `updated` may lag behind what changed.
_LAG = 3600
# Events reach Klaviyo late: integrations send them in bulk.
_LATE = 2 * 86_400


def profiles(client: Any, span: Span) -> Iterator[Page]:
    """Profiles with predictions and subscriptions, oldest change first."""
    before = span.start - timedelta(seconds=1)  # `greater-than` leaves out the instant itself
    params = {
        "filter": f"greater-than(updated,{_instant(before)})",
        "sort": "updated",
        "additional-fields[profile]": "subscriptions,predictive_analytics",
    }
    for page, _included in client.pages("/api/profiles", params):
        yield Page(read_records(page, _profile), _last(page, "updated"))


def events(client: Any, span: Span) -> Iterator[Page]:
    """Events with the name of their metric, oldest first."""
    params = {
        "filter": f"greater-or-equal(datetime,{_instant(span.start)})",
        "sort": "datetime",
        "include": "metric",
    }
    names: dict[str, str] = {}

    def make(event: Answer) -> tuple[str, list[Row]]:
        return _event(event, names)

    for page, included in client.pages("/api/events", params):
        names |= {
            str(one["id"]): str(one["attributes"]["name"])
            for one in included
            if one.get("type") == "metric"
        }
        yield Page(read_records(page, make), _last(page, "datetime"))


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _last(page: list[Any], name: str) -> str | None:
    """The whole second of the last change: the next sync asks for that second again."""
    if not page:
        return None
    moment = datetime.fromisoformat(page[-1]["attributes"][name])
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def _profile(profile: Answer) -> tuple[str, list[Row]]:
    key = profile.known("id")
    about = profile.inner("attributes")
    if about is None:
        return key, []
    who: dict[str, object] = {"customer_ref": key, "customer_ref_kind": "id"}
    place = about.inner("location")
    row = {
        **who,
        "email": about.text("email"),
        "phone": about.text("phone_number"),
        "first_name": about.text("first_name"),
        "last_name": about.text("last_name"),
        "company": about.text("organization", optional=True),
        "created_on": about.moment("created"),
        **(_place(place) if place else {}),
        **_predicted(about),
    }
    rows: list[Row] = [("customers", row)]
    subscriptions = about.inner("subscriptions")
    if subscriptions:
        for channel in _CHANNELS:
            rows += _consent(subscriptions, channel, who)
    return key, rows


def _place(place: Answer) -> dict[str, object]:
    return {
        "address": place.text("address1", optional=True),
        "postcode": place.text("zip", optional=True),
        "city": place.text("city", optional=True),
        "region": place.text("region", optional=True),
        "country": place.text("country", optional=True),
    }


def _predicted(about: Answer) -> dict[str, object]:
    """Klaviyo's own forecast, kept beside ours for comparison only."""
    own = about.inner("predictive_analytics")
    if own is None:
        return {}
    return {
        "historic_clv": own.number("historic_clv", optional=True),
        "klaviyo_predicted_value": own.number("predicted_clv", optional=True),
        "klaviyo_predicted_orders": own.number("predicted_number_of_orders", optional=True),
        "total_orders": own.number("historic_number_of_orders", optional=True),
        "klaviyo_predicted_on": about.moment("updated"),
    }


def _consent(subscriptions: Answer, channel: str, who: dict[str, object]) -> list[Row]:
    """What a channel says of marketing. Suppressed and subscribed may stand together."""
    said = subscriptions.inner(channel, optional=True)
    marketing = said.inner("marketing", optional=True) if said else None
    if marketing is None:
        return []
    status = marketing.known("consent")
    suppressions = list(marketing.many("suppression", optional=True))
    reasons = [one.text("reason", optional=True) or "" for one in suppressions]
    row = {
        **who,
        "channel": "push" if channel == "mobile_push" else channel,
        "purpose": "marketing",
        "status": _CONSENT.get(status, "unknown"),
        "suppressed": bool(suppressions),
        "status_text": ", ".join([status, *filter(None, reasons)]),
        "said_at": marketing.moment("consent_timestamp", optional=True),
        "origin": marketing.text("method_detail", optional=True),
        "proof": _proof(marketing),
    }
    return [("consents", row)]


def _proof(marketing: Answer) -> str | None:
    method = marketing.text("method", optional=True)
    double = marketing.flag("double_optin", optional=True)
    words = [method or "", "double opt-in" if double else ""]
    return ", ".join(filter(None, words)) or None


def _event(event: Answer, names: dict[str, str]) -> tuple[str, list[Row]]:
    key = event.known("id")
    about = event.inner("attributes")
    if about is None:
        return key, []
    profile, metric = (_related(event, name) for name in ("profile", "metric"))
    name = names.get(metric or "", metric or "")
    # Integrations write what they like there: an event is not lost for it.
    properties = about.spare("event_properties", about.inner)
    row = {
        "source_event_id": key,
        "occurred_at": about.moment("datetime"),
        "customer_ref": profile,
        "customer_ref_kind": "id" if profile else None,
        "event": _EVENTS.get(name.casefold(), "other"),
        "event_text": name,
        "campaign": properties.spare("Campaign Name", properties.text) if properties else None,
        "value": properties.spare("$value", properties.number) if properties else None,
    }
    return key, [("events", row)]


def _related(event: Answer, name: str) -> str | None:
    relations = event.inner("relationships")
    one = relations.inner(name) if relations else None
    data = one.inner("data") if one else None
    return data.text("id") if data else None


STREAMS = (
    Stream("profiles", "GET /api/profiles", ("customers", "consents"), profiles, _LAG),
    Stream("events", "GET /api/events", ("events",), events, _LATE),
)
