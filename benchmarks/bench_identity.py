"""How well and how fast records of one person are found: `python benchmarks/bench_identity.py`.

On the published sets: pairwise precision and recall and the largest customer, with fixed thresholds
and with measured ones: on all labels, and on those of one half of the persons, tried on the other.
Then a million simulated records of two sources (`--records N`; 0 leaves it out): seconds, memory.
"""

import argparse
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.identity_data import COLUMNS, SETS, published, simulated
from perenne.core import opaque_id
from perenne.identity import (
    Decision,
    IdentitySettings,
    Resolved,
    Task,
    Threshold,
    choose,
    components,
    resolve,
)
from perenne.identity.joining import Likeness, joins, odds_of
from perenne.identity.tables.relation import RELATION
from perenne.warehouse import DuckEngine, Table

KEY = "benchmark"
PRECISION = 0.98
"""The share of right links that a measured threshold must reach."""
SPLITS = 20
"""Ways in which the persons of a set are halved."""


class Bench:
    """One engine and a folder for what a refresh would write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = DuckEngine()

    def keep(self, name: str, table: Table) -> Table:
        path = self.folder / f"{name}.parquet"
        self.engine.write(table, path)
        return self.engine.read(path)

    def resolved(
        self, persons: pa.Table, settings: IdentitySettings, decisions: tuple[Decision, ...] = ()
    ) -> Resolved:
        """Resolve staged customers alone: no order refers to any of them."""
        cleaned = dict.fromkeys(("customers", "words"), self.engine.arrow(_staged(persons)))
        for name in ("orders", "refunds", "consents", *RELATION):
            columns = ("source", "customer_ref", "customer_ref_kind")
            empty = pa.table({column: pa.array([], pa.string()) for column in columns})
            for flag in ("is_purchase", "later"):
                empty = empty.append_column(flag, pa.array([], pa.bool_()))
            cleaned[name] = self.engine.arrow(empty)
        task = Task(self.engine, self.keep, settings, run=1, decisions=decisions)
        return resolve(cleaned, key=KEY, task=task)


def _staged(persons: pa.Table) -> pa.Table:
    rows = persons.num_rows
    columns = {name: persons[name] for name in COLUMNS}
    columns |= {
        "source": persons["source"]
        if "source" in persons.column_names
        else pa.array(["one"] * rows),
        "customer_ref_kind": pa.array(["id"] * rows),
        "row_file": pa.array(["file"] * rows),
        "row_number": pa.array(range(rows)),
        "seq": pa.array([1] * rows),
        "person_ref": pa.nulls(rows, pa.string()),
    }
    return pa.table(
        {n: c.cast(pa.string()) if pa.types.is_null(c.type) else c for n, c in columns.items()}
    )


def quality(root: np.ndarray, truth: np.ndarray, tested: np.ndarray) -> tuple[float, float]:
    """Pairwise precision and recall over pairs of which at least one record is tested."""

    def pairs(*keys: np.ndarray) -> int:
        everyone = Counter(zip(*(key.tolist() for key in keys), strict=True))
        left = Counter(zip(*(key[~tested].tolist() for key in keys), strict=True))
        return sum(n * (n - 1) // 2 for n in everyone.values()) - sum(
            n * (n - 1) // 2 for n in left.values()
        )

    made, true, right = pairs(root), pairs(truth), pairs(root, truth)
    return right / made if made else 1.0, right / true


@dataclass(frozen=True)
class Steps:
    """The steps in which likeness would join records, the likeliest first: a pair of records that
    stands for each, its probability, the pairs it puts together, and whether it is right."""

    left: np.ndarray
    right: np.ndarray
    probability: np.ndarray
    number: np.ndarray
    same: np.ndarray

    @classmethod
    def of(cls, pairs: Likeness, truth: np.ndarray) -> "Steps":
        alone, one = np.arange(len(truth)), np.zeros(len(truth), dtype=np.int64)
        made = joins(alone, one, pairs, least=np.zeros(1))
        places = [max(step.pairs, key=lambda pair: pairs.odds[pair]) for step in made]
        left, right = pairs.left[places], pairs.right[places]
        odds = np.array([step.odds for step in made])
        number = np.array([step.number for step in made])
        return cls(left, right, odds / (1 + odds), number, truth[left] == truth[right])

    def customers(self, threshold: float, records: int) -> np.ndarray:
        sure = self.probability >= threshold
        return components(records, self.left[sure], self.right[sure])

    def judged(self) -> list[tuple[float, bool, int]]:
        return list(zip(self.probability.tolist(), self.same.tolist(), self.number.tolist(),
                        strict=True))  # fmt: skip

    def open(self) -> list[tuple[float, int]]:
        return list(zip(self.probability.tolist(), self.number.tolist(), strict=True))


def judge(name: str, bench: Bench) -> None:
    """Print how one published set comes out at fixed thresholds and at measured ones."""
    persons = published(name)
    start = time.process_time()
    settings = IdentitySettings(probabilistic="on", review_from=0.01, threshold=1.0)
    found = bench.resolved(persons, settings)
    rows = bench.engine.fetch(found.pairs).to_pylist()
    seconds = time.process_time() - start
    ids = [opaque_id(KEY, "one", "id", ref) for ref in persons["customer_ref"].to_pylist()]
    place = {own: n for n, own in enumerate(ids)}
    left = np.array([place[row["own_id_1"]] for row in rows])
    right = np.array([place[row["own_id_2"]] for row in rows])
    odds = odds_of(np.array([row["probability"] or 0.0 for row in rows]))
    _names, truth = np.unique(persons["truth"].to_pylist(), return_inverse=True)
    print(f"{name}: {len(ids)} records, {len(set(truth.tolist()))} persons, {seconds:.1f} CPU s")

    def steps(among: np.ndarray) -> Steps:
        inside = among[left] & among[right]
        one = np.zeros(int(inside.sum()), dtype=np.int64)
        return Steps.of(Likeness(left[inside], right[inside], odds[inside], one), truth)

    everyone = np.ones(len(ids), dtype=bool)
    every = steps(everyone)
    for threshold in (0.5, 0.9, 0.95, 0.99):
        root = every.customers(threshold, len(ids))
        _row(f"threshold {threshold}", quality(root, truth, everyone), root)
    for confidence in (0.9, 0.5):
        chosen = _chosen(every.judged(), [], confidence)
        root = every.customers(chosen.value, len(ids))
        _row(f"all labels, {_words(confidence, chosen)}", quality(root, truth, everyone), root)
    _halves(steps, truth)


def _halves(steps: Callable[[np.ndarray], Steps], truth: np.ndarray) -> None:
    """Thresholds measured on one half of the persons, tried on the other: the shop of each half is
    judged, or is new, as a whole. Twenty ways to halve them, both ways round."""
    tried = []
    for split in range(SPLITS):
        half = np.random.default_rng(split).random(truth.max() + 1)[truth] < 0.5
        sides = {side: steps(half == side) for side in (True, False)}
        for side, mine in sides.items():
            other = sides[not side]
            chosen = _chosen(mine.judged(), other.open(), 0.9)
            root = other.customers(chosen.value, len(truth))
            tested = half != side
            everyone = np.ones(int(tested.sum()), dtype=bool)
            tried.append((chosen.value, *quality(root[tested], truth[tested], everyone)))
    value, precision, recall = np.array(tried).T
    print(
        f"  {len(tried)} halves, {0.9:.0%} sure: threshold {np.median(value):.3f} "
        f"({value.min():.3f} to {value.max():.3f}), P {precision.mean():.4f} (least "
        f"{precision.min():.4f}, kept in {(precision >= PRECISION).mean():.0%}), "
        f"R {recall.mean():.4f}"
    )


def _chosen(
    judged: list[tuple[float, bool, int]], open_: list[tuple[float, int]], confidence: float
) -> Threshold:
    return choose(judged, open_=open_, precision=PRECISION, confidence=confidence, fallback=0.99)


def _words(confidence: float, chosen: Threshold) -> str:
    proof = f"at least {chosen.at_least:.3f}" if chosen.at_least else "unmeasured"
    return f"{confidence:.0%} sure: {chosen.value:.3f} ({proof})"


def _row(label: str, found: tuple[float, float], root: np.ndarray) -> None:
    largest = int(np.bincount(root).max())
    print(f"  {label:<58} P {found[0]:.4f}  R {found[1]:.4f}  largest {largest}", flush=True)


def scale(records: int, bench: Bench) -> None:
    """Print time, memory and quality on simulated records of two sources."""
    persons = simulated(records)
    wall, cpu = time.perf_counter(), time.process_time()
    found = bench.resolved(persons, IdentitySettings())
    link = bench.keep("customer_links", found.links)
    bench.keep("identity_pairs", found.pairs)
    bench.keep("customer_ids", found.ids)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    told = bench.engine.fetch(link.select("source", "source_id", "customer_id")).to_pydict()
    known = dict(
        zip(zip(told["source"], told["source_id"], strict=True), told["customer_id"], strict=True)
    )
    asked = zip(persons["source"].to_pylist(), persons["customer_ref"].to_pylist(), strict=True)
    _names, root = np.unique([known[one] for one in asked], return_inverse=True)
    truth = np.array(persons["truth"].to_pylist(), dtype=np.int64)
    account = found.account
    print(f"{records} simulated records: {wall:.0f} s ({cpu:.0f} CPU s), {_peak():.0f} MB at most")
    print(f"  {account.links}, {account.review} to review, {account.compared} pairs compared")
    _row("threshold 0.99", quality(root, truth, np.ones(records, dtype=bool)), root)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Judge the sets that are asked for, then the simulated records."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=list(SETS))
    parser.add_argument("--records", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.sets:
            judge(name, Bench(Path(folder)))
        if asked.records:
            scale(asked.records, Bench(Path(folder)))


if __name__ == "__main__":
    main()
