"""Seasonal simulated shops: `python -m benchmarks.bench_seasons --customers 6000 --first 3`.

Customers are born along three and a half years with a season of their own, buy at gamma rates that
follow the year (a smooth season and the weeks before Christmas), and leave in silence. The champion
that a refresh would choose on the past forecasts the orders of the days ahead; beside it the best
model without a season. Prints the bias of the total by horizon and shop.
"""

from __future__ import annotations

import argparse
import time
from datetime import date

import numpy as np

from benchmarks.simulated_shop import orders_of
from perenne.models.choosing import judge
from perenne.models.contenders.probability import probability_contender
from perenne.models.ledger import Ledger, day_number
from perenne.models.settings import PredictionSettings

DAYS = 1_280
BIRTHS_END = 1_100
START = day_number(date(2021, 3, 1))
HORIZONS = (91, 182, 365)


def shop(customers: int, *, seed: int) -> Ledger:
    """A shop with a season of height 0.1 to 0.5 and a Christmas of 1.3 to 2.5 times the usual."""
    rng = np.random.default_rng(seed)
    height, phase, christmas = rng.uniform(0.1, 0.5), rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1)
    day = START + np.arange(DAYS)
    turn = np.cos(2 * np.pi * day / 365.2425 - phase)
    months = day.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12 + 1
    factor = np.exp(height * turn + christmas * (months == 12))
    born = rng.choice(BIRTHS_END, customers, p=factor[:BIRTHS_END] / factor[:BIRTHS_END].sum())
    rate = rng.gamma(0.9, 1 / 70, customers)
    gone = born + rng.exponential(1 / rng.gamma(1.4, 1 / 420, customers))
    return orders_of(rng, factor, START, born=born, rate=rate, gone=gone)


def main() -> None:
    """Print one line per shop and horizon, then the median and the largest miss by horizon."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--shops", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="seed of the first shop")
    parser.add_argument("--days", type=int, nargs="*", default=HORIZONS)
    asked = parser.parse_args()
    misses: dict[int, list[float]] = {}
    print("| shop | horizon | champion | bias | 90% interval holds | pareto_nbd | seconds |")
    print("|---|---|---|---|---|---|---|")
    for seed in range(asked.first, asked.first + asked.shops):
        whole = shop(asked.customers, seed=seed)
        for horizon in asked.days:
            start = time.process_time()
            bias, line = _told(whole, horizon)
            misses.setdefault(horizon, []).append(bias)
            print(
                f"| {seed} | {horizon} | {line} | {time.process_time() - start:.0f} |", flush=True
            )
    for horizon, found in misses.items():
        print(
            f"\n{horizon} days: median |bias| {np.median(np.abs(found)):.1%}, "
            f"pooled {np.mean(found):+.1%}, largest {np.abs(found).max():.1%}"
        )


def _told(whole: Ledger, horizon: int) -> tuple[float, str]:
    rng = np.random.default_rng(1)
    past = whole.as_of(whole.until - horizon)
    actual = whole.outcome(past, horizon=horizon).value.sum()
    judged = judge(past, horizon=horizon, settings=PredictionSettings(), rng=rng)
    if judged.winner is None:
        return np.nan, f"none: {judged.why} | | |"
    told = judged.winner.fit(past, horizon=horizon, rng=rng).forecast(
        past, horizon=horizon, draws=200, rng=rng
    )
    bias = float(told.mean_value.sum() / actual - 1)
    held = "–"
    if told.value is not None:
        low, high = np.quantile(told.value.sum(axis=1, dtype=float), (0.05, 0.95))
        held = "yes" if low <= actual <= high else "no"
    plain = probability_contender("pareto_nbd").fit(past, horizon=horizon, rng=rng)
    without = plain.forecast(past, horizon=horizon, draws=0, rng=rng).mean_value.sum() / actual - 1
    return bias, f"{judged.winner.name} | {bias:+.1%} | {held} | {without:+.1%}"


if __name__ == "__main__":
    main()
