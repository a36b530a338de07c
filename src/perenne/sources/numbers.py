"""Decimal marks: decided over a whole column, never cell by cell."""

from __future__ import annotations

import re
from dataclasses import dataclass

from perenne.sources.context import DecimalMark
from perenne.sources.currencies import PATTERN
from perenne.warehouse import DuckEngine, quote_name

_BARE = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*")
_GROUPS = r"\d{1,3}([ .,'’\xa0\u2009\u202f]\d{2,3})+"
_WRITTEN = re.compile(
    rf"\s*[-+−(]?\s*({PATTERN})?\s*[-+−]?\s*({_GROUPS}|\d+)?([.,]\d*)?\s*({PATTERN})?\s*[-)]?\s*"
)
_LONGEST = 60
"""Characters of an amount. A longer text is not tried: its blanks match in too many ways."""


def is_bare(text: str) -> bool:
    """Is this a number as machines write it: a dot, no blanks, no currency?"""
    return _BARE.fullmatch(text) is not None


def written_number(text: str) -> bool:
    """Is this a number as people write it: `1 234,50 €`, `(12.50)`? A bare one is not."""
    text = text.strip()
    some = len(text) <= _LONGEST and any(map(str.isdigit, text))
    return some and not is_bare(text) and _WRITTEN.fullmatch(text) is not None


@dataclass(frozen=True)
class NumberEvidence:
    """What the cells of one column say about their decimal mark.

    `dot` and `comma` count different cells that can only be read with that mark; `unclear` holds
    one cell such as `1,234` that can be read both ways, and `unclear_mark` the mark it holds.
    """

    dot: int
    comma: int
    unclear: str | None
    unclear_mark: DecimalMark | None

    @property
    def mark(self) -> DecimalMark | None:
        """The mark that these cells settle, None when they settle nothing."""
        if self.dot == self.comma:
            return None
        return "." if self.dot > self.comma else ","


def number_evidence(engine: DuckEngine, *, relation: str, column: str) -> NumberEvidence:
    """Read the evidence of one column in one pass."""
    both = "contains(s, '.') AND contains(s, ',')"
    dot_last = r"regexp_matches(s, '\.[^,.]*$')"
    rows = engine.duck.execute(
        rf"""
        SELECT count(*) FILTER (({both} AND {dot_last})
                 OR (NOT ({both}) AND (regexp_full_match(s, '-?\d*\.(\d{{0,2}}|\d{{4,}})')
                 OR regexp_full_match(s, '-?(0|\d{{4,}})?\.\d{{3}}')
                 OR regexp_full_match(s, '-?\d{{1,3}}(,\d{{2,3}})+,\d{{3}}')))),
               count(*) FILTER (({both} AND NOT {dot_last})
                 OR (NOT ({both}) AND (regexp_full_match(s, '-?\d*,(\d{{0,2}}|\d{{4,}})')
                 OR regexp_full_match(s, '-?(0|\d{{4,}})?,\d{{3}}')
                 OR regexp_full_match(s, '-?\d{{1,3}}(\.\d{{3}}){{2,}}')))),
               min(c) FILTER (regexp_full_match(s, '-?[1-9]\d{{0,2}}[.,]\d{{3}}')),
               min(s) FILTER (regexp_full_match(s, '-?[1-9]\d{{0,2}}[.,]\d{{3}}'))
        FROM (SELECT c, replace(number_text(c), ' ', '') AS s FROM
              (SELECT DISTINCT {quote_name(column)} AS c FROM {relation}
               WHERE contains({quote_name(column)}, '.') OR contains({quote_name(column)}, ',')))
        """
    ).fetchall()
    dot, comma, unclear, text = rows[0]
    mark: DecimalMark | None = None if text is None else "," if "," in text else "."
    return NumberEvidence(int(dot), int(comma), unclear, mark)


def quick_sql(cell: str, mark: DecimalMark) -> str:
    """SQL that reads a `cell` without blanks, thousands or currency; null for any other."""
    return f"number_{'dot' if mark == '.' else 'comma'}_quick({cell})"


def number_sql(cell: str, mark: DecimalMark) -> str:
    """SQL that reads `cell` as DECIMAL(18, 4); null when it is no number that fits."""
    return f"number_{'dot' if mark == '.' else 'comma'}({cell})"
