"""Pareto/NBD whose covariates differ by customer and time: promotions, membership, country."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from perenne.core import PerenneError
from perenne.models import DynamicParetoNBD, Panel, ParetoNBD, load_model
from perenne.models.purchases.calendar import Calendar
from perenne.models.purchases.dynamic_histories import read_purchases
from perenne.models.purchases.dynamic_panel_fitted import FittedPanelParetoNBD
from perenne.models.purchases.dynamic_panel_likelihood import PanelLikelihood
from perenne.models.purchases.dynamic_paths import Sources
from perenne.models.purchases.pareto_nbd_fitted import FittedParetoNBD

BASE = {"r": 0.8, "alpha": 6.0, "s": 0.7, "beta": 15.0}
TRANS = {"trans.promotion": 0.7, "trans.member": 0.4}
LIFE = {"life.promotion": -0.4, "life.member": -0.5}
PAST, LATER, LONG = 80.0, 12.0, 4.0


def spells(customers: int, *, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Four promotions of four weeks each, in weeks of each customer's own."""
    slot = np.sort(rng.permuted(np.tile(np.arange(23), (customers, 1)), axis=1)[:, :6], axis=1)
    return {
        "customer": np.repeat(np.arange(customers), 6),
        "start": slot.ravel() * LONG,
        "end": (slot.ravel() + 1) * LONG,
        "promotion": np.ones(slot.size),
    }


def simulate(
    customers: int, *, rng: np.random.Generator, effects: dict[str, float]
) -> tuple[dict[str, np.ndarray], list[Panel], np.ndarray]:
    """Rows of purchases, panels, and each customer's purchases in the 12 weeks after."""
    promotions, member = spells(customers, rng=rng), rng.integers(0, 2, customers)
    on = np.zeros((customers, 24))
    on[promotions["customer"], (promotions["start"] / LONG).astype(int)] = 1.0
    fast = np.exp(effects["trans.promotion"] * on + effects["trans.member"] * member[:, None])
    short = np.exp(effects["life.promotion"] * on + effects["life.member"] * member[:, None])
    edges = np.arange(25) * LONG
    born = np.round(rng.uniform(0, 40, customers), 3)
    rate = rng.gamma(BASE["r"], 1 / BASE["alpha"], customers)
    dropout = rng.gamma(BASE["s"], 1 / BASE["beta"], customers)
    threshold = rng.exponential(size=customers) / dropout
    who, when = [np.arange(customers)], [born]
    left = np.zeros(customers)
    alive = np.ones(customers, dtype=bool)
    for k in range(24):
        begin = np.clip(born, edges[k], edges[k + 1])
        whole = edges[k + 1] - begin
        lived = np.where(alive, np.minimum(whole, (threshold - left) / short[:, k]), 0.0)
        count = rng.poisson(rate * fast[:, k] * lived)
        some = np.repeat(np.arange(customers), count)
        who.append(some)
        when.append(begin[some] + rng.random(some.size) * lived[some])
        left += short[:, k] * whole
        alive &= left < threshold
    customer, time = np.concatenate(who), np.concatenate(when)
    past = time <= PAST
    soon = (time > PAST) & (time <= PAST + LATER)
    later = np.bincount(customer[soon], minlength=customers)
    who_is = Panel.of({"customer": np.arange(customers), "member": member})
    rows = {"customer": customer[past], "time": time[past]}
    return rows, [Panel.of(promotions, otherwise=0), who_is], later


NOTHING = dict.fromkeys([*TRANS, *LIFE], 0.0)


def fitted(effects: dict[str, float], *, until: float = PAST) -> FittedPanelParetoNBD:
    parameters = {**BASE, **effects}
    covariance = tuple(map(tuple, (np.eye(len(parameters)) * 1e-4).tolist()))
    return FittedPanelParetoNBD(parameters, -1.0, covariance, 10.0, {"until": until, "ridge": 0.0})


ROWS = {
    "customer": np.array([0, 1, 2, 3, 4, 0]),
    "frequency": np.array([0.0, 3.0, 26.0, 80.0, 1.0, 5.0]),
    "recency": np.array([0.0, 20.5, 60.25, 55.0, 0.5, 80.0]),
    "tenure": np.array([40.0, 33.3, 70.0, 79.5, 79.0, 80.0]),
}
PLAIN = {name: ROWS[name] for name in ("frequency", "recency", "tenure")}


