"""Covariates become centred columns that mean the same at the fit and at every prediction."""

import json

import numpy as np
import pandas as pd
import pytest

from perenne.core import PerenneError
from perenne.models.fitting import maximise
from perenne.models.purchases.design import Design, shrink, shrunk

CHANNELS = np.array(["web", "shop", "web", "app", "web", "shop"])


def test_columns_are_centred_and_survive_json():
    design = Design.learn({"channel": CHANNELS, "age": np.arange(6)})
    again = Design.from_settings(json.loads(json.dumps(design.to_settings())))
    assert again == design
    group, rows = again.encode(pd.DataFrame({"channel": CHANNELS, "age": np.arange(6)}), size=6)
    np.testing.assert_allclose(rows[group].mean(axis=0), 0, atol=1e-12)
    assert design.names == ["channel=app", "channel=shop", "channel=web", "age"]
    assert design.blocks == [slice(0, 3), slice(3, 4)]


def test_equal_customers_share_a_group():
    design = Design.learn({"channel": CHANNELS})
    group, rows = design.encode({"channel": CHANNELS}, size=6)
    assert rows.shape == (3, 3)
    assert len(set(group[CHANNELS == "web"])) == 1


def test_unknown_level_and_missing_number_are_the_average_customer():
    design = Design.learn({"channel": CHANNELS, "age": np.arange(6)})
    _group, rows = design.encode({"channel": ["fax"], "age": [np.nan]}, size=1)
    np.testing.assert_array_equal(rows, 0.0)


@pytest.mark.parametrize("nothing", [None, np.nan, "", pd.NA])
def test_a_missing_word_is_the_average_customer_and_no_level(nothing):
    given = [*CHANNELS.tolist(), nothing, nothing]
    for values in (given, np.array(given, dtype=object), pd.Series(given, dtype=object)):
        frame = pd.DataFrame({"channel": values})
        for covariates in ({"channel": values}, frame):
            design = Design.learn(covariates)
            assert design == Design.learn({"channel": CHANNELS})
            group, rows = design.encode(covariates, size=8)
            np.testing.assert_array_equal(rows[group[-2:]], 0.0)
            np.testing.assert_allclose(rows[group].mean(axis=0), 0, atol=1e-12)
    with pytest.raises(PerenneError, match="same value"):
        Design.learn({"channel": ["web", "web", nothing]})


def test_the_reference_is_the_most_common_level():
    design = Design.learn({"channel": CHANNELS}, reference=True)
    assert design.names == ["channel=app", "channel=shop"]
    _group, rows = design.encode({"channel": ["web"]}, size=1)
    np.testing.assert_allclose(rows, [[-1 / 6, -2 / 6]])
    _group, rows = design.encode({"channel": ["fax"]}, size=1)
    np.testing.assert_array_equal(rows, 0.0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"channel": ["web"] * 6}, "same value"),
        ({"channel": [str(i) for i in range(2000)]}, "2,?000 levels"),
    ],
)
def test_useless_covariates_are_refused(given, said):
    with pytest.raises(PerenneError, match=said):
        Design.learn(given)


def test_missing_and_short_covariates_are_named():
    design = Design.learn({"channel": CHANNELS})
    with pytest.raises(PerenneError, match="covariate channel is missing"):
        design.encode({"country": CHANNELS}, size=6)
    with pytest.raises(PerenneError, match="6 values for 7 customers"):
        design.encode({"channel": CHANNELS}, size=7)


def _normal_means(means, precision_of_data):
    """Log-likelihood of means of groups known with some precision: shrinkage is known exactly."""

    def objective(point):
        rest = means - point
        return -0.5 * precision_of_data * float(rest @ rest), precision_of_data * rest

    return objective


def test_empirical_bayes_finds_the_spread_of_group_means():
    rng = np.random.default_rng(1)
    means = rng.normal(0, 0.5, 400) + rng.normal(0, 0.2, 400)
    objective = _normal_means(means, 25.0)

    def fit(precision, start):
        return maximise(
            shrunk(objective, precision),
            starts=[np.zeros(400) if start is None else start],
            names=[f"m{i}" for i in range(400)],
        )

    optimum, precision = shrink(fit, blocks=[slice(0, 400)], size=400, shrinkage=None)
    assert 1 / np.sqrt(precision[0]) == pytest.approx(0.5, abs=0.05)
    np.testing.assert_allclose(optimum.point, means * 25 / (25 + precision), rtol=1e-2)
    exact, none = shrink(fit, blocks=[slice(0, 400)], size=400, shrinkage=0.0)
    np.testing.assert_allclose(exact.point, means, rtol=1e-6)
    assert not none.any()


@pytest.mark.parametrize(
    ("fitted", "given", "said"),
    [
        (["1", "2", "3"], [1, 2, 3], "1.0, 2.0, 3.0"),
        ([True, False, True], [1, 0, 1], "0.0, 1.0"),
        ([True, False, True], ["true", "false", "true"], "false, true"),
        (["web", "shop", "app"], ["Web", "Shop", "App"], "App, Shop, Web"),
        (["web", "shop", "app"], ["Web", "Web", "Web"], "Web"),
        ([1.0, 2.0, 3.0], ["1", "2", "3"], "1, 2, 3"),
    ],
)
def test_values_of_another_coding_are_refused(fitted, given, said):
    design = Design.learn({"c": fitted})
    with pytest.raises(PerenneError, match=f"covariate c are not those of the fit: {said}") as it:
        design.encode({"c": given}, size=3)
    assert "or None: a customer of whom it is not known" in it.value.next_step
    _group, rows = design.encode({"c": [None, None, None]}, size=3)
    np.testing.assert_array_equal(rows, 0.0)


def test_one_new_level_among_known_ones_is_the_average_customer():
    design = Design.learn({"channel": CHANNELS})
    group, rows = design.encode({"channel": ["fax", "web"]}, size=2)
    np.testing.assert_array_equal(rows[group[0]], 0.0)
    assert rows[group[1]].any()


def test_infinite_covariates_are_refused():
    for read in (Design.learn, Design.learn({"age": np.arange(6)}).encode):
        with pytest.raises(PerenneError, match="The covariate age is infinite in 1 rows"):
            read({"age": [1, 2, np.inf]}, **({} if read == Design.learn else {"size": 3}))
