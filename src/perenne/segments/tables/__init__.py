"""Ibis in, Ibis out; nothing here runs a query."""

from perenne.segments.tables.scores import name_segments, score
from perenne.segments.tables.segments import assign
from perenne.segments.tables.status import status
from perenne.segments.tables.views import movements, summary

__all__ = ["assign", "movements", "name_segments", "score", "status", "summary"]
