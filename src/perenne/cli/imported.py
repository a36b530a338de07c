"""What an import did, and why rows were refused: as lines for a person, as values for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from perenne.cli import outcome
from perenne.text import format_number, format_percent, ngettext
from perenne.text import gettext as _

if TYPE_CHECKING:
    from perenne.sources import Refusal
    from perenne.workspace import ImportResult

MOST_REASONS = 5


def import_lines(result: ImportResult) -> Iterator[str]:
    batch = result.batch
    if result.known:
        yield "  = " + _("Already imported as {batch}: nothing changes.").format(batch=batch.id)
        return
    read, refused = batch.rows_read, batch.quarantined
    text = ngettext("{n} row read", "{n} rows read", read).format(n=format_number(read))
    if refused:
        text += ", " + ngettext(
            "{n} refused into quarantine/{batch}.parquet",
            "{n} refused into quarantine/{batch}.parquet",
            refused,
        ).format(n=format_number(refused), batch=batch.id)
    yield f"  {'!' if refused and refused >= read else '✓'} {text}"
    yield from _refused_lines(result.refused)
    yield from (f"  · {note}" for note in batch.notes)
    if batch.unknown_channel_share:
        yield "  · " + _("Channel unknown for {share} of the orders.").format(
            share=format_percent(batch.unknown_channel_share)
        )
    if result.replaced:
        yield "  · " + _("Replaces the earlier import {batch} of the same file.").format(
            batch=result.replaced
        )


def _refused_lines(refused: tuple[Refusal, ...]) -> Iterator[str]:
    for one in refused[:MOST_REASONS]:
        where = ngettext("{n} row, line {line}", "{n} rows, the first in line {line}", one.rows)
        why = _("{column}: {reason}").format(column=one.column, reason=one.reason)
        told = where.format(n=format_number(one.rows), line=one.line)
        yield f"    {why if one.column else one.reason} ({told})"
    if (more := len(refused) - MOST_REASONS) > 0:
        text = ngettext("… and {n} more reason", "… and {n} more reasons", more)
        yield "    " + text.format(n=format_number(more))


def import_values(result: ImportResult) -> dict[str, Any]:
    return {
        **outcome.batch_values(result.batch),
        "known": result.known,
        "replaced": result.replaced,
        "refused": [asdict(one) for one in result.refused],
        "notes": list(result.batch.notes),
        "recognition": outcome.recognition_values(result.recognition),
    }
