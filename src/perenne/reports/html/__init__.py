"""The report: one HTML page that opens anywhere and asks nothing of any other computer."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_HOME_OF = {
    "render_quality": "checked",
    "write_quality_report": "checked",
    "write_consistency_report": "offered",
    "render_html": "page",
    "write_html_report": "page",
    "ReportInput": "source",
}
"""Where each name lives: words that other parts use need no pages."""


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
