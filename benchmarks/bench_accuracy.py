"""Accuracy beside baselines and peers: `python benchmarks/bench_accuracy.py [set …] [options]`.

Sets: cdnow retail rfm online donors grocery (all by default), from ../shared/data or the folder
that PERENNE_SHARED_DATA names. Prints Markdown tables: the fixed splits, then rolling origins.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.accuracy_data import SPLITS, Split
from benchmarks.accuracy_peers import FITTERS, Lifetimes
from perenne.models.choosing import competing, judge
from perenne.models.forecast import Contender
from perenne.models.judging.backtest import Backtest, Trial, backtest
from perenne.models.judging.champion import champion
from perenne.models.judging.trials import Rehearsal, origins
from perenne.models.ledger import Ledger
from perenne.models.settings import PredictionSettings

COLUMNS = (
    ("bias", "{:+.1%}"), ("rmse", "{:.4g}"), ("mae_median", "{:.4g}"), ("mae_zero", "{:.4g}"),
    ("crps", "{:.4g}"), ("gini", "{:.3f}"), ("top10", "{:.3f}"), ("spearman", "{:.3f}"),
    ("slope", "{:.2f}"), ("pit50", "{:.1%}"), ("pit90", "{:.1%}"), ("cover50", "{:.1%}"),
    ("cover90", "{:.1%}"), ("total_inside", "{:.0f}"),
)  # fmt: skip

ROLLED = (
    "origins", "median bias", "median abs. bias", "mean rmse", "mean crps", "mean gini",
    "mean slope", "pit50", "pit90", "totals inside",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What the command line asks for: models by id, whether peers run, draws and seed."""

    models: Sequence[str]
    peers: bool
    draws: int
    seed: int

    def field(self, ledger: Ledger, memory: Rehearsal) -> tuple[list[Contender], list[Contender]]:
        """(contenders that may become champion, as in a refresh; peers)."""
        ours = competing(ledger, self.models, memory=memory)
        peers: list[Contender] = [Lifetimes(name) for name in FITTERS] if self.peers else []
        return list(ours.values()), peers


def _cells(trial: Trial) -> str:
    scores = trial.scores["value"]
    orders = trial.scores["orders"]
    shown = [form.format(getattr(scores, name)) for name, form in COLUMNS]
    return " | ".join([*shown, f"{orders.bias:+.1%}", f"{orders.pit90:.1%}"]).replace("nan%", "–")


def fixed(split: Split, asked: Asked) -> None:
    """The table of one split; the champion is chosen on origins before it only."""
    rng = np.random.default_rng(asked.seed)
    memory = Rehearsal()
    past = split.ledger.as_of(split.origin)
    ours, peers = asked.field(past, memory)
    judged = backtest(
        split.ledger, contenders=[*ours, *peers], horizons=[split.horizon], at=[split.origin],
        draws=asked.draws, rng=rng, rehearsal=memory,
    )  # fmt: skip
    first = judged.trials[0].scores["value"]
    print(f"\n### {split.name}: {past.customers:,} customers, {split.horizon} days, "
          f"actual {first.actual:,.0f}\n")  # fmt: skip
    names = [name for name, _form in COLUMNS]
    print("| contender | " + " | ".join([*names, "orders bias", "orders pit90"]) + " |")
    print("|---" * (len(names) + 3) + "|")
    for trial in judged.trials:
        print(f"| {trial.contender} | {_cells(trial)} |")
    for refusal in judged.refusals:
        print(f"\n{refusal.contender}: {refusal.reason}")
    chosen = judge(
        past, horizon=split.horizon, settings=PredictionSettings(contenders=tuple(asked.models)),
        rng=rng,
    )  # fmt: skip
    name = chosen.champion.name if chosen.champion else "none"
    print(f"\nChampion, chosen on earlier origins of {chosen.horizon} days: **{name}**. ", end="")
    print(chosen.why, flush=True)


def rolling(split: Split, asked: Asked) -> Backtest:
    """Median bias, mean scores and coverage over rolling origins, by contender."""
    rng = np.random.default_rng(asked.seed)
    memory = Rehearsal()
    ours, peers = asked.field(split.ledger, memory)
    judged = backtest(
        split.ledger, contenders=[*ours, *peers], horizons=[split.rolling],
        at=origins(split.ledger, split.rolling), draws=asked.draws, rng=rng, rehearsal=memory,
    )  # fmt: skip
    print(f"\n### {split.name}, rolling: {split.rolling} days\n")
    print("| contender | " + " | ".join(ROLLED) + " |")
    print("|---" * (len(ROLLED) + 1) + "|")
    for name in judged.contenders(split.rolling):
        print(f"| {name} | {_rolled(judged.of(name, horizon=split.rolling))} |")
    print(
        "\nChampion over these origins: " + champion(_own(judged), horizon=split.rolling).reason,
        flush=True,
    )
    return judged


def _own(judged: Backtest) -> Backtest:
    """The trials without those of peers, who cannot be champion."""
    return Backtest(tuple(t for t in judged.trials if t.contender not in FITTERS), judged.refusals)


def _rolled(trials: Sequence[Trial]) -> str:
    scores = [trial.scores["value"] for trial in trials]
    mean = {
        name: float(np.mean([getattr(s, name) for s in scores]))
        for name in ("rmse", "crps", "gini", "slope", "pit50", "pit90", "total_inside")
    }
    biases = np.array([s.bias for s in scores])
    row = (
        f"{len(scores)} | {np.median(biases):+.1%} | {np.median(np.abs(biases)):.1%} | "
        f"{mean['rmse']:.4g} | {mean['crps']:.4g} | "
        f"{mean['gini']:.3f} | {mean['slope']:.2f} | {mean['pit50']:.1%} | {mean['pit90']:.1%} | "
        f"{mean['total_inside']:.0%}"
    )
    return row.replace("nan%", "–").replace("nan", "–")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", choices=[*SPLITS, []], default=[])
    parser.add_argument("--models", nargs="*", default=[], help="by default, as a refresh")
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    parser.add_argument("--only", choices=("fixed", "rolling"))
    given = parser.parse_args()
    asked = Asked(given.models, given.peers, given.draws, given.seed)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("PERENNE_SHARED_DATA", beside))
    for name in given.sets or SPLITS:
        start = time.perf_counter()
        split = SPLITS[name](folder)
        if given.only != "rolling":
            fixed(split, asked)
        if given.only != "fixed":
            rolling(split, asked)
        print(f"\n({time.perf_counter() - start:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
