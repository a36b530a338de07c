"""What a person takes away: the CLV workbook, table exports, the report."""

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
from perenne.reports.html import ReportInput, render_html, write_html_report
from perenne.reports.person import Person, PersonInput, assemble, json_schema, masked_person

__all__ = [
    "DIALECTS",
    "FORMATS",
    "ClvInputs",
    "ClvModel",
    "ClvRow",
    "ClvTerms",
    "ExportColumn",
    "Person",
    "PersonInput",
    "ReportInput",
    "assemble",
    "clv_terms",
    "column_dictionary",
    "json_schema",
    "masked_person",
    "render_html",
    "write_clv_workbook",
    "write_html_report",
    "write_private",
    "write_table",
]
