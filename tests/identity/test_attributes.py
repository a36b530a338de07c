"""Accounts and acquisition channels of customers, from small tables written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from perenne.core import opaque_id
from perenne.identity import AccountSettings, AcquisitionSettings
from perenne.identity.tables.accounts import accounts
from perenne.identity.tables.acquisition import touches
from perenne.warehouse import CANONICAL, STAGED, DuckEngine

KEY = "a key"
BOUGHT = datetime(2025, 6, 1, 12, tzinfo=UTC)
Row = dict[str, Any]


def typed(types: dict[str, str], rows: list[Row]) -> Any:
    """A table of these columns; what a row lacks is null."""
    full = [{column: row.get(column) for column in types} for row in rows]
    return ibis.memtable(pa.Table.from_pylist(full, schema=ibis.schema(types).to_pyarrow()))


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckEngine]:
    with DuckEngine(threads=1) as made:
        yield made


def table(name: str, rows: list[Row]) -> Any:
    """A staged table with its origin."""
    types = {**STAGED[name].types, "source": "string", "seq": "int64"}
    full = [
        {"source": "shop", "seq": 1, "row_file": "f", "row_number": n, "row_hash": str(n), **row}
        for n, row in enumerate(rows)
    ]
    return typed(types, full)


def links(*names: str, source: str = "shop", kind: str = "id") -> list[Row]:
    """Each id of a source is the customer of that name."""
    return [
        {"source": source, "source_id": one, "source_id_kind": kind, "customer_id": one}
        for one in names
    ]


def link_table(rows: list[Row]) -> Any:
    return typed(CANONICAL["customer_links"].types, rows)


def person(ref: str, **told: Any) -> Row:
    return {"customer_ref": ref, "customer_ref_kind": "id", **told}


class TestAccounts:
    def found(self, engine: DuckEngine, *persons: Row, **chosen: Any) -> dict[str, str]:
        names = sorted({one["customer_ref"] for one in persons})
        sources = {one.get("source", "shop") for one in persons}
        link = link_table(
            [row for source in sorted(sources) for row in links(*names, source=source)]
        )
        asked = accounts(
            table("customers", list(persons)), link, key=KEY, settings=AccountSettings(**chosen)
        )
        return {row["customer_id"]: row["account_id"] for row in engine.fetch(asked).to_pylist()}

    def test_the_account_that_a_source_names_is_opaque_and_stable(self, engine: DuckEngine) -> None:
        found = self.found(engine, person("ann", account_ref="A1"), person("bob"))
        assert found == {"ann": opaque_id(KEY, "account", "id/shop/A1")}

    def test_the_newest_file_that_names_one_decides(self, engine: DuckEngine) -> None:
        old, new = person("ann", account_ref="A1"), person("ann", account_ref="A2", seq=2)
        silent = person("ann", seq=3)
        found = self.found(engine, old, new, silent)
        assert found == self.found(engine, person("ann", account_ref="A2"))

    def test_the_same_id_in_two_sources_is_one_account_only_when_told(
        self, engine: DuckEngine
    ) -> None:
        both = (
            person("ann", account_ref="552100554"),
            person("bob", account_ref="552100554", source="crm"),
        )
        apart, together = (self.found(engine, *both, shared_ids=one) for one in (False, True))
        assert len(set(apart.values())) == 2
        assert len(set(together.values())) == 1

    def test_a_domain_joins_the_one_account_of_its_people(self, engine: DuckEngine) -> None:
        people = (
            person("ann", account_ref="A1", email="ann@Maison-Paul.fr"),
            person("bob", email="bob@maison-paul.fr"),
            person("eve", email="eve@gmail.com"),
            person("dan", email="dan@yahoo.co.uk"),
            person("kim", email="kim@atelier.fr"),
            person("lou", email="lou@atelier.fr"),
        )
        found = self.found(engine, *people, by_domain=True)
        assert found["ann"] == found["bob"]
        assert found["kim"] == found["lou"] != found["ann"]
        assert "eve" not in found
        assert "dan" not in found
        assert set(self.found(engine, *people)) == {"ann"}

    def test_a_domain_of_two_accounts_joins_neither(self, engine: DuckEngine) -> None:
        found = self.found(
            engine,
            person("ann", account_ref="A1", email="ann@groupe.fr"),
            person("bob", account_ref="A2", email="bob@groupe.fr"),
            person("kim", email="kim@groupe.fr"),
            by_domain=True,
        )
        assert len(set(found.values())) == 3

    def test_the_name_of_a_company_however_written(self, engine: DuckEngine) -> None:
        found = self.found(
            engine,
            person("ann", company="Café  Léon S.A."),
            person("bob", company="CAFE LEON SA"),
            person("kim", company="cafe leon s a"),
            person("eve", company="n/a"),
            by_company=True,
        )
        assert found["ann"] == found["kim"]
        assert "eve" not in found

    def test_own_public_domains_replace_the_list(self, engine: DuckEngine) -> None:
        found = self.found(
            engine,
            person("ann", email="ann@gmail.com"),
            person("bob", email="bob@campus.fr"),
            by_domain=True,
            public_domains=("campus.*",),
        )
        assert set(found) == {"ann"}


def visit(channel: str | None, days: float, **told: Any) -> Row:
    """A visit so many days before the first order."""
    at = BOUGHT - timedelta(days=days)
    base = {"customer_ref": "ann", "customer_ref_kind": "id", "event": "session"}
    return {**base, "channel": channel, "occurred_at": at, "occurred_on": at.date(), **told}


class TestTouches:
    def touched(self, engine: DuckEngine, *visits: Row, **chosen: Any) -> str | None:
        order = {
            "customer_id": "ann",
            "is_purchase": True,
            "ordered_at": BOUGHT,
            "ordered_on": BOUGHT.date(),
        }
        orders = typed(CANONICAL["orders"].types, [order])
        asked = touches(
            table("events", list(visits)),
            orders,
            link_table(links("ann", "lea")),
            settings=AcquisitionSettings(**chosen),
        )
        rows = engine.fetch(asked).to_pylist()
        return {row["customer_id"]: row["touch_channel"] for row in rows}.get("ann")

    def test_the_rules(self, engine: DuckEngine) -> None:
        seen = (
            visit("ads", 30),
            visit("seo", 10),
            visit("email", 1, event="email_click"),
            visit("late", -1),
            visit("older", 91),
            visit(None, 80),
            visit("sent", 60, event="email_sent"),
        )
        assert self.touched(engine, *seen) == "ads"
        assert self.touched(engine, *seen, rule="last_touch") == "email"
        assert self.touched(engine, *seen, rule="first_order") is None
        assert self.touched(engine, *seen, lookback_days=200) == "older"
        assert self.touched(engine, *seen, lookback_days=15) == "seo"

    def test_nobody_s_session_is_that_of_the_one_person_in_it(self, engine: DuckEngine) -> None:
        nobody = {"customer_ref": None, "customer_ref_kind": None, "session_id": "s1"}
        anonymous = visit("ads", 2, **nobody)
        login = visit(None, 2, event="login", session_id="s1")
        assert self.touched(engine, anonymous, login) == "ads"
        other = visit(None, 2, event="login", session_id="s1", customer_ref="lea")
        assert self.touched(engine, anonymous, login, other) is None

    @pytest.mark.slow
    @effort(max_examples=20, deadline=None)
    @given(st.lists(st.floats(-50, 150), min_size=1, max_size=6), st.sampled_from([7, 90]))
    def test_nothing_after_the_first_order_decides(self, ages: list[float], days: int) -> None:
        with DuckEngine(threads=1) as engine:
            seen = [visit(f"c{n}", age) for n, age in enumerate(ages)]
            first = BOUGHT.date() - timedelta(days=days)
            inside = [
                (row["occurred_at"], row["channel"])
                for row in seen
                if row["occurred_at"] <= BOUGHT and row["occurred_on"] >= first
            ]
            for rule, pick in (("first_touch", min), ("last_touch", max)):
                found = self.touched(engine, *seen, rule=rule, lookback_days=days)
                times = [at for at, _channel in inside]
                allowed = {channel for at, channel in inside if at == pick(times)}
                assert found in allowed if inside else found is None


def test_a_prospect_has_the_channel_of_the_first_visit(engine: DuckEngine) -> None:
    seen = [visit("seo", 300, customer_ref="lea"), visit("ads", 3, customer_ref="lea")]
    nothing = typed(CANONICAL["orders"].types, [])
    asked = touches(
        table("events", seen), nothing, link_table(links("lea")), settings=AcquisitionSettings()
    )
    assert engine.fetch(asked).to_pylist() == [{"customer_id": "lea", "touch_channel": "seo"}]
