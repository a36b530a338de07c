"""The preset of live rows: they come named as staged columns, so that the schema is the mapping."""

from __future__ import annotations

import re
from collections.abc import Iterable

from perenne.sources.presets.model import ControlSpec, Detection, FieldSpec, Preset, TableSpec
from perenne.warehouse import STAGED, TableSchema

ORIGIN = ("row_file", "row_number", "row_hash")
FAULT = ("fault", "fault_value", "fault_reason")
TABLE = "row_table"
# Lines `utm_source: x` and tags of an order: the channel rules read them.
HINTS = ("attributes", "tags")

# A birthday, the end of a trial, a charge to come.
_FAR_OFF = frozenset({"birth_on", "trial_until_on", "ended_on", "next_charge_on"})

# Beyond what the schema requires: what an order, a line or a refund is nothing without.
_REQUIRED = {
    "orders": ("ordered_on", "total"),
    "order_lines": ("ordered_on", "quantity", "amount|unit_price"),
}
_CONTROL = {
    "orders": ("total", "ordered"),
    "order_lines": ("coalesce(quantity * unit_price, amount)", "ordered"),
    "refunds": ("amount", "refunded"),
}


def given(schema: TableSchema) -> dict[str, str]:
    """Columns that a connector gives, and their field type. A `_at` gives its `_on` as well."""
    names = set(schema.names)
    return {
        column.name: _field_type(column.name, column.type)
        for column in schema.columns
        if column.name not in (*ORIGIN, "time_known")
        and not (column.name.endswith("_on") and f"{column.name[:-3]}_at" in names)
    }


def field(table: str, column: str) -> str:
    """Name of the field, and of the column of the extract, that holds a staged column."""
    return f"{table}__{column}"


def live_preset(name: str, *, system: str, tables: Iterable[str]) -> Preset:
    """The preset of a stream that fills `tables`."""
    schemas = [STAGED[table] for table in tables]
    fields = {word: FieldSpec() for word in (TABLE, *FAULT, *HINTS)}
    for schema in schemas:
        for column, kind in given(schema).items():
            fields[field(schema.name, column)] = _field(column, kind)
    return Preset(
        name=name,
        title=name,
        system=system,
        faults=True,
        grain=schemas[0].name,
        fields=fields,
        detect=Detection(require=(), base=1, reach=0),
        tables=tuple(_table(schema) for schema in schemas),
    )


def _field(column: str, kind: str) -> FieldSpec:
    """A field; a date that may lie far off is not held to the bounds of a sale, where presets know
    of bounds that can be lifted."""
    can_lift = "bounded" in FieldSpec.model_fields
    lifted = {"bounded": False} if can_lift and column in _FAR_OFF else {}
    return FieldSpec.model_validate({"type": kind, **lifted})


def _field_type(column: str, kind: str) -> str:
    if column in ("currency", "country"):
        return column
    if kind.startswith(("date", "timestamp")):
        return "date"
    return {"string": "text", "boolean": "flag"}.get(kind, "decimal")


def _table(schema: TableSchema) -> TableSpec:
    return TableSpec(
        table=schema.name,
        only=f"{TABLE} = '{schema.name}'",
        required={
            wanted: "|".join(_source(schema, column) for column in wanted.split("|"))
            for wanted in _required(schema)
        },
        columns={name: _value(schema, name) for name in schema.names if name not in ORIGIN},
        control=_control(schema),
    )


def _required(schema: TableSchema) -> list[str]:
    own = [name for name in schema.required if name not in ORIGIN]
    return list(dict.fromkeys([*own, *_REQUIRED.get(schema.name, ())]))


def _source(schema: TableSchema, column: str) -> str:
    """The field that a staged column is made of: a day comes of its instant where there is one."""
    instant = f"{column[:-3]}_at"
    same = column.endswith("_on") and instant in schema.names
    return field(schema.name, instant if same else column)


def _value(schema: TableSchema, name: str) -> str:
    kinds = given(schema)
    if name == "time_known":
        stem = next(n for n in kinds if n.endswith("_at"))
        return f"{field(schema.name, stem)}_timed"
    source = _source(schema, name)
    if name.endswith(("_at", "_on")) and schema.types[name].startswith(("date", "timestamp")):
        return f"{source}_{name[-2:]}"
    if name == "channel" and schema.name == "orders":
        return f"coalesce({source}, known_channel)"
    return source


def _control(schema: TableSchema) -> ControlSpec | None:
    if schema.name not in _CONTROL:
        return None
    amount, stem = _CONTROL[schema.name]
    for column in given(schema):
        amount = re.sub(rf"\b{column}\b", field(schema.name, column), amount)
    return ControlSpec(
        amount=amount,
        date=field(schema.name, f"{stem}_at"),
        currency=field(schema.name, "currency"),
        where=f"raw_{TABLE} = '{schema.name}'",
    )
