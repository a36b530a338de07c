"""Commands for live sources: connect, sync."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.printing import print_json, print_table, progress, refuse, say, tell
from perenne.text import format_date, format_number, ngettext
from perenne.text import gettext as _


def connect_command() -> click.Command:
    @click.command(
        "connect",
        help=_("Connect a system of the shop; without KIND: list the kinds and the connections."),
    )
    @click.argument("kind", metavar="[KIND]", required=False)
    @click.option(
        "--set",
        "pairs",
        multiple=True,
        metavar=_("KEY=VALUE"),
        help=_("A setting of the connection; may be repeated. Secrets do not belong here."),
    )
    @click.option("--name", default=None, help=_("Name of the connection; default: its kind."))
    @click.option(
        "--store", default="", help=_("Name of the shop, when several use the same platform.")
    )
    @click.option(
        "--since",
        metavar=_("DATE"),
        default=None,
        callback=lambda ctx, param, value: opts.read_day(value),
        help=_(
            "First day (YYYY-MM-DD) of what happens on a day: orders, payments, refunds, events. "
            "Customers, consents, products and subscriptions are read whole."
        ),
    )
    @click.option("--no-check", is_flag=True, help=_("Do not ask the platform whether it answers."))
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def connect(
        kind: str | None,
        pairs: tuple[str, ...],
        name: str | None,
        store: str,
        since: date | None,
        no_check: bool,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> None:
        place = opts.place_of(workspace, lang)
        if kind is None:
            _show(_kinds(place), as_json)
            return
        values: dict[str, object] = {"kind": kind}
        values |= {"store": store} if store else {}
        values |= {"since": since} if since else {}
        values |= opts.read_pairs(pairs, option="--set")
        name = name or kind
        answered = _connect(place, name, values, check=not no_check)
        if as_json:
            print_json({"connection": name, **values, "answered": answered})
            return
        if answered:
            say(_("{name} answers as {who}.").format(name=name, who=answered))
        say(_("The connection “{name}” is written into perenne.toml.").format(name=name))
        say("→ " + _("Read it: perenne sync {name}").format(name=name))

    return connect


def _connect(place: Any, name: str, values: dict[str, object], *, check: bool) -> str:
    from perenne.workspace import connect

    with progress(_("Connecting")):
        answered: str = connect(place, name, values, check=check)
    return answered


def _kinds(place: Any) -> dict[str, Any]:
    from perenne.workspace import described_kinds
    from perenne.workspace.settings import load

    known = load(place.settings).connections
    return {
        "kinds": described_kinds(),
        "connections": [{"name": name, "kind": one.kind} for name, one in known.items()],
    }


def _show(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = [
        (one["kind"], ", ".join(one["streams"]), ", ".join(one["secrets"]))
        for one in found["kinds"]
    ]
    print_table((_("kind"), _("reads"), _("secrets")), rows)
    for one in found["connections"]:
        say(_("Connection “{name}”: {kind}").format(name=one["name"], kind=one["kind"]))
    say("→ " + _("Connect one: perenne connect KIND --set KEY=VALUE"))


def sync_command() -> click.Command:
    @click.command("sync", help=_("Read connections from where each was left; all without a NAME."))
    @click.argument("names", metavar="[NAME]...", nargs=-1)
    @click.option("--dry-run", is_flag=True, help=_("Say from when each would be read, then stop."))
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def sync(
        names: tuple[str, ...],
        dry_run: bool,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> None:
        place = opts.place_of(workspace, lang)
        if dry_run:
            _show_plan(_planned(place, names), as_json)
            return
        _sync_all(place, names, as_json=as_json)

    return sync


def _show_plan(planned: list[Any], as_json: bool) -> None:
    if as_json:
        print_json([_values(one) for one in planned])
        return
    for one in planned:
        say(_plan_line(one))
    say(_("Nothing was asked (--dry-run)."))


def _sync_all(place: Any, names: tuple[str, ...], *, as_json: bool) -> None:
    from perenne.workspace import StreamsRefused

    refused: StreamsRefused | None = None
    try:
        results = _sync(place, names, quiet=as_json)
    except StreamsRefused as error:
        results, refused = error.synced, error
    if as_json:
        print_json([_values(one) for one in results])
    if refused:
        raise refused
    if not as_json:
        say("→ " + _("Compute the figures: perenne refresh"))


def _planned(place: Any, names: tuple[str, ...]) -> list[Any]:
    from perenne.workspace import plan_sync

    return plan_sync(place, names)


def _sync(place: Any, names: tuple[str, ...], *, quiet: bool) -> list[Any]:
    from perenne.workspace import Listener, sync

    write = tell if quiet else say

    def synced(one: Any) -> None:
        for line in _lines(one):
            write(line)

    def waiting() -> None:
        tell(_("Another run is writing to this workspace; waiting for it."))

    with progress(_("Reading live sources")) as step:
        listener = Listener(step, refused=refuse, waiting=waiting, synced=synced)
        return sync(place, names, listener=listener)


def _plan_line(one: Any) -> str:
    name = f"{one.connection} / {one.stream}"
    if one.skipped:
        return _("{name}: this version keeps nothing of it").format(name=name)
    if one.start is None:
        return _("{name}: whole").format(name=name)
    return _("{name}: from {day} on").format(name=name, day=format_date(one.start.date()))


def _lines(one: Any) -> list[str]:
    """What was read of a stream, what was new in it, what was refused or left out."""
    if one.skipped:
        return [_plan_line(one)]
    name = f"{one.connection} / {one.stream}"
    read = ngettext("{n} record read", "{n} records read", one.records).format(
        n=format_number(one.records)
    )
    new = ngettext("{n} new or changed", "{n} new or changed", one.kept).format(
        n=format_number(one.kept)
    )
    lines = [_("{label}: {value}").format(label=name, value=f"{read}, {new}")]
    for batch in one.batches:
        if batch.quarantined:
            lines.append(
                "  · "
                + ngettext(
                    "{n} refused into quarantine/{batch}.parquet",
                    "{n} refused into quarantine/{batch}.parquet",
                    batch.quarantined,
                ).format(n=format_number(batch.quarantined), batch=batch.id)
            )
    for table, rows in one.left_out.items():
        lines.append(
            "  · "
            + _("{n} rows of {table} were left out: this version does not keep them.").format(
                n=format_number(rows), table=table
            )
        )
    for fault, n in one.unread.items():
        text = ngettext(
            "{n} record kept without {field}, which cannot be read: “{value}” ({reason})",
            "{n} records kept without {field}, which cannot be read, such as “{value}” ({reason})",
            n,
        )
        told = {"field": fault.field, "value": fault.value, "reason": fault.reason}
        lines.append("  · " + text.format(n=format_number(n), **told))
    return lines


def _values(one: Any) -> dict[str, Any]:
    return {
        "connection": one.connection,
        "stream": one.stream,
        "from": one.start,
        "records": one.records,
        "kept": one.kept,
        "imports": [batch.id for batch in one.batches],
        "quarantined": sum(batch.quarantined for batch in one.batches),
        "left_out": dict(one.left_out),
        "unread": [
            {"field": fault.field, "value": fault.value, "reason": fault.reason, "records": n}
            for fault, n in one.unread.items()
        ],
        "skipped": one.skipped,
    }


COMMANDS = {"connect": connect_command, "sync": sync_command}
