"""SQL that says what is wrong with a row: the reasons for which rows go to quarantine."""

from __future__ import annotations

from collections.abc import Iterable

from perenne.sources.context import ReadContext
from perenne.sources.presets.model import TableSpec
from perenne.sources.recognition import Recognition
from perenne.sources.typing_sql import first_mapped, quote_staged, raw
from perenne.text import gettext as _
from perenne.warehouse import quote_text


def problem_sql(
    recognition: Recognition, table: TableSpec, fields: Iterable[str], *, context: ReadContext
) -> str:
    """SQL of the first thing wrong with a row: a struct (column, value, reason), null when none."""
    cases = [*_fault_case(recognition), *_skip_cases(recognition)]
    for name in fields:
        if name in recognition.columns:
            cases += _cell_cases(recognition, name, heeded=_heeded(table), context=context)
    cases += _required_cases(recognition, table)
    cases += _unread_cases(recognition, table)
    whole = " ".join(cases)
    nothing = 'CAST(NULL AS STRUCT("column" VARCHAR, value VARCHAR, reason VARCHAR))'
    return f"CASE {whole} ELSE {nothing} END" if cases else nothing


def _case(condition: str, *, column: str | None, value: str, reason: str) -> str:
    name = quote_text(column) if column else "CAST(NULL AS VARCHAR)"
    return (
        f'WHEN {condition} THEN struct_pack("column" := {name}, value := {value}, '
        f"reason := {quote_text(reason)})"
    )


def _fault_case(recognition: Recognition) -> list[str]:
    """What the reader of a live source found wrong with a row already."""
    if not recognition.preset.faults:
        return []
    column, value, reason = (raw(name) for name in ("fault", "fault_value", "fault_reason"))
    return [
        f'WHEN {column} IS NOT NULL THEN struct_pack("column" := {column}, value := {value}, '
        f"reason := {reason})"
    ]


def _skip_cases(recognition: Recognition) -> list[str]:
    return [
        _case(f"({skip.when})", column=None, value="NULL", reason=_(skip.reason))
        for skip in recognition.preset.skip
    ]


def _heeded(table: TableSpec) -> str | None:
    """Rows that no date refuses: who wants no more has said so, whichever day is written beside."""
    if table.table != "consents" or "status" not in table.columns:
        return None
    return f"{quote_staged('status')} IN ('unsubscribed', 'unread')"


def _cell_cases(
    recognition: Recognition, name: str, *, heeded: str | None, context: ReadContext
) -> list[str]:
    """What may be wrong with the cell of one field: (condition, reason), in order."""
    column, cell = recognition.columns[name], raw(name)
    spec = recognition.preset.fields[name]
    kind = spec.type
    filled = f"NOT is_blank({cell})"
    found: list[tuple[str, str]] = []
    if kind == "number":
        found = _number_problems(_unread(name, filled), cell)
    elif kind == "decimal":
        unread = f"{name} IS NULL AND {cell} IS NOT NULL"
        size = f"try_cast({cell} AS DOUBLE)"
        found = [
            (f"{unread} AND {size} IS NOT NULL", _("larger than any amount that can be kept")),
            (unread, _("not a number")),
        ]
    elif kind == "date" and not spec.lenient:
        found = _date_problems(name, filled, context, bounded=spec.bounded)
        if heeded:
            found = [(f"NOT ({heeded}) AND ({when})", reason) for when, reason in found]
    elif kind == "flag":
        found = [(_unread(name, filled), _("neither yes nor no"))]
    return [_case(when, column=column, value=cell, reason=reason) for when, reason in found]


def _unread(name: str, filled: str) -> str:
    """Of a CASE the engine never looks at the second condition where the first does not hold; of
    an AND it may."""
    return f"CASE WHEN {name} IS NULL THEN {filled} ELSE false END"


def _number_problems(unread: str, cell: str) -> list[tuple[str, str]]:
    plain = f"regexp_full_match(number_text({cell}), '[+-]?[0-9., ]+([eE][+-]?[0-9]+)?')"
    size = f"abs(try_cast(translate(number_text({cell}), ', ', '') AS DOUBLE))"
    return [
        (f"{unread} AND {plain} AND {size} >= 1e14", _("larger than any amount that can be kept")),
        (unread, _("not a number")),
    ]


def _date_problems(
    name: str, filled: str, context: ReadContext, *, bounded: bool
) -> list[tuple[str, str]]:
    unread = (_unread(f"{name}_on", filled), _("not a date"))
    if not bounded:
        return [unread]
    late, early = context.latest.isoformat(), context.earliest.isoformat()
    return [
        unread,
        (f"{name}_on > DATE '{late}'", _("a date in the future of the import")),
        (f"{name}_on < DATE '{early}'", _("a date before {earliest}").format(earliest=early)),
    ]


def _required_cases(recognition: Recognition, table: TableSpec) -> list[str]:
    cases = []
    for staged, fields in table.required.items():
        field = first_mapped(fields, recognition)
        column = recognition.columns[field] if field else fields.replace("|", "/")
        cell = raw(field) if field else "NULL"
        values = ", ".join(quote_staged(name) for name in staged.split("|"))
        missing = f"coalesce({values}) IS NULL"
        cases.append(_case(missing, column=column, value=cell, reason=_("missing")))
    return cases


def _unread_cases(recognition: Recognition, table: TableSpec) -> list[str]:
    """Of a staged column that bears the name of its field, cells that no rule reads."""
    return [
        _case(
            f"{quote_staged(name)} IS NULL",
            column=recognition.columns[name],
            value=raw(name),
            reason=_(reason),
        )
        for name, reason in table.unread.items()
        if name in recognition.columns
    ]
