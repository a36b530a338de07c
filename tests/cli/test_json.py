"""What --json prints: JSON alone on standard output, in the shape that others rely on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.files import HEADER, orders, write
from tests.cli.program import kpis, perenne, succeed

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
FIELDS = ["metric", "value", "unit", "period", "group", "note"]


def _check_figure(row: dict[str, Any]) -> None:
    assert row["value"] is None or isinstance(row["value"], int | Decimal)
    assert row["value"] is not None or row["note"], f"{row['metric']}: no value and no reason"
    assert row["note"] is None or isinstance(row["note"], str)
    assert list(row["period"]) == ["from", "to"]
    assert all(DAY.fullmatch(day) for day in row["period"].values())


def test_kpis_have_one_row_per_metric(shop: Path) -> None:
    rows = kpis(shop)
    assert len({row["metric"] for row in rows}) == len(rows) > 40
    for row in rows:
        assert [name for name in row if name != "interval"] == FIELDS
        assert row["group"] is None
        _check_figure(row)


def test_kpis_by_dimensions(shop: Path) -> None:
    rows = kpis(shop, "orders", "net_revenue", "--by", "channel,country", "--period", "2024")
    assert {row["metric"] for row in rows} == {"orders", "net_revenue"}
    for row in rows:
        assert [name for name in row if name != "interval"] == FIELDS
        assert list(row["group"]) == ["channel", "country"]
        assert row["period"] == {"from": "2024-01-01", "to": "2024-12-31"}
        _check_figure(row)
    (whole,) = kpis(shop, "orders", "--period", "2024")
    assert sum(row["value"] for row in rows if row["metric"] == "orders") == whole["value"]


def test_kpis_compared(shop: Path) -> None:
    words = ("net_revenue", "--period", "2025-03", "--compare", "previous")
    (row,) = kpis(shop, *words)
    (before,) = kpis(shop, "net_revenue", "--period", "2025-02")
    assert list(row) == [*FIELDS, "compared"]
    compared = row["compared"]
    assert compared["period"] == {"from": "2025-02-01", "to": "2025-02-28"}
    assert compared["value"] == before["value"]
    assert compared["difference"] == pytest.approx(row["value"] - before["value"])


def test_kpis_where(shop: Path) -> None:
    (both,) = kpis(shop, "orders", "--where", "channel=email|store", "--period", "2025")
    each = kpis(shop, "orders", "--by", "channel", "--period", "2025")
    chosen = [r["value"] for r in each if r["group"]["channel"] in ("email", "store")]
    assert both["value"] == sum(chosen) > 0
    (unknown,) = kpis(shop, "orders", "--where", "channel=", "--period", "2025")
    (nameless,) = [r["value"] for r in each if r["group"]["channel"] is None]
    assert unknown["value"] == nameless


def test_definitions(shop: Path) -> None:
    (found,) = kpis(shop, "average_order_value", "--definitions")
    assert {"id", "label", "definition", "formula", "unit"} <= found.keys()


def test_status(shop: Path) -> None:
    told = succeed("status", "-w", shop, "--json").json()
    assert {"imports", "snapshots", "published", "as_of", "context", "reconciliation"} <= set(told)
    assert [entry["id"] for entry in told["snapshots"]] == [told["published"]]
    assert {"id", "file", "source", "preset", "rows_read", "quarantined"} <= set(told["imports"][0])
    assert told["reconciliation"]["balanced"] is True
    row = told["reconciliation"]["value"][0]
    assert {"source", "month", "currency", "in", "out", "rows", "difference"} == set(row)


def test_import_and_refresh(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    succeed("init", shop)
    told = succeed("status", "-w", shop, "--json").json()
    assert (told["imports"], told["published"]) == ([], None)
    file = write(tmp_path / "o.csv", orders(",2024-02-01,c1,10"))
    (first,) = succeed("import", file, "-w", shop, "--json").json()
    assert (first["rows_read"], first["quarantined"], first["known"]) == (61, 1, False)
    assert first["recognition"]["columns"]["order_id"] == "order_id"
    (again,) = succeed("import", file, "-w", shop, "--json").json()
    assert again["known"] is True
    told = succeed("refresh", "-w", shop, "--json").json()
    assert (told["changed"], told["as_of"]) == (True, "2024-10-24")
    assert told["tables"]["orders"] == 60
    assert told["reconciliation"]["balanced"] is True


def test_dry_run_asks_its_questions(tmp_path: Path) -> None:
    succeed("init", tmp_path / "shop")
    file = write(tmp_path / "o.csv", f"{HEADER}\nA,03/04/2025,c1,10\nB,05/06/2025,c2,20\n")
    (told,) = succeed("import", file, "--dry-run", "-w", tmp_path / "shop", "--json").json()
    (question,) = told["questions"]
    assert question["option"] == "--date-order"
    assert question["answers"] == ["dmy", "mdy"]
    assert 0 < told["confidence"] <= 1


@pytest.mark.parametrize("measure", ["retention", "revenue", "margin", "orders"])
def test_cohorts(shop: Path, measure: str) -> None:
    told = succeed("cohorts", "--by", "quarter", "--measure", measure, "-w", shop, "--json").json()
    assert (told["grain"], told["measure"]) == ("quarter", measure)
    assert told["cohorts"]
    for row in told["cohorts"]:
        assert {"cohort", "size", "cac", "payback", "cells"} == set(row)
        assert [cell["age"] for cell in row["cells"]] == list(range(len(row["cells"])))
        if measure == "retention":
            assert row["cells"][0]["value"] == 1
    assert told["average"]


def test_segments(shop: Path) -> None:
    rows = succeed("segments", "-w", shop, "--json").json()
    (customers,) = kpis(shop, "customers")
    assert sum(row["customers"] for row in rows) == customers["value"]
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    rules = succeed("segments", "--rules", "-w", shop, "--json").json()
    assert {row["segment"] for row in rows} <= {rule["id"] for rule in rules}


def test_movements_since_itself_move_nobody(shop: Path) -> None:
    name = (shop / "current").read_text(encoding="utf-8").strip()
    rows = succeed("segments", "--since", name, "-w", shop, "--json").json()
    assert rows
    assert all(row["segment_before"] == row["segment_after"] for row in rows)


def test_doctor(shop: Path) -> None:
    checks = succeed("doctor", "-w", shop, "--json").json()
    assert all(set(check) == {"name", "sound", "found", "next_step", "warns"} for check in checks)
    assert all(check["sound"] for check in checks)


def test_doctor_without_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert perenne("doctor").code == 0
    assert not list(tmp_path.iterdir())


def test_refused_json_is_the_refusal_alone(shop: Path) -> None:
    said = perenne("kpis", "nonsense", "-w", shop, "--json")
    assert said.code == 1
    assert list(said.json()) == ["refused"]
    assert said.json()["refused"]["given"] == "nonsense"
    assert "nonsense" in said.err


def test_closed_pipe_is_no_accident(shop: Path) -> None:
    """`perenne kpis | head -1` ends quietly."""
    reader, writer = os.pipe()
    os.close(reader)
    code = "import sys; from perenne.cli import main; main(sys.argv[1:])"
    words = ["kpis", "--workspace", str(shop), "--json"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "stumbled" not in done.stderr
    assert "went wrong" not in done.stderr
