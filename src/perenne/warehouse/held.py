"""Small tables in memory, made without what loads pandas: a tenth of what a short command takes.

PyArrow loads it to read a list, Ibis to take a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import ibis.expr.operations as ops
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import util
from ibis.expr.schema import infer
from ibis.formats.pyarrow import PyArrowTableProxy

Told = Sequence[int] | Sequence[date]
_KINDS = {
    "int64": (pa.int64(), "int64", "int64"),
    "date": (pa.date32(), "datetime64[D]", "int32"),
}


def held(columns: Mapping[str, tuple[str, Told]]) -> ir.Table:
    """A lazy table of whole numbers and days: per column its type (`int64` or `date`) and cells, of
    which none is missing."""
    arrays = {name: _array(kind, cells) for name, (kind, cells) in columns.items()}
    table = pa.Table.from_arrays([*arrays.values()], names=[*arrays])
    named = util.gen_name("held")
    made = ops.InMemoryTable(name=named, schema=infer(table), data=PyArrowTableProxy(table))
    return made.to_expr()


def _array(kind: str, cells: Told) -> pa.Array:
    arrow, read, written = _KINDS[kind]
    numbers = np.array(cells, dtype=read).astype(written)
    return pa.Array.from_buffers(arrow, len(numbers), [None, pa.py_buffer(numbers)])
