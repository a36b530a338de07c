"""What a person takes away: the CLV workbook, table exports, the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perenne.core.faces import found_in

if TYPE_CHECKING:
    from perenne.reports.account import (
        Account,
        AccountName,
        AccountRecord,
        account_names,
        account_schema,
        assemble_account,
        shown_account,
    )
    from perenne.reports.clv_model import ClvInputs, ClvModel, ClvRow, ClvTerms, clv_terms
    from perenne.reports.excel import write_clv_workbook
    from perenne.reports.exports import (
        DIALECTS,
        FORMATS,
        ExportColumn,
        column_dictionary,
        write_table,
    )
    from perenne.reports.files import write_private
    from perenne.reports.html import (
        ReportInput,
        render_html,
        render_quality,
        stands_in_for,
        write_consistency_report,
        write_html_report,
        write_quality_report,
    )
    from perenne.reports.person import (
        Archive,
        Person,
        PersonInput,
        PersonRecord,
        assemble,
        build_archive,
        json_schema,
        masked_person,
        shown,
        write_archive,
    )

__all__ = [
    "DIALECTS",
    "FORMATS",
    "Account",
    "AccountName",
    "AccountRecord",
    "Archive",
    "ClvInputs",
    "ClvModel",
    "ClvRow",
    "ClvTerms",
    "ExportColumn",
    "Person",
    "PersonInput",
    "PersonRecord",
    "ReportInput",
    "account_names",
    "account_schema",
    "assemble",
    "assemble_account",
    "build_archive",
    "clv_terms",
    "column_dictionary",
    "json_schema",
    "masked_person",
    "render_html",
    "render_quality",
    "shown",
    "shown_account",
    "stands_in_for",
    "write_archive",
    "write_clv_workbook",
    "write_consistency_report",
    "write_html_report",
    "write_private",
    "write_quality_report",
    "write_table",
]

_HOMES = {
    "account": (
        "Account",
        "AccountName",
        "AccountRecord",
        "account_names",
        "account_schema",
        "assemble_account",
        "shown_account",
    ),
    "clv_model": (
        "ClvInputs",
        "ClvModel",
        "ClvRow",
        "ClvTerms",
        "clv_terms",
    ),
    "excel": ("write_clv_workbook",),
    "exports": (
        "DIALECTS",
        "FORMATS",
        "ExportColumn",
        "column_dictionary",
        "write_table",
    ),
    "files": ("write_private",),
    "html": (
        "ReportInput",
        "stands_in_for",
        "render_html",
        "render_quality",
        "write_consistency_report",
        "write_html_report",
        "write_quality_report",
    ),
    "person": (
        "Archive",
        "Person",
        "PersonInput",
        "PersonRecord",
        "assemble",
        "build_archive",
        "json_schema",
        "masked_person",
        "shown",
        "write_archive",
    ),
}
"""Where each name lives: one customer in a terminal needs neither pages nor workbooks."""
__getattr__ = found_in(__name__, {name: home for home, names in _HOMES.items() for name in names})
