"""Tables out of Perenne: Parquet, CSV in two dialects, JSON."""

from perenne.reports.exports.columns import ExportColumn, column_dictionary
from perenne.reports.exports.table import DIALECTS, FORMATS, write_table

__all__ = ["DIALECTS", "FORMATS", "ExportColumn", "column_dictionary", "write_table"]
