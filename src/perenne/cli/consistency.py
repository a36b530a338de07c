"""The command that compares products across sources: consistency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perenne.cli import options as opts
from perenne.cli.printing import print_json, progress, say
from perenne.core import PerenneError
from perenne.text import current_language, format_date, format_number, ngettext
from perenne.text import gettext as _

if TYPE_CHECKING:
    from perenne.quality import Consistency

_SHOWN = 20


def consistency_command() -> click.Command:
    @click.command(
        "consistency",
        help=_("Compare price, name and stock of each product across shop, marketplaces, feeds."),
    )
    @click.option(
        "--reference",
        metavar="SOURCE",
        default=None,
        help=_("Source that the others are compared with; default: the one that sells."),
    )
    @click.option(
        "-o",
        "--output",
        type=opts.LocalPath(),
        default=None,
        help=_("File to write all differences to: .html or .csv."),
    )
    @click.option("--strict", is_flag=True, help=_("End with exit code 1 when there is an error."))
    @opts.as_of_option()
    @opts.workspace_option()
    @opts.lang_option()
    @opts.json_option()
    def consistency(
        reference: str | None,
        output: Path | None,
        strict: bool,
        as_of: date | None,
        workspace: Path | None,
        lang: str | None,
        as_json: bool,
    ) -> int:
        from perenne.workspace.offers import consistency as compared

        place = opts.place_of(workspace, lang)
        with progress(_("Comparing")):
            found = compared(place, reference=reference, as_of=as_of)
            if output is not None:
                _write(found, output)
        if as_json:
            print_json(_values(found))
        else:
            for line in _lines(found):
                say(line)
            if output is not None:
                say(_("Differences: {file}").format(file=output))
        return int(strict and found.count("error") > 0)

    return consistency


def _lines(found: Consistency) -> Iterator[str]:
    from perenne.quality import SEVERITY_WORDS, kind_words, said_words

    for line in found.sources:
        yield _(
            "{source}: {n} products, {gtin} found by GTIN, {sku} by SKU, {alone} only there "
            "(told on {day})"
        ).format(
            source=line.source,
            n=format_number(line.products),
            gtin=format_number(line.by_gtin),
            sku=format_number(line.by_sku),
            alone=format_number(line.only_here),
            day=format_date(line.told_on),
        )
    if not found.differences:
        yield _("All sources say the same of each product.")
    for one in found.differences[:_SHOWN]:
        yield "  ! " + _(
            "{level}, {product}: {kind} ({reference}: {own}; {source}: {other})"
        ).format(
            level=SEVERITY_WORDS[one.severity],
            product=one.product,
            kind=kind_words(one),
            reference=one.reference,
            own=said_words(one.reference_said),
            source=one.source,
            other=said_words(one.said),
        )
    more = len(found.differences) - _SHOWN
    if more > 0:
        yield ngettext("  … and {n} more", "  … and {n} more", more).format(n=format_number(more))
    if found.perhaps:
        yield ngettext(
            "{n} pair shares its name alone and is not compared.",
            "{n} pairs share their name alone and are not compared.",
            len(found.perhaps),
        ).format(n=format_number(len(found.perhaps)))


def _values(found: Consistency) -> dict[str, Any]:
    return {
        "reference": found.reference,
        "compared": found.compared,
        "sources": [asdict(line) for line in found.sources],
        "differences": [asdict(one) for one in found.differences],
        "perhaps": [
            {"product": own.product_id, "source": other.source, "there": other.product_id}
            for own, other in found.perhaps
        ],
    }


def _write(found: Consistency, output: Path) -> None:
    from perenne.reports import write_consistency_report, write_table

    if output.suffix.lower() == ".html":
        write_consistency_report(found, output)
        return
    if output.suffix.lower() != ".csv":
        raise PerenneError(
            _("The format of {file} is not clear.").format(file=output.name),
            given=output.name,
            allowed=(".html", ".csv"),
            next_step=_("Name a file that ends in .html or .csv."),
        )
    import pyarrow as pa

    names = list(found.differences[0].__dataclass_fields__) if found.differences else ["product"]
    rows = [asdict(one) for one in found.differences]
    table = pa.table({name: [row[name] for row in rows] for name in names})
    dialect = "french" if current_language() == "fr" else "international"
    write_table(table, output, format="csv", dialect=dialect)


COMMANDS = {"consistency": consistency_command}
