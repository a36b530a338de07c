"""Columnar tables: names and schemas of all canonical tables, and the engine that runs them."""

from perenne.warehouse.amounts import money_quantile, to_money
from perenne.warehouse.canonical import CANONICAL
from perenne.warehouse.engine import (
    DuckEngine,
    Engine,
    Table,
    bytes_in,
    keyed_sql,
    quote_name,
    quote_text,
)
from perenne.warehouse.failures import Failure, failure_of
from perenne.warehouse.lake import DRIVERS, Lake, Pointer, pointer
from perenne.warehouse.parts import files_of, table_of, tables_in
from perenne.warehouse.patterns import pattern_fault
from perenne.warehouse.schemas import MONEY, QUANTITY, Column, TableSchema
from perenne.warehouse.spark import SparkEngine
from perenne.warehouse.staged import ERASED, STAGED, TOKEN_LENGTH

__all__ = [
    "CANONICAL",
    "DRIVERS",
    "ERASED",
    "MONEY",
    "QUANTITY",
    "STAGED",
    "TOKEN_LENGTH",
    "Column",
    "DuckEngine",
    "Engine",
    "Failure",
    "Lake",
    "Pointer",
    "SparkEngine",
    "Table",
    "TableSchema",
    "bytes_in",
    "failure_of",
    "files_of",
    "keyed_sql",
    "money_quantile",
    "pattern_fault",
    "pointer",
    "quote_name",
    "quote_text",
    "table_of",
    "tables_in",
    "to_money",
]
