"""The CLV model in plain numbers: worked examples, laws it must obey, and what it refuses."""

from dataclasses import fields, replace
from decimal import Decimal
from math import inf, isclose, nan
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perenne.core import PerenneError
from perenne.reports import ClvInputs, ClvRow, ClvTerms, clv_terms
from perenne.reports.clv_model import row_terms
from perenne.text import use_language
from tests.reports.clv_samples import FIGURES, by_hand

FULL = ClvInputs(1000, 60, 2.5, 3, 0.4, 20, 4)
amounts = st.floats(0, 1e4)
years = st.floats(0, 50)
rates = st.floats(0, 1)


def test_500_rupees_a_month_for_24_months_is_12_000() -> None:
    terms = clv_terms(ClvInputs(basket=500, frequency=12, lifespan=2), discount_rate=None)
    assert terms.clv_simple == 12_000


def test_500_euros_a_year_for_5_years_is_2_500_gross() -> None:
    terms = clv_terms(ClvInputs(basket=250, frequency=2, lifespan=5), discount_rate=None)
    assert (terms.customer_value, terms.clv_simple) == (500, 2_500)


def test_net_clv_takes_off_every_term() -> None:
    terms = clv_terms(FULL, discount_rate=0.1)
    assert terms.customer_value == 150
    assert terms.clv_simple == 450
    assert terms.clv_margin == 180
    assert terms.clv_net == 180 - 20 - 3 * 4
    assert terms.clv_cac == 9
    # 56 a year for 3 years, paid continuously at ln 1.1: 1 − 1.1⁻³ is 331/1331
    assert terms.clv_discounted == pytest.approx(56 * (331 / 1331) / 0.09531017980432487 - 20)


def test_decimals_and_floats_give_the_same_figures() -> None:
    decimal = ClvInputs(
        **{k: v if k == "customers" else Decimal(str(v)) for k, v in vars(FULL).items()}
    )
    assert clv_terms(decimal, discount_rate=Decimal("0.1")) == clv_terms(FULL, discount_rate=0.1)


@example(b=0, f=0, life=1.5, m=0, c=0, k=1, d=5e-324)  # underflows where no rate is too small
@given(b=amounts, f=years, life=years, m=st.floats(-1, 1), c=amounts, k=amounts, d=rates)
def test_figures_equal_a_second_computation(**v: float) -> None:
    names = dict(
        zip("bfmck", ("basket", "frequency", "margin", "cac", "retention_cost"), strict=True)
    )
    row = {names[key]: value for key, value in v.items() if key in names} | {"lifespan": v["life"]}
    terms, expected = clv_terms(ClvInputs(None, **row), discount_rate=v["d"]), by_hand(row, v["d"])
    for figure in FIGURES:
        ours, theirs = getattr(terms, figure), expected[figure]
        if theirs is None:
            assert ours is None
        else:
            scale = 1e3 * abs(row["retention_cost"] * row["lifespan"]) + 1e3
            assert isclose(ours, theirs, rel_tol=1e-8, abs_tol=1e-9 * scale)


@given(d=st.floats(0, 1e-6), life=st.floats(0.01, 50))
def test_discounted_clv_meets_net_clv_as_the_rate_goes_to_zero(d: float, life: float) -> None:
    terms = clv_terms(replace(FULL, lifespan=life), discount_rate=d)
    assert terms.clv_net is not None
    assert terms.clv_discounted == pytest.approx(terms.clv_net, abs=56 * life * life * d + 1e-9)


@given(low=rates, high=rates)
def test_a_higher_rate_never_adds_value(low: float, high: float) -> None:
    low, high = sorted((low, high))
    less, more = (clv_terms(FULL, discount_rate=d).clv_discounted for d in (high, low))
    assert less is not None
    assert more is not None
    assert less <= more + 1e-9


@pytest.mark.parametrize(
    ("missing", "gone"),
    [
        ("basket", set(FIGURES)),
        ("frequency", set(FIGURES)),
        ("lifespan", set(FIGURES) - {"customer_value"}),
        ("margin", {"clv_margin", "clv_net", "clv_discounted", "clv_cac"}),
        ("cac", {"clv_net", "clv_discounted", "clv_cac"}),
        ("retention_cost", {"clv_net", "clv_discounted"}),
        ("customers", set()),
    ],
)
def test_a_missing_input_takes_away_what_needs_it_and_nothing_else(
    missing: str, gone: set[str]
) -> None:
    terms = clv_terms(replace(FULL, **{missing: None}), discount_rate=0.1)
    assert {f.name for f in fields(ClvTerms) if getattr(terms, f.name) is None} == gone


def test_without_a_rate_only_the_discounted_figure_is_missing() -> None:
    terms = clv_terms(FULL, discount_rate=None)
    assert terms.clv_discounted is None
    assert terms.clv_net == 148


def test_no_ratio_without_a_cost() -> None:
    assert clv_terms(replace(FULL, cac=0), discount_rate=0.1).clv_cac is None


@pytest.mark.parametrize("value", [nan, inf, -inf, Decimal("NaN")])
def test_refuses_what_is_no_number(value: Any) -> None:
    with pytest.raises(PerenneError, match=r"as its input “basket”.*finite number"):
        clv_terms(replace(FULL, basket=value), discount_rate=0.1)


@pytest.mark.parametrize(
    ("change", "rate", "message"),
    [
        ({"lifespan": -1}, 0.1, r"-1.* as its input “lifespan”.*0 or more"),
        ({}, 1.5, r"1\.5 as its input “discount_rate”.*0 to 1"),
        ({}, -0.01, r"-0\.01 as its input “discount_rate”.*0 to 1"),
    ],
)
def test_refuses_figures_out_of_range(change: dict[str, Any], rate: float, message: str) -> None:
    with pytest.raises(PerenneError, match=message):
        clv_terms(replace(FULL, **change), discount_rate=rate)


def test_the_engine_s_figures_are_kept_when_they_follow_from_the_inputs() -> None:
    engine = replace(clv_terms(FULL, discount_rate=0.1), clv_net=148 + 1e-8)
    assert row_terms(ClvRow("Shop", FULL, engine), discount_rate=0.1) == engine


def test_the_engine_may_count_in_decimals() -> None:
    engine: Any = {
        name: Decimal(str(v)) for name, v in vars(clv_terms(FULL, discount_rate=0)).items()
    }
    terms = row_terms(ClvRow("Shop", FULL, ClvTerms(**engine)), discount_rate=0)
    assert terms == clv_terms(FULL, discount_rate=0)


@pytest.mark.parametrize("wrong", [149.0, None])
def test_refuses_the_engine_s_figures_that_contradict_the_inputs(wrong: float | None) -> None:
    engine = replace(clv_terms(FULL, discount_rate=0.1), clv_net=wrong)
    with pytest.raises(PerenneError, match=r"“clv_net” of “Shop” is .* inputs give 148"):
        row_terms(ClvRow("Shop", FULL, engine), discount_rate=0.1)


def test_refuses_in_french() -> None:
    with use_language("fr"), pytest.raises(PerenneError, match="ne peut pas utiliser inf"):
        clv_terms(replace(FULL, basket=inf), discount_rate=0.1)
