"""Commands that show a workspace or move its pointer: status, rollback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from perenne.cli import foretold, outcome
from perenne.cli import options as opts
from perenne.cli.printing import print_json, print_table, say
from perenne.text import format_date, format_number
from perenne.text import gettext as _


def status_command() -> click.Command:
    @click.command("status", help=_("Imports, snapshots, settings in use and reconciliation."))
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def status(workspace: Path | None, lang: str | None, as_json: bool) -> None:
        place = opts.place_of(workspace, lang)
        if as_json:
            print_json(_values(place))
        else:
            _show(place)

    return status


def _values(place: Any) -> dict[str, Any]:
    from perenne.workspace import list_imports
    from perenne.workspace.snapshots import published

    shown = _current(place)
    return {
        "workspace": str(place.root),
        "imports": [outcome.batch_values(batch) for batch in list_imports(place)],
        "snapshots": [{"id": s.id, "as_of": s.as_of} for s in published(place)],
        "published": shown and shown.id,
        "as_of": shown and shown.as_of,
        "context": shown and shown.manifest["context"],
        "later_consents": shown and shown.manifest.get("later_consents"),
        "reconciliation": shown and outcome.account_values(_account(shown)),
        "prediction": shown and foretold.prediction_values(shown.manifest.get("prediction")),
    }


def _current(place: Any) -> Any:
    """The published snapshot; None before the first refresh. A damaged one is told."""
    from perenne.workspace.snapshots import current

    return current(place) if place.current.exists() else None


def _account(snapshot: Any) -> Any:
    from perenne.cleaning import Account

    return Account.from_manifest(snapshot.manifest["reconciliation"])


def _show(place: Any) -> None:
    from perenne.metrics import describe_window
    from perenne.workspace import list_imports
    from perenne.workspace.settings import load
    from perenne.workspace.snapshots import published

    say(_("Workspace {folder}").format(folder=place.root))
    imports = list_imports(place)
    if imports:
        print_table(
            [_("Import"), _("File"), _("Preset"), _("Rows read"), _("Refused")],
            [
                [b.id, b.file, b.preset, format_number(b.rows_read), format_number(b.quarantined)]
                for b in imports
            ],
            right=(3, 4),
        )
    else:
        say(_("No file has been imported yet."))
        say("→ perenne import " + _("FILE"))
    shown = _current(place)
    if shown is None:
        say(_("Nothing has been computed yet."))
        if imports:
            say("→ perenne refresh")
        return
    say()
    say(
        _("Published snapshot {id}, as of {day}; snapshots kept: {n}").format(
            id=shown.id, day=format_date(shown.as_of), n=len(published(place))
        )
    )
    if keep := load(place.settings).snapshots.keep:
        say(_("Of snapshots the {n} newest are kept, and the published one.").format(n=keep))
    context = shown.manifest["context"]
    say(
        _("A customer stays active after an order for the inactivity window: {how}.").format(
            how=describe_window(
                context["inactivity_how"],
                days=context["inactivity_days"],
                gaps=context.get("inactivity_gaps", 0),
            )
        )
    )
    say()
    for line in outcome.account_lines(_account(shown), shown.manifest["currency"]):
        say(line)
    for line in outcome.tax_lines(shown.manifest):
        say(line)
    for line in foretold.prediction_lines(
        shown.manifest.get("prediction"), shown.manifest["currency"]
    ):
        say(line)
    for line in outcome.later_consent_lines(shown):
        say(line)


def rollback_command() -> click.Command:
    @click.command("rollback", help=_("Publish an older snapshot again; nothing is computed."))
    @click.argument("snapshot")
    @opts.workspace_option()
    @opts.lang_option()
    def rollback(snapshot: str, workspace: Path | None, lang: str | None) -> None:
        from perenne.workspace import publish_again

        place = opts.place_of(workspace, lang)
        publish_again(place, snapshot)
        say(_("Snapshot {id} is published.").format(id=snapshot))

    return rollback


COMMANDS = {"status": status_command, "rollback": rollback_command}
