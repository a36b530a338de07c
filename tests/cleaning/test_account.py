"""Random shops: nothing is lost, order of imports is nothing, and plain Python agrees."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import Phase, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from tests.cleaning.oracle import line_pipeline
from tests.cleaning.shop import Import, Row, Shop, line, order, run

# A run takes a second: a failing shop is shown as it was drawn, without looking for a smaller one.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
NUMBERS = "ABCDEFGH"
PRODUCTS = ("mug", "cup", "pen", "Frais de port", "Remise", "Carte cadeau")
PRICES = ("0", "0.01", "3.33", "10", "19.99")
FACTS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["paid", "paid", "paid", "cancelled", "voided", None]),
        "document": st.sampled_from(["sale", "sale", "sale", "return", "adjustment", None]),
        "customer": st.sampled_from(["ann", "bob", None]),
    }
)
LINES = st.tuples(
    st.sampled_from(NUMBERS),
    st.sampled_from(PRODUCTS),
    st.sampled_from(PRICES),
    st.sampled_from([1, 1, 2, -1]),
    st.sampled_from([None, None, "0.50"]),
)
HEADS = st.tuples(
    st.sampled_from(NUMBERS), FACTS, st.sampled_from([None, 0, 25]), st.sampled_from([None, "1.07"])
)


def _line(facts: dict[str, Row], values: tuple[Any, ...]) -> Row:
    number, product, price, quantity, discount = values
    day = date(2025, 3, 1) + timedelta(days=NUMBERS.index(number))
    own = facts[number]
    return line(number, product, price, quantity=quantity, discount=discount, day=day, **own)


def _head(values: tuple[Any, ...]) -> Row:
    number, facts, total, discount = values
    return order(number, total=total, discount=discount, **facts)


def _file(n: int, lines: list[Row], heads: list[Row], identical: str) -> Import:
    tables = {"order_lines": lines, "orders": heads}
    return Import(tables, name=f"{n}-file", seq=n, identical=identical)


@st.composite
def shops(draw: st.DrawFn) -> list[Import]:
    """Up to three overlapping files of lines, with or without rows of their orders."""
    files = []
    for n in range(1, draw(st.integers(2, 4))):
        facts = {number: draw(FACTS) for number in NUMBERS}
        lines = [_line(facts, values) for values in draw(st.lists(LINES, max_size=30))]
        heads = draw(st.lists(HEADS, max_size=4, unique_by=lambda head: head[0]))
        identical = draw(st.sampled_from(["merge", "keep"]))
        files.append(_file(n, lines, [_head(values) for values in heads], identical))
    return files


def _written(files: list[Import]) -> Decimal:
    """The value that the files carry: their lines, or their orders where they have no lines."""
    total = Decimal(0)
    for one in files:
        rows = one.tables["order_lines"]
        total += sum((Decimal(row["unit_price"]) * row["quantity"] for row in rows), Decimal(0))
        if not rows:
            total += sum(Decimal(row["total"] or 0) for row in one.tables["orders"])
    return total


def test_an_order_told_anew_without_its_lines_counts_once() -> None:
    told = Import({"orders": [order(total=25)]}, name="2-file", seq=2)
    whole = Import({"orders": [order(total=10)], "order_lines": [line()]}, name="1-file")
    shop = run(whole, told)
    assert shop.flows() == {"merged": 10, "counted": 25}
    assert shop.order("A")["net"] == 25


def test_a_line_dated_in_another_month_counts_in_that_of_its_order() -> None:
    shop = run(
        Import({"orders": [order(day=date(2025, 3, 31)), order("B")]}, name="1-file"),
        Import(
            {
                "order_lines": [
                    line(day=date(2025, 4, 1)),
                    line("B", price=7),
                    line("B", price=5, day=None),
                ]
            },
            name="2-file",
        ),
    )
    found = {
        (row["month"], row["rule"]): (row["rows"], row["amount"])
        for row in shop.flow_rows
        if row["amount"]
    }
    assert found == {
        ("2025-04", "moved"): (1, 10),
        (None, "moved"): (1, 5),
        ("2025-03", "moved"): (0, -15),
        ("2025-03", "counted"): (3, 22),
    }


@pytest.mark.long
@effort(max_examples=20, phases=PHASES)
@given(shops())
def test_every_row_and_every_amount_is_accounted_for(files: list[Import]) -> None:
    shop = run(*files)
    for table in ("orders", "order_lines"):
        assert sum(shop.fate(table)) == sum(len(one.tables[table]) for one in files)
    assert sum(shop.flows().values()) == _written(files)
    published = sum((x["as_given"] for x in shop.tables["order_lines"]), Decimal(0))
    aside = {"merged", "told_by_lines", "undated", "later"}
    assert published == sum(v for rule, v in shop.flows().items() if rule not in aside)


@pytest.mark.long
@effort(max_examples=20, phases=PHASES)
@given(shops())
def test_plain_python_agrees_on_every_line(files: list[Import]) -> None:
    shop = run(*files)
    lines = [x for x in shop.tables["order_lines"] if x["product_id"] is not None]
    expected = line_pipeline(files)
    number = {o["order_id"]: o["source_order_id"] for o in shop.tables["orders"]}
    assert Counter(
        (number[x["order_id"]], x["product_id"], x["excluded_by"], x["as_given"]) for x in lines
    ) == Counter((x.number, x.product, x.rule, x.written) for x in expected)
    counted = sorted(
        (number[x["order_id"]], x["product_id"], Fraction(x["net"]))
        for x in lines
        if x["excluded_by"] is None
    )
    by_hand = sorted((x.number, x.product, x.net) for x in expected if x.net is not None)
    for (*found, net), (*wanted, value) in zip(counted, by_hand, strict=True):
        assert found == wanted
        assert abs(net - value) <= Fraction(1, 5000)


def _canonical(shop: Shop) -> dict[str, Counter[str]]:
    """Canonical rows without the columns that name the import."""
    return {
        name: Counter(
            repr(sorted((k, v) for k, v in row.items() if k not in ("batch", "refund_id")))
            for row in rows
        )
        for name, rows in shop.tables.items()
        if name != "quarantine"
    }


def _split(whole: Import, cut: dict[str, int], parts: int) -> list[Import]:
    """The rows of one file over several, orders whole."""
    return [
        replace(
            whole,
            tables={
                name: [row for row in rows if cut[row["source_order_id"]] == n]
                for name, rows in whole.tables.items()
            },
            name=f"{n}-part",
            seq=n + 1,
        )
        for n in range(parts)
    ]


@pytest.mark.long
@effort(max_examples=8, phases=PHASES)
@given(shops(), st.data())
def test_rows_split_over_files_in_any_order_or_given_twice_are_the_same_shop(
    files: list[Import], data: st.DataObject
) -> None:
    whole = files[0]
    assert isinstance(whole, Import)
    # An order alone in a file of lines lost its lines; in a file of its own it is what it says.
    with_lines = {row["source_order_id"] for row in whole.tables["order_lines"]}
    heads = [row for row in whole.tables["orders"] if row["source_order_id"] in with_lines]
    whole = replace(whole, tables={**whole.tables, "orders": heads})
    cut = {number: data.draw(st.integers(0, 2)) for number in NUMBERS}
    parts = data.draw(st.permutations(_split(whole, cut, 3)))
    renumbered = [replace(part, seq=n) for n, part in enumerate(parts, start=1)]
    again = [replace(part, name=f"{part.name}-again", seq=part.seq + 9) for part in parts]
    expected = _canonical(run(whole))
    assert _canonical(run(*renumbered)) == expected
    assert _canonical(run(*renumbered, *again[: data.draw(st.integers(1, 3))])) == expected
