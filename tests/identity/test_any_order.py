"""Properties of linking: whatever is imported, in whatever order, and whatever is then refused."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identity.people import Customers, Row, Workshop, own, person

EXAMPLES = 5
SOURCES = ("shop", "till", "letter")


@pytest.fixture(scope="module")
def shop() -> Iterator[Workshop]:
    with tempfile.TemporaryDirectory() as folder:
        made = Workshop(Path(folder))
        yield made
        made.engine.close()


def record(number: int) -> st.SearchStrategy[Row]:
    """A record that may share an address or a telephone with others, under one of few names."""
    return st.builds(
        lambda source, told: person(f"{number}", source=source, **told),
        st.sampled_from(SOURCES),
        st.fixed_dictionaries(
            {},
            optional={
                "email": st.sampled_from([f"p{n}@mail.example" for n in range(4)]),
                "phone": st.sampled_from([f"067100000{n}" for n in range(3)]),
                "first_name": st.sampled_from(["Camille", "Hugo", "Ines"]),
                "last_name": st.sampled_from(["Dupre", "Tessier"]),
            },
        ),
    )


records = st.integers(2, 9).flatmap(lambda size: st.tuples(*map(record, range(size))))


def afresh(shop: Workshop) -> Workshop:
    """The same engine as before any refresh; customers then follow from the records alone."""
    shop.before, shop.decisions = type(shop.before)(), []
    return shop


def of_each(found: Customers) -> dict[tuple[str, str], str]:
    return {(row["source"], row["source_id"]): row["customer_id"] for row in found.links}


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(records, st.data())
def test_no_order_and_no_repetition_of_records_changes_a_customer(
    shop: Workshop, rows: tuple[Row, ...], data: st.DataObject
) -> None:
    first = of_each(afresh(shop).resolve(rows))
    again = data.draw(st.permutations([*rows, *rows[: len(rows) // 2]]))
    assert of_each(afresh(shop).resolve(again)) == first


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(records, st.data())
def test_refusing_and_undoing_restores_exactly_what_was_before(
    shop: Workshop, rows: tuple[Row, ...], data: st.DataObject
) -> None:
    before = afresh(shop).resolve(rows)
    linked = [pair for pair in before.pairs if pair["status"] == "linked"]
    if not linked:
        assert set(of_each(before).values()) == {own(r["customer_ref"], r["source"]) for r in rows}
        return
    chosen = data.draw(
        st.lists(st.sampled_from(linked), min_size=1, unique_by=lambda p: p["pair_id"])
    )
    for pair in chosen:
        shop.decide(pair, "refuse")
    parted = shop.resolve(rows)
    for pair in chosen:
        sides = {row["customer_id"] for row in parted.links
                 if row["own_id"] in (pair["own_id_1"], pair["own_id_2"])}  # fmt: skip
        assert len(sides) == 2
        shop.decide(pair, "undo")
    after = shop.resolve(rows)
    assert of_each(after) == of_each(before)
    assert sorted(after.pairs, key=str) == sorted(before.pairs, key=str)


@pytest.mark.long
@settings(max_examples=EXAMPLES, deadline=None)
@given(records)
def test_refusing_every_link_gives_each_record_back_what_it_was_alone(
    shop: Workshop, rows: tuple[Row, ...]
) -> None:
    found = afresh(shop).resolve(rows)
    while linked := [pair for pair in found.pairs if pair["status"] == "linked"]:
        for pair in linked:
            shop.decide(pair, "refuse")
        found = shop.resolve(rows)
    assert of_each(found) == {
        (row["source"], row["customer_ref"]): own(row["customer_ref"], row["source"])
        for row in rows
    }


@pytest.mark.long
@settings(max_examples=EXAMPLES, deadline=None)
@given(records, st.integers(11, 40))
def test_an_address_that_a_crowd_shares_changes_nobody(
    shop: Workshop, rows: tuple[Row, ...], size: int
) -> None:
    before = of_each(afresh(shop).resolve(rows))
    crowd = [
        person(f"c{n}", source=SOURCES[n % 3], email="famille@mail.example") for n in range(size)
    ]
    after = of_each(afresh(shop).resolve([*rows, *crowd]))
    assert {ref: customer for ref, customer in after.items() if ref in before} == before
    assert len(set(after.values())) == len(set(before.values())) + size
