"""Rows of one thing spread over several lines: which row is the head, what it gives the others."""

from __future__ import annotations

from collections.abc import Iterable

from perenne.sources.presets.model import Grouping
from perenne.sources.recognition import Recognition
from perenne.sources.typing_sql import raw


def head_rows(recognition: Recognition, relation: str) -> str:
    """The head row of each group: it fills the head field, or is the first of a group without."""
    group = _group(recognition)
    if group is None:
        return relation
    by, head = raw(group.by), raw(group.head)
    # Only the lines of the heads are looked for in groups, so that no other cell is sorted.
    return f"""(
        SELECT * FROM {relation} WHERE _line IN (
            SELECT _line FROM {_identified(recognition, group, relation)}
            QUALIFY {head} IS NOT NULL OR (
                row_number() OVER (PARTITION BY {by}, _ident ORDER BY _line) = 1
                AND count({head}) OVER (PARTITION BY {by}, _ident) = 0))
    )"""


def carried_rows(recognition: Recognition, relation: str, *, fields: Iterable[str]) -> str:
    """All rows; blank head fields among `fields` are filled from the first row that has them."""
    group = _group(recognition)
    cells = [
        raw(name)
        for name in fields
        if name in recognition.columns and recognition.preset.fields[name].of_head
    ]
    if group is None or not cells:
        return relation
    filled = ", ".join(
        f"coalesce({cell}, first_value({cell} IGNORE NULLS) OVER whole) AS {cell}" for cell in cells
    )
    return f"""(
        SELECT * REPLACE ({filled}) FROM {_identified(recognition, group, relation)}
        WINDOW whole AS (PARTITION BY {raw(group.by)}, _ident ORDER BY _line
                         ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    )"""


def is_grouped(recognition: Recognition) -> bool:
    """Do rows of the file depend on others of their group?"""
    return _group(recognition) is not None


def _group(recognition: Recognition) -> Grouping | None:
    group = recognition.preset.group
    return group if group is not None and group.by in recognition.columns else None


def _identified(recognition: Recognition, group: Grouping, relation: str) -> str:
    """Rows with `_ident`: the id of the head above, as two shops may use one order name."""
    if group.id is None or group.id not in recognition.columns:
        return f"(SELECT *, NULL AS _ident FROM {relation})"
    return f"""(
        SELECT *, last_value({raw(group.id)} IGNORE NULLS) OVER (
            PARTITION BY {raw(group.by)} ORDER BY _line ROWS UNBOUNDED PRECEDING) AS _ident
        FROM {relation}
    )"""
