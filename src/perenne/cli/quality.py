"""The command that judges imports: quality."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perenne.cli import options as opts
from perenne.cli.printing import print_json, progress, say, tell
from perenne.text import format_number, ngettext
from perenne.text import gettext as _

if TYPE_CHECKING:
    from perenne.quality import ImportQuality


def quality_command() -> click.Command:
    @click.command(
        "quality",
        help=_("Judge an import (default: the last one) and write its report as one HTML file."),
    )
    @click.argument("batch", metavar=_("[IMPORT]"), required=False)
    @click.option(
        "-o",
        "--output",
        type=opts.LocalPath(),
        default=None,
        help=_("File to write; default: quality/IMPORT-LANGUAGE.html in the workspace."),
    )
    @click.option(
        "--strict",
        is_flag=True,
        help=_("End with exit code 1 when a check reaches the level that perenne.toml names."),
    )
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def quality(
        batch: str | None,
        output: Path | None,
        strict: bool,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> int:
        from perenne.workspace.qualities import batch_named, check_import, write_quality
        from perenne.workspace.settings import load

        place = opts.place_of(workspace, lang)
        chosen = batch_named(place, batch)
        with progress(_("Checking")):
            found = check_import(place, chosen)
            file = write_quality(place, found, out=output)
        if as_json:
            print_json(found.to_values())
        else:
            for line in quality_lines(found):
                say(line)
            say(_("Quality report: {file}").format(file=file))
        return int(strict and found.fails(load(place.settings).quality.fails_on))

    return quality


def quality_lines(found: ImportQuality, *, most: int | None = None) -> Iterator[str]:
    """Score, verdict and what stands out, the worst first; at most `most` of them."""
    from perenne.quality import LEVEL_WORDS, TABLES, advice, asked, verdict
    from perenne.quality import found as told

    yield _("{file}: quality {score} out of 100. {verdict}").format(
        file=found.file, score=format_number(found.score), verdict=verdict(found.worst)
    )
    shown = found.findings[:most]
    for table, outcome in shown:
        yield "  ! " + _("{level}, {table}: {asked}. {found}.").format(
            level=LEVEL_WORDS[outcome.level],
            table=TABLES[table],
            asked=asked(outcome.check),
            found=told(outcome),
        )
        if most is None:
            yield f"    → {advice(outcome)}"
    if most is None:
        for reason, rows in sorted(found.refused.items(), key=lambda one: -one[1]):
            text = ngettext("{n} row refused: {reason}", "{n} rows refused: {reason}", rows)
            yield "    " + text.format(n=format_number(rows), reason=reason)
    more = len(found.findings) - len(shown)
    if more:
        yield ngettext("  … and {n} more", "  … and {n} more", more).format(n=format_number(more))


def check_imported(place: Any, results: list[Any]) -> None:
    """Judge what has just been imported and write its reports, where that is wanted and possible;
    one line each on stderr."""
    from perenne.quality import available
    from perenne.workspace.qualities import check_import, write_quality
    from perenne.workspace.settings import load

    if not (load(place.settings).quality.at_import and available()):
        return
    for result in results:
        if result.known:
            continue
        found = check_import(place, result.batch)
        file = write_quality(place, found)
        for line in quality_lines(found, most=3):
            tell(line)
        tell("  " + _("Quality report: {file}").format(file=file))


COMMANDS = {"quality": quality_command}
