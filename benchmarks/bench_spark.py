"""From raw Parquet to the published snapshot on each engine: `python benchmarks/bench_spark.py`.

    python benchmarks/bench_spark.py 1000000 10000000 --engines duckdb spark --memory 3g

Simulates order lines (three per order, six orders per customer, 5,000 products, three years),
imports them, which DuckDB does on either engine, and refreshes the workspace on each engine in a
process of its own, without predictions: the models run in the driver whatever the engine. Tells
processor seconds of all threads and processes, wall seconds and peak memory, of Python and of the
Java machine apart, and the revenue that each engine published: it must be the same.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from perenne.warehouse import DuckEngine
from perenne.workspace import Layout, Options, create, import_files, refresh_workspace
from perenne.workspace.engines import engine_for
from perenne.workspace.settings import load, template

LINES = """
copy (
    select 'O' || (n // 3) as order_id,
        'C' || (hash(n // 3) % greatest({lines} // 18, 1)) as customer_id,
        date '2023-01-01' + ((hash(n // 3, 7) % 1095)::int) as order_date,
        'P' || (hash(n, 1) % 5000) as product_id,
        1 + hash(n, 2) % 3 as quantity,
        (100 + hash(n, 3) % 9900) / 100.0 as unit_price
    from range({lines}) as t(n)
) to '{file}' (format parquet)
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("lines", nargs="*", type=int, default=[1_000_000])
    options.add_argument("--engines", nargs="+", default=["duckdb", "spark"])
    options.add_argument("--memory", default="3g", help="of Spark's driver, or of DuckDB")
    options.add_argument("--refresh", type=Path, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.refresh:
        print(json.dumps(refreshed(Layout(asked.refresh))))
        return
    for lines in asked.lines:
        with tempfile.TemporaryDirectory() as folder:
            compare(Path(folder), lines, asked.engines, asked.memory)


def compare(folder: Path, lines: int, engines: list[str], memory: str) -> None:
    place = imported(folder, lines)
    for engine in engines:
        copy = Layout(folder / engine)
        shutil.copytree(place.root, copy.root, copy_function=os.link)
        text = copy.settings.read_text(encoding="utf-8") + _engine(engine, memory)
        copy.settings.unlink()  # a link to the one that was copied
        copy.settings.write_text(text, encoding="utf-8")
        command = [sys.executable, __file__, "--refresh", str(copy.root)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        told = ", ".join(f"{k} {v}" for k, v in json.loads(done.stdout.splitlines()[-1]).items())
        print(f"{lines:,} lines on {engine}: {told}", flush=True)
        shutil.rmtree(copy.root)


def _engine(name: str, memory: str) -> str:
    duck = memory.upper() + "B"
    return (
        f'\n[engine]\nname = "{name}"\nmaster = "local[2]"\nmemory_limit = "{duck}"\n'
        f'conf = {{ "spark.driver.memory" = "{memory}", "spark.sql.shuffle.partitions" = "16" }}\n'
    )


def imported(folder: Path, lines: int) -> Layout:
    """A workspace with one import of so many order lines."""
    file = folder / "lines.parquet"
    with DuckEngine() as engine:
        engine.duck.execute(LINES.format(lines=lines, file=file))
    text = template(name="Bench", currency="EUR", time_zone="UTC", language="en")
    text = text.replace("[predictions]", "[predictions]\nenabled = false")
    place = create(folder / "shop", text)
    began, wall = time.process_time(), time.perf_counter()
    import_files(place, [file], options=Options())
    used, passed = time.process_time() - began, time.perf_counter() - wall
    print(f"{lines:,} lines imported: {used:.0f} processor seconds, {passed:.0f} s", flush=True)
    file.unlink()
    return place


def refreshed(place: Layout) -> dict[str, str]:
    """Refresh in this process; what it cost, and the revenue that came out."""
    wall, began = time.perf_counter(), time.process_time()
    # An engine that stays open keeps Java, whose cost is asked for at the end.
    with engine_for(load(place.settings), place):
        snapshot = refresh_workspace(place).snapshot
        java = _children()
    told = {
        "python": f"{time.process_time() - began:.0f} s, peak {_peak(os.getpid()):.1f} GB",
        "java": ", ".join(f"{used:.0f} s, peak {peak:.1f} GB" for used, peak in java) or "none",
        "wall": f"{time.perf_counter() - wall:.0f} s",
    }
    with DuckEngine() as engine:
        sales = engine.read(snapshot.table_path("sales"))
        told["revenue"] = str(engine.fetch(sales.net.sum()).as_py())
    return told


def _children() -> list[tuple[float, float]]:
    """Processor seconds and peak memory of each process that this one started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(stat[1]) == os.getpid():
                ticks = int(stat[11]) + int(stat[12])
                used = ticks / os.sysconf("SC_CLK_TCK")
                found.append((used, _peak(int(folder.name))))
        except OSError:
            continue
    return found


def _peak(process: int) -> float:
    """The most memory that a process has held, in GB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    (peak,) = (int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return peak / 1e6


if __name__ == "__main__":
    main()
