"""Every metric by every dimension: `python -m benchmarks.bench_kpis WORKSPACE [METRIC …]`.

Asks a workspace, from one warm process, for each metric split by each dimension that it has, one
pair at a time: seconds of the clock and of the processors. On a busy machine the latter tell more.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from perenne.core import PerenneError
from perenne.workspace import Shop, open_shop

DIMENSIONS = (
    "",
    "month",
    "quarter",
    "country",
    "channel",
    "category",
    "acquisition_channel",
    "cohort",
    "first_category",
    "first_discounted",
    "segment",
    "order_number",
)
"""What figures are usually split by; the empty one is no split. `customer` and `account` have as
many groups as there are customers."""
CORES = 2


@dataclass(frozen=True)
class Pair:
    """What one metric by one dimension took."""

    metric: str
    by: str
    seconds: float
    cpu: float
    rows: int


def pairs(shop: Shop, metrics: Iterable[str], by: str) -> Iterator[Pair]:
    """Each metric that has a value by the dimension, once it was asked for."""
    for metric in metrics:
        begun, used = time.perf_counter(), time.process_time()
        try:
            found = shop.kpis(metric, by=by or ()).rows()
        except PerenneError:
            continue  # the metric has no such dimension
        spent = time.perf_counter() - begun, time.process_time() - used
        if any(row["value"] is not None for row in found):
            yield Pair(metric, by, *spent, len(found))


def measure(shop: Shop, metrics: Iterable[str], dimensions: Iterable[str], worst: int) -> None:
    """Print how many pairs took how long, by dimension and in all, and the dearest."""
    print("| by | pairs | < 1 s | CPU < 1 s | CPU < 2 s | median CPU s | dearest, CPU s |")
    print("|---|---|---|---|---|---|---|")
    found: list[Pair] = []
    for by in dimensions:
        own = list(pairs(shop, metrics, by))
        _row(by or "(whole)", own)
        found += own
    _row("**all**", found)
    print("\n| metric | by | groups | seconds | CPU seconds |\n|---|---|---|---|---|")
    for one in sorted(found, key=lambda pair: -pair.cpu)[:worst]:
        print(f"| {one.metric} | {one.by} | {one.rows} | {one.seconds:.2f} | {one.cpu:.2f} |")


def _row(name: str, found: list[Pair]) -> None:
    cpu = sorted(one.cpu for one in found)
    if not cpu:
        return
    quick = sum(one.seconds < 1 for one in found)
    counts = [sum(value < limit for value in cpu) for limit in (1, CORES)]
    told = f"{quick} | {counts[0]} | {counts[1]} | {cpu[len(cpu) // 2]:.2f} | {cpu[-1]:.2f}"
    print(f"| {name} | {len(found)} | {told} |", flush=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("workspace", type=Path)
    asked.add_argument("metrics", nargs="*", help="default: all of the catalogue")
    asked.add_argument("--by", nargs="*", default=DIMENSIONS)
    asked.add_argument("--worst", type=int, default=15, help="how many of the dearest to list")
    given = asked.parse_args()
    with open_shop(given.workspace) as shop:
        shop.kpis("net_revenue")
        measure(shop, given.metrics or shop.catalogue.ids, given.by, given.worst)


if __name__ == "__main__":
    main()
