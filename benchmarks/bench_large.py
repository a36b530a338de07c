"""A large order log from CSV to snapshot: `python -m benchmarks.bench_large [LINES …] [options]`.

Beside it, in the same run, a hand-written DuckDB script (`large_plain.py`) that reads the same CSV
and computes customer summary, monthly cohorts and RFM. Each step runs in a process of its own:
wall seconds, CPU seconds, peak memory. `--add` also imports 1% new orders and refreshes again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

PERENNE = [sys.executable, "-c", "import sys; from perenne.cli import main; sys.exit(main())"]
PLAIN = [sys.executable, "-m", "benchmarks.large_plain"]
LINES_PER_CUSTOMER = 10


@dataclass(frozen=True)
class Spent:
    """What a process took: seconds of the clock and of the processors, peak memory in MB."""

    seconds: float
    cpu: float
    peak: float

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.seconds + other.seconds, self.cpu + other.cpu, max(self.peak, other.peak))


def write_log(path: Path, *, lines: int, first: int = 0, seed: int = 7) -> None:
    """`lines` order lines as CSV from order `first` on, in order of time.

    One customer per ten lines with gamma rates, one to five lines an order, 2,000 products, four
    years; orders that continue a log (`first` > 0) stand in the month after them.
    """
    days, start = (1_460, "2021-01-01") if not first else (30, "2024-12-31")
    people = max(1, (first or lines) // LINES_PER_CUSTOMER)
    sql = f"""
    COPY (
        WITH orders AS (
            SELECT {first} + i AS id,
                   1 + floor({people} * power(hash(i + {seed}) / 18446744073709551615.0, 1.7))
                       ::BIGINT AS customer,
                   TIMESTAMP '{start}'
                       + to_seconds(i::DOUBLE / {max(1, lines // 3)} * {days} * 86400) AS placed,
                   1 + (hash(i * 31 + {seed}) % 5)::INTEGER AS size
            FROM range({lines // 3}) t(i)
        )
        SELECT 'O' || id AS order_id,
               strftime(placed, '%Y-%m-%d %H:%M:%S') AS order_date,
               'C' || customer AS customer_id,
               ['FR', 'BE', 'CH', 'DE'][1 + (hash(customer) % 4)::INTEGER] AS country,
               'S' || (hash(id * 7 + k) % 2000) AS sku,
               1 + (hash(id * 13 + k) % 3)::INTEGER AS quantity,
               printf('%.2f', 4 + (hash(id * 17 + k) % 6000) / 100.0) AS unit_price
        FROM orders, range(5) s(k) WHERE k < size
    ) TO '{path}' (FORMAT csv, HEADER)
    """
    with duckdb.connect() as duck:
        duck.execute("SET preserve_insertion_order = true")
        duck.execute(sql)


def run(command: list[str], *, cwd: Path | None = None) -> Spent:
    """Run a command to its end; RuntimeError with its error text when it fails."""
    begin = time.perf_counter()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command[-6:])}: {errors.read()[-2000:]}")
    return Spent(time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def row(name: str, lines: int, spent: Spent) -> None:
    print(
        f"| {name} | {lines:,} | {spent.seconds:.1f} | {spent.cpu:.1f} | {spent.peak:,.0f} |",
        flush=True,
    )


def settle(shop: Path, *, predictions: bool, memory: str) -> None:
    """Write into the settings of a workspace what this run is measured with."""
    settings = shop / "perenne.toml"
    text = settings.read_text(encoding="utf-8")
    if not predictions:
        text = text.replace("[predictions]", "[predictions]\nenabled = false", 1)
    if memory:
        text += f'\n[engine]\nmemory_limit = "{memory}"\n'
    settings.write_text(text, encoding="utf-8")


def measure(lines: int, folder: Path, *, add: bool, predictions: bool, memory: str) -> None:
    """Print the rows of the table for one size."""
    log = folder / f"log-{lines}.csv"
    if not log.exists():
        write_log(log, lines=lines)
    plain = run([*PLAIN, str(log), str(folder / "plain")])
    row("plain DuckDB script", lines, plain)
    shop = folder / f"shop-{lines}-{time.time_ns()}"
    run([*PERENNE, "init", str(shop), "--currency", "EUR", "--time-zone", "Europe/Paris"])
    settle(shop, predictions=predictions, memory=memory)
    imported = run([*PERENNE, "import", str(log), "--workspace", str(shop)])
    row("perenne import", lines, imported)
    refreshed = run([*PERENNE, "refresh", "--workspace", str(shop)])
    row("perenne refresh", lines, refreshed)
    row("import + refresh", lines, imported + refreshed)
    if add:
        more = folder / f"more-{lines}.csv"
        write_log(more, lines=lines // 100, first=lines)
        again = run([*PERENNE, "import", str(more), "--workspace", str(shop)])
        row("perenne import, 1% more", lines, again)
        row("perenne refresh, 1% more", lines, run([*PERENNE, "refresh", "--workspace", str(shop)]))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("lines", type=int, nargs="*", default=[1_000_000, 10_000_000])
    asked.add_argument("--add", action="store_true", help="then add 1% new orders")
    asked.add_argument("--predictions", action="store_true", help="with predictions")
    asked.add_argument("--memory", default="", help="memory limit of DuckDB, for example 3GB")
    asked.add_argument("--folder", type=Path, help="keep files here")
    given = asked.parse_args()
    print("| step | lines | seconds | CPU seconds | peak MB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for lines in given.lines:
            measure(
                lines,
                folder,
                add=given.add,
                predictions=given.predictions,
                memory=given.memory,
            )


if __name__ == "__main__":
    main()
