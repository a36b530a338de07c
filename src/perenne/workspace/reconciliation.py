"""Rows read = kept + merged + refused; revenue in = revenue out, to the cent.

"In" is what the import summed straight from the text of the raw file; "out" is summed from the
published Parquet. The two never share a computation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from perenne.cleaning import Cleaned
from perenne.workspace.batches import Batch

# Rules under which value leaves before anything is published; all others are read back from the
# published tables.
NOT_PUBLISHED = ("merged", "later", "undated", "told_by_lines")


@dataclass(frozen=True)
class RowLine:
    """The rows of one import and one table."""

    batch: str
    file: str
    source: str
    table: str
    read: int
    kept: int
    merged: int
    quarantined: int

    @property
    def difference(self) -> int:
        return self.read - self.kept - self.merged - self.quarantined


@dataclass(frozen=True)
class ValueLine:
    """The written value of one source, month and currency, and where it went, by rule."""

    source: str
    month: str | None
    currency: str
    value_in: Decimal
    out: Mapping[str, Decimal]
    rows: Mapping[str, int]

    @property
    def difference(self) -> Decimal:
        return self.value_in - sum(self.out.values(), Decimal(0))


@dataclass(frozen=True)
class Account:
    """The whole reconciliation of a snapshot."""

    rows: tuple[RowLine, ...]
    values: tuple[ValueLine, ...]

    @property
    def balanced(self) -> bool:
        return not any(line.difference for line in self.rows) and all(
            abs(line.difference) < Decimal("0.005") for line in self.values
        )

    def by_rule(self) -> dict[str, tuple[int, Decimal]]:
        """Rows and value per rule over all sources and months (currencies added as written)."""
        totals: dict[str, tuple[int, Decimal]] = {}
        for line in self.values:
            for rule, amount in line.out.items():
                rows, value = totals.get(rule, (0, Decimal(0)))
                totals[rule] = (rows + line.rows.get(rule, 0), value + amount)
        return totals

    @property
    def value_in(self) -> Decimal:
        return sum((line.value_in for line in self.values), Decimal(0))

    def to_manifest(self) -> dict[str, Any]:
        return {
            "rows": [asdict(line) for line in self.rows],
            "values": [_as_text(line) for line in self.values],
        }

    @classmethod
    def from_manifest(cls, values: Mapping[str, Any]) -> Account:
        return cls(
            rows=tuple(RowLine(**line) for line in values["rows"]),
            values=tuple(_from_text(line) for line in values["values"]),
        )


def _as_text(line: ValueLine) -> dict[str, Any]:
    return {
        **asdict(line),
        "value_in": str(line.value_in),
        "out": {rule: str(amount) for rule, amount in line.out.items()},
    }


def _from_text(values: Mapping[str, Any]) -> ValueLine:
    out = {rule: Decimal(amount) for rule, amount in values["out"].items()}
    return ValueLine(**{**values, "value_in": Decimal(values["value_in"]), "out": out})


def reconcile(
    imports: Sequence[Batch], cleaned: Cleaned, published: Iterable[Mapping[str, Any]]
) -> Account:
    """Set what the raw files held against what was published.

    `published` has batch, source, month, currency, rule, rows, amount.
    """
    flows = [flow for flow in cleaned.flows.to_pylist() if flow["rule"] in NOT_PUBLISHED]
    return Account(
        rows=tuple(_row_lines(imports, cleaned)),
        values=tuple(_value_lines(imports, [*flows, *published])),
    )


def _row_lines(imports: Sequence[Batch], cleaned: Cleaned) -> Iterable[RowLine]:
    fates = {
        (row["batch"], table): row
        for table, counts in cleaned.fates.items()
        for row in counts.to_pylist()
    }
    for batch in imports:
        for table, counts in batch.tables.items():
            fate = fates.get((batch.id, table), {"kept": 0, "merged": 0})
            yield RowLine(
                batch=batch.id,
                file=batch.file,
                source=batch.source,
                table=table,
                read=counts["read"],
                kept=fate["kept"],
                merged=fate["merged"],
                quarantined=counts["quarantined"],
            )


def sales_table(batch: Batch) -> str | None:
    """The table that carries the value of an import: lines where it has them, else orders."""
    return next((name for name in ("order_lines", "orders") if name in batch.tables), None)


def _value_lines(
    imports: Sequence[Batch], flows: Iterable[Mapping[str, Any]]
) -> Iterable[ValueLine]:
    value_in: dict[tuple[str, str | None, str], Decimal] = {}
    out: dict[tuple[str, str | None, str], dict[str, Decimal]] = {}
    rows: dict[tuple[str, str | None, str], dict[str, int]] = {}
    for key, rule, count, amount in _entries(imports, flows):
        if rule is None:
            value_in[key] = value_in.get(key, Decimal(0)) + amount
            continue
        out.setdefault(key, {}).setdefault(rule, Decimal(0))
        rows.setdefault(key, {}).setdefault(rule, 0)
        out[key][rule] += amount
        rows[key][rule] += count
    for key in sorted({*value_in, *out}, key=lambda k: (k[0], k[1] or "", k[2])):
        source, month, currency = key
        yield ValueLine(
            source=source,
            month=month,
            currency=currency,
            value_in=value_in.get(key, Decimal(0)),
            out=out.get(key, {}),
            rows=rows.get(key, {}),
        )


def _entries(
    imports: Sequence[Batch], flows: Iterable[Mapping[str, Any]]
) -> Iterable[tuple[tuple[str, str | None, str], str | None, int, Decimal]]:
    """(source, month, currency), rule (None: value in), rows, amount."""
    currencies: dict[str, str] = {}
    for batch in imports:
        for control in batch.controls:
            if control["table"] != sales_table(batch):
                continue
            key = (batch.source, control["month"], control["currency"] or "")
            currencies.setdefault(batch.source, key[2])
            yield key, None, control["rows"], Decimal(control["amount"])
            if control["quarantined_rows"]:
                refused = Decimal(control["quarantined_amount"])
                yield key, "quarantined", control["quarantined_rows"], refused
    for flow in flows:
        currency = flow["currency"] if currencies.get(flow["source"]) else ""
        key = (flow["source"], flow["month"], currency or "")
        yield key, flow["rule"], flow["rows"], flow["amount"]
