"""The product through its public face only: commands, their JSON, their exported files."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.cli.program import succeed as said

Row = dict[str, Any]


def succeed(*arguments: str | Path) -> str:
    """Run one command that must succeed; its standard output."""
    return said(*arguments).out


class Shop:
    """A workspace made step by step, without predictions: the tests ask only what was, and
    predicting would take minutes."""

    def __init__(self, workspace: Path, file: Path, *flags: str) -> None:
        self.workspace = workspace
        self._answers: dict[tuple[str, ...], Any] = {}
        succeed("init", workspace)
        settings = workspace / "perenne.toml"
        text = settings.read_text(encoding="utf-8")
        assert "[predictions]\n" in text
        off = text.replace("[predictions]\n", "[predictions]\nenabled = false\n")
        settings.write_text(off, encoding="utf-8")
        succeed("import", file, "--workspace", workspace)
        succeed("refresh", "--workspace", workspace, *flags)

    def json(self, *arguments: str) -> Any:
        """What a command prints with --json; decimals stay exact. Asked once per session."""
        if arguments not in self._answers:
            output = succeed(*arguments, "--workspace", self.workspace, "--json")
            self._answers[arguments] = json.loads(output, parse_float=Decimal)
        return self._answers[arguments]

    def kpis(self, *arguments: str) -> dict[str, Row]:
        """Figures by metric, without dimension."""
        rows = self.json("kpis", *arguments)
        assert len({row["metric"] for row in rows}) == len(rows), "one row per metric"
        return {row["metric"]: row for row in rows}

    def kpi_by(self, metric: str, dimension: str, *arguments: str) -> dict[Any, Row]:
        """Figures of one metric by the value of a dimension; several in one go are asked once."""
        rows = self.json("kpis", *arguments, "--by", dimension)
        return {row["group"][dimension]: row for row in rows if row["metric"] == metric}

    def export(self, table: str, *flags: str) -> list[Row]:
        """An exported table, read back from Parquet."""
        target = self.workspace.parent / f"{self.workspace.name}_{table}.parquet"
        arguments = ("--format", "parquet", "-o", target, "--workspace", self.workspace)
        succeed("export", table, *arguments, *flags)
        rows: list[Row] = pq.read_table(target).to_pylist()
        return rows

    @cached_property
    def customers(self) -> dict[str, Row]:
        """The exported customers by the id they have in the source."""
        rows = self.export("customers", "--with-source-ids")
        return {_after_source(row["source_ids"]): row for row in rows}

    @cached_property
    def purchases(self) -> dict[str, Row]:
        """The exported purchases by the number they have in the source."""
        rows = self.export("orders")
        return {_after_source(row["order_id"]): row for row in rows if row["is_purchase"]}


def _after_source(text: str) -> str:
    """`cdnow/0001` and `cdnow:0001` are 0001 in the source."""
    return re.split("[/:]", text, maxsplit=1)[1]
