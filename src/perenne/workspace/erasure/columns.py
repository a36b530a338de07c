"""What each column of a staged or canonical table holds of a person, and what becomes of it."""

from __future__ import annotations

from perenne.warehouse import ERASED

REPLACED = f"[{ERASED}]"

# Emptied in every row of the person.
EMPTIED: dict[str, frozenset[str]] = {
    "customers": frozenset(
        {
            "person_ref",
            "email",
            "phone",
            "first_name",
            "last_name",
            "company",
            "address",
            "postcode",
            "city",
            "region",
            "birth_on",
            "tags",
        }
    ),
    "consents": frozenset({"status_text", "origin", "proof"}),
    "surveys": frozenset({"comment"}),
}
# Replaced by a keyed hash: equal before, equal after.
HASHED: dict[str, frozenset[str]] = {"events": frozenset({"session_id"})}
# Columns in which people write what they like; what they say of others is searched too.
FREE_TEXT = frozenset(
    {
        "comment",
        "reason",
        "cancel_reason",
        "value",
        "tags",
        "topic",
        "proof",
        "origin",
        "status_text",
        "event_text",
        "coupon",
        "row_file",
        "file",
    }
)
# The day of a row, by which one tells what came after an erasure.
DAYS: dict[str, str] = {
    "orders": "ordered_on",
    "order_lines": "ordered_on",
    "customers": "created_on",
    "consents": "said_on",
    "events": "occurred_on",
    "subscriptions": "started_on",
    "surveys": "answered_on",
}
