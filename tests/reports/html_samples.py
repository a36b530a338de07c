"""Shops for the report's tests, and a reader of the page that knows HTML's rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from perenne.cleaning import Account, RowLine, ValueLine
from perenne.metrics import MetricSettings, build_marts, learn_context, load_catalogue
from perenne.reports import ReportInput
from perenne.segments import SegmentSettings, assign
from perenne.warehouse import CANONICAL, DuckEngine
from tests.metrics.shops import Kind, Shop

Rows = list[dict[str, Any]]
VOID = {"meta", "br", "link", "img", "input", "hr"}

FULL = Kind("full", days=900, customers=80)
POOR = Kind(
    "poor",
    days=200,
    customers=40,
    unknown_cost=1.0,
    spend=False,
    refunds=False,
    relations=False,
)


def report_input(
    one: Shop, engine: DuckEngine, folder: Path, *, settings: MetricSettings | None = None
) -> ReportInput:
    """Build marts and segments of a shop, through Parquet as a refresh does."""

    def kept(name: str, table: Any) -> Any:
        engine.write(table, folder / f"{name}.parquet")
        return engine.read(folder / f"{name}.parquet")

    chosen = settings or MetricSettings()
    rows = {name: one.tables.get(name, []) for name in CANONICAL}
    tables = {name: kept(name, engine.rows(CANONICAL[name], rows[name])) for name in CANONICAL}
    for name, mart in build_marts(tables, as_of=one.as_of, settings=chosen).items():
        tables[name] = kept(name, mart)
    context = learn_context(
        tables,
        as_of=one.as_of,
        currency="EUR",
        time_zone="Europe/Paris",
        settings=chosen,
        fetch=engine.fetch,
    )
    segments = SegmentSettings()
    days = context.inactivity_days
    named = assign(tables, as_of=one.as_of, inactivity_days=days, settings=segments)
    tables["segments"] = kept("segments", named)
    return ReportInput(
        shop_name="Boutique du Lac",
        catalogue=load_catalogue(),
        tables=tables,
        context=context,
        account=account(),
        fetch=engine.fetch,
        segment_settings=segments,
        generated_at=datetime(2025, 4, 2, 9, 30),
    )


def small_shop(orders: Rows, *, as_of: date = date(2025, 3, 31)) -> Shop:
    """A shop of a few orders, each `day`, `customer` (None for a guest) and `net`."""
    return Shop(as_of, {"orders": [_order(n, one) for n, one in enumerate(orders)]})


def _order(number: int, given: dict[str, Any]) -> dict[str, Any]:
    day, net = given["day"], Decimal(given.get("net", 50))
    return {
        "order_id": f"o{number}",
        "source": "shop",
        "source_order_id": str(number),
        "customer_id": given["customer"],
        "ordered_at": datetime(day.year, day.month, day.day, 12),
        "ordered_on": day,
        "status": "paid",
        "is_purchase": True,
        "order_number": None if given["customer"] is None else 1,
        "currency": "EUR",
        "gross": net,
        "discount": Decimal(0),
        "net": net,
        "shipping": Decimal(0),
        "tax": Decimal(0),
        "total": net,
    }


def account(**changes: Any) -> Account:
    """A reconciliation of one file and two months."""
    rows = RowLine("b1", "orders.csv", "shop", "order_lines", 12, 9, 2, 1)
    lines = (
        _value("2025-02", "100", {"counted": "90.50", "shipping": "9.50"}),
        _value("2025-03", "80", {"counted": "60", "merged": "30", "return": "-10"}),
    )
    return replace(Account(rows=(rows,), values=lines), **changes)


def _value(month: str, value_in: str, out: dict[str, str]) -> ValueLine:
    amounts = {rule: Decimal(amount) for rule, amount in out.items()}
    return ValueLine("shop", month, "EUR", Decimal(value_in), amounts, dict.fromkeys(out, 1))


@dataclass
class Card:
    metric: str
    raw: str
    text: str = ""


@dataclass
class Reader(HTMLParser):
    """Reads the page and remembers what its rules are broken by, and what it says where."""

    problems: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    sections: dict[str, str] = field(default_factory=dict)
    tables: int = 0
    captions: int = 0
    drawings: int = 0
    titled: int = 0
    open: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    @classmethod
    def of(cls, page: str) -> Reader:
        reader = cls()
        reader.feed(page)
        reader.close()
        reader.problems += [f"<{tag}> never closed" for tag, _ in reader.open]
        return reader

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if len(values) < len(attrs):
            self.problems.append(f"<{tag}> says an attribute twice")
        self._note(tag, values)
        if tag not in VOID:
            self.open.append((tag, values))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            self.problems.append(f"</{tag}> closes {self.open[-1:] or 'nothing'}")
            return
        self.open.pop()

    def handle_data(self, data: str) -> None:
        data = data.replace("\N{WORD JOINER}", "")  # it is not seen
        inside = [tag for tag, _ in self.open]
        if "style" in inside or "script" in inside:
            return
        if data.strip():
            self.text.append(data.strip())
        for tag, values in self.open:
            if tag == "section" and values.get("id"):
                name = str(values["id"])
                self.sections[name] = self.sections.get(name, "") + data
        if self.cards and "li" in inside:
            self.cards[-1].text += data

    def _note(self, tag: str, values: dict[str, str | None]) -> None:
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "a":
            self.links.append(str(values.get("href")))
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))
        if values.get("data-metric"):
            self.cards.append(Card(str(values["data-metric"]), str(values["data-value"])))
        if tag == "th" and "scope" not in values:
            self.problems.append("<th> without scope")
        self.problems += [f"{name} on <{tag}>" for name in values if name.startswith("on")]
        parent = self.open[-1][0] if self.open else ""
        self.tables += tag == "table"
        self.captions += tag == "caption" and parent == "table"
        self.drawings += tag == "svg"
        self.titled += tag == "title" and parent == "svg"


Make = Callable[..., ReportInput]
Pages = Callable[[str, str], str]
"""The page of a shop of the fixtures, by its name and language, written once."""
