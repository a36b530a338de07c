"""How long the commands take on simulated shops: `python benchmarks/bench_commands.py [N …]`.

N is the number of customers of a shop (default: 1000 and 10000). Each command runs in a process of
its own, as a user would run it; the fastest of the repetitions is reported, with peak memory.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PERENNE = [sys.executable, "-c", "import sys; from perenne.cli import main; sys.exit(main())"]


def fastest(arguments: list[str], folder: Path, *, repeat: int) -> float:
    """Return the seconds of the fastest of ``repeat`` runs; CalledProcessError when one fails."""
    return min(_seconds(arguments, folder) for _ in range(repeat))


def _seconds(arguments: list[str], folder: Path) -> float:
    start = time.perf_counter()
    subprocess.run([*PERENNE, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _report(name: str, seconds: float) -> None:
    print(f"{name:<44} {seconds:8.2f} s", flush=True)


def main(sizes: list[int]) -> None:
    """Time each command and print one line for each."""
    print(f"{os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _report("perenne --help", fastest(["--help"], folder, repeat=5))
        for size in sizes:
            shop = f"shop-{size}"
            demo = ["demo", shop, "--customers", str(size)]
            _report(f"perenne demo --customers {size}", fastest(demo, folder, repeat=1))
            for command in ("kpis", "cohorts", "segments", "report", "refresh"):
                seconds = fastest([command, "--workspace", shop], folder, repeat=2)
                _report(f"perenne {command} ({size} customers)", seconds)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{'peak memory of one command':<44} {peak:8.0f} MB")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000, 10_000])
