"""How a table is described: its columns with type and meaning, and its key.

Types are Ibis type names. Money is `decimal(18, 4)`; `*_at` are UTC timestamps; `*_on` are local
calendar days of the workspace's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass

MONEY = "decimal(18, 4)"
QUANTITY = "decimal(18, 4)"


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class TableSchema:
    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def types(self) -> dict[str, str]:
        return {column.name: column.type for column in self.columns}

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)


def columns(*rows: tuple[str, str, str] | tuple[str, str, str, bool]) -> tuple[Column, ...]:
    return tuple(Column(*row) for row in rows)
