"""Each public model on a world of its own: the truth within 3 standard errors, futures covered.

Simulated in continuous time (opportunities and contracts in theirs), fitted to the past, drawn
with the uncertainty of the parameters, and compared with the same customers' future. Counts are
judged by the randomised PIT, which is uniform where a plain interval of counts covers too much;
amounts, which are continuous, by the plain interval as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import perenne.models
from perenne.models import (
    BetaGeo,
    BetaGeoBetaBinomial,
    CustomerLifetimeValue,
    DynamicParetoNBD,
    ExponentialNBD,
    GammaGamma,
    ParetoGGG,
    ParetoNBD,
)
from perenne.models.contracts.fitted_contract import FittedContract
from perenne.models.judging.draws import central_share, interval, pit
from perenne.models.purchases.dynamic_histories import read_purchases

from . import test_dynamic_panel as promoted
from .buying import Truth, by_day, histories, purchase_times
from .test_bad_inputs import public_models
from .test_beta_binomial import seen
from .test_beta_binomial import simulate as opportunities
from .test_contracts import at

PAST, AHEAD, DRAWS = 78.0, 39.0, 200


@dataclass(frozen=True)
class Seen:
    """A fitted model, what it was simulated from, and futures beside what happened."""

    fitted: Any
    truth: Mapping[str, float]
    draws: np.ndarray  # (draws, customers)
    actual: np.ndarray  # (customers,)


def split(customer: np.ndarray, time: np.ndarray, *, until: float, ahead: float) -> Any:
    """Histories of the past, and each customer's purchases in the time ahead."""
    past = time <= until
    rows = histories(customer[past], time[past], until)
    later = np.bincount(customer[~past & (time <= until + ahead)], minlength=customer.max() + 1)
    return rows, later[np.unique(customer[past])]


def living(
    size: int,
    *,
    rng: np.random.Generator,
    regular: tuple[float, float] | None = None,
    leaving: float | None = None,
) -> Any:
    """Purchases of customers with a lifetime; regular: of the gamma of k, else at random.

    leaving: the rate at which all leave, else each has one of their own.
    """
    birth = rng.uniform(0, 26, size)
    rates = rng.gamma(LIFE["s"], 1 / LIFE["beta"], size) if leaving is None else leaving
    death = birth + rng.exponential(1 / rates, size)
    rate = rng.gamma(LIFE["r"], 1 / LIFE["alpha"], size)
    k = np.ones(size) if regular is None else rng.gamma(regular[0], 1 / regular[1], size)
    who, now = np.arange(size), birth
    customers, times = [who], [birth]
    while who.size:
        gap = rng.gamma(k[who]) / (k[who] * rate[who])
        now = now + np.maximum(gap, 1e-9)  # an interval, however short
        inside = now <= np.minimum(death[who], PAST + AHEAD)
        who, now = who[inside], now[inside]
        customers.append(who)
        times.append(now)
    return np.concatenate(customers), np.concatenate(times)


LIFE = {"r": 0.9, "alpha": 6.0, "s": 0.8, "beta": 14.0}


def drawn(fitted: Any, rows: Mapping[str, Any], *, rng: np.random.Generator, draws: int) -> Any:
    return fitted.sample_purchases(
        AHEAD, **rows, rng=rng, draws=draws, parameters=fitted.parameter_draws(draws, rng=rng)
    )


def family(name: str, *, k: int = 1) -> Callable[[np.random.Generator], Seen]:
    def world(rng: np.random.Generator) -> Seen:
        truth = Truth(0.9, 5.0, 0.8, 3.0, k=k, dropout_at_zero=name.startswith("Modified"))
        births = rng.uniform(0, 26, 6000)
        bought = purchase_times(truth, births, PAST + AHEAD, rng=rng)
        rows, later = split(*bought, until=PAST, ahead=AHEAD)
        if k == 1:
            rows.pop("log_intervals")
        fitted = getattr(perenne.models, name)().fit(rows)
        rows.pop("log_intervals", None)
        values = {n: getattr(truth, n) for n in ("r", "alpha", "a", "b")}
        return Seen(fitted, values, drawn(fitted, rows, rng=rng, draws=DRAWS), later)

    return world


