"""Fields under the names that the documents give them, and kinds told by columns left over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from perenne.core import PerenneError
from perenne.sources import preset, recognise
from perenne.warehouse import DuckEngine
from tests.sources.golden import CONTEXT

Write = Callable[..., Path]
BringIn = Callable[..., Any]
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "presets.md"
CELLS = {"number": "12.50", "date": "2025-01-31", "email": "ada@x.org", "country": "FR",
         "currency": "EUR", "phone": "0612345678"}  # fmt: skip


def told() -> Iterator[tuple[str, str]]:
    """Kind and field of the table in the reference."""
    text = PAGE.read_text(encoding="utf-8").partition("## Fields to map")[2]
    for kind, fields in re.findall(r"^\| `(\w+)` \|(.*)\|$", text, re.MULTILINE):
        # What the page calls `id` is a header, of the field plain_id.
        yield from ((kind, name) for name in re.findall(r"`(\w+)`", fields) if name != "id")


@pytest.mark.parametrize(("kind", "field"), list(told()))
def test_a_field_is_found_by_its_own_name(
    engine: DuckEngine, write: Write, kind: str, field: str
) -> None:
    known = preset(kind)
    needed = [need.split("|")[0] for need in known.detect.require]
    columns = dict.fromkeys([field, *needed])
    cells = [CELLS.get(known.fields[name].type, "x1") for name in columns]
    path = write(f"{','.join(columns)},beside\n{','.join(cells)},\n")
    found = recognise(path, engine=engine, context=CONTEXT, preset=kind)
    assert found.columns[field] == field


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("event,happened,customer_id,email,session_id,channel,campaign,product_id,quantity,value,"
         "currency", "cart,2025-01-31,c1,,s1,web,,P1,1,,EUR", "events"),
        ("subscription_id,started,customer_id,status,cancelled,price,quantity,interval,product_id,"
         "currency", "S1,2025-01-31,c1,active,,9,1,month,P1,EUR", "subscriptions"),
        ("response_id,answered,customer_id,nps,comment,survey", "r1,2025-01-31,c1,9,,post",
         "surveys"),
        ("order_id,refunded,refund_amount,currency,reason", "o1,2025-01-31,3,EUR,", "refunds"),
        ("customer_id,email,channel,consent,said,purpose", "c1,a@x.org,email,yes,2025-01-31,",
         "consents"),
        ("order_id,ordered,customer_id,email,product_id,product_name,quantity,unit_price,status",
         "o1,2025-01-31,c1,,P1,Tea,1,9,paid", "order_lines"),
        ("order_id,ordered,amount,refunded", "o1,2025-01-31,9.00,0.00", "orders"),
        ("ticket,created,solved,status,email", "t1,2025-01-31,,open,a@x.org", "tickets"),
        ("customer_id,email,first_name,birth,created,account", "c1,a@x.org,A,1980-02-29,"
         "2025-01-31,b1", "customers"),
        # A till calls its receipts tickets.
        ("ticket,created_at,status,total", "7,2025-01-31,paid,9", "orders"),
    ],
)  # fmt: skip
def test_kinds_are_told_by_own_names(
    engine: DuckEngine, write: Write, header: str, row: str, expected: str
) -> None:
    found = recognise(write(f"{header}\n{row}\n"), engine=engine, context=CONTEXT)
    assert (found.preset.name, found.ignored) == (expected, ())


def test_a_word_that_may_be_a_day_is_read_as_one_where_it_is(
    bring_in: BringIn, write: Write
) -> None:
    head = "subscription_id,start_date,customer_id,status,cancelled"
    for cell, read in (("no", False), ("2025-03-01", True), ("", True)):
        found = bring_in(write(f"{head}\nS1,2025-01-31,c1,active,{cell}\n"))
        assert ("cancelled" in found.found.columns) == read
        assert len(found.tables["subscriptions"]) == 1


@pytest.mark.parametrize(
    "header",
    [
        "event,quand,customer_id,email,product_id,quantity",
        "subscription_id,begun,customer_id,email,price,quantity,product_id",
    ],
)
def test_people_alone_do_not_make_a_file_one_of_order_lines(
    engine: DuckEngine, write: Write, header: str
) -> None:
    row = ",".join("a@x.org" if name == "email" else "1" for name in header.split(","))
    with pytest.raises(PerenneError, match="does not recognise the columns"):
        recognise(write(f"{header}\n{row}\n"), engine=engine, context=CONTEXT)


def test_a_column_that_speaks_of_another_kind_is_asked_about(
    engine: DuckEngine, write: Write
) -> None:
    path = write("event,quand,order_id,product_id,quantity\ncart,1,o1,P1,1\n")
    with pytest.raises(PerenneError, match=r"“event” of .* speaks of events") as caught:
        recognise(path, engine=engine, context=CONTEXT)
    assert caught.value.allowed == ("events", "order_lines")
    assert "--source events or --source order_lines" in str(caught.value)
    found = recognise(path, engine=engine, context=CONTEXT, preset="order_lines")
    assert found.preset.name == "order_lines"


def test_lines_without_a_day_say_what_they_wait_for(bring_in: BringIn, write: Write) -> None:
    found = bring_in(write("order_id,product_id,quantity,unit_price\no1,P1,1,9\n"))
    (note,) = found.done.notes
    assert "--map ordered=COLUMN" in note
    dated = bring_in(write("order_id,ordered,product_id,unit_price\no1,2025-01-31,P1,9\n"))
    assert not dated.done.notes
