"""Margins of totals: simulated shops, fitted on their past and measured on what came after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from perenne.models.chance import Chance, own
from perenne.models.contenders.probability import probability_contender
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger
from perenne.models.margin_rates import MarginRates, Shift, margin_rate, shift_of_rates
from perenne.models.margins import MarginRate
from perenne.models.predicting import Ahead, Groups, Terms
from tests.models.living import simulate_ledger

pytestmark = pytest.mark.slow

AHEAD = 365
PARTS = 5


def told(ledger: Ledger, rate: MarginRate, *, seed: int = 1) -> list[dict[str, float]]:
    """Rows of all and of five groups, by a model fitted on the ledger."""
    rng = np.random.default_rng(seed)
    fitted = probability_contender("pareto_nbd").fit(ledger, horizon=AHEAD, rng=rng)
    size = ledger.customers
    groups = [
        Groups("all", [None], np.zeros(size, dtype=np.int64)),
        Groups("part", list("abcde"), np.arange(size) % PARTS),
    ]
    chance, draws = Chance.of(rng), 300
    terms = Terms(12, np.ones(size), rate, np.full(size, 2.0))
    ahead = Ahead(terms, groups, shifts=rate.shifts(draws, rng=own(chance.part(2))))
    for number, part in enumerate((slice(0, size // 3), slice(size // 3, size))):
        forecast = fitted.forecast(
            ledger.part(part), horizon=AHEAD, draws=draws, rng=chance.part(number)
        )
        ahead.add(forecast, part, rng=own(chance.part(3 + number)))
    return list(ahead.rows(learnt=None))


def inside(
    seed: int, mutated: Callable[[list[dict[str, float]]], list[dict[str, float]]] = lambda r: r
) -> list[bool]:
    """Does the 90% interval of margin hold what each group left? One simulated shop."""
    whole = simulate_ledger(np.random.default_rng(seed), customers=700, days=3 * AHEAD)
    past = whole.as_of(whole.until - AHEAD)
    rows = mutated(told(past, MarginRates(past, past).over(AHEAD), seed=seed))
    left = whole.outcome(past, horizon=AHEAD).margin
    sums = [left.sum(), *np.bincount(np.arange(past.customers) % PARTS, weights=left)]
    return [
        row["margin_lo90"] <= actual <= row["margin_hi90"]
        for row, actual in zip(rows, sums, strict=True)
    ]


@pytest.fixture(scope="module")
def shop() -> Ledger:
    return simulate_ledger(np.random.default_rng(1), customers=400, days=2 * AHEAD)


@pytest.mark.long
def test_nine_in_ten_totals_of_margin_lie_within() -> None:
    """60 shops of 700 customers, whole and in five parts, which share a shop's errors."""
    found = np.array([inside(seed) for seed in range(60)])
    assert found.mean() == pytest.approx(0.9, abs=0.05)
    assert found[:, 0].mean() > 0.8


def test_an_interval_that_is_too_narrow_is_caught() -> None:
    """The ends of the 50% interval in place of those of the 90% one."""

    def narrow(rows: list[dict[str, float]]) -> list[dict[str, float]]:
        ends = {"margin_lo90": "margin_lo50", "margin_hi90": "margin_hi50"}
        return [row | {end: row[other] for end, other in ends.items()} for row in rows]

    seeds = range(100, 108)
    right = np.mean([inside(seed) for seed in seeds])
    assert right > 0.75
    assert np.mean([inside(seed, narrow) for seed in seeds]) < right - 0.15


def test_with_one_rate_margins_of_groups_are_revenue_times_it(shop: Ledger) -> None:
    rows = told(replace(shop, margin=0.4 * shop.net), MarginRate(np.full(400, 0.4), np.zeros(400)))
    assert len(rows) == 1 + PARTS
    for row in rows:
        for end in ("mean", "median", "lo50", "hi50", "lo90", "hi90"):
            assert row[f"margin_{end}"] == pytest.approx(0.4 * row[end], rel=1e-5)
            # Keeping each of them costs 2.
            net = row[f"margin_{end}"] - 2.0 * row["customers"]
            assert row[f"net_{end}"] == pytest.approx(net, rel=1e-9)


