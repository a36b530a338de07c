"""The small language in which the catalogue writes metrics, parsed with `ast`, never executed.

`sum(sales.net, sales.is_sale) / count_distinct(sales.order_id, sales.is_sale)`: aggregates over
the columns of a dataset, with an optional condition, joined by arithmetic. A bare name is another
metric or a fact of the period.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

AGGREGATES = (
    "sum",
    "sum_all",
    "sum_or_null",
    "count",
    "count_distinct",
    "mean",
    "median",
    "curve",
)
"""`sum_all` is null as soon as one value is, `sum_or_null` over no row at all (spend that nobody
imported is not 0); `curve` hands whole rows to a function."""
FUNCTIONS = ("payback", "wilson", "nps")
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
COMPARISONS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


@dataclass(frozen=True)
class Check:
    """`column operator value`; a bare column is `column == True`."""

    column: str
    operator: str
    value: bool | int | str


@dataclass(frozen=True)
class Junction:
    """Conditions joined by `and` or `or`, or one condition under `not`."""

    operator: str
    parts: tuple[Condition, ...]


Condition = Check | Junction


@dataclass(frozen=True)
class Aggregate:
    """One figure that the engine computes per group: the atom of every metric."""

    function: str
    dataset: str
    column: str | None = None
    condition: Condition | None = None


@dataclass(frozen=True)
class Constant:
    value: Decimal


@dataclass(frozen=True)
class Name:
    id: str


@dataclass(frozen=True)
class Operation:
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Expression, ...]


Expression = Aggregate | Constant | Name | Operation | Call


def parse(text: str) -> Expression:
    """Read an expression; ValueError names the piece that the language does not know."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise ValueError(f"not an expression: {text!r}") from error
    return _expression(tree.body)


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all its parts."""
    yield expression
    parts: tuple[Expression, ...] = ()
    if isinstance(expression, Operation):
        parts = (expression.left, expression.right)
    elif isinstance(expression, Call):
        parts = expression.arguments
    for part in parts:
        yield from walk(part)


def aggregates(expression: Expression) -> list[Aggregate]:
    return [part for part in walk(expression) if isinstance(part, Aggregate)]


def names(expression: Expression) -> list[str]:
    return [part.id for part in walk(expression) if isinstance(part, Name)]


def columns(condition: Condition | None) -> set[str]:
    """Columns that a condition reads."""
    if condition is None:
        return set()
    if isinstance(condition, Check):
        return {condition.column}
    return set().union(*(columns(part) for part in condition.parts))


def _expression(node: ast.expr) -> Expression:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Constant(Decimal(str(node.value)))
    if isinstance(node, ast.Name):
        return Name(node.id)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return Operation(OPERATORS[type(node.op)], _expression(node.left), _expression(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return Operation("-", Constant(Decimal(0)), _expression(node.operand))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _call(node.func.id, node.args)
    raise _refused(node)


def _call(function: str, arguments: list[ast.expr]) -> Expression:
    if function in FUNCTIONS:
        return Call(function, tuple(_expression(argument) for argument in arguments))
    if function not in AGGREGATES or not 1 <= len(arguments) <= 2:
        raise ValueError(f"unknown function {function!r}; allowed: {AGGREGATES + FUNCTIONS}")
    dataset, column = _target(arguments[0])
    condition = _condition(arguments[1], dataset) if len(arguments) == 2 else None
    if (column is None) != (function in ("count", "curve")):
        raise ValueError(f"{function} takes a {'dataset' if column else 'column'}: {dataset}")
    return Aggregate(function, dataset, column, condition)


def _target(node: ast.expr) -> tuple[str, str | None]:
    if isinstance(node, ast.Name):
        return node.id, None
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id, node.attr
    raise _refused(node)


def _condition(node: ast.expr, dataset: str) -> Condition:
    if isinstance(node, ast.BoolOp):
        operator = "and" if isinstance(node.op, ast.And) else "or"
        return Junction(operator, tuple(_condition(part, dataset) for part in node.values))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return Junction("not", (_condition(node.operand, dataset),))
    if isinstance(node, ast.Attribute):
        return Check(_column(node, dataset), "==", True)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _comparison(node, dataset)
    raise _refused(node)


def _comparison(node: ast.Compare, dataset: str) -> Check:
    operator, value = COMPARISONS.get(type(node.ops[0])), node.comparators[0]
    if operator and isinstance(value, ast.Constant) and isinstance(value.value, bool | int | str):
        return Check(_column(node.left, dataset), operator, value.value)
    raise _refused(node)


def _column(node: ast.expr, dataset: str) -> str:
    found, column = _target(node)
    if column is None or found != dataset:
        raise ValueError(f"a condition on {dataset!r} can read only its own columns")
    return column


def _refused(node: ast.expr) -> ValueError:
    return ValueError(f"not allowed in a metric: {ast.unparse(node)!r}")
