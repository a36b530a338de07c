"""The report: one HTML page that opens anywhere and asks nothing of any other computer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perenne.core.faces import found_in

if TYPE_CHECKING:
    from perenne.reports.html.checked import render_quality, write_quality_report
    from perenne.reports.html.contenders import stands_in_for
    from perenne.reports.html.offered import write_consistency_report
    from perenne.reports.html.page import render_html, write_html_report
    from perenne.reports.html.source import ReportInput

__all__ = [
    "ReportInput",
    "render_html",
    "render_quality",
    "stands_in_for",
    "write_consistency_report",
    "write_html_report",
    "write_quality_report",
]

_HOMES = {
    "render_quality": "checked",
    "write_quality_report": "checked",
    "write_consistency_report": "offered",
    "render_html": "page",
    "write_html_report": "page",
    "ReportInput": "source",
    "stands_in_for": "contenders",
}
"""Where each name lives: words that other parts use need no pages."""

__getattr__ = found_in(__name__, _HOMES)
