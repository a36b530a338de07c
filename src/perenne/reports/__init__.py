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
from perenne.reports.html import (
    ReportInput,
    render_html,
    render_quality,
    write_consistency_report,
    write_html_report,
    write_quality_report,
)

__all__ = [
    "DIALECTS",
    "FORMATS",
    "ClvInputs",
    "ClvModel",
    "ClvRow",
    "ClvTerms",
    "ExportColumn",
    "ReportInput",
    "clv_terms",
    "column_dictionary",
    "render_html",
    "render_quality",
    "write_clv_workbook",
    "write_consistency_report",
    "write_html_report",
    "write_quality_report",
    "write_table",
]
