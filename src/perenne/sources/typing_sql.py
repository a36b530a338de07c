"""SQL that turns the text cells of a file into typed fields, and says which cells are refused."""

from __future__ import annotations

import re
from collections.abc import Iterable

from perenne.sources import currencies
from perenne.sources.context import ReadContext
from perenne.sources.countries import country_code
from perenne.sources.dates import last_day_sql, moment_columns
from perenne.sources.numbers import number_sql, quick_sql
from perenne.sources.presets.model import FieldType, RuleValue, TableSpec, Value
from perenne.sources.recognition import Recognition
from perenne.warehouse import quote_text

_WORD = re.compile(r"'(?:[^']|'')*'|[A-Za-z_][A-Za-z_0-9]*")
_TRUE = "'(?i)(1|true|yes|y|oui|o|vrai|t)'"
_FALSE = "'(?i)(0|false|no|n|non|faux|f)'"
# What `*` in rules stands for: everything; what stands between several things in one cell.
_ALL = "*"
_BETWEEN = r" *[,;/|+&] *| (et|and|ou|or|ni|nor|-|–) "
_SUFFIXES = ("_at", "_on", "_timed", "_last")
_WHO = ("customer_id", "email", "phone", "customer_name", "whose")
_MAILBOX = r"regexp_full_match(customer_name, '\S+@\S+')"
# One word with a figure: an id; Anne is nobody's.
_NUMBER = r"[^\s@]*\d[^\s@]*"
# Columns that any preset may speak of, and the fields each is made of.
DERIVED = {"who": _WHO, "who_kind": _WHO, "known_channel": ("attributes", "tags")}


def raw(field: str) -> str:
    """Name of the text column that holds the cells of `field`."""
    return f"raw_{field}"


def value_sql(value: Value) -> str:
    """SQL of a staged column: an expression as it stands, or rules as a CASE."""
    if isinstance(value, str):
        return value
    cases = " ".join(
        f"WHEN regexp_matches({value.of}, {quote_text('(?i)' + rule.match)}) "
        f"THEN {quote_text(rule.then)}"
        for rule in value.rules
    )
    missing, otherwise = (_literal(text) for text in (value.missing, value.otherwise))
    return f"CASE WHEN ({value.of}) IS NULL THEN {missing} {cases} ELSE {otherwise} END"


def several_sql(value: RuleValue) -> str:
    """SQL of the list of what a text names, part by part; null for a part that no rule reads."""
    named = dict.fromkeys(rule.then for rule in value.rules if rule.then != _ALL)
    everything = f"[{', '.join(quote_text(one) for one in named)}]"
    cases = " ".join(
        f"WHEN regexp_matches(part, {quote_text('(?i)' + rule.match)}) "
        f"THEN {everything if rule.then == _ALL else f'[{quote_text(rule.then)}]'}"
        for rule in value.rules
    )
    parts = f"regexp_split_to_array({value.of}, {quote_text(_BETWEEN)})"
    read = (
        f"list_distinct(flatten(list_transform({parts}, lambda part: CASE {cases} ELSE [''] END)))"
    )
    unclear = quote_text("(?i)" + value.unclear) if value.unclear else "'^$'"
    return (
        f"CASE WHEN ({value.of}) IS NULL THEN [{_literal(value.missing)}] "
        f"WHEN regexp_matches({value.of}, {unclear}) THEN [NULL] "
        f"ELSE list_transform({read}, lambda one: nullif(one, '')) END"
    )


def _literal(text: str | None) -> str:
    return "NULL" if text is None else quote_text(text)


def used_fields(recognition: Recognition, table: TableSpec) -> tuple[str, ...]:
    """Fields of the preset that the expressions of `table` speak of, in the preset's order."""
    texts = [value_text(v) for v in table.columns.values()]
    texts += [*table.required.values(), table.only or "", table.key or ""]
    texts += [skip.when for skip in recognition.preset.skip]
    words = {word for text in texts for word in words_of(text)}
    words |= {field for word in words for field in DERIVED.get(word, ())}
    return tuple(
        name
        for name in recognition.preset.fields
        if name in words or any(name + suffix in words for suffix in _SUFFIXES)
    )


def value_text(value: Value) -> str:
    """The part of a staged column's definition that names fields."""
    return value.of if isinstance(value, RuleValue) else value


def words_of(expression: str) -> list[str]:
    """Identifiers in an SQL expression; text in quotes is not one."""
    return [word for word in _WORD.findall(expression) if not word.startswith("'")]


def typed_columns(
    recognition: Recognition, fields: Iterable[str], *, context: ReadContext
) -> dict[str, str]:
    """SQL of every typed field, in an order in which each may use those before it."""
    columns: dict[str, str] = {}
    for name in fields:
        columns |= _typed(recognition, name, context=context)
    return columns


