"""Ibis in, Ibis out: lazy tables, nothing is executed here."""

from collections.abc import Callable, Mapping

import pyarrow as pa
from ibis.expr.types import Scalar, Table

Tables = Mapping[str, Table]
Fetch = Callable[[Table], pa.Table]
"""Runs a table and returns its rows; the engine's `fetch`."""

__all__ = ["Fetch", "Scalar", "Table", "Tables"]
