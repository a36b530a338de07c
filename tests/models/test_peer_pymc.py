"""The peer pymc-marketing at equal parameters, and whose likelihood is higher after its own fit.

It is a gigabyte with a compiler's needs, so no development dependency: where it is installed (0.19
on Python 3.11), these run.
"""

import warnings

import numpy as np
import pytest

from perenne.models import (
    BetaGeo,
    BetaGeoBetaBinomial,
    GammaGamma,
    ModifiedBetaGeo,
    ParetoNBD,
    ShiftedBetaGeometric,
)
from perenne.models.contracts.likelihood import log_likelihood
from perenne.models.contracts.lives import read_lives
from perenne.models.histories import compress, read_histories
from perenne.models.purchases.beta_binomial_likelihood import BetaBinomialLikelihood
from perenne.models.purchases.beta_geo_likelihood import Likelihood, objective_of
from perenne.models.purchases.pareto_likelihood import ParetoLikelihood

from .buying import Truth, histories, purchase_times
from .living import simulate
from .spending import simulate as spend
from .test_beta_binomial import TABLE
from .test_gamma_gamma import slow_log_likelihood

REASON = "the peer pymc-marketing (1 GB) is no development dependency"
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def clv():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("pymc_marketing.clv", reason=REASON, exc_type=ImportError)


def rows_of(data):
    """A frame as the peer wants it."""
    pandas = pytest.importorskip("pandas", reason="the peer reads pandas frames")
    frame = pandas.DataFrame(data).rename(columns={"tenure": "T", "periods": "T"})
    return frame.assign(customer_id=np.arange(len(frame)))


def peer_at(model, parameters, frame, **dims):
    """The peer's model, believing exactly `parameters`."""
    import arviz

    model.build_model(frame)
    posterior = {
        name: np.full((1, 1, *(len(dims[d]) for d in dims)), v) for name, v in parameters.items()
    }
    model.idata = arviz.from_dict(
        posterior=posterior, coords=dims, dims={name: list(dims) for name in parameters}
    )
    return model


def mapped(model, frame, names):
    """Where the peer's own MAP fit ends."""
    found = model.fit(frame, method="map", progressbar=False).posterior
    return [float(found[name].values.ravel()[0]) for name in names]


def told(array):
    return np.asarray(array).ravel()


def buyers(kind):
    """600 customers, simulated from the model itself."""
    rng = np.random.default_rng(5)
    if kind is ParetoNBD:
        truth = {"r": 0.8, "alpha": 6.0, "s": 0.7, "beta": 14.0}
        return simulate(rng, rng.uniform(26, 78, 600), truth=truth)
    truth = Truth(0.6, 6.0, 0.8, 3.0, dropout_at_zero=kind is ModifiedBetaGeo)
    rows = histories(*purchase_times(truth, rng.uniform(0, 26, 600), 78, rng=rng), 78)
    rows.pop("log_intervals")
    return rows


def likelihood_at(model, data, values):
    """Our log-likelihood at the peer's parameters."""
    rows = read_histories(**data)
    if model.model == "ParetoNBD":
        return ParetoLikelihood(rows, unit=1.0, matrix=np.zeros((1, 0)))(np.log(values))[0]
    return objective_of(Likelihood(model.family, rows), np.zeros((1, 0)))(np.log(values))[0]


@pytest.mark.parametrize(
    ("kind", "peer"),
    [
        (BetaGeo, "BetaGeoModel"),
        (ModifiedBetaGeo, "ModifiedBetaGeoModel"),
        (ParetoNBD, "ParetoNBDModel"),
    ],
)
def test_purchases_agree_and_our_fit_is_at_least_as_likely(clv, kind, peer):
    data = buyers(kind)
    frame, ours = rows_of(data), kind().fit(**data)
    names = list(ours.parameters)
    theirs = peer_at(getattr(clv, peer)(), ours.parameters, frame)
    alive = told(theirs.expected_probability_alive(frame))
    np.testing.assert_allclose(ours.probability_alive(**data), alive, atol=1e-6)
    for horizon in (4, 52):
        expected = told(theirs.expected_purchases(frame, future_t=horizon))
        np.testing.assert_allclose(
            ours.expected_purchases(horizon, **data), expected, rtol=1e-6, atol=1e-6
        )
        new = told(theirs.expected_purchases_new_customer(frame, t=horizon))[:1]
        assert ours.expected_purchases_new(horizon) == pytest.approx(new[0], rel=1e-6)
    if kind is ParetoNBD:
        chance = ours.purchase_probabilities(12.0, **data, up_to=3)
        for count in (0, 1, 3):
            same = theirs.expected_purchase_probability(frame, n_purchases=count, future_t=12.0)
            np.testing.assert_allclose(chance[:, count], told(same), atol=1e-6)
    values = mapped(getattr(clv, peer)(), frame, names)
    assert ours.log_likelihood >= likelihood_at(ours, data, values) - 1e-4


