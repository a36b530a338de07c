"""What the shared expressions are made of means on Spark what it means on DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from perenne.core import opaque_id
from perenne.identity.tables.facts import keyed_hash
from perenne.identity.tables.records import plain_words, strip_accents
from perenne.warehouse import DuckEngine, Engine, money_quantile, to_money
from tests.engines import spark

pytestmark = pytest.mark.slow

TEXTS = (
    "Été",
    "zoé",
    "ÉTÉ",
    " \tPort\x0b\x0c ",
    "frais de port",
    "a\\b'c\"",
    "#1001/5000032800768",
    "Œuf Façonné e\u0301, Žižek Ångström",
    "",
)
DAYS = (
    date(2024, 2, 29),
    date(2024, 12, 30),
    date(2025, 1, 1),
    date(2025, 1, 31),
    date(2025, 3, 30),
    date(1899, 12, 31),
    date(2025, 10, 26),
    date(2023, 12, 31),
    date(2025, 6, 15),
)
AMOUNTS = ("0.0001", "1.0001", "1.0002", "-7.3333", "19.99", "0", "100000.5", "2.5", "-2.5")
ROWS = [
    {
        "n": n,
        "text": None if n == 4 else TEXTS[n],
        "other": None if n % 2 else "x",
        "day": DAYS[n],
        "at": datetime(2025, 3, 30, n, 59, 59, 1, tzinfo=UTC),
        "amount": Decimal(AMOUNTS[n]),
        "cost": None if n == 2 else Decimal(AMOUNTS[-n]) + Decimal("3.0007"),
        "flag": None if n == 3 else n % 2 == 0,
        "group": n % 3,
    }
    for n in range(len(TEXTS))
]
SCHEMA = pa.schema(
    {
        "n": pa.int64(),
        "text": pa.string(),
        "other": pa.string(),
        "day": pa.date32(),
        "at": pa.timestamp("us", "UTC"),
        "amount": pa.decimal128(18, 4),
        "cost": pa.decimal128(18, 4),
        "flag": pa.bool_(),
        "group": pa.int64(),
    }
)

VALUES: dict[str, Callable[[ir.Table], Any]] = {
    "quotient": lambda t: t.amount / t.cost,
    "quotient of numbers": lambda t: t.n / (t.group + 1),
    "whole quotient": lambda t: (t.n * 5) // 3,
    "product": lambda t: (t.amount * t.cost).cast("decimal(38, 8)"),
    "cut product": lambda t: (t.amount * t.cost).cast("decimal(38, 8)").cast("decimal(18, 4)"),
    "product of money": lambda t: t.amount * t.cost,
    "chosen product": lambda t: ibis.coalesce(t.cost * t.cost, t.amount),
    "money": lambda t: to_money(t.amount.cast("float64") / 3),
    "half": lambda t: to_money(t.amount.cast("float64") / 2),
    "rounded decimal": lambda t: (t.amount * t.cost).cast("decimal(38, 8)").round(4),
    "float": lambda t: t.amount.cast("float64"),
    "least": lambda t: ibis.least(t.amount, t.cost),
    "greatest": lambda t: ibis.greatest(t.amount - t.cost, 0).cast("decimal(18, 4)"),
    "nullif": lambda t: t.amount / t.amount.nullif(0),
    "week": lambda t: t.day.truncate("W"),
    "month": lambda t: t.day.truncate("M"),
    "quarter": lambda t: t.day.truncate("Q"),
    "a month on": lambda t: (t.day + ibis.interval(months=1)).cast("date"),
    "a year on": lambda t: (t.day + ibis.interval(months=12)).cast("date"),
    "the day before": lambda t: (t.day - ibis.interval(days=1)).cast("date"),
    "days until": lambda t: ibis.date("2025-03-01").delta(t.day, unit="day"),
    "year and month": lambda t: t.day.year() * 12 + t.day.month(),
    "written month": lambda t: t.day.strftime("%Y-%m"),
    "written day": lambda t: t.day.strftime("%Y%m%d"),
    "instant of a day": lambda t: t.day.cast("timestamp('UTC')"),
    "day of a step": lambda t: (t.day.cast("timestamp") + t.n.as_interval("D")).cast("date"),
    "lower": lambda t: t.text.lower(),
    "upper": lambda t: t.text.upper(),
    "strip": lambda t: t.text.strip(),
    "without accents": lambda t: strip_accents(t.text),
    "plain words": lambda t: plain_words(t.text),
    "pattern": lambda t: t.text.strip().lower().re_search("^((frais de )?port|[ée]t[ée])$"),
    "bare number": lambda t: t.text.re_replace(r"^#", "").re_replace(r"/\d{10,}$", ""),
    "starts": lambda t: t.text.startswith("#1"),
    "part": lambda t: t.text.substr(1, 3),
    "rest": lambda t: t.text.substr(t.n),
    "length": lambda t: t.text.length(),
    "joined": lambda t: t.text.concat("/", t.other),
    "hashed": lambda t: keyed_hash("key", t.text.fill_null(""), t.other.fill_null("")),
    "digest": lambda t: t.text.hexdigest("sha256").substr(0, 12),
    "number as text": lambda t: t.n.cast("string"),
    "rank": lambda t: ibis.rank().over(order_by=ibis.desc(t.cost, nulls_first=False)),
    "rank of texts": lambda t: ibis.row_number().over(order_by=[t.text.asc()]),
    "first of group": lambda t: ibis.row_number().over(
        group_by=t.group, order_by=[ibis.desc(t.cost), t.text]
    ),
    "running": lambda t: t.amount.cumsum(group_by=t.group, order_by=t.n),
    "before": lambda t: t.day.lag().over(ibis.window(group_by=t.group, order_by=t.n)),
    "count over": lambda t: t.cost.count().over(ibis.window(group_by=t.group)),
    "any over": lambda t: t.flag.any().over(ibis.window(group_by=t.group)),
}

FIGURES: dict[str, Callable[[ir.Table], Any]] = {
    "sum": lambda t: t.amount.sum(),
    "sum of none": lambda t: t.amount.sum(where=t.n > 99),
    "count of none": lambda t: t.count(where=t.n > 99),
    "distinct": lambda t: t.text.nunique(where=t.flag),
    "median": lambda t: t.n.median(),
    "median of some": lambda t: t.n.median(where=t.flag),
    "quantile": lambda t: t.n.quantile(0.9),
    "median of amounts": lambda t: money_quantile(t.amount, 0.5),
    "quartile of amounts": lambda t: money_quantile(t.amount, 0.75),
    "any": lambda t: t.flag.any(),
    "any unknown": lambda t: t.cost.isnull().any(),
    "flags": lambda t: t.flag.sum(),
    "least text": lambda t: t.text.min(),
    "greatest text": lambda t: t.text.max(),
    "mean": lambda t: t.flag.cast("int64").mean(),
    "told last": lambda t: t.text.argmin(
        ibis.struct({"a": -t.group, "b": t.other.fill_null(""), "n": t.n}), where=t.text.notnull()
    ),
    "listed": lambda t: t.text.group_concat(" | ", order_by=[t.group, t.n]),
    "collected": lambda t: t.text.collect(order_by=t.text),
    "collected and sorted": lambda t: t.n.collect().sort(),
    "place in a list": lambda t: t.n.collect().sort().index(t.n.max()),
    "collected downwards": lambda t: t.n.collect(order_by=[ibis.desc(t.other), ibis.desc(t.n)]),
    "first downwards": lambda t: t.text.first(order_by=[ibis.desc(t.cost), ibis.desc(t.n)]),
    "listed downwards": lambda t: t.text.group_concat("|", order_by=ibis.desc(t.n)),
    "collected by what may be null": lambda t: t.n.collect(order_by=[t.other, t.cost, t.n]),
    "first told": lambda t: t.text.first(order_by=[t.other, t.n]),
    "first told of some": lambda t: t.other.first(order_by=t.n, where=t.n > 0),
    "first of none": lambda t: t.text.first(order_by=t.n, where=t.n > 99),
    "first row": lambda t: ibis.struct({"cost": t.cost, "text": t.text}).first(
        order_by=[t.cost, t.n]
    ),
}


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[Engine, Engine]]:
    with DuckEngine() as one, spark() as other:
        yield one, other


def told(engine: Engine, expression: Callable[[ir.Table], Any]) -> list[dict[str, Any]]:
    table = engine.arrow(pa.Table.from_pylist(ROWS, schema=SCHEMA))
    rows: list[dict[str, Any]] = engine.fetch(expression(table)).to_pylist()
    return rows


def test_every_value_is_the_same(engines: tuple[Engine, Engine]) -> None:
    def all_values(t: ir.Table) -> ir.Table:
        return t.select("n", **{name: of(t) for name, of in VALUES.items()}).order_by("n")

    one, other = (told(engine, all_values) for engine in engines)
    wrong = {
        (name, left["n"]): (left[name], right[name])
        for left, right in zip(one, other, strict=True)
        for name in left
        if left[name] != right[name]
    }
    assert not wrong


def test_every_aggregate_is_the_same(engines: tuple[Engine, Engine]) -> None:
    def whole(t: ir.Table) -> ir.Table:
        return t.agg(**{name: of(t) for name, of in FIGURES.items()})

    def groups(t: ir.Table) -> ir.Table:
        figures = {name: of(t) for name, of in FIGURES.items()}
        return t.group_by("group").agg(**figures).order_by("group")

    for wanted in (whole, groups):
        one, other = (told(engine, wanted) for engine in engines)
        wrong = {
            name: (left[name], right[name])
            for left, right in zip(one, other, strict=True)
            for name in left
            if left[name] != right[name]
        }
        assert not wrong


ODD_TEXTS = (
    "Été\n",
    "ÉTÉ",
    "a\rb",
    "a\x0bb",
    "a\u2028b",
    "[x&&y]",
    "a b\tc",
    "Thé_42",
    "$5.00",
    "",
)
PATTERNS = (
    r"(?i)^été$",
    r"^\w+$",
    r"é$",
    r"(?m)é$",
    r"a.b",
    r"a\sb",
    r"^\S+$",
    r"[\s]b",
    r"^[[:alpha:]]+",
    r"[[:^alnum:]_]",
    r"[[&]",
    r"[]]",
    r"^[^]]+$",
    r"(?P<size>\d+)",
    r"\$\d",
    r"[$]\d",
    r"\Q[x&&\E",
    r"\pL{3}|\p{Lu}",
    r"^$",
)


def test_patterns_of_the_owner_are_the_same(engines: tuple[Engine, Engine]) -> None:
    texts = pa.table({"text": pa.array(ODD_TEXTS)})
    found = []
    for engine in engines:
        text = engine.arrow(texts).text
        columns = {p: text.re_search(p) for p in PATTERNS}
        columns |= {f"{p} replaced": text.re_replace(p, "*") for p in PATTERNS}
        columns |= {f"{p} found": text.re_extract(p, 0) for p in PATTERNS}
        table = text.as_table().select("text", **columns).order_by("text")
        found.append(engine.fetch(table).to_pylist())
    assert any(found[0][n]["(?i)^été$"] for n in range(len(ODD_TEXTS)))
    wrong = {
        (name, row["text"]): (row[name], other[name])
        for row, other in zip(*found, strict=True)
        for name in row
        if row[name] != other[name]
    }
    assert not wrong


def test_ids_are_those_of_the_core(engines: tuple[Engine, Engine]) -> None:
    for engine in engines:
        rows = told(engine, lambda t: t.select("text", id=keyed_hash("k", t.text, t.text)))
        assert [row["id"] for row in rows if row["text"]] == [
            opaque_id("k", row["text"], row["text"]) for row in rows if row["text"]
        ]


def test_a_hash_tells_null_from_empty_and_one_column_from_another() -> None:
    rows = pa.table(
        {
            "a": pa.array(["x", None, "", None, "x", None], pa.string()),
            "b": pa.array([None, "x", None, "", "x", None], pa.string()),
        }
    )
    with spark() as engine:
        table = engine.arrow(rows)
        hashes = engine.fetch(table.select(h=ibis.struct({"a": table.a, "b": table.b}).hash()))
        assert len(set(hashes["h"].to_pylist())) == rows.num_rows


def test_steps_of_a_range_are_rows(engines: tuple[Engine, Engine]) -> None:
    for engine in engines:
        rows = told(engine, lambda t: t.select("n", step=ibis.range(0, t.group).unnest()))
        assert sorted((row["n"], row["step"]) for row in rows) == [
            (row["n"], step) for row in ROWS for step in range(row["group"])
        ]
