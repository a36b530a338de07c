"""The SQL of one staged table, in four layers: rows, typed fields, staged columns, problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from perenne.sources.channels import channel_columns
from perenne.sources.context import ReadContext
from perenne.sources.countries import with_country_codes
from perenne.sources.groups import carried_rows, head_rows
from perenne.sources.presets.model import RuleValue, TableSpec, Value
from perenne.sources.problems import problem_sql
from perenne.sources.recognition import Recognition
from perenne.sources.typing_sql import (
    currency_sql,
    quote_staged,
    raw,
    several_sql,
    typed_columns,
    used_fields,
    value_sql,
    value_text,
    who_sql,
    words_of,
)
from perenne.warehouse import STAGED, quote_text

_ORIGIN = ("row_file", "row_number", "row_hash")
_DAY, _SINCE = "told_on", "first_told_on"
_TYPES = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "decimal(18, 4)": "DECIMAL(18, 4)",
    "timestamp('UTC')": "TIMESTAMPTZ",
}


def staged_sql(
    recognition: Recognition, spec: TableSpec, *, relation: str, context: ReadContext
) -> str:
    """One row per row that concerns `spec`: `_line`, `_hash`, `_problem` and its `out_` columns."""
    fields = used_fields(recognition, spec)
    typed = typed_columns(recognition, fields, context=context)
    typed |= _extras(recognition, spec, context=context)
    outs = {quote_staged(name): _out(name, value) for name, value in spec.columns.items()}
    if spec.table == "consents":
        outs |= _dated(outs, context)
    told = [*outs, quote_staged(_SINCE)] if _in_turns(spec) and _SINCE not in spec.columns else outs
    problem = problem_sql(recognition, spec, fields, context=context)
    if spec.rows == "all":
        rows = carried_rows(recognition, relation, fields=fields)
    else:
        rows = head_rows(recognition, relation)
    rows = with_country_codes(rows, _countries(recognition, fields))
    typed_rows = _spread(spec, _layered(typed, rows))
    only = f"WHERE coalesce({spec.only}, false)" if spec.only else ""
    return f"""
        SELECT _line, _hash, {problem} AS _problem, {", ".join(told)} FROM (
            {_words(spec, f"SELECT *, {_listed(outs)} FROM ({typed_rows}) {only}")}
        )
    """


def _out(name: str, value: Value) -> str:
    several = isinstance(value, RuleValue) and value.every
    return f"one_{name}" if several else value_sql(value)


def _dated(outs: Mapping[str, str], context: ReadContext) -> dict[str, str]:
    """The day and time of consents, null where they cannot be: a refusal stays one."""
    day, time = outs.get(quote_staged("said_on")), outs.get(quote_staged("said_at"))
    if day is None or day == "NULL":
        return {}
    early, late = (f"DATE '{one.isoformat()}'" for one in (context.earliest, context.latest))
    sound = f"({day}) BETWEEN {early} AND {late}"
    found = {quote_staged("said_on"): f"CASE WHEN {sound} THEN {day} END"}
    return found | ({quote_staged("said_at"): f"CASE WHEN {sound} THEN {time} END"} if time else {})


def _spread(spec: TableSpec, query: str) -> str:
    """`query` with a row of its own for each thing that a cell names: a channel, a purpose."""
    for name, value in spec.several.items():
        query = f"SELECT *, unnest({several_sql(value)}) AS one_{name} FROM ({query})"
    return query


def _words(spec: TableSpec, query: str) -> str:
    """Of the rows of `query` that say the same of a key, one: the last. Where rows tell their day,
    one of each time in which they said the same, with the first day of it: what was said on any
    past day can be told, whichever way the file is sorted."""
    if spec.rows != "words":
        return query
    said = [quote_staged(name) for name in spec.columns if name not in (_DAY, _SINCE)]
    if not _in_turns(spec):
        same = f"PARTITION BY {', '.join([str(spec.key), *said])}"
        return f"{query} QUALIFY row_number() OVER ({same} ORDER BY _line DESC) = 1"
    day = quote_staged(_DAY)
    since = quote_staged(_SINCE) if _SINCE in spec.columns else day
    turn = f"(PARTITION BY {spec.key}, {day} IS NULL ORDER BY {day}, _line)"
    first, last = (f"{step}(_said) OVER {turn} IS DISTINCT FROM _said" for step in ("lag", "lead"))
    begun = f"(last_value(_turn IGNORE NULLS) OVER {turn}).since"
    other = f"* EXCLUDE ({since})" if _SINCE in spec.columns else "*"
    return f"""
        SELECT {other}, {begun} AS {quote_staged(_SINCE)} FROM (
            SELECT *, CASE WHEN {first} THEN {{'since': {since}}} END AS _turn, {last} AS _last
            FROM (SELECT *, hash({", ".join(said)}) AS _said FROM ({query}))
            QUALIFY _turn IS NOT NULL OR _last
        ) QUALIFY _last
    """


def _in_turns(spec: TableSpec) -> bool:
    """Whether rows tell the day on which they said what they say."""
    return spec.rows == "words" and _DAY in spec.columns


def staged_select(spec: TableSpec, source: str, *, file: str) -> str:
    """The kept rows of `source` (made by `staged_sql`) with the exact columns of the table."""
    cells = [f"{quote_text(file)} AS row_file", "_line AS row_number", "_hash AS row_hash"]
    told = {*spec.columns, _SINCE} if _in_turns(spec) else spec.columns
    for name, kind in STAGED[spec.table].types.items():
        if name not in _ORIGIN:
            value = quote_staged(name) if name in told else "NULL"
            cells.append(f"CAST({value} AS {_TYPES[kind]}) AS {name}")
    return f"SELECT {', '.join(cells)} FROM {source} WHERE _problem IS NULL"


def _countries(recognition: Recognition, fields: Iterable[str]) -> list[str]:
    """Text columns of the countries among `fields`."""
    known = recognition.preset.fields
    return [raw(f) for f in fields if known[f].type == "country" and f in recognition.columns]


def _listed(columns: dict[str, str]) -> str:
    return ", ".join(f"{sql} AS {name}" for name, sql in columns.items())


def _layered(columns: dict[str, str], rows: str) -> str:
    """Nested SELECTs in which each column is computed once and used by name above.

    Within one SELECT the engine would put the whole expression wherever an alias is used.
    """
    query = f"SELECT * FROM {rows}"
    layer: dict[str, str] = {}
    for name, sql in columns.items():
        if any(word in layer for word in words_of(sql)):
            query, layer = f"SELECT *, {_listed(layer)} FROM ({query})", {}
        layer[name] = sql
    return f"SELECT *, {_listed(layer)} FROM ({query})" if layer else query


def _extras(recognition: Recognition, spec: TableSpec, *, context: ReadContext) -> dict[str, str]:
    """Columns that any preset may speak of: `who`, `money_currency`, `known_channel`, and
    `imported_on`, the local day of the import."""
    texts = [value_text(value) for value in spec.columns.values()]
    texts += [spec.only or "", spec.key or ""]
    words = {word for text in texts for word in words_of(text)}
    extras: dict[str, str] = {}
    if words & {"who", "who_kind"}:
        extras |= who_sql(recognition)
    if "money_currency" in words:
        extras["money_currency"] = currency_sql(recognition, context=context)
    if "known_channel" in words:
        extras |= channel_columns(recognition, context=context)
    if "imported_on" in words:
        extras["imported_on"] = f"DATE '{context.local_day.isoformat()}'"
    return extras
