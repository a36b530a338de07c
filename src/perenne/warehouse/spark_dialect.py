"""How the shared expressions are said in Spark SQL, where Ibis alone says something else.

Every entry is a place at which Spark, told by Ibis, would answer otherwise than DuckDB, or not at
all. The tests of `warehouse` hold each of them against DuckDB.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any, ClassVar

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.pyspark import Backend
from ibis.backends.pyspark.datatypes import PySparkSchema, PySparkType
from ibis.backends.sql.compilers.base import NULL
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.formats.pyarrow import PyArrowData
from pyspark.sql import DataFrame, SparkSession

from perenne.warehouse.dialect import TypedDecimals
from perenne.warehouse.java_patterns import java_pattern


class Compiler(TypedDecimals, PySparkCompiler):  # type: ignore[misc] # ibis ships no types
    """Ibis's own for Spark, with DuckDB's meaning of the expressions that Perenne uses."""

    __slots__ = ()
    # Ibis writes a method for each of these into every class, over what stands in it.
    SIMPLE_OPS: ClassVar[dict[Any, str]] = {}

    def visit_Divide(self, op: ops.Divide, *, left: Any, right: Any) -> Any:
        """A quotient is a double, as Ibis says it is: of decimals Spark would cut the digits."""
        return self.binop(sge.Div, self.cast(left, dt.float64), self.cast(right, dt.float64))

    def visit_Hash(self, op: ops.Hash, *, arg: Any) -> Any:
        """64 bits, not 32; a struct with its nulls, which Spark's hash would pass over."""
        if isinstance(op.arg, ops.StructColumn):
            values = [value.this for value in arg.expressions]
            return self.f.anon.xxhash64(*values, *(value.is_(NULL) for value in values))
        return self.f.anon.xxhash64(arg)

    def visit_Strip(self, op: ops.Strip, *, arg: Any) -> Any:
        """White space as DuckDB strips it. Spark reads the escapes of two of its characters as
        letters, and would take an f from the end of a word."""
        space = r"[ \t\n\r\x0B\f]+"
        return self.f.regexp_replace(arg, sge.convert(f"^{space}|{space}$"), sge.convert(""))

    def visit_RegexSearch(self, op: ops.RegexSearch, *, arg: Any, pattern: Any) -> Any:
        return super().visit_RegexSearch(op, arg=arg, pattern=_for_java(pattern))

    def visit_RegexReplace(
        self, op: ops.RegexReplace, *, arg: Any, pattern: Any, replacement: Any
    ) -> Any:
        return super().visit_RegexReplace(
            op, arg=arg, pattern=_for_java(pattern), replacement=replacement
        )

    def visit_RegexExtract(
        self, op: ops.RegexExtract, *, arg: Any, pattern: Any, index: Any
    ) -> Any:
        return super().visit_RegexExtract(op, arg=arg, pattern=_for_java(pattern), index=index)

    def visit_CountStar(self, op: ops.CountStar, *, arg: Any, where: Any) -> Any:
        """Over no row the count is 0, not null."""
        return self.f.count(sge.Star() if where is None else self.if_(where, 1, NULL))

    def visit_Median(self, op: ops.Median, *, arg: Any, where: Any) -> Any:
        return self.f.percentile(arg if where is None else self.if_(where, arg, NULL), 0.5)

    def visit_DateTruncate(self, op: ops.DateTruncate, *, arg: Any, unit: Any) -> Any:
        """The first day of a week, month or quarter is a day, not an instant."""
        return self.cast(self.f.anon.date_trunc(unit.singular, arg), dt.date)

    def visit_GroupConcat(
        self, op: ops.GroupConcat, *, arg: Any, sep: Any, where: Any, order_by: Any
    ) -> Any:
        if not order_by:
            return super().visit_GroupConcat(op, arg=arg, sep=sep, where=where, order_by=order_by)
        return self.f.array_join(self._sorted_list(arg, where, order_by), sep)

    def visit_ArrayCollect(
        self,
        op: ops.ArrayCollect,
        *,
        arg: Any,
        where: Any,
        order_by: Any,
        include_null: bool,
        distinct: bool,
    ) -> Any:
        if not order_by or distinct or include_null:
            return super().visit_ArrayCollect(
                op,
                arg=arg,
                where=where,
                order_by=order_by,
                include_null=include_null,
                distinct=distinct,
            )
        return self._sorted_list(arg, where, order_by)

    def visit_First(
        self, op: ops.First, *, arg: Any, where: Any, order_by: Any, include_null: bool
    ) -> Any:
        """Of the rows of a group the value of the first in the order of `order_by`."""
        if not order_by or include_null:
            return super().visit_First(
                op, arg=arg, where=where, order_by=order_by, include_null=include_null
            )
        told = sg.and_(sg.not_(arg.is_(NULL)), *([] if where is None else [where]))
        place = self.f.anon.named_struct(*self._places(order_by))
        found = self.f.anon.max_by if _downwards(order_by) else self.f.anon.min_by
        return sge.Filter(this=found(arg, place), expression=sge.Where(this=told))

    def _places(self, order_by: Any) -> list[Any]:
        """Names and values of a struct that sorts as `order_by` does, nulls last."""
        down = _downwards(order_by)
        parts = []
        for n, key in enumerate(order_by):
            empty = key.this.is_(NULL)
            last = sg.not_(empty) if down else empty
            parts += [sge.convert(f"n{n}"), last, sge.convert(f"k{n}"), key.this]
        return parts

    def _sorted_list(self, arg: Any, where: Any, order_by: Any) -> Any:
        """The values of a group in the order of `order_by`: Spark sorts arrays, not groups."""
        row = self.f.anon.named_struct(*self._places(order_by), sge.convert("value"), arg)
        told = sg.not_(arg.is_(NULL))
        row = self.if_(told if where is None else sg.and_(where, told), row, NULL)
        item = sg.to_identifier("item")
        value = sge.Dot(this=item, expression=sg.to_identifier("value"))
        upwards = sge.convert(not _downwards(order_by))
        rows = self.f.anon.sort_array(self.f.anon.collect_list(row), upwards)
        return self.f.anon.transform(rows, sge.Lambda(this=value, expressions=[item]))

    def visit_ScalarUDF(self, op: ops.ScalarUDF, **parts: Any) -> Any:
        """Spark takes no accents off: letters are put in the place of letters."""
        if op.__func_name__ != "strip_accents":
            return super().visit_ScalarUDF(op, **parts)
        return self.f.anon.translate(*parts.values(), *map(sge.convert, _plain_letters()))

    def visit_WindowFunction(self, op: ops.WindowFunction, **parts: Any) -> Any:
        """Rows numbered in no order at all get distinct numbers, without being brought into one
        place for it; they are not consecutive."""
        if isinstance(op.func, ops.RowNumber) and not op.group_by and not op.order_by:
            return self.f.anon.monotonically_increasing_id()
        return super().visit_WindowFunction(op, **parts)


