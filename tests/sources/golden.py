"""Runs one golden file and writes down what came out, as plain JSON values."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from perenne.core import PerenneError
from perenne.sources import ReadContext, preset, preset_names, recognise, stage
from perenne.sources import presets as presets_package
from perenne.warehouse import DuckEngine, quote_text

SHELF = Path(presets_package.__file__).parent
CONTEXT = ReadContext("Europe/Paris", "EUR", imported_at=datetime(2026, 1, 15, 9, tzinfo=UTC))


def golden_files() -> list[Path]:
    """Every input under a preset's `golden/` folder."""
    return [
        file
        for name in preset_names()
        for file in sorted((SHELF / name / "golden").iterdir())
        if not file.name.endswith(".expected.json")
    ]


def imported() -> list[Path]:
    """The golden files of presets that import, and do not only refuse."""
    return [file for file in golden_files() if preset(file.parts[-3]).refuse is None]


def recognised() -> list[Path]:
    """Those whose preset is found without being named."""
    return [file for file in imported() if preset(file.parts[-3]).detect.file_name is None]


def expected_path(file: Path) -> Path:
    return file.with_name(file.name + ".expected.json")


def run_golden(file: Path, folder: Path) -> dict[str, Any]:
    """Recognise and stage `file`; values as JSON, null columns left out."""
    with DuckEngine(threads=1) as engine:
        if preset(file.parts[-3]).refuse:
            return _refused(engine, file)
        kind = preset(file.parts[-3])
        named = kind.name if kind.detect.file_name else None
        found = recognise(file, engine=engine, context=CONTEXT, preset=named)
        done = stage(found, engine=engine, context=CONTEXT, into=folder)
        tables = {name: read_rows(engine, path) for name, path in done.tables.items()}
        quarantine = read_rows(engine, done.quarantine)
    return {
        "preset": found.preset.name,
        "rows": done.rows,
        "counts": {c.table: [c.read, c.kept, c.quarantined] for c in done.counts},
        "controls": [
            {k: v for k, v in plain(vars(c)).items() if v is not None} for c in done.controls
        ],
        "tables": tables,
        "quarantine": quarantine,
    }


def _refused(engine: DuckEngine, file: Path) -> dict[str, Any]:
    try:
        recognise(file, engine=engine, context=CONTEXT)
    except PerenneError as refusal:
        return {
            "preset": refusal.given,
            "refused": str(refusal).replace(file.name, "FILE"),
            "next_step": refusal.next_step,
        }
    raise AssertionError(f"{file} was recognised and not refused")


def read_rows(engine: DuckEngine, path: Path) -> list[dict[str, Any]]:
    table = engine.duck.sql(f"FROM read_parquet({quote_text(str(path))})").to_arrow_table()
    rows = [
        {k: v for k, v in plain(row).items() if v is not None and k not in ("row_file", "row_hash")}
        for row in table.to_pylist()
    ]
    return sorted(rows, key=lambda row: row.get("row_number", row.get("line", 0)))


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


if __name__ == "__main__":
    import sys
    import tempfile

    # Writes the expected files anew: read every difference before committing it.
    for golden in golden_files():
        if sys.argv[1:] and not any(part in str(golden) for part in sys.argv[1:]):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            text = json.dumps(run_golden(golden, Path(scratch)), indent=1, ensure_ascii=False)
        expected_path(golden).write_text(text + "\n", encoding="utf-8")