def test_the_interval_of_all_is_no_sum_of_intervals(shop: Ledger) -> None:
    whole, *parts = told(shop, margin_rate(shop))
    widths = [row["margin_hi90"] - row["margin_lo90"] for row in parts]
    width = whole["margin_hi90"] - whole["margin_lo90"]
    # Parts share what is not known of the shop, and not what their customers do.
    assert float(np.hypot.reduce(widths)) < width < 0.95 * sum(widths)
    assert whole["margin_mean"] == pytest.approx(sum(row["margin_mean"] for row in parts))


def moving_shop(rng: np.random.Generator, *, spread: float) -> Ledger:
    """A shop whose rates all move by a normal of `spread` each half-year."""
    ledger = simulate_ledger(rng, customers=1500, days=4 * AHEAD)
    period = (ledger.until - ledger.day) // (AHEAD // 2)
    moved = rng.normal(0, spread, int(period.max()) + 1)[period]
    return replace(ledger, margin=ledger.margin + moved * ledger.net)


def expected(spread: float) -> float:
    """Of half-years at random: the next one less the mean of those before, about as many again."""
    return spread * float(np.sqrt(1 + 1 / 4))


@pytest.mark.parametrize("spread", [0.0, 0.06])
def test_the_shift_of_rates_is_recovered(spread: float) -> None:
    found = [
        shift_of_rates(
            moving_shop(np.random.default_rng(seed), spread=spread), days=AHEAD // 2
        ).spread
        for seed in range(12)
    ]
    size = float(np.sqrt(np.mean(np.square(found))))
    assert size == pytest.approx(expected(spread), rel=0.4, abs=0.006)


def test_what_one_rate_gives_to_all_does_not_shift(shop: Ledger) -> None:
    flat = replace(shop, margin=0.4 * shop.net)
    found = shift_of_rates(flat, days=AHEAD // 2)
    assert (found.mean, found.spread) == pytest.approx((0, 0), abs=1e-9)
    assert shift_of_rates(replace(shop, margin=np.full(shop.day.size, np.nan)), days=90) == Shift()


def test_later_orders_that_leave_more_than_first_ones_move_the_rates() -> None:
    """By what past customers left beyond their rate, which is less the longer they are known."""
    whole = simulate_ledger(np.random.default_rng(2), customers=1500, days=4 * AHEAD)
    first = np.zeros(whole.day.size, dtype=bool)
    first[whole.starts[:-1]] = True
    shop = replace(whole, margin=whole.net * np.where(first, 0.1, 0.4))
    past = shop.as_of(shop.until - AHEAD)
    rate, found = margin_rate(past), shift_of_rates(past, days=AHEAD)
    then = shop.outcome(past, horizon=AHEAD)
    missed = float((then.margin - rate.mean * then.value).sum() / then.value.sum())
    assert missed > 0.02
    assert abs(found.mean - missed) < missed / 2
    moved = MarginRates(past, past).over(AHEAD)
    np.testing.assert_allclose(moved.mean, rate.mean + found.mean)


def test_where_returns_take_most_of_what_was_bought_no_rate_is_told(shop: Ledger) -> None:
    """Net value near nothing: what was left of it, per unit of it, was some millions of percent."""
    late = shop.day > shop.until - AHEAD
    returned = np.where(late & (np.arange(shop.day.size) % 2 == 0), 1.98 * shop.net, shop.returned)
    brought_back = replace(shop, returned=returned)
    assert shift_of_rates(brought_back, days=AHEAD).spread < 0.5


def test_a_shift_knows_nothing_of_what_came_after(shop: Ledger) -> None:
    def changed(later: Floats) -> Ledger:
        return replace(shop, margin=np.where(shop.day > shop.until - 100, later, shop.margin))

    then = shop.until - 100
    first, second = (changed(values).as_of(then) for values in (shop.net, -shop.net))
    assert shift_of_rates(first, days=120) == shift_of_rates(second, days=120)


def test_a_shift_over_a_time_that_the_past_does_not_hold_grows_with_its_root(shop: Ledger) -> None:
    longer, longest = (shift_of_rates(shop, days=times * AHEAD) for times in (40, 160))
    assert longest.spread == pytest.approx(2 * longer.spread, rel=0.1)
    assert abs(longest.mean) < abs(longer.mean)  # so short a past moves the less
