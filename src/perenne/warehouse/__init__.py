"""Columnar tables: names and schemas of all canonical tables, and the engine that runs them."""

from perenne.warehouse.canonical import CANONICAL
from perenne.warehouse.engine import DuckEngine, Engine, Table, quote_name, quote_text
from perenne.warehouse.schemas import MONEY, QUANTITY, Column, TableSchema
from perenne.warehouse.staged import STAGED

__all__ = [
    "CANONICAL",
    "MONEY",
    "QUANTITY",
    "STAGED",
    "Column",
    "DuckEngine",
    "Engine",
    "Table",
    "TableSchema",
    "quote_name",
    "quote_text",
]
