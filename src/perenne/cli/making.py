"""Commands that make or change a workspace: demo, init, import, refresh, run, forget."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from shlex import quote
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli import outcome
from perenne.cli.imported import import_lines, import_values
from perenne.cli.printing import print_json, progress, refuse, say, tell
from perenne.cli.quality import check_imported
from perenne.core import PerenneError
from perenne.text import gettext as _

FILES = opts.LocalPath()


def init_command() -> click.Command:
    @click.command("init", help=_("Create a workspace in DIR, with a commented perenne.toml."))
    @click.argument("folder", metavar="DIR", type=FILES)
    @click.option("--name", default=None, help=_("Name of the shop, shown on reports."))
    @click.option("--currency", default="", help=_("Currency to count in, for example EUR."))
    @click.option("--time-zone", default="Europe/Paris", help=_("Time zone of the shop."))
    @opts.lang_option()
    def init(
        folder: Path, name: str | None, currency: str, time_zone: str, lang: str | None
    ) -> None:
        opts.speak(lang, "en")
        new_workspace(folder, name=name, currency=currency, time_zone=time_zone)
        say(_("Workspace {folder} is ready.").format(folder=folder))
        say(
            "→ "
            + _("Import your orders: perenne import FILE --workspace {folder}").format(
                folder=quote(str(folder))
            )
        )

    return init


def new_workspace(
    folder: Path,
    *,
    name: str | None = None,
    currency: str = "",
    time_zone: str = "Europe/Paris",
) -> Any:
    """Create a workspace that speaks the current language."""
    from perenne.text import current_language
    from perenne.workspace import create
    from perenne.workspace.settings import checked_template

    text = checked_template(
        name=folder.resolve().name if name is None else name,
        currency=currency.upper(),
        time_zone=time_zone,
        language=current_language(),
    )
    return create(folder.resolve(), text)


def _reading_options(function: Any) -> Any:
    """Options that say how files are to be read."""
    for option in (
        click.option(
            "--date-order",
            type=click.Choice(["dmy", "mdy", "ymd"]),
            default=None,
            help=_("Order of day and month in dates such as 03/04/2025."),
        ),
        click.option(
            "--decimal-mark",
            type=click.Choice([".", ","]),
            default=None,
            help=_("Decimal mark of numbers such as 1,234."),
        ),
        click.option(
            "--store", default=None, help=_("Name of the shop, when several use the same platform.")
        ),
        click.option(
            "--map",
            "mapping",
            multiple=True,
            metavar=_("FIELD=COLUMN"),
            help=_("Say which column holds a field; may be repeated."),
        ),
        click.option(
            "--source",
            default=None,
            metavar="PRESET",
            help=_("Read the files with this preset instead of recognising them."),
        ),
    ):
        function = option(function)
    return function


def _read_options(
    source: str | None,
    mapping: tuple[str, ...],
    store: str | None,
    date_order: Any,
    decimal_mark: Any,
) -> Any:
    from perenne.workspace import Options

    pairs = opts.read_pairs(mapping, option="--map")
    return Options(source, pairs, store, date_order, decimal_mark)


def import_command() -> click.Command:
    @click.command("import", help=_("Import files; each is recognised, and said so, first."))
    @click.argument("files", metavar=_("FILE..."), type=FILES, nargs=-1, required=True)
    @_reading_options
    @click.option("--dry-run", is_flag=True, help=_("Say what would be done, then stop."))
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def import_(
        files: tuple[Path, ...],
        source: str | None,
        mapping: tuple[str, ...],
        store: str | None,
        date_order: Any,
        decimal_mark: Any,
        dry_run: bool,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> None:
        chosen = _read_options(source, mapping, store, date_order, decimal_mark)
        place = opts.place_of(workspace, lang)
        if dry_run:
            _only_look(place, files, chosen, as_json=as_json)
            return
        _import(place, files, chosen, as_json=as_json)

    return import_


def _import(place: Any, files: tuple[Path, ...], chosen: Any, *, as_json: bool) -> None:
    from perenne.workspace import FilesRefused

    refused: FilesRefused | None = None
    try:
        results = import_into(place, files, chosen, quiet=as_json)
    except FilesRefused as error:
        results, refused = error.imported, error
    check_imported(place, results)
    if as_json:
        print_json([import_values(result) for result in results])
    if refused:
        raise refused
    if not as_json:
        say("→ " + _("See how good the data are: perenne quality"))
        say("→ " + _("Compute the figures: perenne refresh"))


def _only_look(place: Any, files: tuple[Path, ...], chosen: Any, *, as_json: bool) -> None:
    from perenne.workspace import FilesRefused, look_at

    seen, refusals = [], {}
    for path in files:
        try:
            seen.append(look_at(place, path, options=chosen))
        except PerenneError as error:
            if len(files) == 1:
                raise
            refusals[path] = error
    if as_json:
        print_json([outcome.recognition_values(one) for one in seen])
    else:
        for line in (line for one in seen for line in outcome.recognition_lines(one, whole=True)):
            say(line)
        say(_("Nothing was imported (--dry-run)."))
    for refusal in refusals.values():
        refuse(refusal)
    if refusals:
        raise FilesRefused(refusals, of=len(files))


def import_into(
    place: Any,
    files: tuple[Path, ...],
    chosen: Any,
    *,
    quiet: bool = False,
    brief: bool = False,
) -> list[Any]:
    """Import and say so: `quiet` on stderr only, `brief` without the plan of each file."""
    from perenne.workspace import Listener, import_files
    from perenne.workspace.settings import load
    from perenne.workspace.taxes import stays

    write = tell if quiet else say

    def recognised(one: Any) -> None:
        lines = list(outcome.recognition_lines(one, whole=False))
        for line in lines[:1] if brief else lines:
            write(line)

    untold = not brief and stays(load(place.settings).tax)

    def imported(result: Any) -> None:
        for line in import_lines(result):
            write(line)
        if untold and not result.known and (line := outcome.taxed_line(result.batch)):
            write(line)

    with progress(_("Importing")) as step:
        return import_files(
            place,
            files,
            options=chosen,
            listener=Listener(step, recognised, imported, refuse, _say_waiting),
        )


def _say_waiting() -> None:
    tell(_("Another run is writing to this workspace; waiting for it."))


def refresh_command() -> click.Command:
    @click.command("refresh", help=_("Compute every table and figure anew and publish them."))
    @opts.as_of_option()
    @click.option(
        "--whole",
        is_flag=True,
        help=_("Take nothing over from the snapshot before, and compute even what is up to date."),
    )
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def refresh(
        as_of: date | None, whole: bool, workspace: Path | None, lang: str | None, as_json: bool
    ) -> None:
        place = opts.place_of(workspace, lang)
        refreshed = _refresh(place, as_of, whole=whole)
        if as_json:
            print_json(outcome.refresh_values(refreshed))
            return
        for line in outcome.refresh_lines(refreshed):
            say(line)
        say("→ " + _("See the figures: perenne kpis, or write the report: perenne report"))

    return refresh


def _refresh(place: Any, as_of: date | None, *, whole: bool = False) -> Any:
    from perenne.workspace import Listener, refresh_workspace

    with progress(_("Refreshing")) as step:
        return refresh_workspace(
            place,
            as_of=as_of,
            whole=whole,
            listener=Listener(step=step, waiting=_say_waiting),
        )


def run_command() -> click.Command:
    @click.command(
        "run", help=_("From files to a report: create the workspace, import, refresh, report.")
    )
    @click.argument("files", metavar=_("FILE..."), type=FILES, nargs=-1, required=True)
    @click.option(
        "--into",
        "folder",
        type=FILES,
        required=True,
        metavar="DIR",
        help=_("Folder of the workspace; created when it is new."),
    )
    @_reading_options
    @opts.as_of_option()
    @click.option("--currency", default="", help=_("Currency to count in, for example EUR."))
    @click.option("--dry-run", is_flag=True, help=_("Say what would be done, then stop."))
    @opts.lang_option()
    def run(
        files: tuple[Path, ...],
        folder: Path,
        source: str | None,
        mapping: tuple[str, ...],
        store: str | None,
        date_order: Any,
        decimal_mark: Any,
        as_of: date | None,
        currency: str,
        dry_run: bool,
        lang: str | None,
    ) -> None:
        chosen = _read_options(source, mapping, store, date_order, decimal_mark)
        opts.speak(lang, "en")
        place, is_new = _workspace_for(folder, currency, lang)
        try:
            if dry_run:
                _only_look(place, files, chosen, as_json=False)
            else:
                import_into(place, files, chosen)
        finally:  # only looked at, refused or stopped: nothing half made stays behind
            if is_new:
                _drop_if_empty(place)
        if not dry_run:
            finish(place, as_of, folder)

    return run


def _workspace_for(folder: Path, currency: str, lang: str | None) -> tuple[Any, bool]:
    if (folder / "perenne.toml").is_file():
        return opts.place_of(folder, lang), False
    return new_workspace(folder, currency=currency), True


def _drop_if_empty(place: Any) -> None:
    """A refused first file leaves no half-made workspace behind."""
    from perenne.workspace import list_imports

    if not list_imports(place) and not place.current.exists():
        for path in (place.settings, place.key, place.lock):
            path.unlink(missing_ok=True)
        shutil.rmtree(place.scratch, ignore_errors=True)
        if not any(place.root.iterdir()):
            place.root.rmdir()


def finish(place: Any, as_of: date | None, folder: Path) -> None:
    """Refresh, write the report, and say in five lines what was found and what to type next."""
    from perenne.cli.papers import write_report
    from perenne.workspace import open_shop

    for line in outcome.refresh_lines(_refresh(place, as_of)):
        say(line)
    with open_shop(place.root) as shop, progress(_("Writing the report")):
        report = write_report(shop, None)
        found = outcome.findings(shop)
    say()
    for line in found:
        say(line)
    say()
    say(_("Report: {file}").format(file=report))
    say(
        "→ "
        + _("Ask for more: perenne kpis --by channel --workspace {folder}").format(
            folder=quote(str(folder))
        )
    )


def forget_command() -> click.Command:
    @click.command("forget", help=_("Take an import back; the next refresh no longer counts it."))
    @click.argument("batch", metavar="IMPORT")
    @opts.workspace_option()
    @opts.lang_option()
    def forget(batch: str, workspace: Path | None, lang: str | None) -> None:
        from perenne.workspace import forget_import

        forget_import(opts.place_of(workspace, lang), batch)
        say(_("Import {batch} was taken back.").format(batch=batch))
        say("→ " + _("Compute the figures: perenne refresh"))

    return forget


COMMANDS = {
    "init": init_command,
    "import": import_command,
    "refresh": refresh_command,
    "run": run_command,
    "forget": forget_command,
}
