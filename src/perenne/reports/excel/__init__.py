"""The CLV model as an Excel workbook with live formulas."""

from perenne.reports.excel.workbook import write_clv_workbook

__all__ = ["write_clv_workbook"]
