"""Lifetime value beside its peers: `python benchmarks/bench_clv.py [--peers PYTHON] [N …]`.

N is the number of customers (default: 100000 and 1000000). PYTHON is an interpreter that has
lifetimes and pymc-marketing. Each step of each package runs in a process of its own, on the same
simulated shop (BG/NBD r=.6 alpha=8 weeks a=.8 b=3, Gamma-Gamma p=6 q=4 gamma=15, 78 weeks); wall
and processor seconds are those of the step alone, peak memory that of the whole process.
A step that takes longer than --limit seconds is stopped and shown so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

STEPS = {
    "summary": "transactions → summary",
    "bg_fit": "BG/NBD fit",
    "pareto_fit": "Pareto/NBD fit",
    "gg_fit": "Gamma-Gamma fit",
    "purchases": "expected purchases, 52 weeks",
    "alive": "P(alive)",
    "clv": "CLV, 12 months, mean",
    "intervals": "CLV, 12/24/36 months, 50/90% intervals",
    "chain": "transactions → CLV (ours with intervals)",
    "snapshot": "tables of a snapshot: mixture, 400 draws, 12/24/36 months",
}
STEPS_FILE = Path(__file__).with_name("clv_steps.py")
PEERS = ("lifetimes", "pymc_marketing")
NOT_OFFERED = {"intervals", "snapshot"}
"""No peer draws the value that one customer will bring, or tells what a shop's groups will."""
PLAIN = "plain_duckdb"
"""One query of DuckDB, beside the summary."""

Result = dict[str, Any]


def main() -> None:
    """Run every step of every package and print a table per size."""
    arguments = _arguments()
    packages = ["perenne", PLAIN, *(PEERS if arguments.peers else ())]
    print(f"{os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as name:
        for size in arguments.sizes:
            data = Path(name) / f"{size}.npz"
            _run(sys.executable, "make", str(data), str(size), limit=None)
            found = {
                (step, package): _step(step, package, data, arguments)
                for step in arguments.steps
                for package in packages
            }
            print(_table(found, packages, steps=arguments.steps, size=size), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("sizes", nargs="*", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--peers", help="a Python with lifetimes and pymc-marketing")
    parser.add_argument("--steps", nargs="*", default=list(STEPS), choices=list(STEPS))
    parser.add_argument("--limit", type=float, default=600, help="seconds a step may take")
    return parser.parse_args()


def _step(step: str, package: str, data: Path, arguments: argparse.Namespace) -> Result:
    if (package in PEERS and step in NOT_OFFERED) or (package == PLAIN and step != "summary"):
        return {"missing": "not offered"}
    python = arguments.peers if package in PEERS else sys.executable
    return _run(python, package, step, str(data), limit=arguments.limit)


def _run(python: str, *words: str, limit: float | None) -> Result:
    """What a step printed: wall, cpu, peak; or why there is nothing."""
    command = [python, "-W", "ignore", str(STEPS_FILE), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return {"missing": f"> {limit:.0f} s"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["?"])[-1]
        print(f"{' '.join(words[:2])}: {last}", file=sys.stderr)
        return {"missing": "failed"}
    found: Result = json.loads(done.stdout.splitlines()[-1])
    return found


def _table(
    found: dict[tuple[str, str], Result], packages: list[str], *, steps: list[str], size: int
) -> str:
    """Markdown: seconds (processor seconds), peak memory, and how many times ours is faster."""
    peers = packages[1:]
    head = [f"{size:,} customers", *packages, *(f"× {peer}" for peer in peers)]
    lines = ["", _row(head), _row(["---"] * len(head))]
    for step in steps:
        ours = found[step, "perenne"]
        cells = [_cell(found[step, package]) for package in packages]
        ratios = [_ratio(found[step, peer], ours) for peer in peers]
        lines.append(_row([STEPS[step], *cells, *ratios]))
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(result: Result) -> str:
    if "missing" in result:
        return str(result["missing"])
    return f"{result['wall']:.2f} s ({result['cpu']:.2f}), {result['peak']:.0f} MB"


def _ratio(peer: Result, ours: Result) -> str:
    if "missing" in peer or "missing" in ours:
        return "–"
    return f"{peer['wall'] / ours['wall']:.1f} ({peer['cpu'] / ours['cpu']:.1f})"


if __name__ == "__main__":
    main()
