"""A shop whose customers all leave at one rate: Exponential/NBD where Pareto/NBD runs off."""

from __future__ import annotations

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.choosing import competing
from perenne.models.contenders.probability import ALIKE, probability_contender
from perenne.models.ledger import Ledger
from perenne.models.purchases.exponential_nbd import FittedExponentialNBD
from perenne.models.saved import load_model
from perenne.models.staying import told_alive
from tests.models.living import simulate_ledger

PAST, AHEAD = 730, 1096


def shop(seed: int, *, customers: int = 3000, leaving: float = 1 / 300) -> Ledger:
    """Purchases at rates of their own until all is known; `leaving` a day, one for all."""
    rng = np.random.default_rng(seed)
    birth = rng.integers(0, PAST - 30, customers)
    life = rng.exponential(1 / leaving, customers) if leaving else np.full(customers, np.inf)
    active = np.minimum(life, PAST + AHEAD - 1 - birth)
    who = np.repeat(np.arange(customers), rng.poisson(rng.gamma(0.9, 1 / 60, customers) * active))
    when = birth[who] + np.ceil(rng.random(who.size) * active[who]).astype(int)
    everyone = np.arange(customers)
    pairs = np.unique(np.stack((np.r_[everyone, who], np.r_[birth, when])), axis=1)
    customer, day = pairs[0], pairs[1]
    net = rng.gamma(4.0, 10.0, day.size)
    return Ledger(
        customer=customer.astype(np.int32),
        day=day.astype(np.int32),
        orders=np.ones(day.size, dtype=np.int32),
        net=net,
        returned=np.zeros(day.size),
        margin=0.4 * net,
        until=PAST + AHEAD - 1,
        customer_ids=everyone,
    )


@pytest.fixture(scope="module")
def whole() -> Ledger:
    return shop(1)


def test_three_years_are_told_where_nbd_would_expect_several_times_as_much(whole: Ledger) -> None:
    past, rng = whole.as_of(PAST), np.random.default_rng(1)
    actual = float(whole.outcome(past, horizon=AHEAD).orders.sum())
    bias = {}
    for name in ("nbd", ALIKE):
        fitted = probability_contender(name).fit(past, horizon=AHEAD, rng=rng)
        told = fitted.forecast(past, horizon=AHEAD, draws=40, rng=rng)
        assert told.orders is not None
        assert told.orders.sum(axis=1).mean() == pytest.approx(told.mean_orders.sum(), rel=0.05)
        bias[name] = float(told.mean_orders.sum()) / actual - 1
    assert abs(bias[ALIKE]) < 0.12
    assert bias["nbd"] > 1.0


def test_it_competes_where_pareto_nbd_runs_off(whole: Ledger) -> None:
    past = whole.as_of(PAST)
    assert ALIKE in competing(past)
    assert ALIKE not in competing(past, ["nbd", "pareto_nbd"]), "who names others has these"
    with pytest.raises(PerenneError, match="s, beta"):
        probability_contender("pareto_nbd").fit(past, horizon=91, rng=np.random.default_rng(1))


def test_it_is_saved_and_says_who_is_still_there(whole: Ledger) -> None:
    past = whole.as_of(PAST)
    fitted = probability_contender(ALIKE).fit(past, horizon=AHEAD, rng=np.random.default_rng(1))
    assert list(fitted.purchases.parameters) == ["r", "alpha", "mu"]
    assert isinstance(load_model(fitted.purchases.to_json()), FittedExponentialNBD)
    alive = told_alive(fitted, past)
    assert ((alive > 0) & (alive <= 1)).all()


def test_where_rates_of_leaving_differ_it_is_left_out() -> None:
    ledger = simulate_ledger(np.random.default_rng(2), customers=2500, days=700)
    assert ALIKE not in competing(ledger)


def test_where_nobody_leaves_both_are_refused_and_it_is_left_out() -> None:
    past = shop(4, customers=1500, leaving=0.0).as_of(PAST)
    for name, runs_off in (("pareto_nbd", "beta"), (ALIKE, "mu")):
        with pytest.raises(PerenneError, match=runs_off):
            probability_contender(name).fit(past, horizon=91, rng=np.random.default_rng(1))
    assert ALIKE not in competing(past)
