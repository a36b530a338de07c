"""Parquet files, whatever their types, as text."""

from __future__ import annotations

from pathlib import Path

from perenne.sources.bounds import damaged_parquet
from perenne.sources.layout import Layout, Loaded, Place, Sample, unique_names
from perenne.warehouse import DuckEngine, quote_name, quote_text

SAMPLE_ROWS = 2000
_FLOATS = ("FLOAT", "DOUBLE")
_WHOLE = 1e15


def look(path: Path, *, engine: DuckEngine) -> Sample:
    """Return the columns and first rows; PerenneError when the file is damaged."""
    types = _types(path, engine)
    names, repeated = unique_names(list(types), file=path.name)
    layout = Layout(
        "parquet",
        names,
        machine_numbers=frozenset(n for n, t in types.items() if _is_number(t)),
        duplicated=repeated,
    )
    rows = engine.duck.execute(
        f"SELECT * EXCLUDE (_line) FROM ({_select(path, types)}) LIMIT {SAMPLE_ROWS + 1}"
    ).fetchall()
    return Sample(layout, tuple(rows[:SAMPLE_ROWS]), complete=len(rows) <= SAMPLE_ROWS)


def load(path: Path, layout: Layout, *, engine: DuckEngine, place: Place) -> Loaded:
    """Return the file itself, read column by column as text; nothing is copied."""
    return Loaded(f"({_select(path, _types(path, engine))})")


def _types(path: Path, engine: DuckEngine) -> dict[str, str]:
    # fetched through the relation: catching any engine error here is what keeps tracebacks away
    try:
        rows = engine.duck.execute(
            f"DESCRIBE SELECT * FROM read_parquet({quote_text(str(path))})"
        ).fetchall()
    except Exception as error:
        raise damaged_parquet(path, error) from error
    return {str(row[0]): str(row[1]) for row in rows}


def _select(path: Path, types: dict[str, str]) -> str:
    cells = ", ".join(f"{_as_text(n, t)} AS {quote_name(n)}" for n, t in types.items())
    file, place = quote_text(str(path)), "file_row_number"
    if place in map(str.casefold, types):  # a column of the file's own
        return f"SELECT row_number() OVER () AS _line, {cells} FROM read_parquet({file})"
    source = f"read_parquet({file}, {place} = true)"
    return f"SELECT CAST({place} + 1 AS BIGINT) AS _line, {cells} FROM {source}"


def _as_text(name: str, kind: str) -> str:
    cell = quote_name(name)
    if kind in _FLOATS:
        # 13085.0 is the id 13085 that a missing value elsewhere turned into a float.
        whole = f"CAST(CAST({cell} AS BIGINT) AS VARCHAR)"
        return (
            f"CASE WHEN {cell} = trunc({cell}) AND abs({cell}) < {_WHOLE} THEN {whole} "
            f"ELSE CAST({cell} AS VARCHAR) END"
        )
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime(timezone('UTC', {cell}), '%Y-%m-%d %H:%M:%S+00:00')"
    return f"nullif(CAST({cell} AS VARCHAR), '')"


def _is_number(kind: str) -> bool:
    return kind in _FLOATS or "INT" in kind or kind.startswith("DECIMAL")
