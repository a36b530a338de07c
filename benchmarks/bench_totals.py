"""Totals of many small simulated shops: `python -m benchmarks.bench_totals [--shops N]`.

Each shop has a truth of its own: customers are born along two years, buy at gamma rates and leave
in silence; the pace of the whole shop wanders from month to month (by 0 to 15%), and every other
shop has a season. All contenders of a refresh forecast 91 days from six origins, half a horizon
apart; at each of the last four the champion is the one that the rule would have chosen on those
origins whose days were over by then. Prints how often the actual total lay in its intervals, where
in its distribution it lay, the bias, and the CRPS beside the best contender of the origin.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.simulated_shop import orders_of
from perenne.core import PerenneError
from perenne.models.choosing import competing
from perenne.models.histories import Floats
from perenne.models.judging.backtest import Backtest, Trial, backtest
from perenne.models.judging.champion import champion
from perenne.models.judging.trials import Rehearsal, origins
from perenne.models.ledger import Ledger, day_number

DAYS, BIRTHS_END, HORIZON, MONTH = 820, 700, 91, 30
START = day_number(date(2022, 3, 1))
LEVELS = (0.5, 0.8, 0.9)


def pace(rng: np.random.Generator, *, has_season: bool) -> Floats:
    """What each day counts for in the rates of all customers, (DAYS,)."""
    wander, spread = 0.0, rng.uniform(0, 0.15)
    levels = []
    for _month in range(-(-DAYS // MONTH)):
        wander = 0.8 * wander + 0.6 * spread * rng.standard_normal()
        levels.append(wander)
    day = START + np.arange(DAYS)
    turn = np.cos(2 * np.pi * day / 365.2425 - rng.uniform(0, 2 * np.pi))
    season = rng.uniform(0.1, 0.4) * turn * has_season
    factor: Floats = np.exp(np.repeat(levels, MONTH)[:DAYS] + season)
    return factor


def shop(customers: int, *, seed: int) -> Ledger:
    """One shop; odd seeds have a season."""
    rng = np.random.default_rng(seed)
    factor = pace(rng, has_season=bool(seed % 2))
    born = rng.integers(0, BIRTHS_END, customers)
    shape, gap = rng.uniform(0.5, 1.3), rng.uniform(40, 110)
    rate = rng.gamma(shape, 1 / (shape * gap), customers)
    gone = born + rng.exponential(1 / rng.gamma(1.2, 1 / rng.uniform(200, 800), customers))
    return orders_of(rng, factor, START, born=born, rate=rate, gone=gone)


def judged(ledger: Ledger, *, draws: int, models: Sequence[str]) -> Backtest:
    """All contenders from six origins; `models` alone where they are named."""
    memory = Rehearsal()
    return backtest(
        ledger,
        contenders=list(competing(ledger, models, memory=memory).values()),
        horizons=[HORIZON],
        at=origins(ledger, HORIZON),
        draws=draws,
        rng=np.random.default_rng(1),
        rehearsal=memory,
    )


def chosen(found: Backtest) -> Iterator[tuple[Trial, float]]:
    """Trials of who would have been champion, and their CRPS beside the best of the origin."""
    days = sorted({trial.origin for trial in found.trials})
    for origin in days[2:]:
        over = [t for t in found.trials if t.origin + HORIZON <= origin]
        now = {t.contender: t for t in found.trials if t.origin == origin}
        try:
            name = champion(Backtest(tuple(over), ()), horizon=HORIZON).name
        except PerenneError:
            continue
        best = min(t.scores["value"].crps for t in now.values())
        if name in now and not np.isnan(now[name].scores["value"].pit90):
            yield now[name], now[name].scores["value"].crps / best - 1


def line(name: str, trials: list[Trial], behind: list[float]) -> str:
    """One row: coverage with its standard error, tails, bias, CRPS beside the best."""
    places = np.array([t.scores["value"].total_place for t in trials])
    held = [np.abs(places - 0.5) <= level / 2 for level in LEVELS]
    told = [f"{h.mean():.1%} ± {h.std() / np.sqrt(h.size):.1%}" for h in held]
    bias = np.array([t.scores["value"].bias for t in trials])
    return (
        f"| {name} | {places.size} | {' | '.join(told)} | {(places < 0.05).mean():.1%} | "
        f"{(places > 0.95).mean():.1%} | {np.median(bias):+.1%} | {np.median(np.abs(bias)):.1%} | "
        f"{np.mean(behind):.2%} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--shops", type=int, default=60)
    parser.add_argument("--customers", type=int, default=1_000)
    parser.add_argument("--models", nargs="*", default=[], help="by default, as a refresh")
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="folder for the backtests, as pickles")
    asked = parser.parse_args()
    by_name: dict[str, tuple[list[Trial], list[float]]] = {}
    start = time.process_time()
    for seed in range(asked.shops):
        found = judged(shop(asked.customers, seed=seed), draws=asked.draws, models=asked.models)
        for trial, behind in chosen(found):
            trials, losses = by_name.setdefault("champion", ([], []))
            trials.append(trial)
            losses.append(behind)
        for origin in sorted({t.origin for t in found.trials})[2:]:
            now = [t for t in found.trials if t.origin == origin]
            best = min(t.scores["value"].crps for t in now)
            for trial in (t for t in now if not np.isnan(t.scores["value"].pit90)):
                trials, losses = by_name.setdefault(trial.contender, ([], []))
                trials.append(trial)
                losses.append(trial.scores["value"].crps / best - 1)
        if asked.keep:
            _keep(found, asked.keep / f"{seed}.pkl")
    print("| contender | totals | " + " | ".join(f"in {level:.0%}" for level in LEVELS), end="")
    print(" | below 5% | above 95% | median bias | median abs. bias | CRPS over the best |")
    print("|---" * (len(LEVELS) + 7) + "|")
    for name, (trials, losses) in by_name.items():
        print(line(name, trials, losses))
    print(f"\n({time.process_time() - start:.0f} CPU s)")


def _keep(found: Backtest, path: Path) -> None:
    import pickle

    path.write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main()
