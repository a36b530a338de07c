"""The account of a snapshot: where every row and every amount went.

Rows read = kept + merged + refused; revenue in = revenue out, to the cent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any


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
    unplaced: Mapping[str, int] = field(default_factory=dict)
    """Rows that no order could be found for, by reason: read and kept, but in no figure."""

    @property
    def balanced(self) -> bool:
        return not any(line.difference for line in self.rows) and all(
            abs(line.difference) < Decimal("0.005") for line in self.values
        )

    def by_currency(self, unsaid: str = "") -> dict[str, Account]:
        """The values of each currency: amounts stand as the files wrote them and are never added
        across currencies. `unsaid` is the currency of those that name none."""
        found: dict[str, list[ValueLine]] = {}
        for line in self.values:
            found.setdefault(line.currency or unsaid, []).append(line)
        return {money: Account(rows=(), values=tuple(lines)) for money, lines in found.items()}

    def by_rule(self) -> dict[str, tuple[int, Decimal]]:
        """Rows and value per rule over all sources and months of one currency (`by_currency`)."""
        totals: dict[str, tuple[int, Decimal]] = {}
        for line in self.values:
            for rule, amount in line.out.items():
                rows, value = totals.get(rule, (0, Decimal(0)))
                totals[rule] = (rows + line.rows.get(rule, 0), value + amount)
        return totals

    @property
    def value_in(self) -> Decimal:
        """Value of all sources and months of one currency (`by_currency`)."""
        return sum((line.value_in for line in self.values), Decimal(0))

    def to_manifest(self) -> dict[str, Any]:
        return {
            "rows": [asdict(line) for line in self.rows],
            "values": [_as_text(line) for line in self.values],
            "unplaced": dict(self.unplaced),
        }

    @classmethod
    def from_manifest(cls, values: Mapping[str, Any]) -> Account:
        return cls(
            rows=tuple(RowLine(**line) for line in values["rows"]),
            values=tuple(_from_text(line) for line in values["values"]),
            unplaced=values.get("unplaced", {}),
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
