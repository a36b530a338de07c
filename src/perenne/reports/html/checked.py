"""The quality report of an import: a frame of ours around the library's table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from perenne.charts import Svg
from perenne.quality import (
    LEVEL_WORDS,
    TABLES,
    ImportQuality,
    Outcome,
    TableQuality,
    advice,
    asked,
    column_words,
    found,
    verdict,
)
from perenne.reports.files import written_whole
from perenne.reports.html.blocks import Cell, Column, Fact, Row, Table
from perenne.reports.html.page import environment, own
from perenne.text import current_language, format_date, format_number, format_percent
from perenne.text import gettext as _

_RANKS = ("critical", "error", "warning", "passed")


@dataclass(frozen=True)
class Noted:
    """One check that did not pass: level, what was asked, what was found, what to do."""

    level: str
    css: str
    table: str
    anchor: str
    asked: str
    found: str
    advice: str


@dataclass(frozen=True)
class Chapter:
    """One table of the import; `markup` is the library's own report, which is HTML already."""

    id: str
    title: str
    lead: str
    checks: Table
    markup: Svg
    filled: Table | None


@dataclass(frozen=True)
class QualityPage:
    language: str
    title: str
    file: str
    score: str
    verdict: str
    facts: Sequence[Fact]
    noted: Sequence[Noted]
    refused: Table | None
    chapters: Sequence[Chapter]


def write_quality_report(quality: ImportQuality, path: Path) -> None:
    """Write the report in the current language to one HTML file that needs nothing else."""
    text = render_quality(quality)
    with written_whole(path) as place:
        place.write_text(text, encoding="utf-8")


def render_quality(quality: ImportQuality) -> str:
    """Return the report in the current language as one HTML page."""
    template = environment().get_template("quality.html.jinja")
    return template.render(
        page=build(quality),
        page_css=Svg(own("report.css") + own("quality.css")),
        script=Svg(own("report.js")),
        _=_,
    )


def build(quality: ImportQuality) -> QualityPage:
    """Put the page together; every word of it is written here."""
    return QualityPage(
        language=current_language(),
        title=_("Data quality of {file}").format(file=quality.file),
        file=quality.file,
        score=_("{score} out of 100").format(score=format_number(quality.score)),
        verdict=verdict(quality.worst),
        facts=list(_facts(quality)),
        noted=[_noted(table, outcome) for table, outcome in quality.findings],
        refused=_refused(quality),
        chapters=[_chapter(one) for one in quality.tables],
    )


def _facts(quality: ImportQuality) -> Iterator[Fact]:
    yield Fact(_("Import"), quality.batch)
    yield Fact(_("Imported on"), format_date(quality.imported_on))
    yield Fact(_("Read as"), _(quality.title), quality.preset)
    yield Fact(_("Rows read"), format_number(quality.rows_read))
    yield Fact(_("Refused"), format_number(quality.quarantined))
    yield Fact(
        _("Checks passed"),
        _("{passed} of {n}").format(
            passed=format_number(quality.count("passed")), n=format_number(len(quality.outcomes))
        ),
    )


def _noted(table: str, outcome: Outcome) -> Noted:
    return Noted(
        level=str(LEVEL_WORDS[outcome.level]),
        css=outcome.level,
        table=str(TABLES[table]),
        anchor=table,
        asked=asked(outcome.check),
        found=found(outcome),
        advice=advice(outcome),
    )


def _refused(quality: ImportQuality) -> Table | None:
    if not quality.refused:
        return None
    rows = [Row(Cell(why), [Cell(format_number(n))]) for why, n in quality.refused.items()]
    return Table(
        _("Refused rows by reason"), [Column(_("Reason"), is_text=True), Column(_("Rows"))], rows
    )


def _chapter(one: TableQuality) -> Chapter:
    return Chapter(
        id=one.table,
        title=str(TABLES[one.table]),
        lead=" ".join(_lead(one)),
        checks=_checks(one),
        markup=Svg(one.markup),
        filled=_filled(one),
    )


def _checks(one: TableQuality) -> Table:
    """Every check in the person's words; what did not pass comes first."""
    ranked = sorted(one.outcomes, key=lambda outcome: _RANKS.index(outcome.level))
    rows = [
        Row(
            Cell(asked(outcome.check)),
            [
                Cell(str(LEVEL_WORDS[outcome.level]), css=outcome.level),
                Cell(format_number(outcome.units)),
                Cell(format_number(outcome.failed)),
                Cell(format_percent(outcome.share) if outcome.failed else "–"),
            ],
        )
        for outcome in ranked
    ]
    columns = [
        Column(_("Check"), is_text=True),
        Column(_("Result"), is_text=True),
        Column(_("Looked at")),
        Column(_("Fail")),
        Column(_("Share")),
    ]
    return Table(_("What was checked"), columns, rows, css="stacked")


def _lead(one: TableQuality) -> Iterator[str]:
    facts = one.facts
    yield _("Rows: {n}.").format(n=format_number(facts.rows))
    if facts.first and facts.last:
        yield _("From {first} to {last}.").format(
            first=format_date(facts.first), last=format_date(facts.last)
        )
    if one.empty:
        names = ", ".join(_named(one.empty))
        yield _("Not in this export, and not judged: {names}.").format(names=names)


def _named(columns: Iterable[str]) -> Iterator[str]:
    return (column_words(column) for column in columns)


def _filled(one: TableQuality) -> Table | None:
    rows = [
        Row(
            Cell(column_words(name)),
            [Cell(format_number(cells)), Cell(format_percent(cells / one.facts.rows))],
        )
        for name, cells in one.facts.filled.items()
        if cells
    ]
    columns = [Column(_("Column"), is_text=True), Column(_("Filled cells")), Column(_("Share"))]
    return Table(_("How full each column is"), columns, rows) if rows else None