class SparkBackend(Backend):  # type: ignore[misc] # ibis ships no types
    """Ibis on Spark with the compiler above; tables in memory come and go as Arrow."""

    compiler = Compiler()

    def do_connect(self, session: SparkSession, **kwargs: Any) -> None:
        self.register_options()
        super().do_connect(session, **kwargs)

    def _register_in_memory_table(self, op: ops.InMemoryTable) -> None:
        table = op.data.to_pyarrow(op.schema)
        self._session.createDataFrame(table).createOrReplaceTempView(op.name)

    def get_schema(self, table_name: str, **place: Any) -> Any:
        """Spark's timestamps are instants: its session speaks UTC."""
        found = super().get_schema(table_name, **place)
        instant = dt.Timestamp("UTC")
        return ibis.schema(
            {name: instant if kind.is_timestamp() else kind for name, kind in found.items()}
        )

    def frame(self, table: Any, *, limit: Any = None) -> DataFrame:
        """`table` as a data frame of exactly the types that Ibis gives it."""
        self._run_pre_execute_hooks(table)
        found = self.raw_sql(self.compile(table, limit=limit))
        wanted = PySparkSchema.from_ibis(_settled(table.schema(), found.schema))
        columns = [found[f"`{field.name}`"].cast(field.dataType) for field in wanted]
        typed: DataFrame = found.select(
            *(c.alias(f.name) for c, f in zip(columns, wanted, strict=True))
        )
        return typed

    def to_pyarrow(self, expr: Any, /, *, params: Any = None, limit: Any = None, **_: Any) -> Any:
        table = expr.as_table()
        found = self.frame(table, limit=limit).toArrow()
        return expr.__pyarrow_result__(PyArrowData.convert_table(found, table.schema()))


def _downwards(order_by: Any) -> bool:
    """Are the values of a group wanted from the greatest to the least?"""
    found = {bool(key.args.get("desc")) for key in order_by}
    if len(found) > 1:
        raise NotImplementedError("Spark orders the values of a group in one direction only.")
    return found == {True}


def _for_java(pattern: Any) -> Any:
    """A pattern that stands in the query; one of a column is left as it is."""
    known = isinstance(pattern, sge.Literal) and pattern.is_string
    return sge.convert(java_pattern(pattern.this)) if known else pattern


@cache
def _plain_letters() -> tuple[str, str]:
    """Letters that are one with marks, then those without; at the end of the first the marks, which
    have nothing to be put in their place."""
    every = [chr(code) for code in range(0x80, 0x2E80)]
    marks = [one for one in every if unicodedata.combining(one)]
    plain = {}
    for one in every:
        bare = [
            part for part in unicodedata.normalize("NFD", one) if not unicodedata.combining(part)
        ]
        if len(bare) == 1 and bare != [one]:
            plain[one] = bare[0]
    return "".join(plain) + "".join(marks), "".join(plain.values())


def _settled(schema: Any, found: Any) -> Any:
    """`schema`, where it leaves something open as Spark has it."""
    return ibis.schema(
        {
            name: PySparkType.to_ibis(field.dataType)
            if kind.is_null() or (kind.is_decimal() and kind.precision is None)
            else kind
            for (name, kind), field in zip(schema.items(), found, strict=True)
        }
    )
