"""The report: one HTML page that opens anywhere and asks nothing of any other computer."""

from perenne.reports.html.checked import render_quality, write_quality_report
from perenne.reports.html.offered import write_consistency_report
from perenne.reports.html.page import render_html, write_html_report
from perenne.reports.html.source import ReportInput

__all__ = [
    "ReportInput",
    "render_html",
    "render_quality",
    "write_consistency_report",
    "write_html_report",
    "write_quality_report",
]