def _typed(recognition: Recognition, name: str, *, context: ReadContext) -> dict[str, str]:
    kind = recognition.preset.fields[name].type
    if name not in recognition.columns:
        return _absent(name, kind)
    cell = raw(name)
    if kind == "date":
        spec, layout = recognition.preset.fields[name], recognition.dates[name]
        found = moment_columns(name, cell, layout, context=context, zone=spec.zone)
        return found | ({f"{name}_last": last_day_sql(name, layout)} if spec.periods else {})
    if kind == "number":
        return {name: number_cell(recognition, name)}
    if kind == "decimal":
        return {name: f"try_cast({cell} AS DECIMAL(18, 4))"}
    if kind == "currency":
        return {name: currencies.code_sql(f"bare_text({cell})", shop=context.currency)}
    return {name: _text_sql(cell, kind)}


def number_cell(recognition: Recognition, name: str) -> str:
    """SQL of a field that is a number as DECIMAL(18, 4); null when its cell is none. Among numbers
    that the file stores as such nothing written is guessed at: `1,234` may be either."""
    if recognition.columns[name] in recognition.layout.machine_numbers:
        return quick_sql(raw(name), ".")
    return number_sql(raw(name), recognition.decimal_mark or ".")


def _text_sql(cell: str, kind: FieldType) -> str:
    bare = f"bare_text({cell})"
    if kind == "id":
        return f"bare_id({bare})"
    if kind == "email":
        return f"CASE WHEN contains({bare}, '@') THEN {bare} END"
    if kind == "country":
        return f"coalesce({country_code(cell)}, {bare})"
    if kind == "flag":
        return (
            f"CASE WHEN regexp_full_match({bare}, {_TRUE}) THEN true "
            f"WHEN regexp_full_match({bare}, {_FALSE}) THEN false END"
        )
    return bare


def _absent(name: str, kind: FieldType) -> dict[str, str]:
    if kind == "date":
        return {
            f"{name}_on": "CAST(NULL AS DATE)",
            f"{name}_last": "CAST(NULL AS DATE)",
            f"{name}_at": "CAST(NULL AS TIMESTAMPTZ)",
            f"{name}_timed": "CAST(NULL AS BOOLEAN)",
        }
    money = "DECIMAL(18, 4)"
    sql_type = {"number": money, "decimal": money, "flag": "BOOLEAN"}.get(kind, "VARCHAR")
    return {name: f"CAST(NULL AS {sql_type})"}


def who_sql(recognition: Recognition) -> dict[str, str]:
    """SQL of `who` (the customer's reference) and `who_kind`: id, else e-mail, phone, name.

    A cell of which no header says what it is (`whose`: Customer, Client) may be an e-mail or a
    number, and so may a name be an e-mail; what `whose` holds beside is nobody's id.
    """
    made = (
        ("id", "customer_id", "customer_id"),
        ("id", "whose", f"CASE WHEN regexp_full_match(whose, '{_NUMBER}') THEN bare_id(whose) END"),
        ("email", "email", "lower(email)"),
        ("email", "whose", "CASE WHEN contains(whose, '@') THEN lower(whose) END"),
        ("phone", "phone", "digits(phone)"),
        ("email", "customer_name", f"CASE WHEN {_MAILBOX} THEN lower(customer_name) END"),
        ("name", "customer_name", "lower(trim(customer_name))"),
    )
    known = [(kind, sql) for kind, field, sql in made if field in recognition.preset.fields]
    kinds = " ".join(f"WHEN {sql} IS NOT NULL THEN '{kind}'" for kind, sql in known)
    who = ", ".join(sql for _kind, sql in known)
    return {"who": f"coalesce({who})", "who_kind": f"CASE {kinds} END"}


def currency_sql(recognition: Recognition, *, context: ReadContext) -> str:
    """The currency that money cells or their headers name; null when neither does."""
    numbers = [
        (field, column)
        for field, column in recognition.columns.items()
        if recognition.preset.fields[field].type == "number"
    ]
    shop = context.currency
    told = (currencies.in_header(column, shop=shop) for _field, column in numbers)
    named = next(filter(None, told), None)
    fallback = quote_text(named) if named else "CAST(NULL AS VARCHAR)"
    cells = [raw(f) for f, column in numbers if column not in recognition.layout.machine_numbers]
    if not cells or recognition.bare_numbers:
        return fallback
    text = f"concat_ws(' ', {', '.join(cells)})"
    plain = f"regexp_full_match({text}, '[-+0-9.,eE\\s]*')"
    found = currencies.named_sql(text, shop=shop)
    return f"CASE WHEN {plain} THEN {fallback} ELSE coalesce({found}, {fallback}) END"


def first_mapped(fields: str, recognition: Recognition) -> str | None:
    """The first of `a|b|c` that the file has a column for."""
    return next((field for field in fields.split("|") if field in recognition.columns), None)


def quote_staged(name: str) -> str:
    """Name under which a staged column stands in the staging query, apart from fields."""
    return f"out_{name}"