def panels() -> list[Panel]:
    return simulate(6, rng=np.random.default_rng(1), effects=TRANS | LIFE)[1]


def test_without_effects_it_is_pareto_nbd() -> None:
    model, panel = fitted(NOTHING), panels()
    known = FittedParetoNBD(BASE, -1.0, tuple(map(tuple, np.eye(4).tolist())), 10.0, {})
    close: dict[str, Any] = {"rtol": 1e-8, "atol": 1e-13}
    np.testing.assert_allclose(
        model.probability_alive(**ROWS, panel=panel), known.probability_alive(**PLAIN), **close
    )
    for horizon in (0.3, 12.0):
        for name in ("expected_purchases", "probability_of_purchase"):
            np.testing.assert_allclose(
                getattr(model, name)(horizon, **ROWS, panel=panel),
                getattr(known, name)(horizon, **PLAIN),
                **close,
            )
    new = model.expected_purchases_new(12.0, panel=panel, customer=2)
    assert new == pytest.approx(known.expected_purchases_new(12.0))


def slow(row: int, panel: list[Panel], effects: dict[str, float]) -> tuple[float, float, float]:
    """(P(alive), expected purchases, P(some purchase) in 12 weeks) by adaptive quadrature."""
    customer = ROWS["customer"][row]
    x, recency, tenure = (float(ROWS[name][row]) for name in PLAIN)
    born, since = PAST - tenure, PAST - tenure + recency
    promotions, who = panel
    own = slice(promotions.first[customer], promotions.first[customer + 1])
    starts, ends = promotions.start[own], promotions.end[own]
    member = who.values[customer, 0]
    edges = np.unique([born, since, PAST, PAST + LATER, *np.clip([*starts, *ends], born, 92.0)])

    def rate(t: float, kind: str) -> float:
        on = float(((starts < t) & (t <= ends)).any())
        return float(np.exp(effects[f"{kind}.promotion"] * on + effects[f"{kind}.member"] * member))

    def clock(t: float, kind: str) -> float:
        return sum(rate((a + b) / 2, kind) * (min(b, t) - a) for a, b in pairwise(edges) if a < t)

    def survived(t: float, shape: float) -> float:
        a, b = clock(t, "trans") / BASE["alpha"], clock(t, "life") / BASE["beta"]
        return float((1 + a) ** -shape * (1 + b) ** -BASE["s"])

    def over(f: Any, first: float, last: float) -> float:
        return sum(
            quad(f, a, b, epsabs=0, epsrel=1e-10)[0]
            for a, b in pairwise(edges)
            if a >= first and b <= last
        )

    def gone(t: float) -> float:
        b = BASE["beta"] + clock(t, "life")
        return BASE["s"] * rate(t - 1e-9, "life") / b * survived(t, BASE["r"] + x)

    alive = survived(PAST, BASE["r"] + x)
    chance = alive / (alive + over(gone, since, PAST))
    none = (survived(PAST + LATER, BASE["r"] + x) + over(gone, PAST, PAST + LATER)) / alive
    speed = (BASE["r"] + x) / (BASE["alpha"] + clock(PAST, "trans"))

    def buying(t: float) -> float:
        stays = (BASE["beta"] + clock(PAST, "life")) / (BASE["beta"] + clock(t, "life"))
        return rate(t - 1e-9, "trans") * stays ** BASE["s"]

    return chance, chance * speed * over(buying, PAST, PAST + LATER), chance * (1 - none)


def test_predictions_by_slow_quadrature() -> None:
    effects, panel = TRANS | LIFE, panels()
    told = np.column_stack(
        (
            fitted(effects).probability_alive(**ROWS, panel=panel),
            fitted(effects).expected_purchases(LATER, **ROWS, panel=panel),
            fitted(effects).probability_of_purchase(LATER, **ROWS, panel=panel),
        )
    )
    by_hand = np.array([slow(row, panel, effects) for row in range(6)])
    np.testing.assert_allclose(told, by_hand, rtol=1e-7)


def likelihood(customers: int, seed: int, *, weight: float = 1.0) -> PanelLikelihood:
    rows, panel, _later = simulate(customers, rng=np.random.default_rng(seed), effects=TRANS | LIFE)
    sources, names = Sources.of(panel, None), ("promotion", "member")
    weights = np.full(rows["time"].size, weight)
    read = read_purchases(rows, until=PAST, weights=weights)
    return PanelLikelihood.of(read, sources, trans=names, life=names, ridge=0.5)


