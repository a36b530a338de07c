"""A shop of six years whose records keep the last three: told, and what handling it gains."""

import numpy as np
import pandas as pd
import pytest

from perenne.core import PerenneError
from perenne.models.purchases.beta_geo import BetaGeo, ModifiedBetaGeo
from perenne.models.purchases.pareto_nbd import ParetoNBD
from perenne.models.purchases.true_births import TrueBirths
from perenne.models.purchases.truncation import detect_truncation
from perenne.models.saved import load_model

from .buying import Truth, histories, purchase_times

YEARS = 52.0
BIRTHS = {
    "steady": lambda u: 6 * YEARS * u,
    "growing": lambda u: 6 * YEARS * u**0.6,
    "shrinking": lambda u: 6 * YEARS * (1 - u**0.6),
}


def _shop(births, *, seed=0, truth=None, customers=20_000):
    rng = np.random.default_rng(seed)
    truth = truth or Truth(0.6, 8, 0.8, 3)
    when = BIRTHS[births](rng.uniform(0, 1, customers))
    return purchase_times(truth, when, 6 * YEARS, rng=rng)


def _past(who, when, *, start, until):
    inside = (when >= start) & (when < until)
    return who[inside], when[inside] - start


@pytest.mark.parametrize("births", list(BIRTHS))
@pytest.mark.parametrize("truth", [Truth(0.6, 8, 0.8, 3), Truth(1, 8, 0.6, 2)])
def test_told_from_a_whole_history(births, truth):
    who, when = _shop(births, truth=truth)
    cut = detect_truncation(*_past(who, when, start=3 * YEARS, until=5 * YEARS), until=2 * YEARS)
    whole = detect_truncation(*_past(who, when, start=0, until=5 * YEARS), until=5 * YEARS)
    assert cut.found
    assert not whole.found
    assert "many customers only look new" in cut.reason
    assert whole.older == 0
    before = np.unique(who[when < 3 * YEARS])
    after = np.unique(_past(who, when, start=3 * YEARS, until=3 * YEARS + cut.burn_in)[0])
    assert cut.older == pytest.approx(np.intersect1d(before, after).size, rel=0.5)


def test_a_single_cohort_tells_nothing():
    rng = np.random.default_rng(1)
    who, when = purchase_times(Truth(0.6, 8, 0.8, 3), rng.uniform(0, 12, 2000), 78, rng=rng)
    told = detect_truncation(who, when, until=78)
    assert not told.found
    assert told.reason.startswith("Nothing tells")


def test_online_retail_ii_begins_later_than_its_shop(shared_data):
    """The records of an old wholesaler start on 2009-12-01."""
    (path,) = (shared_data / "online_retail_2_year1").glob("*.parquet")
    lines = pd.read_parquet(path, columns=["Customer ID", "InvoiceDate"]).dropna()
    days = (pd.to_datetime(lines["InvoiceDate"]) - pd.Timestamp("2009-12-01")).dt.days
    who = pd.factorize(lines["Customer ID"])[0]
    who, days = np.unique(np.column_stack((who, days)), axis=0).T
    told = detect_truncation(who, days, until=373)
    assert told.found
    assert told.spike > 1.5
    assert told.early > told.late + 0.1


def _bias(model, rows, later, **more):
    fitted = model.fit(**rows, **more)
    return fitted.expected_purchases(YEARS, **rows, **more).sum() / later - 1, fitted


@pytest.mark.parametrize(
    ("model", "before", "after"), [(BetaGeo(), 0.08, 0.03), (ParetoNBD(), 0.08, 0.03)]
)
def test_bias_before_and_after(model, before, after):
    """Six years, the first three lost, two to fit, one to predict; BG/NBD customers.

    | model      | as if whole | two populations |
    | BG/NBD     | +8%         | -2%             |
    | Pareto/NBD | +8%         | -1%             |
    """
    who, when = _shop("steady", seed=1)
    past_who, past_when = _past(who, when, start=3 * YEARS, until=5 * YEARS)
    told = detect_truncation(past_who, past_when, until=2 * YEARS)
    rows = histories(past_who, past_when, 2 * YEARS)
    rows.pop("log_intervals")
    later = np.isin(who[when >= 5 * YEARS], past_who).sum()
    plain, _fitted = _bias(model, rows, later)
    handled, fitted = _bias(TrueBirths(model, told.burn_in), rows, later, history=2 * YEARS)
    assert plain == pytest.approx(before, abs=0.02)
    assert abs(handled) < after
    # newcomers are what a model of everyone gets most wrong
    rate = fitted.newcomers.expected_purchases_new(YEARS)
    assert rate < 0.98 * model.fit(**rows).expected_purchases_new(YEARS)


def test_two_populations_predict_draw_and_save():
    who, when = _past(*_shop("steady", customers=4000), start=3 * YEARS, until=5 * YEARS)
    rows = histories(who, when, 2 * YEARS)
    rows.pop("log_intervals")
    fitted = TrueBirths(ModifiedBetaGeo(), 40.0).fit(**rows, history=2 * YEARS)
    asked = {**rows, "history": 2 * YEARS}
    expected = fitted.expected_purchases(26, **asked)
    early = 2 * YEARS - rows["tenure"] < 40
    part = {name: column[early] for name, column in rows.items()}
    np.testing.assert_array_equal(expected[early], fitted.older.expected_purchases(26, **part))
    assert np.all(fitted.probability_alive(**asked) <= 1)
    assert np.all(fitted.probability_of_purchase(26, **asked) <= expected + 1e-12)
    rng = np.random.default_rng(3)
    parameters = fitted.parameter_draws(50, rng=rng)
    drawn = fitted.sample_purchases([13, 26], **asked, rng=rng, draws=50, parameters=parameters)
    assert drawn.shape == (50, 2, expected.size)
    assert drawn[:, 1].sum(axis=1).mean() == pytest.approx(expected.sum(), rel=0.05)
    assert load_model(fitted.to_json()) == fitted
    with pytest.raises(PerenneError, match="no customers on one side"):
        TrueBirths(BetaGeo(), 1e4).fit(**rows, history=2 * YEARS)
