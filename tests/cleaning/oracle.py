"""The line pipeline again, slowly and in plain Python: merge, rule, value. Shares no code."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.cleaning.shop import Import, Row

# What the product names used by the random shops are.
KINDS = {"Frais de port": "shipping", "Remise": "discount", "Carte cadeau": "gift_card"}
RULE_OF = {"shipping": "shipping", "discount": "discount_line", "gift_card": "gift_card"}
CONTENT = (
    "product_id",
    "unit_price",
    "quantity",
    "discount",
    "document",
    "customer_ref",
    "ordered_on",
)


@dataclass(frozen=True)
class Found:
    """A kept line: the rule that sets it aside, its written value, its net."""

    number: str
    product: str
    rule: str | None
    written: Decimal
    net: Fraction | None


Placed = tuple[Import, int, Row]


def placed(imports: list[Import], table: str) -> list[Placed]:
    return [(one, n, row) for one in imports for n, row in enumerate(one.tables.get(table, ()))]


def newest(candidates: list[Placed]) -> Placed:
    return min(candidates, key=lambda c: (-c[0].seq, c[0].name, c[1]))


def kept_orders(imports: list[Import]) -> dict[str, Row]:
    by_number = defaultdict(list)
    for place in placed(imports, "orders"):
        by_number[place[2]["source_order_id"]].append(place)
    return {number: newest(found)[2] for number, found in by_number.items()}


def kept_lines(imports: list[Import]) -> list[Row]:
    copies = defaultdict(dict)
    for one, _, row in placed(imports, "orders"):
        copies[row["source_order_id"]][one.name] = one.seq
    groups, seen = defaultdict(list), defaultdict(int)
    for one, n, row in placed(imports, "order_lines"):
        number = row["source_order_id"]
        content = tuple(str(row.get(name)) for name in CONTENT)
        seen[one.name, number, content] += 1
        copy = copies[number]
        if one.name in copy and copy[one.name] < max(copy.values()):
            continue
        nth = seen[one.name, number, content] if one.identical == "keep" else 0
        groups[number, content, nth].append((one, n, row))
    return [newest(found)[2] for found in groups.values()]


def line_pipeline(imports: list[Import]) -> list[Found]:
    """Every kept line of an order that has lines."""
    heads, by_order = kept_orders(imports), defaultdict(list)
    for row in kept_lines(imports):
        by_order[row["source_order_id"]].append(row)
    found = []
    for number, rows in by_order.items():
        found += _order(number, rows, heads.get(number))
    return found


def _order(number: str, rows: list[Row], head: Row | None) -> list[Found]:
    facts = head or _least(rows)
    given = [_given(row) for row in rows]
    rules = [_rule(row, facts, total=head and head.get("total")) for row in rows]
    paid = any(rule is None and _price(row) for row, rule in zip(rows, rules, strict=True))
    for n, row in enumerate(rows):
        if rules[n] is None and _price(row) == 0 and paid:
            rules[n] = "zero_price_line"
    weight = sum((g for g, rule in zip(given, rules, strict=True) if rule is None), Fraction(0))
    stated = sum(
        Fraction(row.get("discount") or 0)
        for row, rule in zip(rows, rules, strict=True)
        if rule is None
    )
    rest = max(Fraction((head or {}).get("discount") or 0) - stated, Fraction(0)) if head else 0
    return [
        Found(
            number,
            row["product_id"],
            rule,
            Decimal(str(row["unit_price"])) * row["quantity"],
            g - (rest * g / weight if weight else 0) if rule is None else None,
        )
        for row, g, rule in zip(rows, given, rules, strict=True)
    ]


def _least(rows: list[Row]) -> Row:
    def least(name: str) -> Any:
        return min((row[name] for row in rows if row.get(name) is not None), default=None)

    facts = {name: least(name) for name in ("status", "document", "customer_ref")}
    prices = [_price(row) for row in rows]
    if facts["document"] in (None, "sale") and max(prices) <= 0 and min(prices) < 0:
        facts["document"] = "return"
    return facts


def _price(row: Row) -> Fraction:
    return Fraction(str(row["unit_price"])) * row["quantity"]


def _given(row: Row) -> Fraction:
    return _price(row) - Fraction(row.get("discount") or 0)


def _rule(row: Row, facts: Row, total: object) -> str | None:
    if facts.get("status") in ("cancelled", "voided"):
        return "cancelled"
    if facts.get("document") == "adjustment":
        return "adjustment"
    kind = KINDS.get(row["product_id"])
    if kind:
        return RULE_OF[kind]
    if _price(row) == 0 and facts.get("customer_ref") is None and total is None:
        return "stock_movement"
    return "return" if facts.get("document") == "return" else None
