"""What is asked and read agrees with what the platforms publish about their interfaces."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from perenne.sources.connectors.answers import Answer
from perenne.sources.connectors.klaviyo import read as klaviyo
from perenne.sources.connectors.shopify import queries
from perenne.sources.connectors.stripe import read as stripe
from perenne.sources.connectors.stripe.subscribed import subscription
from perenne.testing import KlaviyoPlatform

pytestmark = pytest.mark.known_answer
WINDOW = {"start": "2025-01-01T00:00:00Z", "end": "2025-02-01T00:00:00Z"}


@pytest.fixture(scope="session")
def specs(shared_data: Path) -> Path:
    folder = shared_data.parent / "specs"
    if not folder.is_dir():
        pytest.skip(f"the published descriptions are absent: {folder}")
    return folder


@pytest.mark.parametrize(
    "name", ["SHOP", "RUN", "RUNNING", "LOOK", "ORDERS", "CUSTOMERS", "PRODUCTS"]
)
def test_queries_fit_the_schema_of_shopify(specs: Path, name: str) -> None:
    from graphql import build_client_schema, parse, validate

    schema = _schema(specs, build_client_schema)
    query = getattr(queries, name)
    text = query if isinstance(query, str) else query.substitute(WINDOW)
    assert not validate(schema, parse(text))


_SCHEMAS: dict[Path, Any] = {}


def _schema(specs: Path, build: Any) -> Any:
    if specs not in _SCHEMAS:
        with gzip.open(specs / "shopify" / "admin_2026-10.json.gz") as file:
            _SCHEMAS[specs] = build(json.load(file)["data"], assume_valid=True)
    return _SCHEMAS[specs]


@pytest.mark.parametrize(
    ("resource", "make"),
    [
        ("charge", stripe._charge),
        ("refund", stripe._refund),
        ("customer", stripe._customer),
        ("payment_intent", stripe._intent),
        ("subscription", partial(subscription, now=datetime(2025, 1, 1, tzinfo=UTC))),
        ("dispute", stripe._dispute),
    ],
)
def test_objects_of_stripe_are_read_without_fault(specs: Path, resource: str, make: Any) -> None:
    samples = json.loads((specs / "stripe" / "fixtures3.json").read_text(encoding="utf-8"))
    answer = Answer(samples["resources"][resource])
    key, rows = make(answer)
    assert answer.fault is None
    assert key
    assert rows


def test_fake_of_klaviyo_answers_as_the_published_interface(specs: Path) -> None:
    """The fake is judged by the published description, and asks are among what it allows."""
    import jsonschema_rs

    text = (specs / "klaviyo" / "stable.json").read_text(encoding="utf-8")
    described = json.loads(text)
    platform = KlaviyoPlatform(count=2)
    # Of links the description knows no null, which the interface sends for "no next page".
    body = {"data": platform.records, "links": {"self": "https://a.klaviyo.com/api/profiles"}}
    schema = {
        "$ref": "#/components/schemas/GetProfileResponseCollection",
        "components": described["components"],
    }
    found = [
        str(error) for error in jsonschema_rs.validator_for(_nullable(schema)).iter_errors(body)
    ]
    assert not found
    asked = described["paths"]["/api/profiles"]["get"]["parameters"]
    names = {one["name"] for one in asked if "name" in one}
    assert {"filter", "sort", "additional-fields[profile]", "page[size]", "revision"} <= names


def _nullable(value: Any) -> Any:
    """OpenAPI 3.0 says `nullable`; JSON Schema says so in `anyOf`."""
    if isinstance(value, list):
        return [_nullable(one) for one in value]
    if not isinstance(value, dict):
        return value
    plain = {name: _nullable(one) for name, one in value.items() if name != "nullable"}
    return {"anyOf": [{"type": "null"}, plain]} if value.get("nullable") is True else plain


def test_profile_of_klaviyo_is_read_without_fault() -> None:
    answer = Answer(KlaviyoPlatform(count=1).records[0])
    key, rows = klaviyo._profile(answer)
    assert answer.fault is None
    assert (key, [table for table, _ in rows]) == ("01PROFILE0000", ["customers", "consents"])
    assert rows[1][1]["status"] == "subscribed"
    assert datetime.fromisoformat(str(rows[1][1]["said_at"])).tzinfo == UTC
