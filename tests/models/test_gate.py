"""Minimum data: each requirement, what was found, and what stands in."""

import numpy as np
import pytest

from perenne.models.judging.gate import gate
from tests.models.shops import ledger_of, shop


def test_a_usual_shop_passes():
    result = gate(shop(np.random.default_rng(1)), horizon=365)
    assert result.passed
    assert result.reason == "There is enough history to predict from."


@pytest.mark.parametrize(
    ("customers", "days", "until", "horizon", "missing"),
    [
        (50, (0, 300), 300, 365, {"buyers", "repeaters"}),
        (400, (0, 100), 100, 365, {"history"}),
        (400, (0, 300), 500, 365, {"silence"}),
        (400, (300,), 300, 5, {"repeaters", "history"}),
    ],
)
def test_each_requirement_is_named(customers, days, until, horizon, missing):
    rows = [(who, day, 9.0) for who in range(customers) for day in days]
    result = gate(ledger_of(rows, until=until), horizon=horizon)
    assert {r.name for r in result.requirements if not r.passed} == missing
    assert not result.passed
    assert "The simple formula and the mean of the RFM cell stand in." in result.reason
    for requirement in result.requirements:
        assert (requirement.words in result.reason) is (not requirement.passed)


def test_the_words_hold_the_figures():
    rows = [(who, day, 9.0) for who in range(50) for day in (0, 300)]
    assert "50 buyers, 300 are needed" in gate(ledger_of(rows, until=300), horizon=365).reason
    empty = shop(np.random.default_rng(1), customers=20).as_of(-1)
    assert not gate(empty, horizon=30).passed


@pytest.mark.parametrize(
    ("days", "until", "passed"),
    [
        (range(900), 927, True),
        (range(900), 929, False),
        ([*range(200), *range(380, 580), *range(760, 960)], 1100, True),
        ([*range(200), *range(380, 580), *range(760, 960)], 1250, False),
    ],
    ids=["four weeks", "longer", "a winter", "longer than a fifth"],
)
def test_a_silence_is_judged_by_those_of_before(days, until, passed):
    rows = [(who % 400, day, 9.0) for who, day in enumerate(days)]
    rows += [(who, 0, 9.0) for who in range(400)]
    (found,) = [
        r
        for r in gate(ledger_of(rows, until=until), horizon=365).requirements
        if r.name == "silence"
    ]
    assert found.passed is passed
