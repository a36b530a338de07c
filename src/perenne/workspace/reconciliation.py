"""Set what the raw files held against what was published.

"In" is what the import summed straight from the text of the raw file; "out" is summed from the
published Parquet. The two never share a computation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from perenne.cleaning import Account, Cleaned, Counted, RowLine, ValueLine
from perenne.workspace.batches import Batch

# Rules under which value leaves before anything is published; all others are read back from the
# published tables.
_CALENDAR_MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")
BESIDE = ("merged", "told_by_lines", "moved")
NOT_PUBLISHED = (*BESIDE, "later", "undated")


def reconcile(
    imports: Sequence[Batch],
    cleaned: Cleaned,
    published: Iterable[Mapping[str, Any]],
    *,
    unplaced: Mapping[str, int],
    earlier: Earlier | None = None,
) -> Account:
    """Set what the raw files held against what was published.

    `published` has batch, source, month, currency, rule, rows, amount. `earlier`, where only a part
    of the rows was cleaned now, accounts for the others.
    """
    flows = [flow for flow in cleaned.flows.to_pylist() if flow["rule"] in NOT_PUBLISHED]
    flows += earlier.flows() if earlier else []
    fates = _fates(cleaned.fates)
    if earlier:
        fates = earlier.with_others(fates)
    return Account(
        rows=tuple(_row_lines(imports, fates)),
        values=tuple(_value_lines(imports, [*flows, *published])),
        unplaced=unplaced,
    )


@dataclass(frozen=True)
class Earlier:
    """The account of an earlier snapshot, and what it counted of rows that are cleaned again."""

    account: Account
    counted: Counted

    def with_others(self, now: Fates) -> Fates:
        """Fates of all rows: as they were before, but for the rows that were cleaned again."""
        again = _fates(self.counted.fates)
        before = {
            (line.batch, line.table): {"kept": line.kept, "merged": line.merged}
            for line in self.account.rows
            if line.table in self.counted.fates
        }
        every = before.keys() | now.keys()
        return {
            place: {
                fate: before.get(place, _NONE)[fate]
                - again.get(place, _NONE)[fate]
                + now.get(place, _NONE)[fate]
                for fate in _NONE
            }
            for place in every
        }

    def flows(self) -> list[dict[str, Any]]:
        """Value that no published row tells, of all rows but those that were cleaned again."""
        found = [
            {
                "batch": None,
                "source": line.source,
                "month": line.month,
                "currency": line.currency,
                "rule": rule,
                "rows": line.rows[rule],
                "amount": line.out[rule],
            }
            for line in self.account.values
            for rule in BESIDE
            if rule in line.out
        ]
        again = self.counted.flows.to_pylist()
        return found + [{**one, "rows": -one["rows"], "amount": -one["amount"]} for one in again]


Fates = Mapping[tuple[str, str], Mapping[str, int]]
_NONE: Mapping[str, int] = {"kept": 0, "merged": 0}


def _fates(counted: Mapping[str, Any]) -> Fates:
    """Rows kept and merged per import and table."""
    return {
        (row["batch"], table): {fate: row[fate] for fate in _NONE}
        for table, counts in counted.items()
        for row in counts.to_pylist()
    }


def _row_lines(imports: Sequence[Batch], fates: Fates) -> Iterable[RowLine]:
    for batch in imports:
        for table, counts in batch.tables.items():
            fate = fates.get((batch.id, table), _NONE)
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
            out={rule: one for rule, one in out.get(key, {}).items() if one or rows[key][rule]},
            rows={rule: one for rule, one in rows.get(key, {}).items() if one or out[key][rule]},
        )


def _entries(
    imports: Sequence[Batch], flows: Iterable[Mapping[str, Any]]
) -> Iterable[tuple[tuple[str, str | None, str], str | None, int, Decimal]]:
    """(source, month, currency), rule (None: value in), rows, amount."""
    sellers = (batch for batch in imports if sales_table(batch))
    unsaid = {batch.source for batch in sellers if _is_unsaid(batch)}
    for batch in imports:
        currency = _one_currency(batch)
        for control in batch.controls:
            if control["table"] != sales_table(batch):
                continue
            money = "" if batch.source in unsaid else control["currency"] or currency
            key = (batch.source, _month(control["month"]), money)
            yield key, None, control["rows"], Decimal(control["amount"])
            if control["refused_rows"]:
                refused = Decimal(control["refused_amount"])
                yield key, "quarantined", control["refused_rows"], refused
    dateless = {batch.id for batch in imports if _is_dateless(batch)}
    for flow in flows:
        if flow["batch"] in dateless and flow["rule"] == "moved":
            continue
        month = None if flow["batch"] in dateless else flow["month"]
        currency = "" if flow["source"] in unsaid else flow["currency"]
        key = (flow["source"], month, currency)
        yield key, flow["rule"], flow["rows"], flow["amount"]


def _is_dateless(batch: Batch) -> bool:
    """Does the file leave the dates to another one, such as order items without their orders?"""
    months = [c["month"] for c in batch.controls if c["table"] == sales_table(batch)]
    return bool(months) and not any(months)


def _is_unsaid(batch: Batch) -> bool:
    """Has the file rows of which nobody can tell the currency?"""
    named = {c["currency"] or "" for c in batch.controls if c["table"] == sales_table(batch)}
    return ("" in named or not named) and not _one_currency(batch)


def _one_currency(batch: Batch) -> str:
    """The currency of rows that say none: the file's only one, else unsaid."""
    named = {control["currency"] for control in batch.controls if control["currency"]}
    return str(*named) if len(named) == 1 else ""


def _month(text: str | None) -> str | None:
    """A month of the calendar, or None where a refused date only looked like one."""
    return text if text and _CALENDAR_MONTH.match(text) else None
