"""What a preset.yaml may say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from perenne.warehouse import STAGED

FieldType = Literal[
    "text", "id", "email", "phone", "country", "currency", "flag", "number", "decimal", "date"
]
"""`number` is read as people write it; `decimal` as machines do: digits and a dot."""
TableName = Literal[
    "orders",
    "order_lines",
    "refunds",
    "customers",
    "products",
    "costs",
    "consents",
    "events",
    "subscriptions",
    "surveys",
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldSpec(_Strict):
    """One thing a file may hold. `aliases` are header names, best first, `like` a regular
    expression for names that no alias is; `of_head` fields stand on the first row of a group and
    are carried to its other rows.

    `above` is a regular expression whose first group, found in the lines above the header, is the
    cell of every row when no column has it. `zone` is the zone of times that name none, where it
    is not the workspace's.
    A date that is not `bounded` may lie before the earliest day or after the import: a birthday, a
    planned charge. Where it is `lenient`, a day that cannot be read refuses no row: who
    unsubscribed on February 31st has unsubscribed. With `periods` a month, a quarter or a year is
    a date as well: `FIELD_on` is its first day, `FIELD_last` its last.
    """

    type: FieldType = "text"
    aliases: tuple[str, ...] = ()
    like: str | None = None
    of_head: bool = False
    above: str | None = None
    zone: str | None = None
    bounded: bool = True
    lenient: bool = False
    periods: bool = False


class ContentCheck(_Strict):
    """At least `share` of the filled cells of `field` in the sample match `pattern`."""

    field: str
    pattern: str
    share: float = 0.9


class Detection(_Strict):
    """When a file is of this preset.

    `require` lists fields (`a|b` = one of them); `forbid` lists fields that must not be there;
    `distinctive` fields raise the confidence, which runs from `base` to `base + reach`. It `yields`
    to another preset that fits as well, and finds one of these fields of its own: {preset: `a|b`}.
    A file that fits as sales without amounts, and that has a column for one of the fields in
    `speaks`, is asked about. With a `file_name` it is never found but only named: a file whose
    columns fit a preset of any tool that fills nothing of its grain, and whose name this regular
    expression finds, is asked about.
    """

    require: tuple[str, ...]
    forbid: tuple[str, ...] = ()
    distinctive: tuple[str, ...] = ()
    content: tuple[ContentCheck, ...] = ()
    yields: dict[str, str] = {}
    speaks: tuple[str, ...] = ()
    file_name: str | None = None
    base: float = Field(ge=0, le=1)
    reach: float = Field(ge=0, le=1)


class Rule(_Strict):
    """`match` is a regular expression (RE2) searched in the text, whatever its case."""

    match: str
    then: str


class RuleValue(_Strict):
    """A value looked up by the first rule that matches the SQL expression `of`.

    With `every` the text may name several things (e-mail, SMS and post), and the row is one row of
    each; `*` stands for whatever the other rules may give. Where `unclear` matches (all but SMS),
    no rule does.
    """

    of: str
    rules: tuple[Rule, ...]
    every: bool = False
    unclear: str | None = None
    otherwise: str | None = None
    """What no rule matches."""
    missing: str | None = None
    """What a null gives."""


Value = Annotated[str | RuleValue, "an SQL expression over field names, or rules"]


class ControlSpec(_Strict):
    """Control totals straight from the file: an amount over number fields, a date field.

    `date` may be `a|b`: the first of them that the file has. `currency` may be `a|b`: the first of
    them that the row fills.
    """

    amount: str
    date: str | None = None
    currency: str | None = None
    where: str | None = None


class TableSpec(_Strict):
    """One staged table. `needs`/`unless` list fields that must be or must not be in the file.

    `rows`: `all` rows, the `head` row of each group, or the `words` of each `key`: of its head rows
    that say the same the one furthest down; where rows tell their day (`told_on`), of those that
    say the same one day after another the last, with the first day (`first_told_on`).
    `only` is an SQL condition on which rows concern this table at all. `required` maps staged
    columns (`a|b` = one of them) whose absence refuses the row to the fields they come from;
    `unread` maps fields to the reason for which a row is refused whose filled cell no rule reads.
    """

    table: TableName
    rows: Literal["all", "head", "words"] = "all"
    key: str | None = None
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    only: str | None = None
    required: dict[str, str] = {}
    unread: dict[str, str] = {}
    columns: dict[str, Value]
    control: ControlSpec | None = None

    @model_validator(mode="after")
    def _columns_exist(self) -> TableSpec:
        unknown = set(self.columns) - set(STAGED[self.table].names)
        if unknown:
            raise ValueError(f"staged {self.table} has no column {sorted(unknown)}")
        return self

    @property
    def several(self) -> dict[str, RuleValue]:
        """Columns of which one row of the file may tell several."""
        values = self.columns.items()
        return {name: v for name, v in values if isinstance(v, RuleValue) and v.every}


class Grouping(_Strict):
    """Rows of one thing: same `by`, and same `id` where the head row has one.

    A head row is one that fills `head`, and the first row of a group that has none.
    """

    by: str
    head: str
    id: str | None = None


class Skip(_Strict):
    """Rows that are no data, e.g. totals: set aside with `reason` when the SQL `when` holds."""

    when: str
    reason: str


class Refusal(_Strict):
    """Why files of this kind are not imported, and what to import in their place."""

    reason: str
    next_step: str


class Preset(_Strict):
    """One kind of export file.

    One that has a `refuse` writes nothing: it exists to say why. `unnest` names the lists within
    objects (JSON, XML) that become rows of their own below the row of their object.
    """

    name: str
    title: str
    system: str
    """Name of the source that the rows belong to; files of one system are merged by key."""
    currency: str | None = None
    """ISO 4217 currency of files that name none, where the export has only one."""
    identical_lines: Literal["merge", "keep"] = "merge"
    grain: TableName | None = None
    fields: dict[str, FieldSpec]
    own_names: tuple[str, ...] = ()
    """Fields that a header names as Perenne does, no alias being that word; of a date the cells
    must look like one."""
    detect: Detection
    group: Grouping | None = None
    skip: tuple[Skip, ...] = ()
    faults: bool = False
    """Do the fields fault, fault_value and fault_reason say what is wrong with a row?"""
    unnest: tuple[str, ...] = ()
    refuse: Refusal | None = None
    tables: tuple[TableSpec, ...] = ()
    notes: tuple[str, ...] = ()

    @field_validator("fields")
    @classmethod
    def _plain_names(cls, fields: dict[str, FieldSpec]) -> dict[str, FieldSpec]:
        bad = [name for name in fields if not name.isidentifier()]
        if bad:
            raise ValueError(f"field names must be identifiers: {bad}")
        return fields

    @model_validator(mode="after")
    def _fields_exist(self) -> Preset:
        said = [*self.detect.require, *self.detect.distinctive, *self.detect.forbid]
        named = {field for text in said for field in text.split("|")}
        named |= {check.field for check in self.detect.content} | set(self.own_names)
        unknown = named - set(self.fields)
        if unknown:
            raise ValueError(f"preset {self.name} names unknown fields {sorted(unknown)}")
        if (self.refuse is None) != bool(self.tables and self.grain):
            raise ValueError(f"preset {self.name} must have tables and a grain, or a refusal")
        if sum(spec.table == "order_lines" for spec in self.tables) > 1:
            raise ValueError(f"preset {self.name}: a row is one order line, not several")
        return self

    @property
    def generic(self) -> bool:
        """Is it a shape that any tool may write, and no platform's own?"""
        return self.system == "files"
