"""Purchase models with channel, category …: effects found, newcomers told apart, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.contenders.covariates import (
    OTHER,
    CovariateContender,
    FittedCovariates,
    plan_of,
)
from perenne.models.contenders.roster import COVARIATES, contender
from perenne.models.ledger import Ledger
from tests.models.learning_shops import shop


def chance(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def whole() -> Ledger:
    """Channel 1 doubles the pace; countries mean nothing."""
    plain = shop(1500, rng=chance(), days=700, effect=0.7)
    country = chance(2).integers(0, 3, plain.customers)
    return replace(plain, attributes={**plain.attributes, "country": country})


@pytest.fixture(scope="module")
def fitted(whole: Ledger) -> FittedCovariates:
    return CovariateContender("mbg_nbd_covariates").fit(whole, horizon=180, rng=chance())


def test_the_channel_has_an_effect_and_the_country_none(fitted: FittedCovariates) -> None:
    found = fitted.purchases.parameters
    between = found["alpha[channel=1]"] - found["alpha[channel=0]"]
    assert 0.4 < between < 1.0
    countries = [value for name, value in found.items() if name.startswith("alpha[country")]
    assert len(countries) == 3
    assert np.abs(countries).max() < 0.1
    spend = fitted.spend.parameters
    assert 0.15 < spend["gamma[channel=1]"] - spend["gamma[channel=0]"] < 0.6


def test_newcomers_are_told_apart_by_what_their_first_order_told(
    whole: Ledger, fitted: FittedCovariates
) -> None:
    told = fitted.forecast(whole, horizon=180, draws=50, rng=chance())
    history, channel = whole.histories(), whole.attributes["channel"]
    fresh = (history.frequency == 0) & (history.tenure < 60)
    assert told.mean_orders[fresh & (channel == 1)].mean() > 1.3 * (
        told.mean_orders[fresh & (channel == 0)].mean()
    )
    assert told.value is not None
    assert told.value.mean(axis=0).sum() == pytest.approx(told.mean_value.sum(), rel=0.1)


def test_a_code_never_seen_is_the_average_customer(whole: Ledger, fitted: FittedCovariates) -> None:
    strange = {**whole.attributes, "channel": np.full(whole.customers, 99)}
    told = fitted.forecast(replace(whole, attributes=strange), horizon=180, draws=0, rng=chance())
    known = fitted.forecast(whole, horizon=180, draws=0, rng=chance())
    history, channel = whole.histories(), whole.attributes["channel"]
    fresh = (history.frequency == 0) & (history.tenure < 60)
    slow, quick = (fresh & (channel == one) for one in (0, 1))
    assert (told.mean_orders[slow] > known.mean_orders[slow]).all()
    assert (told.mean_orders[quick] < known.mean_orders[quick]).all()


def test_rare_codes_share_one_level(whole: Ledger) -> None:
    channel = np.where(np.arange(whole.customers) < 20, 7, whole.attributes["channel"])
    rare = replace(whole, attributes={"channel": channel, "country": np.zeros(whole.customers)})
    assert plan_of(rare) == {"channel": (0, 1)}
    assert OTHER == "other"


@pytest.mark.parametrize("name", COVARIATES)
def test_a_shop_without_attributes_is_refused(name: str, whole: Ledger) -> None:
    same = {"channel": np.zeros(whole.customers, dtype=int)}
    for attributes in ({}, same):
        with pytest.raises(PerenneError, match="has two values or more"):
            contender(name).fit(replace(whole, attributes=attributes), horizon=90, rng=chance())
