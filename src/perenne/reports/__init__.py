"""What a person takes away: the CLV workbook, table exports, the report."""

from perenne.reports.clv_model import ClvInputs, ClvModel, ClvRow, ClvTerms, clv_terms
from perenne.reports.excel import write_clv_workbook

__all__ = [
    "ClvInputs",
    "ClvModel",
    "ClvRow",
    "ClvTerms",
    "clv_terms",
    "write_clv_workbook",
]
