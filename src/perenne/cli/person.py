"""The command about one customer: their record as text, JSON or a page, and their archive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.printing import progress, say, tell
from perenne.core import PerenneError
from perenne.text import gettext as _

FORMATS = ("text", "json", "html")
# So many entries of the timeline unless more are asked for.
SHOWN = 50


def record_options(*, limit: str) -> opts.Decorator:
    """What every command that shows a record asks; `limit` says what --limit counts."""
    options = (
        click.option(
            "--format",
            "format_",
            type=click.Choice(FORMATS),
            default=None,
            help=_("Default: what the file name says, else text."),
        ),
        click.option(
            "-o",
            "--output",
            type=opts.LocalPath(),
            default=None,
            help=_("File to write, readable by you alone; default: standard output."),
        ),
        click.option(
            "--personal",
            is_flag=True,
            help=_("Show names, addresses and ids in full; masked without it."),
        ),
        click.option("--limit", type=click.IntRange(1), default=None, help=limit),
        click.option(
            "--all",
            "every",
            is_flag=True,
            help=_("Show the whole timeline, each event on its own."),
        ),
    )

    def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
        # The last decorator stands first among the options.
        for option in reversed(options):
            command = option(command)
        return command

    return with_options


def person_command() -> click.Command:
    @click.command(
        "person",
        help=_("One customer: who, value and why, consents, timeline; source of each field."),
    )
    @click.argument("customer", metavar=_("CUSTOMER"))
    @record_options(
        limit=_("How many entries of the timeline to show, the newest first; default: 50.")
    )
    @click.option(
        "--export",
        "archive",
        type=opts.LocalPath(),
        default=None,
        metavar=_("FILE.zip|FOLDER"),
        help=_("Write the portability archive: all that is known, in clear, as JSON and CSV."),
    )
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def person(
        customer: str,
        format_: str | None,
        output: Path | None,
        personal: bool,
        limit: int | None,
        every: bool,
        archive: Path | None,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> None:
        with opts.shop_of(workspace, lang) as shop:
            if archive is not None:
                _export(shop, customer, archive)
                return
            shown = limit if limit is not None or every else SHOWN
            with progress(_("Reading")):
                found = shop.person(customer, personal=personal, every_event=every, limit=shown)
            show_record(found, "json" if as_json else format_ or format_of(output), output)

    return person


def format_of(output: Path | None) -> str:
    if output is None:
        return "text"
    ending = {".json": "json", ".html": "html", ".htm": "html", ".txt": "text"}
    if output.suffix.lower() in ending:
        return ending[output.suffix.lower()]
    raise PerenneError(
        _("The format of {file} is not clear.").format(file=output.name),
        given=output.name,
        allowed=FORMATS,
        next_step=_("Add --format text, json or html."),
    )


def show_record(
    found: Any, format_: str, output: Path | None, *, printed: str = "print_person"
) -> None:
    """Say or write a record; `printed` says it in words."""
    from perenne.cli import person_words
    from perenne.reports import write_private

    say_it = getattr(person_words, printed)
    if output is None and format_ == "text":
        say_it(found)
        return
    written = {
        "json": found.to_json,
        "html": found.html,
        "text": lambda: person_words.text_of(found, say_it),
    }
    if output is None:
        say(written[format_]().rstrip("\n"))
        return
    write_private(output, written[format_]())
    tell(_("Record: {file}").format(file=output))


def _export(shop: Any, customer: str, archive: Path) -> None:
    with progress(_("Writing the archive")):
        done = shop.export_person(customer, archive)
    say(
        _("Archive: {file}, {n} files, personal data in clear.").format(
            file=archive, n=len(done.files)
        )
    )
    for line in done.notes:
        say(line)


COMMANDS = {"person": person_command}
