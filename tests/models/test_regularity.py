"""How regularly customers buy: recovered from simulated intervals, and told with its error."""

import numpy as np
import pandas as pd
import pytest

from perenne.models.jobs import _regularity
from perenne.models.purchases.regularity import regularity
from perenne.models.settings import PredictionSettings
from tests.models.shops import ledger_of


def purchases(rng, *, k, customers=800, until=100.0):
    """Intervals Gamma(k, kλ), λ differing between customers; until a moment that all share."""
    rate = rng.gamma(0.9, 1 / 5, customers)
    gaps = rng.gamma(k, size=(customers, 200)) / (k * np.maximum(rate, 1e-3)[:, None])
    time = np.concatenate((np.zeros((customers, 1)), np.cumsum(gaps, axis=1)), axis=1)
    who = np.repeat(np.arange(customers), time.shape[1])
    kept = time.ravel() <= until
    return who[kept], time.ravel()[kept]


@pytest.mark.parametrize("k", [1.0, 2.0, 5.0])
def test_it_is_recovered_whatever_the_rates(k):
    found = regularity(*purchases(np.random.default_rng(1), k=k))
    assert abs(found.k - k) < 3 * found.error
    assert found.error < 0.15 * k
    assert found.found is (k >= 2)


def test_at_random_it_is_seldom_found():
    found = [regularity(*purchases(np.random.default_rng(seed), k=1.0)) for seed in range(20)]
    assert not any(one.found for one in found)
    assert np.mean([one.k for one in found]) == pytest.approx(1.0, abs=0.05)


def test_few_buyers_tell_nothing():
    assert regularity([0, 0, 0, 1], [0.0, 1, 2, 0]) is None
    assert regularity([0, 1], [0.0, 0]) is None
    who, time = np.repeat(np.arange(60), 3), np.zeros(180)
    assert regularity(who, time) is None  # all at one moment


def table(frame, customer, date):
    rows = frame.assign(who=frame[customer], day=pd.to_datetime(frame[date].astype(str)))
    rows = rows.drop_duplicates(["who", "day"]).sort_values(["who", "day"])
    return pd.factorize(rows["who"])[0], (rows["day"] - rows["day"].min()).dt.days.to_numpy()


def test_btydplus_groceries_are_regular_and_cdnow_is_not(shared_data):
    groceries = pd.read_parquet(shared_data / "btydplus_grocery" / "groceryElog.parquet")
    regular = regularity(*table(groceries, "cust", "date"))
    assert regular.found
    assert regular.k == pytest.approx(2.09, abs=0.01)  # BG/CNBD-k finds k = 2
    cdnow = pd.read_parquet(shared_data / "cdnow" / "cdnow_sample.parquet")
    random = regularity(*table(cdnow, "sample_id", "date"))
    assert not random.found
    assert random.k == pytest.approx(1.0, abs=2 * random.error)


def test_models_are_suggested_where_buyers_are_regular_and_none_was_tried():
    who, time = purchases(np.random.default_rng(3), k=4.0)
    rows = sorted({(int(one), int(at * 7)) for one, at in zip(who, time, strict=True)})
    shop = ledger_of([(one, day, 20.0) for one, day in rows], until=700)
    assert _regularity(shop, PredictionSettings())["suggested"] == ["mbg_cnbd", "pareto_ggg"]
    tried = PredictionSettings(contenders=("bg_cnbd",))
    assert _regularity(shop, tried)["suggested"] == []
    assert _regularity(ledger_of([(0, 1, 20.0)], until=700), tried) is None
