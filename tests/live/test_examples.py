"""Recorded answers of each platform, traps included, become the rows written beside them.

After a deliberate change: PERENNE_WRITE_EXAMPLES=1 writes them anew, to be read before they are
committed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from perenne.sources.connectors import Span, connector, connector_kinds
from perenne.testing import NOON

CURRENCIES = {"1": {"iso_code": "EUR"}}
STATES = {
    "1": {"name": "En attente", "template": "cheque"},
    "2": {"name": "Paiement accepté", "template": "payment"},
    "6": {"name": "Annulé", "template": "order_canceled"},
}


class Recorded:
    """A client of any kind that gives one recorded page, whatever it is asked."""

    def __init__(self, objects: list[dict[str, Any]]) -> None:
        self._objects = objects

    def changed(self, *_asked: object, status: str = "any", **_only: str) -> Iterator[Any]:
        if status == "any":
            yield self._objects

    every = created = changed

    def pages(self, *_asked: object) -> Iterator[tuple[list[Any], list[Any]]]:
        yield (
            self._objects,
            [{"type": "metric", "id": "M1", "attributes": {"name": "Opened Email"}}],
        )

    def bulk(self, *_asked: object) -> Iterator[dict[str, Any]]:
        return iter(self._objects)

    def subscriptions(self) -> Iterator[list[dict[str, Any]]]:
        yield self._objects

    def windows(self, span: Span) -> Iterator[tuple[Any, Any]]:
        yield span.start, span.until

    def refunds(self, order: int) -> list[Any]:
        (found,) = (one["_refunds"] for one in self._objects if one["id"] == order)
        return list(found)

    def variations(self, product: int) -> Iterator[list[Any]]:
        yield next(one["_variations"] for one in self._objects if one["id"] == product)

    def table(self, resource: str) -> dict[str, Any]:
        return CURRENCIES if resource == "currencies" else STATES

    def instant(self, local: str) -> str:
        return f"{local}+01:00"


@pytest.mark.parametrize("kind", connector_kinds())
def test_recorded_answers_become_these_rows(kind: str) -> None:
    folder = resources.files(f"perenne.sources.connectors.{kind}").joinpath("examples")
    records = json.loads(folder.joinpath("records.json").read_text("utf-8"))
    found = {name: _rows(kind, name, objects) for name, objects in records.items()}
    rows = folder.joinpath("rows.json")
    if os.environ.get("PERENNE_WRITE_EXAMPLES"):
        with open(str(rows), "w", encoding="utf-8") as file:
            file.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    assert found == json.loads(rows.read_text("utf-8"))


def _rows(kind: str, stream: str, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    (chosen,) = (one for one in connector(kind).streams() if one.name == stream)
    return [
        {
            "record": record.key,
            "fault": record.fault and [record.fault.field, record.fault.value, record.fault.reason],
            "rows": [
                {"table": table, **{k: _plain(v) for k, v in cells.items() if v not in (None, "")}}
                for table, cells in record.rows
            ],
        }
        for page in chosen.read(Recorded(objects), Span(NOON, NOON))
        for record in page.records
    ]


def _plain(value: object) -> object:
    return value if isinstance(value, bool) else str(value)
