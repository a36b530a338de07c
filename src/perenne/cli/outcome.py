"""What a command found or did, as lines for a person and as values for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from perenne.cli import foretold
from perenne.text import (
    format_date,
    format_money,
    format_number,
    format_percent,
    format_period,
    format_value,
    listed,
    ngettext,
)
from perenne.text import gettext as _

if TYPE_CHECKING:
    from perenne.cleaning import Account
    from perenne.sources import Recognition
    from perenne.workspace import Batch, Refreshed, Shop


def recognition_lines(one: Recognition, *, whole: bool) -> Iterator[str]:
    """What a file is taken for, how sure that is, and what will be done with it."""
    yield _("{file}: recognised as {preset}, {sure} sure").format(
        file=one.path.name, preset=one.preset.name, sure=format_percent(one.confidence, decimals=0)
    )
    if whole:
        yield from (f"  · {reason}" for reason in one.reasons)
        for field, column in one.columns.items():
            yield f"    {field} ← {column}"
        if one.ignored:
            yield "  · " + _("Columns not used: {names}").format(names=listed(one.ignored))
    yield from (f"  · {sentence}" for sentence in one.plan)
    for question in one.questions:
        yield f"  ? {question.text} {question.option} {'|'.join(question.answers)}"


def recognition_values(one: Recognition) -> dict[str, Any]:
    return {
        "file": one.path.name,
        "preset": one.preset.name,
        "confidence": one.confidence,
        "reasons": list(one.reasons),
        "columns": dict(one.columns),
        "ignored": list(one.ignored),
        "tables": list(one.tables),
        "plan": list(one.plan),
        "questions": [
            {"text": q.text, "option": q.option, "answers": list(q.answers)} for q in one.questions
        ],
    }


def batch_values(batch: Batch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "file": batch.file,
        "source": batch.source,
        "preset": batch.preset,
        "imported_at": batch.imported_at,
        "rows_read": batch.rows_read,
        "quarantined": batch.quarantined,
        "tables": {name: dict(counts) for name, counts in batch.tables.items()},
    }


def refresh_lines(refreshed: Refreshed) -> Iterator[str]:
    snapshot = refreshed.snapshot
    if refreshed.changed:
        yield _("Snapshot {id} published, as of {day}.").format(
            id=snapshot.id, day=format_date(snapshot.as_of)
        )
        yield from _carried_lines(snapshot.manifest.get("carried", {}))
        yield from account_lines(refreshed.account, snapshot.manifest["currency"])
        yield from _assumed_lines(snapshot.manifest)
        yield from tax_lines(snapshot.manifest)
        yield from _product_lines(snapshot.manifest.get("products_sold"))
        yield from identity_lines(snapshot.manifest.get("identity"), whole=False)
        yield from _acquisition_lines(snapshot.manifest.get("acquisition"))
        yield from foretold.prediction_lines(
            snapshot.manifest.get("prediction"), snapshot.manifest["currency"]
        )
    else:
        yield _("Snapshot {id} is up to date (as of {day}).").format(
            id=snapshot.id, day=format_date(snapshot.as_of)
        )
    yield from later_consent_lines(snapshot)
    if n := len(refreshed.removed):
        yield ngettext(
            "{n} older snapshot was removed, as [snapshots] in perenne.toml says: {ids}.",
            "{n} older snapshots were removed, as [snapshots] in perenne.toml says: {ids}.",
            n,
        ).format(n=format_number(n), ids=", ".join(refreshed.removed))
    if refreshed.read_otherwise:
        yield "! " + _(
            "The settings for reading files have changed since these were imported; "
            "import them again: {files}"
        ).format(files=", ".join(refreshed.read_otherwise))


def _carried_lines(told: Mapping[str, str]) -> Iterator[str]:
    """What a refresh of a large shop took over from the snapshot before, or why nothing."""
    if "from" in told:
        yield _("Orders before {day} were taken over from snapshot {id}.").format(
            day=format_date(date.fromisoformat(told["until"])), id=told["from"]
        )
    reasons = {
        "settings": _("settings, decisions on customers or the version have changed"),
        "average_cost": _("unknown costs are filled by the average of all sales"),
        "imports": _("an import was taken back, read again or changed by an erasure"),
        "as_of": _("the day is earlier than that of the snapshot before"),
        "parts": _("the tables had come to be in many parts"),
        "payments": _("payments are matched with orders of any age"),
        "credit_notes": _("credit notes are matched with sales of any age"),
        "shared_numbers": _("several orders share a number"),
        "share": _("too many orders were told anew"),
        "customers": _("customers with earlier orders were parted, or many of them linked"),
        "account": _("taken over, the value of the files did not add up"),
        "attributes": _("the channel or account of customers with earlier orders has changed"),
    }
    if why := reasons.get(told.get("whole", "")):
        yield _("Every order was computed anew: {why}.").format(why=why)


def _assumed_lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What was taken for granted because the files do not say it."""
    currency = manifest["currency"]
    if manifest["currency_assumed"]:
        yield "! " + _(
            "No file names a currency: counted in {currency}. Another: currency in perenne.toml."
        ).format(currency=currency)
    undated = manifest["undated_refunds"]
    if undated["rows"]:
        yield "! " + ngettext(
            "{n} refund ({value}) has no date in the files: it stands on the day of its order.",
            "{n} refunds ({value}) have no date in the files: they stand on their order's day.",
            undated["rows"],
        ).format(
            n=format_number(undated["rows"]),
            value=format_money(Decimal(undated["net"]), currency, decimals=2),
        )


