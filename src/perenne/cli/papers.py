"""Commands that write files to take away: report, export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from perenne.cli import options as opts
from perenne.cli.figures import cohort_request
from perenne.cli.printing import progress, say, tell
from perenne.core import PerenneError
from perenne.text import current_language, format_number, ngettext
from perenne.text import gettext as _

WHAT = ("customers", "orders", "cohorts", "segments", "predictions", "excel")


def report_command() -> click.Command:
    @click.command("report", help=_("Write the report as one self-contained HTML file."))
    @click.option(
        "-o",
        "--output",
        type=opts.LocalPath(),
        default=None,
        help=_("File to write; default: report-LANGUAGE.html in the workspace."),
    )
    @opts.workspace_option()
    @opts.lang_option()
    def report(output: Path | None, workspace: Path | None, lang: str | None) -> None:
        with opts.shop_of(workspace, lang) as shop, progress(_("Writing the report")):
            file = write_report(shop, output)
        say(_("Report: {file}").format(file=file))

    return report


def write_report(shop: Any, output: Path | None) -> Path:
    """Write the report in the current language; return where it is."""
    from perenne.workspace.papers import write_report as write

    file = output or shop.layout.report(current_language())
    write(shop, file)
    return file


def export_command() -> click.Command:
    @click.command(
        "export",
        help=_(
            "Export customers, orders, cohorts, segments or predictions of groups, or the CLV "
            "model: excel."
        ),
    )
    @click.argument("what", type=click.Choice(WHAT))
    @click.option(
        "--format",
        "format_",
        type=click.Choice(["parquet", "csv", "json"]),
        default=None,
        help=_("Default: what the file name says, else csv."),
    )
    @click.option(
        "-o",
        "--output",
        type=opts.LocalPath(),
        default=None,
        help=_("File to write; default: standard output (excel: clv-model.xlsx)."),
    )
    @click.option(
        "--dialect",
        type=click.Choice(["french", "international"]),
        default=None,
        help=_(
            "CSV for a French Excel (semicolon, decimal comma) or international; "
            "default: by language."
        ),
    )
    @click.option(
        "--with-source-ids",
        is_flag=True,
        help=_("Add the ids and e-mails that the sources use: personal data."),
    )
    @opts.workspace_option()
    @opts.lang_option()
    def export(
        what: str,
        format_: str | None,
        output: Path | None,
        dialect: str | None,
        with_source_ids: bool,
        workspace: Path | None,
        lang: str | None,
    ) -> None:
        with opts.shop_of(workspace, lang) as shop, progress(_("Exporting")):
            if what == "excel":
                _excel(shop, output)
                return
            table = TABLES[what](shop, with_source_ids)
            _write(table, output, format_, dialect, private=with_source_ids)

    return export


def _customers(shop: Any, with_source_ids: bool) -> Any:
    return shop.customers(with_source_ids=with_source_ids).arrow


def _orders(shop: Any, with_source_ids: bool) -> Any:
    return shop.orders(with_source_ids=with_source_ids).arrow


def _cohorts(shop: Any, with_source_ids: bool) -> Any:
    from perenne.cli.triangle import triangle_arrow

    return triangle_arrow(
        {
            measure: shop.cohort_table(cohort_request("month", measure))
            for measure in ("retention", "revenue", "margin", "orders")
        }
    )


def _segments(shop: Any, with_source_ids: bool) -> Any:
    return shop.segments().arrow


def _predictions(shop: Any, with_source_ids: bool) -> Any:
    return shop.predicted_totals().arrow


TABLES: Mapping[str, Callable[[Any, bool], Any]] = {
    "customers": _customers,
    "orders": _orders,
    "cohorts": _cohorts,
    "segments": _segments,
    "predictions": _predictions,
}


def _write(
    table: Any, output: Path | None, format_: str | None, dialect: str | None, *, private: bool
) -> None:
    from perenne.reports import write_table

    chosen = format_ or _format_of(output)
    by_language = "french" if current_language() == "fr" else "international"
    rows = write_table(
        table, output, format=chosen, dialect=dialect or by_language, private=private
    )
    if output:
        tell(
            ngettext("{n} row written to {file}.", "{n} rows written to {file}.", rows).format(
                n=format_number(rows), file=output
            )
        )


def _format_of(output: Path | None) -> str:
    if output is None:
        return "csv"
    ending = output.suffix.lower().lstrip(".")
    if ending in ("csv", "json", "parquet"):
        return ending
    raise PerenneError(
        _("The format of {file} is not clear.").format(file=output.name),
        given=output.name,
        allowed=("parquet", "csv", "json"),
        next_step=_("Add --format parquet, csv or json."),
    )


def _excel(shop: Any, output: Path | None) -> None:
    from perenne.reports import write_clv_workbook
    from perenne.workspace.clv import clv_model

    file = output or Path("clv-model.xlsx")
    write_clv_workbook(clv_model(shop), file, language=current_language())
    say(_("Workbook: {file}").format(file=file))


COMMANDS = {"report": report_command, "export": export_command}