def test_opportunities_agree_and_our_fit_is_at_least_as_likely(clv):
    data = dict(zip(("frequency", "recency"), TABLE[:, :2].T.astype(float), strict=True))
    data["periods"] = np.full(data["frequency"].size, 6.0)
    counts = (TABLE[:, 2] / 20).round().astype(int)  # a twentieth of the donors: enough to fit
    data = {name: np.repeat(column, counts) for name, column in data.items()}
    frame, ours = rows_of(data).astype(int), BetaGeoBetaBinomial().fit(**data)
    theirs = peer_at(clv.BetaGeoBetaBinomModel(), ours.parameters, frame)
    for ahead in (1, 4):
        alive = told(theirs.expected_probability_alive(frame, future_t=ahead))
        np.testing.assert_allclose(ours.probability_alive(ahead=ahead, **data), alive, atol=1e-6)
    expected = told(theirs.expected_purchases(frame, future_t=5))
    np.testing.assert_allclose(ours.expected_purchases(5, **data), expected, rtol=1e-6)
    values = mapped(clv.BetaGeoBetaBinomModel(), frame, list(ours.parameters))
    rows = compress(*data.values())
    assert ours.log_likelihood >= BetaBinomialLikelihood(rows)(np.log(values))[0] - 1e-4


def test_spend_agrees_and_our_fit_is_at_least_as_likely(clv):
    x, value = spend(np.random.default_rng(2), 800)
    data = {"frequency": x[x > 0], "monetary_value": value[x > 0]}
    frame, ours = rows_of(data), GammaGamma().fit(**data)
    parameters = {"p": ours.parameters["p"], "q": ours.parameters["q"]}
    theirs = peer_at(clv.GammaGammaModel(), {**parameters, "v": ours.parameters["gamma"]}, frame)
    expected = told(theirs.expected_customer_spend(frame))
    np.testing.assert_allclose(ours.expected_value(**data), expected, rtol=1e-6)
    p, q, v = mapped(clv.GammaGammaModel(), frame, ["p", "q", "v"])
    theirs_told = slow_log_likelihood({"p": p, "q": q, "gamma": v}, *data.values())
    assert ours.log_likelihood >= theirs_told - 1e-4


def test_contracts_agree_and_our_fit_is_at_least_as_likely(clv):
    left = (131, 126, 90, 60, 42, 34, 26)  # of 1,000, Fader & Hardie (2007), High End
    years = np.arange(1.0, 8.0)
    tenure = np.concatenate((np.repeat(years, left), np.full(491, 7.0)))
    churned = np.concatenate((np.ones(509), np.zeros(491)))
    ours = ShiftedBetaGeometric().fit(tenure=tenure, churned=churned)
    pandas = pytest.importorskip("pandas", reason="the peer reads pandas frames")
    # The peer counts periods paid: who left at renewal t was last seen at t, who stayed at T.
    frame = pandas.DataFrame(
        {
            "customer_id": np.arange(tenure.size),
            "recency": np.where(churned == 1, tenure, 8).astype(int),
            "T": 8,
            "cohort": "all",
        }
    )
    theirs = peer_at(clv.ShiftedBetaGeoModel(), ours.parameters, frame, cohort=["all"])
    stayed = frame[churned == 0].head(1)
    for ahead in (0, 1, 5):
        alive = told(theirs.expected_probability_alive(stayed, future_t=ahead))[0]
        assert float(ours.survival(8 + ahead)) == pytest.approx(alive, abs=1e-6)
        kept = told(theirs.expected_retention_rate(stayed, future_t=ahead))[0]
        assert float(ours.retention(8 + ahead)) == pytest.approx(kept, abs=1e-6)
    life = told(theirs.expected_residual_lifetime(stayed, discount_rate=0.1))[0]
    derl = ours.discounted_remaining_life(0.1, tenure=7, due_now=True)[0]
    assert derl == pytest.approx(life, rel=1e-6)
    alpha, beta = mapped(clv.ShiftedBetaGeoModel(), frame, ["alpha", "beta"])
    objective = log_likelihood(read_lives(tenure=tenure, churned=churned), size=2)
    assert ours.log_likelihood >= objective(np.log([alpha, beta]))[0] - 1e-4
