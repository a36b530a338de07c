"""Runs the hand-written SQL of this folder on raw files: plain DuckDB, nothing of the product.

A folder of `sql/` is one kind of data. Its files called `_name.sql` are run once per connection and
make the tables the other files read; every other file is one SELECT. `$names` are parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

SQL = Path(__file__).parent / "sql"
_COMMENT = re.compile(r"--[^\n]*")
_PARAMETER = re.compile(r"\$([a-z_]+)")

Row = dict[str, Any]
Given = str | int | date


def names(folder: str) -> list[str]:
    """Names of the questions of a data set."""
    return sorted(path.stem for path in (SQL / folder).glob("[!_]*.sql"))


class Twins:
    """The questions of one data set, with the parameters that stay the same for all of them."""

    def __init__(self, folder: str, *, clean: str = "_clean", **fixed: Given) -> None:
        self._folder = SQL / folder
        self._fixed = fixed
        self._connection = duckdb.connect()
        self._connection.execute("set threads = 2")
        for statement in _statements(self._folder / f"{clean}.sql"):
            self._execute(statement, {})

    def rows(self, name: str, **given: Given) -> list[Row]:
        """Answer as rows; Decimal for money, date for days."""
        [statement] = _statements(self._folder / f"{name}.sql")
        answer = self._execute(statement, given)
        columns = [column[0] for column in answer.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]

    def row(self, name: str, **given: Given) -> Row:
        """Answer that is exactly one row."""
        [row] = self.rows(name, **given)
        return row

    def value(self, name: str, **given: Given) -> Decimal | float | int | None:
        """Answer that is one figure, or None where the figure does not exist."""
        [value] = self.row(name, **given).values()
        assert value is None or isinstance(value, Decimal | float | int)
        return value

    def _execute(self, statement: str, given: Mapping[str, Given]) -> duckdb.DuckDBPyConnection:
        known = {**self._fixed, **given}
        used = set(_PARAMETER.findall(statement))
        return self._connection.execute(statement, {name: known[name] for name in used})


def _statements(path: Path) -> list[str]:
    bare = _COMMENT.sub("", path.read_text("utf-8"))
    return [part.strip() for part in bare.split(";") if part.strip()]