FREE = np.concatenate((np.log(list(BASE.values())), [*LIFE.values(), *TRANS.values()]))


def test_gradient_is_that_of_finite_differences() -> None:
    objective = likelihood(300, 5)
    gradient = objective(FREE)[1]
    for index in range(FREE.size):
        step = np.eye(FREE.size)[index] * 1e-5
        slope = (objective(FREE + step)[0] - objective(FREE - step)[0]) / 2e-5
        assert gradient[index] == pytest.approx(slope, rel=1e-5, abs=1e-4)


def test_a_panel_that_all_share_is_a_calendar() -> None:
    """One customer's spells given to everyone: the same fit as with the calendar."""
    week = np.arange(24)
    sale = (week % 6 < 2).astype(float)
    calendar = Calendar(0.0, LONG, sale[:, None], ("promotion",))
    rows, _panel, _later = simulate(900, rng=np.random.default_rng(2), effects=TRANS | LIFE)
    by_calendar = DynamicParetoNBD(calendar, life=()).fit(rows, until=PAST)
    everyone = {
        "customer": np.repeat(np.arange(900), 24),
        "start": np.tile(week * LONG, 900),
        "end": np.tile((week + 1) * LONG, 900),
        "promotion": np.tile(sale, 900),
    }
    by_panel = DynamicParetoNBD(life=()).fit(rows, until=PAST, panel=Panel.of(everyone))
    assert by_panel.log_likelihood == pytest.approx(by_calendar.log_likelihood, abs=1e-6)
    assert by_panel.parameters == pytest.approx(dict(by_calendar.parameters), rel=1e-4)


def test_weights_stand_for_copies() -> None:
    """Customers taken twice: the same as each with a weight of 2, in panel and calendar."""
    rows, _panel, _later = simulate(200, rng=np.random.default_rng(6), effects=TRANS | LIFE)
    twice = {
        "customer": np.concatenate((rows["customer"], rows["customer"] + 1000)),
        "time": np.tile(rows["time"], 2),
    }
    sale = (np.arange(24) % 6 < 2).astype(float)
    model = DynamicParetoNBD(Calendar(0.0, LONG, sale[:, None], ("sale",)), life=(), ridge=1.0)
    heavy = model.fit(rows, until=PAST, weights=np.full(rows["time"].size, 2.0))
    copies = model.fit(twice, until=PAST)
    assert heavy.customers == copies.customers == 400
    assert heavy.log_likelihood == pytest.approx(copies.log_likelihood, abs=1e-6)
    assert heavy.parameters == pytest.approx(dict(copies.parameters), rel=1e-5)
    one, two = likelihood(100, 4), likelihood(100, 4, weight=2.0)
    penalty = one.penalty(FREE)
    assert two(FREE)[0] + penalty == pytest.approx(2 * (one(FREE)[0] + penalty), rel=1e-12)


def test_weights_of_one_customer_must_agree() -> None:
    with pytest.raises(PerenneError, match="rows of one customer have different weights"):
        read_purchases(customer=[1, 1], time=[1.0, 2.0], weights=[1.0, 2.0], until=9.0)
    with pytest.raises(PerenneError, match="weight is negative"):
        read_purchases(customer=[1, 1], time=[1.0, 2.0], weights=[-1.0, -1.0], until=9.0)


def truth_within(model: FittedPanelParetoNBD, effects: dict[str, float], errors: float) -> None:
    for name, value in (BASE | effects).items():
        assert abs(model.parameters[name] - value) < errors * model.standard_errors[name], name


@pytest.mark.slow
def test_recovers_promotions_and_membership_and_the_next_twelve_weeks() -> None:
    effects = TRANS | LIFE
    rows, panel, later = simulate(4000, rng=np.random.default_rng(3), effects=effects)
    model = DynamicParetoNBD().fit(rows, until=PAST, panel=panel)
    truth_within(model, effects, 3)
    read = read_purchases(rows, until=PAST)
    data = dict(zip(PLAIN, read.histories(), strict=True))
    told = model.expected_purchases(LATER, panel=panel, customer=read.customer_ids, **data)
    assert told.sum() / later.sum() == pytest.approx(1.0, abs=0.06)
    plain = ParetoNBD().fit(**data)
    assert model.likelihood_ratio(plain).p_value < 1e-12
    before = plain.expected_purchases(LATER, **data)
    assert np.abs(told - later).mean() < np.abs(before - later).mean()


