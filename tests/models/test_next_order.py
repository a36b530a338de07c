"""What is told of one customer keeps together: the day of the next order, the chances of one, and
the chance of still being a customer."""

from dataclasses import dataclass, replace
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from perenne.core import add_months
from perenne.models import telling
from perenne.models.contenders.occasions import BetaGeoBetaBinomialContender, FittedOccasions
from perenne.models.contenders.probability import probability_contender
from perenne.models.contenders.seasonal import Seasonal
from perenne.models.forecast import Forecast
from perenne.models.judging.backtest import Backtest
from perenne.models.ledger import day_of
from perenne.models.next_order import ultimate
from perenne.models.schema import HORIZONS
from perenne.models.settings import PredictionSettings
from perenne.models.staying import LATER, NEVER, staying
from tests.models.shops import seasonal_shop, shop
from tests.models.test_occasions import boxes

DAYS = (365, 730, 1096)
RNG = np.random.default_rng


def chances_of(model, ledger):
    return {
        day: model.purchases.probability_of_purchase(
            model.ahead(ledger, day), **model.history(ledger)
        )
        for day in DAYS
    }


@pytest.fixture(scope="module")
def plain():
    ledger = shop(RNG(2), customers=500)
    return probability_contender("mbg_nbd").fit(ledger, horizon=365, rng=RNG(1)), ledger


@pytest.fixture(scope="module")
def in_season():
    ledger = seasonal_shop(customers=400, days=900)
    return Seasonal("mbg_nbd").fit(ledger, horizon=365, rng=RNG(1)), ledger


@pytest.fixture(scope="module")
def on_occasions():
    ledger = boxes(customers=500)
    return BetaGeoBetaBinomialContender().fit(ledger, horizon=365, rng=RNG(1)), ledger


@pytest.fixture(params=["plain", "in_season", "on_occasions"])
def known(request):
    return request.getfixturevalue(request.param)


def test_a_model_that_agrees_with_the_chances_tells_its_own_day(known):
    """To 0.5 ± 0.005 in the chance of an order until then; on occasions, the very one."""
    model, ledger = known
    chances = chances_of(model, ledger)
    own, told = staying(model, ledger), staying(model, ledger, stated=chances)
    near = chances[DAYS[-1]] >= 0.5
    assert near.mean() > 0.1
    for place in np.flatnonzero(near):
        if isinstance(model, FittedOccasions):
            assert told.days[place] == own.days[place]
            continue
        time = model.ahead(ledger, 1) * told.days[place]
        if model.name == "mbg_nbd_season":
            ends = [model.ahead(ledger, int(told.days[place]) + more) for more in (0, 1)]
            time = np.interp(told.days[place] % 1, (0, 1), ends)
        history = {name: column[[place]] for name, column in model.history(ledger).items()}
        (chance,) = model.purchases.probability_of_purchase(time, **history)
        assert chance == pytest.approx(0.5, abs=0.005)
    np.testing.assert_allclose(told.alive, own.alive, atol=0.01)
    beyond = [note for note, here in zip(told.notes, near, strict=True) if not here]
    assert np.isnan(told.days[~near]).all()
    assert {NEVER if np.isnan(day) else LATER for day in own.days[~near]} == set(beyond)


def test_the_day_lies_where_the_stated_chances_put_it(known):
    model, ledger = known
    drawn = np.sort(RNG(4).uniform(0, 1, (3, ledger.customers)), axis=0)
    drawn[:, :3] = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [0.4, 0.5, 1.0]]).T
    told = staying(model, ledger, stated=dict(zip(DAYS, drawn, strict=True)))
    for day, chance in zip(DAYS, drawn, strict=True):
        np.testing.assert_array_equal(np.ceil(told.days) <= day, chance >= 0.5)
        assert (chance <= told.alive).all()
    ever = ultimate(model, ledger) >= 0.5
    for place in np.flatnonzero(drawn[-1] < 0.5):
        assert told.notes[place] == (LATER if ever[place] else NEVER)
    assert all(told.notes[place] is None for place in np.flatnonzero(drawn[-1] >= 0.5))


@dataclass(frozen=True)
class Wayward:
    """A champion at odds with any purchase model, whose longer horizons expect a little less."""

    seed: int
    name: str = "wayward"

    def fit(self, ledger, *, horizon, rng):
        return self

    def forecast(self, ledger, *, horizon, draws, rng):
        size = ledger.customers
        level = RNG(self.seed).gamma(0.5, 1.0, size) * (1.0 if horizon < 400 else 0.97)
        orders = rng.poisson(level * RNG(self.seed).uniform(0.5, 1.5, size), (draws, size))
        return Forecast(level, level * 30, orders.astype(np.int32), (orders * 30).astype("float32"))


def told_of(ledger, champion):
    size = ledger.customers
    places = {"channel": np.arange(size) % 2, "country": np.full(size, -1)}
    judged = SimpleNamespace(
        horizon=365,
        champion=SimpleNamespace(name=champion.name, standings=()),
        field={champion.name: champion, "hurdle": None},
        outdone=frozenset(),
        backtest=Backtest((), ()),
    )
    teller = telling.Teller(
        replace(ledger, attributes=places, customer_ids=np.arange(size).astype(str)),
        judged,
        telling.Told([None] * size, {"channel": ["shop", "web"]}, None),
        settings=PredictionSettings(),
        rng=RNG(11),
    )
    return teller.tables(HORIZONS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_row_of_predictions_tells_one_story(seed):
    ledger = shop(RNG(seed), customers=300, season=0.3 * (seed - 1), life=300.0 * seed)
    found = told_of(ledger, Wayward(seed))
    rows, as_of = found["predictions"].to_pylist(), day_of(ledger.until)
    for row in rows:
        by, note = row["next_order_by"], row["next_order_note"]
        assert (by is None) == (note in (NEVER, LATER))
        for months in HORIZONS:
            chance = row[f"p_order_{months}m"]
            assert chance <= row["p_alive"]
            assert chance <= row[f"expected_orders_{months}m"]
            assert (by is not None and by <= add_months(as_of, months)) == (chance >= 0.5)
        for name in ("p_order", "expected_orders", "clv", "clv_margin"):
            told = [row[f"{name}_{months}m"] for months in HORIZONS]
            assert told == sorted(told)
    everyone = [one for one in found["prediction_totals"].to_pylist() if one["dimension"] == "all"]
    for total in everyone:
        end = f"{total['horizon_months']}m"
        assert total["mean"] == pytest.approx(sum(float(row[f"clv_{end}"]) for row in rows))
        assert total["expected_orders"] == pytest.approx(
            sum(row[f"expected_orders_{end}"] for row in rows)
        )
    assert {row["next_order_note"] for row in rows} >= {None, LATER}
    assert all(row["next_order_by"] > as_of - timedelta(1) for row in rows if row["next_order_by"])
