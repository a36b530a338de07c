"""Columnar tables: names and schemas of all canonical tables, and the engine that runs them."""

from perenne.warehouse.engine import DuckEngine, Engine, Table, quote_name, quote_text
from perenne.warehouse.schemas import CANONICAL, MONEY, QUANTITY, STAGED, Column, TableSchema

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
