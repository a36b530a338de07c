"""Countries as shops write them, to ISO 3166 alpha-2."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from weakref import WeakSet

import pyarrow as pa
import yaml

from perenne.warehouse import DuckEngine

_TABLE = "perenne_countries"


_READY: WeakSet[DuckEngine] = WeakSet()


@cache
def _written() -> tuple[tuple[str, str], ...]:
    """Names as shops write them, each with its code."""
    text = resources.files("perenne.sources").joinpath("countries.yaml").read_text("utf-8")
    found: dict[str, list[str]] = yaml.safe_load(text)
    return tuple((name, code) for code, names in found.items() for name in names)


def country_code(cell: str) -> str:
    """Name of the column that `with_country_codes` adds for the text column `cell`."""
    return f"{cell}_code"


def with_country_codes(relation: str, cells: Iterable[str]) -> str:
    """`relation` with the code of each country among `cells`, null for what names none.

    A join and no subquery within an expression: for that the engine would keep every row at once.
    """
    asked = list(cells)
    if not asked:
        return relation
    codes = ", ".join(f"{_TABLE}_{cell}.code AS {country_code(cell)}" for cell in asked)
    joins = " ".join(
        f"LEFT JOIN {_TABLE} AS {_TABLE}_{cell} ON {_TABLE}_{cell}.name = country_key({cell})"
        for cell in asked
    )
    return f"(SELECT _rows.*, {codes} FROM {relation} AS _rows {joins})"


def create_countries(engine: DuckEngine) -> None:
    """Create the table of country names on this connection, once."""
    if engine in _READY:
        return
    _READY.add(engine)
    engine.duck.execute(
        "CREATE OR REPLACE TEMP MACRO country_key(c) AS "
        # Plain letters, as nearly all are, need no pattern replaced.
        "(CASE WHEN regexp_full_match(c, '[A-Za-z ]+') THEN replace(lower(c), ' ', '') "
        "ELSE regexp_replace(lower(strip_accents(c)), '[^a-z]', '', 'g') END)"
    )
    pairs = _written()
    names = pa.table({"written": [n for n, _c in pairs], "code": [c for _n, c in pairs]})
    engine.duck.register("perenne_country_names", names)
    engine.duck.execute(
        f"CREATE OR REPLACE TEMP TABLE {_TABLE} AS "
        "SELECT country_key(written) AS name, min(code) AS code "
        "FROM perenne_country_names GROUP BY 1"
    )
    engine.duck.unregister("perenne_country_names")
