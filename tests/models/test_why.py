"""Why: the parts add up, and the words say what is true of the customer."""

import json
from dataclasses import replace

import numpy as np
import pytest

from perenne.models.contenders.probability import probability_contender
from perenne.models.ledger import Ledger
from perenne.models.why.codes import Expected, reasons, simple_reasons
from perenne.models.why.parts import parts
from perenne.models.why.seasons import season_of
from perenne.models.why.traits import Traits, measured, no_traits, traits
from perenne.models.why.words import CODES, reasons_text, reasons_texts
from perenne.text import use_language
from tests.models.shops import ledger_of


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """700 customers of two years; the first five are made by hand."""
    rng = np.random.default_rng(5)
    until, rows = 730, []
    by_hand = [
        [(day, 40.0) for day in range(0, 400, 20)],  # regular, then silent for 350 days
        [(day, 400.0) for day in range(10, 730, 60)],  # large baskets, still there
        [(700, 35.0)],  # one purchase
        [(day, 40.0) for day in range(5, 730, 30)],  # regular, always at half price
        [(day, 60.0) for day in range(8, 730, 30)],  # regular, sends nearly all of it back
    ]
    rows += [(who, day, net) for who, days in enumerate(by_hand) for day, net in days]
    for who in range(len(by_hand), 700):
        born, pace = rng.uniform(0, 500), rng.gamma(1.2, 1 / 60)
        end = min(until, born + rng.exponential(400))
        count = rng.poisson(pace * (end - born))
        days = np.unique([int(born), *rng.uniform(born, end, count).astype(int)])
        rows += [(who, int(day), float(rng.gamma(4.0, 10.0))) for day in days]
    who, day, net = (np.array(column) for column in zip(*rows, strict=True))
    off = np.where(who == 3, 0.5, 0.1)
    return Ledger(
        customer=who.astype(np.int32),
        day=day.astype(np.int32),
        orders=np.ones(who.size, dtype=np.int32),
        net=net.astype(float),
        returned=np.where(who == 4, 0.9 * net, 0.05 * net),
        margin=np.full(who.size, np.nan),
        until=until,
        customer_ids=np.array([f"c{n}" for n in range(700)]),
        columns={"gross": net / (1 - off), "discount": net / (1 - off) * off},
    )


@pytest.fixture(scope="module")
def model(ledger: Ledger):  # type: ignore[no-untyped-def] # a fixture
    return probability_contender("mbg_nbd").fit(ledger, horizon=365, rng=np.random.default_rng(1))


@pytest.fixture(scope="module")
def told(ledger: Ledger, model) -> list[list[list[object]]]:  # type: ignore[no-untyped-def] # a fixture
    size = ledger.customers
    expected = Expected(
        np.full(size, 50.0), np.zeros(size), np.full(size, 400.0), np.full(size, 0.3)
    )
    return [json.loads(one) for one in reasons(ledger, expected, model)]


def test_parts_add_up_to_the_difference_from_the_mean_customer(ledger: Ledger, model) -> None:  # type: ignore[no-untyped-def] # a fixture
    found = parts(ledger, model)
    whole = found.silence + found.rhythm + found.basket + found.discount + found.returns
    assert whole == pytest.approx(found.value - found.mean, abs=1e-6 * found.mean)


def test_each_thing_that_a_customer_shares_with_the_shop_has_no_part(ledger: Ledger, model) -> None:  # type: ignore[no-untyped-def] # a fixture
    plain = replace(ledger, columns={}, returned=np.zeros(ledger.day.size))
    found = parts(plain, probability_contender("mbg_nbd").fit(plain, horizon=365, rng=None))
    assert not found.discount.any()
    assert found.returns == pytest.approx(0)
    assert found.usual == {"discount": 0.0, "returns": 0.0}
    told = parts(ledger, model)
    assert told.usual["discount"] == pytest.approx(0.1, abs=0.01)


def test_a_discount_is_what_the_same_orders_would_bring_at_the_usual_one(
    ledger: Ledger,
    model,  # type: ignore[no-untyped-def] # a fixture
) -> None:
    found = parts(ledger, model)
    # Half price against a tenth off, but for what the other factors share: about 4/9 of the value.
    missing = found.value[3] * (0.9 / 0.5 - 1)
    assert 0.4 * missing < -found.discount[3] < missing
    assert found.returns[4] < -0.5 * found.mean


def test_each_customer_is_told_its_own_reason(told: list[list[list[object]]]) -> None:
    codes = [[code for code, _said in one] for one in told]
    assert all(one[0] == "worth" for one in codes)
    assert "silent" in codes[0]
    assert codes[1][1] == "basket_high"
    assert "silent" not in codes[1]
    assert "one_order" in codes[2]
    assert "discount_high" in codes[3]
    assert "returns_high" in codes[4]
    assert all(len(one) <= 5 for one in codes)


def test_effects_are_in_the_money_of_the_predicted_value(ledger: Ledger, model) -> None:  # type: ignore[no-untyped-def] # a fixture
    value = 2 * parts(ledger, model).value
    told = [json.loads(one) for one in reasons(ledger, Expected(value, value, value, value), model)]
    lead, effects = told[1][0][1], [said["effect"] for _code, said in told[1][1:]]
    assert lead["mean"] == pytest.approx(value.mean(), rel=0.05)
    assert sum(effects) == pytest.approx(lead["value"] - lead["mean"], rel=0.1)


