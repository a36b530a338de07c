"""Columnar tables: names and schemas of all canonical tables, and the engine that runs them."""

from perenne.warehouse.amounts import money_quantile, to_money
from perenne.warehouse.canonical import CANONICAL
from perenne.warehouse.engine import (
    DuckEngine,
    Engine,
    Table,
    keyed_sql,
    quote_name,
    quote_text,
)
from perenne.warehouse.failures import Failure, failure_of
from perenne.warehouse.parts import empty_columns, files_of, rows_of, table_of, tables_in
from perenne.warehouse.schemas import MONEY, QUANTITY, Column, TableSchema
from perenne.warehouse.spark import SparkEngine
from perenne.warehouse.staged import ERASED, STAGED, TOKEN_LENGTH

__all__ = [
    "CANONICAL",
    "ERASED",
    "MONEY",
    "QUANTITY",
    "STAGED",
    "TOKEN_LENGTH",
    "Column",
    "DuckEngine",
    "Engine",
    "Failure",
    "SparkEngine",
    "Table",
    "TableSchema",
    "empty_columns",
    "failure_of",
    "files_of",
    "keyed_sql",
    "money_quantile",
    "quote_name",
    "quote_text",
    "rows_of",
    "table_of",
    "tables_in",
    "to_money",
]