def tax_lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Files whose tax is still in the figures."""
    if files := manifest["context"].get("with_tax"):
        from perenne.metrics import files_named

        yield "! " + _(
            "The amounts of {files} hold tax that no column tells: it counts as revenue and "
            "margin. To take it out: default_rate under [tax] in perenne.toml, then perenne "
            "refresh."
        ).format(files=files_named(files))


def taxed_line(batch: Batch) -> str:
    """Of an import: that its amounts hold tax; empty where they do not, or where it is told."""
    from perenne.workspace.taxes import column_with_tax

    column = column_with_tax(batch)
    if column is None:
        return ""
    return "  ! " + _(
        "Amounts of “{column}” hold tax that no column tells: it counts as revenue unless "
        "default_rate under [tax] in perenne.toml takes it out."
    ).format(column=column)


def later_consent_lines(snapshot: Any) -> Iterator[str]:
    """Consents said after the day of the snapshot: refusals are heeded, permissions wait."""
    told = snapshot.manifest.get("later_consents")
    if not told:
        return
    day = format_date(snapshot.as_of)
    if told["refusals"]:
        yield "! " + ngettext(
            "{n} refusal of consent was said after {day}: it is heeded all the same.",
            "{n} refusals of consent were said after {day}: they are heeded all the same.",
            told["refusals"],
        ).format(n=format_number(told["refusals"]), day=day)
    if told["permissions"]:
        yield "! " + ngettext(
            "{n} permission was said after {day} and does not count yet. To count it: "
            "perenne refresh --as-of {until}",
            "{n} permissions were said after {day} and do not count yet. To count them: "
            "perenne refresh --as-of {until}",
            told["permissions"],
        ).format(n=format_number(told["permissions"]), day=day, until=told["until"])


def _product_lines(sold: Mapping[str, int] | None) -> Iterator[str]:
    """Whether the product lists speak of the products that were sold."""
    if sold is None or sold["listed"] * FEW_LISTED >= sold["all"]:
        return
    yield "! " + _(
        "Of {sold} products sold, {listed} stand in the product lists: costs and categories of the "
        "others are unknown. If the orders name products by another column of the list, import "
        "it again with --map product_id=COLUMN."
    ).format(sold=format_number(sold["all"]), listed=format_number(sold["listed"]))


def _acquisition_lines(told: Mapping[str, Any] | None) -> Iterator[str]:
    """What told the channels of customers, where a visit told any."""
    if told is None or not told["touch"]:
        return
    known = sum(told[name] for name in ("touch", "order", "source", "unknown"))
    rule = (
        _("the first visit")
        if told["rule"] == "first_touch"
        else _("the last visit before the first order")
    )
    yield _(
        "Acquisition channel: {touch} by {rule}, {order} by the first order, {source} as a source "
        "tells it, {unknown} unknown."
    ).format(
        rule=rule,
        **{
            name: format_percent(told[name] / known)
            for name in ("touch", "order", "source", "unknown")
        },
    )


def identity_lines(told: Mapping[str, Any] | None, *, whole: bool) -> Iterator[str]:
    """What became one customer and by which rule, what waits, and what looks wrong.

    Not `whole`: only what concerns the shop, and nothing where nothing was linked.
    """
    if told is None:
        return
    from perenne.cli.identity_words import account_words
    from perenne.identity import IdentityAccount

    yield from account_words(IdentityAccount.from_manifest(told), whole=whole)


def account_lines(account: Account, currency: str) -> Iterator[str]:
    """The reconciliation: rows by fate, value by rule, and whether everything adds up."""
    from perenne.cleaning import Account, rule_label

    rows = account.rows
    merged = sum(line.merged for line in rows)
    yield ngettext(
        "Rows read: {read} = {kept} kept + {merged} duplicate merged + {bad} in quarantine",
        "Rows read: {read} = {kept} kept + {merged} duplicates merged + {bad} in quarantine",
        merged,
    ).format(
        read=format_number(sum(line.read for line in rows)),
        kept=format_number(sum(line.kept for line in rows)),
        merged=format_number(merged),
        bad=format_number(sum(line.quarantined for line in rows)),
    )
    parts = account.by_currency(currency) or {currency: Account((), ())}
    for money in sorted(parts, key=lambda one: (one != currency, one)):
        yield from _value_lines(parts[money], money)
    for reason, count in account.unplaced.items():
        yield _("! {label}: {n} in no figure; the rows stand in the snapshot's quarantine").format(
            label=rule_label(reason),
            n=ngettext("{n} line", "{n} lines", count).format(n=format_number(count)),
        )
    if account.balanced:
        yield _("Everything adds up: not a row, not a cent is missing, in any source or month.")
        return
    for line in account.rows:
        if line.difference:
            yield _("! {file}, {table}: {n} rows unaccounted for").format(
                file=line.file, table=line.table, n=line.difference
            )
    for value_line in account.values:
        if abs(value_line.difference) >= Decimal("0.005"):
            yield _("! {source}, {month}: {value} unaccounted for").format(
                source=value_line.source,
                month=value_line.month or _("no date"),
                value=format_money(value_line.difference, value_line.currency or currency),
            )


def _value_lines(account: Account, currency: str) -> Iterator[str]:
    """What the files hold in one currency, and where it went."""
    from perenne.cleaning import rule_label

    yield _(
        "Value as written in the files, tax included where they include it: {value}, of which"
    ).format(value=format_money(account.value_in, currency))
    totals = account.by_rule()
    for rule, (count, value) in sorted(totals.items(), key=lambda item: -abs(item[1][1])):
        yield "  " + _("{label}: {value} ({n})").format(
            label=rule_label(rule),
            value=format_money(value, currency),
            n=ngettext("{n} line", "{n} lines", count).format(n=format_number(count)),
        )


def account_values(account: Account) -> dict[str, Any]:
    return {
        "balanced": account.balanced,
        "unplaced": dict(account.unplaced),
        "rows": [
            {
                "import": line.batch,
                "file": line.file,
                "source": line.source,
                "table": line.table,
                "read": line.read,
                "kept": line.kept,
                "merged": line.merged,
                "quarantined": line.quarantined,
                "difference": line.difference,
            }
            for line in account.rows
        ],
        "value": [
            {
                "source": line.source,
                "month": line.month,
                "currency": line.currency,
                "in": line.value_in,
                "out": dict(sorted(line.out.items())),
                "rows": dict(sorted(line.rows.items())),
                "difference": line.difference,
            }
            for line in account.values
        ],
    }


def refresh_values(refreshed: Refreshed) -> dict[str, Any]:
    return {
        "snapshot": refreshed.snapshot.id,
        "as_of": refreshed.snapshot.as_of,
        "changed": refreshed.changed,
        "read_otherwise": list(refreshed.read_otherwise),
        "removed": list(refreshed.removed),
        "carried": refreshed.snapshot.manifest.get("carried"),
        "tables": refreshed.snapshot.manifest["tables"],
        "reconciliation": account_values(refreshed.account),
        "identity": refreshed.snapshot.manifest.get("identity"),
        "acquisition": refreshed.snapshot.manifest.get("acquisition"),
        "prediction": foretold.prediction_values(refreshed.snapshot.manifest.get("prediction")),
    }


FEW_LISTED = 10
"""Product lists that name fewer of the products sold than one in as many are told of."""
FOUND = (
    "customers",
    "average_order_value",
    "repeat_purchase_rate",
    "historical_clv_12m",
    "clv_simple",
)


def findings(shop: Shop) -> list[str]:
    """Five lines: what the shop's data say."""
    from perenne.metrics import Request

    lines = []
    for figure in shop.figures(Request(metrics=FOUND)):
        label = str(shop.catalogue[figure.metric].label)
        value = format_value(figure.value, figure.unit, shop.context.currency)
        if figure.value is None:
            value = figure.note or value
        elif figure.period.start and figure.period.start > shop.context.history_from:
            period = format_period(figure.period.start, figure.period.end)
            value = _("{value} ({period})").format(value=value, period=period)
        lines.append(_("{label}: {value}").format(label=label, value=value))
    return lines