def test_words_hold_the_facts_in_both_languages(told: list[list[list[object]]]) -> None:
    why = json.dumps([one for one in told[0] if one[0] == "silent"])
    english = reasons_text(why, currency="EUR")
    assert english is not None
    assert english.startswith(
        "What takes off: silent for 350 days, who used to order every 20 days (\u2212€"
    )
    with use_language("fr"):
        french = reasons_text(why, currency="EUR")
    assert french is not None
    plain = french.replace("\u00a0", " ").replace("\u202f", " ")
    assert "silence de 350 jours, là où une commande venait tous les 20 jours (\u2212" in plain


@pytest.mark.parametrize("code", CODES)
def test_every_code_speaks_both_languages(code: str) -> None:
    numbers = (
        *("gap", "days", "effect", "orders", "basket", "usual", "chance", "low", "high", "value"),
        *("mean", "share", "month", "ratio", "name"),
    )
    why = json.dumps([[code, dict.fromkeys(numbers, 2)]])
    english = reasons_text(why, currency="EUR")
    with use_language("fr"):
        french = reasons_text(why, currency="EUR")
    assert english is not None
    assert french is not None
    assert english.endswith(".")
    assert french.endswith(".")
    assert english != french


def test_a_code_of_another_version_says_nothing() -> None:
    assert reasons_text('[["forgotten", {}]]', currency="EUR") is None
    assert reasons_texts([None, "[]"], currency="EUR") == [None, None]


def test_below_the_gate_the_formula_is_named(ledger: Ledger) -> None:
    told = [json.loads(one) for one in simple_reasons(ledger)]
    assert told[2] == [["simple_formula", {"orders": 1, "basket": 35.0}]]


def test_what_adds_and_what_takes_off_stand_apart() -> None:
    silent = ["silent", {"gap": 30, "days": 90, "effect": -40.0}]
    often = ["often", {"orders": 12, "gap": 30, "effect": 120.4}]
    rich = ["basket_high", {"basket": 80.0, "usual": 54.2, "effect": 34.0}]
    lead = ["worth", {"value": 212.0, "mean": 98.0}]
    why = json.dumps([lead, often, silent, rich])
    assert reasons_text(why, currency="EUR") == (
        "€212 expected in 12 months, 2.2 times the mean customer (€98). "
        "What adds: 12 purchase days, one every 30 days (+€120); "
        "baskets of €80, against €54 in the shop (+€34). "
        "What takes off: silent for 90 days, who used to order every 30 days (\u2212€40)."
    )


def test_a_trait_is_measured_beside_what_purchases_promised() -> None:
    rng = np.random.default_rng(3)
    expected = rng.gamma(0.5, 100, 8000)
    codes = rng.integers(0, 4, 8000)
    true = np.array([1.0, 0.6, 1.0, 1.0])
    actual = expected * true[codes] * rng.gamma(0.3, 1 / 0.3, 8000)
    found = measured(actual, expected, codes)
    assert found[1] == pytest.approx(0.6 / 0.9, abs=0.1)
    assert found[[0, 2, 3]] == pytest.approx(1, abs=0.25)


def test_a_trait_that_is_none_is_seldom_told() -> None:
    rng = np.random.default_rng(4)
    told = 0
    for _shop in range(100):
        expected = rng.gamma(0.5, 100, 3000)
        actual = expected * rng.gamma(0.3, 1 / 0.3, 3000)
        told += bool((measured(actual, expected, rng.integers(0, 20, 3000)) != 1).any())
    assert told <= 12


def test_a_channel_that_disappoints_is_told_and_not_counted(ledger: Ledger, model) -> None:  # type: ignore[no-untyped-def] # a fixture
    customers = ledger.customers
    known = replace(
        no_traits(customers),
        ratio=np.full(customers, 0.6),
        trait=np.zeros(customers, dtype=int),
        code=np.ones(customers, dtype=int),
        names={"channel": ["a", 'l"un']},
    )
    value = np.full(customers, 100.0)
    why = reasons(ledger, Expected(value, value, value, value), model, known=known)
    text = reasons_text(why[2], currency="EUR")
    assert text is not None
    assert 'Won by the channel l"un: over the last 12 months' in text
    assert "brought 40% less" in text
    assert "(\u2212€40, not counted in the value)" in text


def test_traits_are_learnt_as_of_a_year_before(ledger: Ledger) -> None:
    """Of the last year, those of channel 1 come back no more; the model cannot know."""
    channel = np.arange(ledger.customers) % 2
    gone = (channel[ledger.customer] == 1) & (ledger.day > 365)
    kept = ~gone | (ledger.orders == 0)
    first = np.r_[True, np.diff(ledger.customer) > 0]
    rows = kept | first
    shop = replace(
        ledger,
        **{
            name: getattr(ledger, name)[rows]
            for name in ("customer", "day", "orders", "net", "returned", "margin")
        },
        columns={},
        attributes={"channel": channel},
    )
    found = traits(
        shop, "mbg_nbd", {"channel": ["a", "b"]}, sample=shop, rng=np.random.default_rng(1)
    )
    assert isinstance(found, Traits)
    assert (found.ratio[channel == 1] < 0.8).all()
    young = replace(shop, day=shop.day + 600, until=shop.until + 100)
    none = traits(young, "mbg_nbd", {}, sample=young, rng=np.random.default_rng(1))
    assert (none.ratio == 1).all()


def test_a_season_is_silence_that_says_little() -> None:
    december = [-20, 340, 345, 710, 1070]
    spread = [0, 300, 500, 1070]
    shop = ledger_of(
        [(0, day, 9.0) for day in december] + [(1, day, 9.0) for day in spread], until=1300
    )
    found = season_of(shop)
    assert found.is_due_later.tolist() == [True, False]
    assert found.month[0] == 12
    missed = season_of(replace(shop, until=1070 + 420))
    assert not missed.is_due_later.any()