def pareto(rng: np.random.Generator) -> Seen:
    rows, later = split(*living(6000, rng=rng), until=PAST, ahead=AHEAD)
    rows.pop("log_intervals")
    fitted = ParetoNBD().fit(rows)
    return Seen(fitted, LIFE, drawn(fitted, rows, rng=rng, draws=DRAWS), later)


def alike(rng: np.random.Generator) -> Seen:
    rows, later = split(*living(6000, rng=rng, leaving=0.02), until=PAST, ahead=AHEAD)
    rows.pop("log_intervals")
    fitted = ExponentialNBD().fit(rows)
    truth = {"r": LIFE["r"], "alpha": LIFE["alpha"], "mu": 0.02}
    return Seen(fitted, truth, drawn(fitted, rows, rng=rng, draws=DRAWS), later)


def rhythms(rng: np.random.Generator) -> Seen:
    rows, later = split(*living(2500, rng=rng, regular=(4.0, 2.0)), until=PAST, ahead=AHEAD)
    fitted = ParetoGGG().fit(rows)
    truth = {"t": 4.0, "gamma": 2.0, **LIFE}
    return Seen(fitted, truth, drawn(fitted, rows, rng=rng, draws=60), later)


def promotions(rng: np.random.Generator) -> Seen:
    effects = promoted.TRANS | promoted.LIFE
    rows, panel, later = promoted.simulate(4000, rng=rng, effects=effects)
    fitted = DynamicParetoNBD().fit(rows, until=promoted.PAST, panel=panel)
    read = read_purchases(rows, until=promoted.PAST)
    history = dict(zip(promoted.PLAIN, read.histories(), strict=True))
    draws = fitted.sample_purchases(
        promoted.LATER, **history, customer=read.customer_ids, panel=panel, rng=rng, draws=DRAWS,
        parameters=fitted.parameter_draws(DRAWS, rng=rng),
    )  # fmt: skip
    return Seen(fitted, promoted.BASE | effects, draws, later)


def donors(rng: np.random.Generator) -> Seen:
    truth = {"alpha": 1.2, "beta": 0.9, "gamma": 0.8, "delta": 3.5}
    gifts = opportunities(rng, 6000, 14, truth)
    rows = seen(gifts[:, :9])
    fitted = BetaGeoBetaBinomial().fit(rows)
    draws = fitted.sample_purchases(
        5, **rows, rng=rng, draws=DRAWS, parameters=fitted.parameter_draws(DRAWS, rng=rng)
    )
    return Seen(fitted, truth, draws, gifts[:, 9:].sum(axis=1))


def contract(name: str, c: float) -> Callable[[np.random.Generator], Seen]:
    def world(rng: np.random.Generator) -> Seen:
        lives = 1 + at(1.1, 6.0, c).sample_remaining_life(tenure=np.zeros(40_000), rng=rng)[0]
        age = rng.integers(1, 25, lives.size).astype(float)
        data = {"tenure": np.minimum(lives, age), "churned": (lives <= age).astype(float)}
        fitted: FittedContract = getattr(perenne.models, name)().fit(data)
        alive = np.flatnonzero(lives > age)[:6000]
        draws = fitted.sample_remaining_life(
            tenure=age[alive], rng=rng, draws=DRAWS,
            parameters=fitted.parameter_draws(DRAWS, rng=rng),
        )  # fmt: skip
        truth = {"alpha": 1.1, "beta": 6.0} | ({} if c == 1 else {"c": c})
        return Seen(fitted, truth, np.minimum(draws, 24), np.minimum(lives - 1 - age, 24)[alive])

    return world


SPEND = {"p": 6.0, "q": 4.0, "gamma": 15.0}