def test_recovers_the_effect_on_purchases_of_a_small_shop() -> None:
    effects = NOTHING | {"trans.promotion": 0.7, "trans.member": 0.4}
    rows, panel, _later = simulate(700, rng=np.random.default_rng(9), effects=effects)
    model = DynamicParetoNBD(life=()).fit(rows, until=PAST, panel=panel)
    truth_within(model, {name: effects[name] for name in TRANS}, 3)
    simpler = DynamicParetoNBD(life=(), trans=("member",)).fit(rows, until=PAST, panel=panel)
    ratio = model.likelihood_ratio(simpler)
    assert ratio.degrees == 1
    assert ratio.p_value < 1e-6


@pytest.mark.long
def test_the_likelihood_ratio_has_its_size_and_power() -> None:
    """200 shops of 250 customers: promotions without effect are found in 5 %, real ones always."""

    def found(effects: dict[str, float], shops: int, seed: int) -> np.ndarray:
        rng, values = np.random.default_rng(seed), []
        for _shop in range(shops):
            rows, panel, _later = simulate(250, rng=rng, effects=effects)
            data = dict(zip(PLAIN, read_purchases(rows, until=PAST).histories(), strict=True))
            try:
                plain = ParetoNBD().fit(**data)
                model = DynamicParetoNBD(trans=("promotion",), life=()).fit(
                    rows, until=PAST, panel=panel[0]
                )
            except PerenneError:  # a shop too small for Pareto/NBD itself
                continue
            values.append(model.likelihood_ratio(plain).p_value)
        return np.array(values)

    null = found(NOTHING, 200, 1)
    assert null.size > 150
    size = (null < 0.05).mean()
    assert abs(size - 0.05) < 3 * np.sqrt(0.05 * 0.95 / null.size)
    assert abs((null < 0.5).mean() - 0.5) < 3 * np.sqrt(0.25 / null.size)
    assert (found(NOTHING | {"trans.promotion": 0.5}, 25, 2) < 0.05).mean() > 0.9


def test_draws_have_the_mean_and_accumulate() -> None:
    model, panel = fitted(TRANS | LIFE), panels()
    rng = np.random.default_rng(2)
    draws = model.sample_purchases([5.5, 12.0], **ROWS, panel=panel, rng=rng, draws=4000)
    assert draws.shape == (4000, 2, 6)
    assert draws.dtype == np.int32
    assert (np.diff(draws, axis=1) >= 0).all()
    for index, horizon in enumerate((5.5, 12.0)):
        mean = model.expected_purchases(horizon, **ROWS, panel=panel)
        error = draws[:, index].std(axis=0) / np.sqrt(4000)
        assert (np.abs(draws[:, index].mean(axis=0) - mean) < 4 * error + 1e-9).all()
        some = model.probability_of_purchase(horizon, **ROWS, panel=panel)
        np.testing.assert_allclose((draws[:, index] > 0).mean(axis=0), some, atol=0.035)
    parameters = model.parameter_draws(3, rng=rng)
    one = model.sample_purchases(12.0, **ROWS, panel=panel, rng=rng, draws=3, parameters=parameters)
    assert one.shape == (3, 6)


def test_a_saved_model_predicts_the_same_and_holds_no_customer() -> None:
    model, panel = fitted(TRANS | LIFE), panels()
    again = load_model(model.to_json())
    assert isinstance(again, FittedPanelParetoNBD)
    np.testing.assert_array_equal(
        again.expected_purchases(12.0, **ROWS, panel=panel),
        model.expected_purchases(12.0, **ROWS, panel=panel),
    )
    assert "customer" not in json.loads(model.to_json())["settings"]


def test_customers_of_the_last_day_and_a_horizon_of_nothing() -> None:
    model, panel = fitted(TRANS | LIFE), panels()
    none = {name: np.zeros(2) for name in PLAIN}
    assert model.probability_alive(**none, customer=[0, 1], panel=panel).tolist() == [1.0, 1.0]
    assert (model.expected_purchases(12.0, **none, customer=[0, 1], panel=panel) > 0).all()
    assert not model.expected_purchases(0.0, **ROWS, panel=panel).any()
    rng = np.random.default_rng(0)
    assert not model.sample_purchases(0.0, **ROWS, panel=panel, rng=rng).any()
