"""The same product in several sources: which offers are one, and where they differ."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Severity = Literal["note", "warning", "error"]
Rule = Literal["gtin", "sku"]
# A price that differs by more than this share is an error, by less a warning.
_LARGE = Decimal("0.05")


@dataclass(frozen=True)
class Offer:
    """A product as one source offers it; money in `currency`, as told on `told_on`."""

    source: str
    product_id: str
    name: str | None = None
    sku: str | None = None
    gtin: str | None = None
    price: Decimal | None = None
    sale_price: Decimal | None = None
    currency: str | None = None
    tax_included: bool | None = None
    stock: Decimal | None = None
    availability: str | None = None
    status: str | None = None
    told_on: date = date.min

    @property
    def paid(self) -> Decimal | None:
        """What a buyer pays: the price of the promotion under way, else the price."""
        return self.price if self.sale_price is None else self.sale_price

    @property
    def on_offer(self) -> bool:
        return self.status not in ("draft", "archived")

    @property
    def can_be_bought(self) -> bool | None:
        """None where the source says neither its availability nor its stock."""
        if not self.on_offer:
            return False
        if self.availability is not None:
            return self.availability != "out_of_stock"
        return None if self.stock is None else self.stock > 0


@dataclass(frozen=True)
class Difference:
    """One thing that two sources say differently of a product, or that one does not say at all."""

    product: str
    name: str
    rule: Rule | None
    kind: str
    severity: Severity
    source: str
    said: str
    reference: str
    reference_said: str
    told_on: date
    reference_told_on: date


@dataclass(frozen=True)
class SourceLine:
    """One source: its products, how many were found in the reference and how, and its date."""

    source: str
    products: int
    by_gtin: int
    by_sku: int
    only_here: int
    told_on: date


@dataclass(frozen=True)
class Consistency:
    """What the sources say of the same products. `perhaps`: pairs that only share a name."""

    reference: str
    sources: tuple[SourceLine, ...]
    differences: tuple[Difference, ...]
    perhaps: tuple[tuple[Offer, Offer], ...]
    compared: int

    def count(self, severity: Severity) -> int:
        return sum(one.severity == severity for one in self.differences)


@dataclass(frozen=True)
class Tolerance:
    """Differences of at most this are none: a share of the price, units of stock."""

    price: Decimal = Decimal(0)
    stock: Decimal = Decimal(0)


SEVERITIES: Mapping[str, int] = {"error": 0, "warning": 1, "note": 2}


def compare(
    offers: Iterable[Offer], *, reference: str, currency: str, tolerance: Tolerance = Tolerance()
) -> Consistency:
    """Compare every source with `reference`, product by product.

    Offers are one product by their GTIN, else by their SKU where no GTIN contradicts it. A name
    alone links nothing: such pairs are proposed. A price without currency is in `currency`.
    """
    by_source = defaultdict[str, list[Offer]](list)
    for offer in offers:
        by_source[offer.source].append(offer)
    base = by_source.pop(reference, [])
    found: list[Difference] = list(_repeats(base, reference))
    lines, perhaps = [_line(reference, base, {}, len(base))], list[tuple[Offer, Offer]]()
    compared = 0
    for source, others in sorted(by_source.items()):
        links = _links(base, others)
        found += _repeats(others, source)
        for other, (own, rule) in links.items():
            compared += 1
            found += _differences(own, other, rule, currency=currency, tolerance=tolerance)
        found += _contradictions(base, others)
        met = {id(own) for own, _rule in links.values()}
        alone = [one for one in others if one not in links]
        missing = [one for one in base if id(one) not in met]
        found += _missing(missing, alone, source, reference, told_on=_newest(others))
        perhaps += _proposed(missing, alone)
        lines.append(_line(source, others, links, len(alone)))
    ordered = sorted(found, key=lambda d: (SEVERITIES[d.severity], d.kind, d.product, d.source))
    return Consistency(reference, tuple(lines), tuple(ordered), tuple(perhaps), compared)


def gtin14(text: str | None) -> str | None:
    """A GTIN of 8, 12, 13 or 14 digits padded to 14; None when its check digit is wrong."""
    digits = re.sub(r"\D", "", text or "")
    if len(digits) not in (8, 12, 13, 14) or not digits.strip("0"):
        return None
    padded = digits.zfill(14)
    weights = [3, 1] * 6 + [3]
    total = sum(int(d) * w for d, w in zip(padded, weights, strict=False))
    return padded if (10 - total % 10) % 10 == int(padded[-1]) else None


def sku_key(text: str | None) -> str | None:
    """A SKU without case and surrounding space."""
    return (text or "").strip().casefold() or None


def plain_name(text: str | None) -> str:
    """A name without case, accents and punctuation, its words in order."""
    bare = unicodedata.normalize("NFKD", (text or "").casefold())
    letters = "".join(c if c.isalnum() else " " for c in bare if not unicodedata.combining(c))
    return " ".join(letters.split())


def _links(base: Sequence[Offer], others: Sequence[Offer]) -> dict[Offer, tuple[Offer, Rule]]:
    """Offers of a source with those of the reference that are the same product."""
    by_gtin = _unique(base, lambda one: gtin14(one.gtin))
    by_sku = _unique(base, lambda one: sku_key(one.sku))
    other_gtins = _unique(others, lambda one: gtin14(one.gtin))
    other_skus = _unique(others, lambda one: sku_key(one.sku))
    links: dict[Offer, tuple[Offer, Rule]] = {}
    taken: set[int] = set()
    for gtin, other in other_gtins.items():
        if gtin in by_gtin:
            links[other] = (by_gtin[gtin], "gtin")
            taken.add(id(by_gtin[gtin]))
    for sku, other in other_skus.items():
        own = by_sku.get(sku)
        if other in links or own is None or id(own) in taken or _contradict(own, other):
            continue
        links[other] = (own, "sku")
        taken.add(id(own))
    return links


def _unique(offers: Iterable[Offer], key: Callable[[Offer], str | None]) -> dict[str, Offer]:
    """Offers by a key that only one of them has."""
    found = defaultdict[str, list[Offer]](list)
    for offer in offers:
        value = key(offer)
        if value is not None:
            found[value].append(offer)
    return {value: same[0] for value, same in found.items() if len(same) == 1}


def _contradict(one: Offer, other: Offer) -> bool:
    first, second = gtin14(one.gtin), gtin14(other.gtin)
    return first is not None and second is not None and first != second


def _newest(offers: Iterable[Offer]) -> date:
    return max((one.told_on for one in offers), default=date.min)


def _line(
    source: str,
    offers: Sequence[Offer],
    links: Mapping[Offer, tuple[Offer, Rule]],
    alone: int,
) -> SourceLine:
    rules = [rule for _own, rule in links.values()]
    counts = rules.count("gtin"), rules.count("sku")
    return SourceLine(source, len(offers), *counts, alone, _newest(offers))


@dataclass(frozen=True)
class _Saying:
    """Writes differences between two offers of one product."""

    own: Offer
    other: Offer
    rule: Rule | None

    def __call__(self, kind: str, severity: Severity, *, own: object, other: object) -> Difference:
        return Difference(
            product=self.own.sku or self.own.product_id,
            name=self.own.name or self.other.name or "",
            rule=self.rule,
            kind=kind,
            severity=severity,
            source=self.other.source,
            said="" if other is None else str(other),
            reference=self.own.source,
            reference_said="" if own is None else str(own),
            told_on=self.other.told_on,
            reference_told_on=self.own.told_on,
        )


def _differences(
    own: Offer, other: Offer, rule: Rule, *, currency: str, tolerance: Tolerance
) -> Iterator[Difference]:
    say = _Saying(own, other, rule)
    yield from _prices(own, other, say, currency=currency, tolerance=tolerance)
    if own.name and other.name and own.name != other.name:
        same = plain_name(own.name) == plain_name(other.name)
        yield say(
            "spelling" if same else "name",
            "note" if same else "warning",
            own=own.name,
            other=other.name,
        )
    here, there = own.can_be_bought, other.can_be_bought
    if None not in (here, there) and here != there:
        yield say(
            "availability",
            "error" if there else "warning",
            own="in_stock" if here else "out_of_stock",
            other="in_stock" if there else "out_of_stock",
        )
    if (
        own.stock is not None
        and other.stock is not None
        and abs(own.stock - other.stock) > tolerance.stock
    ):
        yield say("stock", "warning", own=_figure(own.stock), other=_figure(other.stock))


def _prices(
    own: Offer, other: Offer, say: _Saying, *, currency: str, tolerance: Tolerance
) -> Iterator[Difference]:
    here, there = own.currency or currency, other.currency or currency
    if own.paid is None or other.paid is None:
        return
    if here != there:
        yield say("currency", "warning", own=here, other=there)
        return
    if None not in (own.tax_included, other.tax_included) and own.tax_included != (
        other.tax_included
    ):
        words = {True: "incl", False: "excl", None: ""}
        yield say("tax", "note", own=words[own.tax_included], other=words[other.tax_included])
        return
    apart = abs(own.paid - other.paid)
    if apart > tolerance.price * abs(own.paid):
        large = apart > _LARGE * abs(own.paid)
        told = {"own": f"{_figure(own.paid)} {here}", "other": f"{_figure(other.paid)} {there}"}
        yield say("price", "error" if large else "warning", **told)


def _repeats(offers: Sequence[Offer], source: str) -> Iterator[Difference]:
    """A GTIN that several offers of one source bear: it says of none which product it is."""
    found = defaultdict[str, list[Offer]](list)
    for offer in offers:
        if (gtin := gtin14(offer.gtin)) is not None:
            found[gtin].append(offer)
    for gtin, same in found.items():
        if len(same) > 1:
            say = _Saying(same[0], same[1], None)
            ids = ", ".join(one.product_id for one in same)
            yield say("repeated", "warning", own=gtin, other=ids)
    for offer in offers:
        if offer.gtin and gtin14(offer.gtin) is None:
            yield _Saying(offer, offer, None)("invalid", "warning", own=None, other=offer.gtin)


def _contradictions(base: Sequence[Offer], others: Sequence[Offer]) -> Iterator[Difference]:
    """The same SKU under two GTINs: nothing links them."""
    own = _unique(base, lambda one: sku_key(one.sku))
    for sku, other in _unique(others, lambda one: sku_key(one.sku)).items():
        if sku in own and _contradict(own[sku], other):
            say = _Saying(own[sku], other, None)
            yield say("gtin", "error", own=own[sku].gtin, other=other.gtin)


def _missing(
    missing: Iterable[Offer],
    alone: Iterable[Offer],
    source: str,
    reference: str,
    *,
    told_on: date,
) -> Iterator[Difference]:
    for own in missing:
        if own.on_offer:
            empty = Offer(source, own.product_id, told_on=told_on)
            yield _Saying(own, empty, None)("missing", "warning", own=own.name, other=None)
    for other in alone:
        if other.on_offer:
            empty = Offer(reference, other.product_id, sku=other.sku)
            yield _Saying(empty, other, None)("unknown", "error", own=None, other=other.name)


def _proposed(missing: Iterable[Offer], alone: Iterable[Offer]) -> list[tuple[Offer, Offer]]:
    own = _unique(missing, lambda one: plain_name(one.name) or None)
    others = _unique(alone, lambda one: plain_name(one.name) or None)
    return [(own[name], other) for name, other in others.items() if name in own]


def _figure(value: Decimal) -> str:
    return format(value.normalize(), "f")