def amounts(counts: np.ndarray, nu: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Sums of so many orders of each customer."""
    return np.where(counts > 0, rng.gamma(SPEND["p"] * np.maximum(counts, 1)) / nu, 0.0)


def spending(rng: np.random.Generator) -> Seen:
    """The next three orders of everyone."""
    x = rng.negative_binomial(0.8, 0.25, 8000).astype(float)
    nu = rng.gamma(SPEND["q"], 1 / SPEND["gamma"], x.size)
    mean = np.where(x > 0, amounts(x, nu, rng=rng) / np.maximum(x, 1), np.nan)
    data = {"frequency": x, "monetary_value": mean}
    fitted = GammaGamma().fit(data)
    draws = fitted.sample_totals(
        np.full((DRAWS, x.size), 3), **data, rng=rng,
        parameters=fitted.parameter_draws(DRAWS, rng=rng),
    )  # fmt: skip
    return Seen(fitted, SPEND, draws, amounts(np.full(x.size, 3), nu, rng=rng))


def values(rng: np.random.Generator) -> Seen:
    """Purchases and amounts together: what the next 39 weeks bring."""
    rows, later = split(*living(6000, rng=rng), until=PAST, ahead=AHEAD)
    rows.pop("log_intervals")
    x = rows["frequency"]
    nu = rng.gamma(SPEND["q"], 1 / SPEND["gamma"], x.size)
    mean = np.where(x > 0, amounts(x, nu, rng=rng) / np.maximum(x, 1), np.nan)
    spend = GammaGamma().fit(frequency=x, monetary_value=mean)
    model = CustomerLifetimeValue(ParetoNBD().fit(rows), spend)
    counts = drawn(model.purchases, rows, rng=rng, draws=DRAWS)
    draws = spend.sample_totals(
        counts, frequency=x, monetary_value=mean, rng=rng,
        parameters=spend.parameter_draws(DRAWS, rng=rng),
    )  # fmt: skip
    return Seen(spend, SPEND, draws, amounts(later, nu, rng=rng))


WORLDS: dict[str, Callable[[np.random.Generator], Seen]] = {
    "BetaGeo": family("BetaGeo"),
    "ModifiedBetaGeo": family("ModifiedBetaGeo"),
    "BetaGeoCNBD": family("BetaGeoCNBD", k=3),
    "ModifiedBetaGeoCNBD": family("ModifiedBetaGeoCNBD", k=3),
    "ParetoNBD": pareto,
    "ExponentialNBD": alike,
    "ParetoGGG": rhythms,
    "DynamicParetoNBD": promotions,
    "BetaGeoBetaBinomial": donors,
    "ShiftedBetaGeometric": contract("ShiftedBetaGeometric", 1.0),
    "BetaDiscreteWeibull": contract("BetaDiscreteWeibull", 1.4),
    "GammaGamma": spending,
    "CustomerLifetimeValue": values,
}
SLOW = {"ParetoGGG"}


def test_every_public_model_has_a_world() -> None:
    assert sorted(WORLDS) == public_models()


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in WORLDS],
)
def test_truth_within_three_errors_and_ninety_percent_covered(name: str) -> None:
    rng = np.random.default_rng(4)
    world = WORLDS[name](rng)
    for parameter, value in world.truth.items():
        free = parameter in world.fitted.positive
        found = world.fitted.parameters[parameter]
        error = world.fitted.standard_errors[parameter] / (found if free else 1.0)
        gap = np.log(found / value) if free else found - value
        assert abs(gap) < 3 * error, parameter
    places = pit(world.actual, world.draws, rng=rng)
    assert 0.88 < central_share(places, 0.9) < 0.92
    assert 0.46 < central_share(places, 0.5) < 0.54
    if name == "GammaGamma":
        low, high = interval(world.draws, 0.9)
        assert 0.88 < ((low <= world.actual) & (world.actual <= high)).mean() < 0.92


# --- What counting days costs ----------------------------------------------------------------

# Model: customers, bias of alpha, bias of expected purchases in 39 weeks.
DAYS = {
    "BetaGeo": (20_000, 0.110, -0.029),
    "ModifiedBetaGeo": (20_000, 0.166, -0.030),
    "BetaGeoCNBD": (6000, 0.0, -0.003),
    "ModifiedBetaGeoCNBD": (6000, 0.0, -0.003),
    "ParetoNBD": (20_000, 0.072, -0.028),
    "ParetoGGG": (2500, 0.018, -0.014),
}


def bias_of_days(name: str, *, size: int) -> tuple[float, float]:
    """Of alpha, and of all customers' expected purchases: fitted on days, against on moments."""
    rng = np.random.default_rng(21)
    if name.startswith("Pareto"):
        bought = living(size, rng=rng, regular=(4.0, 2.0) if name == "ParetoGGG" else None)
    else:
        truth = Truth(
            0.6, 2.0, 0.8, 3.0, k=3 if "CNBD" in name else 1,
            dropout_at_zero=name.startswith("Modified"),
        )  # fmt: skip
        bought = purchase_times(truth, rng.uniform(0, 26, size), PAST, rng=rng)
    customer, time = (column[bought[1] <= PAST] for column in bought)
    alpha, ahead = [], []
    for who, when in ((customer, time), by_day(customer, time)):
        rows = histories(who, when, PAST)
        if "CNBD" not in name and name != "ParetoGGG":
            rows.pop("log_intervals")
        fitted = getattr(perenne.models, name)().fit(rows)
        if name != "ParetoGGG":
            rows.pop("log_intervals", None)
        alpha.append(fitted.parameters["alpha"])
        ahead.append(fitted.expected_purchases(AHEAD, **rows).sum())
    return alpha[1] / alpha[0] - 1, ahead[1] / ahead[0] - 1


DAYS_MARKS: dict[str, Any] = {"BetaGeo": (), "ParetoNBD": (), "ParetoGGG": pytest.mark.long}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=DAYS_MARKS.get(n, pytest.mark.slow)) for n in DAYS],
)
def test_bias_of_days(name: str) -> None:
    """The table of the explanation page."""
    size, slower, fewer = DAYS[name]
    alpha, ahead = bias_of_days(name, size=size)
    assert alpha == pytest.approx(slower, abs=0.012)
    assert ahead == pytest.approx(fewer, abs=0.005)


