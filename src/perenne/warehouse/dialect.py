"""How the shared expressions are said to engines: decimals of the width that Ibis promises.

Ibis takes the product of two DECIMAL(18, 4) for one, and so leaves out a cast to it; engines make
DECIMAL(36, 8) of it. What is then added and chosen among takes numbers of 128 bits, which cost
fifty times as much, and is rounded at another place.
"""

from __future__ import annotations

from typing import Any, ClassVar

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot.expressions as sge
from ibis.backends.duckdb import Backend
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler


class TypedDecimals:
    """For a compiler: each sum, difference and product of decimals is cast to its own type."""

    __slots__ = ()

    def visit_Add(self, op: ops.Add, *, left: Any, right: Any) -> Any:
        return self._typed(op, super().visit_Add(op, left=left, right=right))  # type: ignore[misc] # of the compiler

    def visit_Subtract(self, op: ops.Subtract, *, left: Any, right: Any) -> Any:
        return self._typed(op, super().visit_Subtract(op, left=left, right=right))  # type: ignore[misc] # of the compiler

    def visit_Multiply(self, op: ops.Multiply, *, left: Any, right: Any) -> Any:
        return self._typed(op, super().visit_Multiply(op, left=left, right=right))  # type: ignore[misc] # of the compiler

    def _typed(self, op: ops.Value, told: Any) -> Any:
        exact = op.dtype.is_decimal() and op.dtype.precision is not None
        return self.cast(told, op.dtype) if exact else told  # type: ignore[attr-defined] # of the compiler


_SMALL = 1e9
"""A product below this stands in DECIMAL(18, 8), which is what DuckDB counts it in."""


class DuckCompiler(TypedDecimals, DuckDBCompiler):  # type: ignore[misc] # ibis ships no types
    """Ibis's own for DuckDB, with typed decimals."""

    __slots__ = ()
    # Ibis writes a method for each of these into every class, over what stands in it.
    SIMPLE_OPS: ClassVar[dict[Any, str]] = {}

    def visit_Multiply(self, op: ops.Multiply, *, left: Any, right: Any) -> Any:
        """DuckDB refuses a product of 64 bits that does not fit: a large one takes 128."""
        short = super().visit_Multiply(op, left=left, right=right)
        if not (op.left.dtype.is_decimal() and op.right.dtype.is_decimal()):
            return short
        size = self.binop(sge.Mul, self.cast(left, dt.float64), self.cast(right, dt.float64))
        wide = dt.Decimal(38, op.left.dtype.scale)
        long = self.binop(sge.Mul, self.cast(left, wide), right)
        return self.if_(self.f.abs(size) < sge.convert(_SMALL), short, self.cast(long, op.dtype))


class DuckBackend(Backend):  # type: ignore[misc] # ibis ships no types
    """Ibis on DuckDB with the compiler above."""

    compiler = DuckCompiler()
