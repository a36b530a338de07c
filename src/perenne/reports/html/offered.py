"""The page of a consistency report: sources, differences by kind, proposed pairs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from perenne.charts import Svg
from perenne.quality import (
    SEVERITY_WORDS,
    Consistency,
    Difference,
    kind_words,
    said_words,
)
from perenne.reports.files import written_whole
from perenne.reports.html.blocks import Cell, Column, Fact, Row, Section, Table, Text
from perenne.reports.html.page import environment, own
from perenne.text import current_language, format_date, format_number
from perenne.text import gettext as _

# So many rows of one kind stand on the page; the CSV file has all.
_MOST = 500


def write_consistency_report(found: Consistency, path: Path) -> None:
    """Write the report in the current language to one HTML file that needs nothing else."""
    template = environment().get_template("consistency.html.jinja")
    text = template.render(
        language=current_language(),
        facts=list(_facts(found)),
        sections=list(_sections(found)),
        page_css=Svg(own("report.css") + own("consistency.css")),
        script=Svg(own("report.js")),
        _=_,
    )
    with written_whole(path) as place:
        place.write_text(text, encoding="utf-8")


def _facts(found: Consistency) -> Iterator[Fact]:
    yield Fact(_("Compared with"), found.reference)
    yield Fact(_("Products found in two sources"), format_number(found.compared))
    yield Fact(_("Errors"), format_number(found.count("error")))
    yield Fact(_("Warnings"), format_number(found.count("warning")))
    yield Fact(_("Notes"), format_number(found.count("note")))


def _sections(found: Consistency) -> Iterator[Section]:
    yield Section(
        "sources",
        _("Sources"),
        _("A product is the same by its GTIN, else by its SKU; a name alone links nothing."),
        [_sources(found)],
    )
    if not found.differences:
        yield Section(
            "none", _("Differences"), "", [Text(_("All sources say the same of each product."))]
        )
    by_kind = sorted(found.differences, key=lambda one: one.kind)
    groups = [(kind, list(ones)) for kind, ones in groupby(by_kind, key=lambda one: one.kind)]
    for kind, ones in sorted(groups, key=lambda pair: found.differences.index(pair[1][0])):
        yield _kind(kind, ones)
    if found.perhaps:
        yield _perhaps(found)


def _sources(found: Consistency) -> Table:
    rows = [
        Row(
            Cell(line.source),
            [
                Cell(format_number(line.products)),
                Cell(format_number(line.by_gtin)),
                Cell(format_number(line.by_sku)),
                Cell(format_number(line.only_here)),
                Cell(format_date(line.told_on)),
            ],
        )
        for line in found.sources
    ]
    titles = (_("Products"), _("By GTIN"), _("By SKU"), _("Only there"), _("Told on"))
    columns = [Column(_("Source"), True), *(Column(title) for title in titles)]
    return Table(_("What was compared"), columns, rows, css="stacked")


def _kind(kind: str, ones: list[Difference]) -> Section:
    columns = [
        Column(_("Product"), True),
        Column(_("Severity"), True),
        Column(_("Reference"), True),
        Column(_("There"), True),
        Column(_("Source"), True),
        Column(_("Told on")),
    ]
    rows = [
        Row(
            Cell(one.product, hint=one.name),
            [
                Cell(str(SEVERITY_WORDS[one.severity])),
                Cell(said_words(one.reference_said)),
                Cell(said_words(one.said)),
                Cell(one.source),
                Cell(format_date(one.told_on)),
            ],
        )
        for one in ones[:_MOST]
    ]
    more = len(ones) - len(rows)
    notes = [_("{n} more stand in the CSV file.").format(n=format_number(more))] if more else []
    title = kind_words(ones[0])
    return Section(kind, title, "", [Table(title, columns, rows, notes, css="stacked")])


def _perhaps(found: Consistency) -> Section:
    rows = [
        Row(Cell(own.product_id, hint=own.name or ""), [Cell(other.product_id), Cell(other.source)])
        for own, other in found.perhaps[:_MOST]
    ]
    columns = [Column(_("Product"), True), Column(_("There"), True), Column(_("Source"), True)]
    return Section(
        "perhaps",
        _("Perhaps the same product"),
        _("They share their name alone: give them one SKU or GTIN where it is so."),
        [Table(_("Perhaps the same product"), columns, rows, css="stacked")],
    )