def test_bias_of_days_in_amounts_cancels_that_of_counts() -> None:
    """Two orders of a day are one of twice the value: fewer purchases, each worth more."""
    rng = np.random.default_rng(22)
    truth = Truth(0.6, 2.0, 0.8, 3.0)
    customer, time = purchase_times(truth, rng.uniform(0, 26, 12_000), PAST, rng=rng)
    nu = rng.gamma(SPEND["q"], 1 / SPEND["gamma"], 12_000)
    paid = rng.gamma(SPEND["p"], 1 / nu[customer])
    day = np.floor(time * 7) / 7
    purchases, per_order, value = [], [], []
    for moment in (time, day):
        key, row = np.unique(np.column_stack((customer, moment)), axis=0, return_inverse=True)
        who, when = key[:, 0].astype(int), key[:, 1]
        amount = np.bincount(row.ravel(), weights=paid)
        first = np.diff(who, prepend=-1) != 0
        rows = histories(who, when, PAST)
        rows.pop("log_intervals")
        x = rows["frequency"]
        sums = np.bincount(who, weights=np.where(first, 0.0, amount))
        spent = {"frequency": x, "monetary_value": sums / np.where(x > 0, x, np.nan)}
        spend = GammaGamma().fit(spent)
        bought = BetaGeo().fit(rows).expected_purchases(AHEAD, **rows)
        purchases.append(bought.sum())
        per_order.append(spend.expected_value(**spent).mean())
        value.append((bought * spend.expected_value(**spent)).sum())
    found = [after / before - 1 for before, after in (purchases, per_order, value)]
    assert found == pytest.approx([-0.030, 0.020, 0.0], abs=0.005)
