"""Why: the parts add up, and the words say what is true of the customer."""

import json

import numpy as np
import pytest

from perenne.models.contenders.probability import probability_contender
from perenne.models.ledger import Ledger
from perenne.models.reasons import CODES, Expected, parts, reason_text, reasons, simple_reasons
from perenne.text import use_language


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """700 customers of two years; the first three are made by hand."""
    rng = np.random.default_rng(5)
    until, rows = 730, []
    by_hand = [
        [(day, 40.0) for day in range(0, 400, 20)],  # regular, then silent for 350 days
        [(day, 400.0) for day in range(10, 730, 60)],  # large baskets, still there
        [(700, 35.0)],  # one purchase
    ]
    rows += [(who, day, net) for who, days in enumerate(by_hand) for day, net in days]
    for who in range(3, 700):
        born, pace = rng.uniform(0, 500), rng.gamma(1.2, 1 / 60)
        end = min(until, born + rng.exponential(400))
        count = rng.poisson(pace * (end - born))
        days = np.unique([int(born), *rng.uniform(born, end, count).astype(int)])
        rows += [(who, int(day), float(rng.gamma(4.0, 10.0))) for day in days]
    who, day, net = (np.array(column) for column in zip(*rows, strict=True))
    return Ledger(
        customer=who.astype(np.int32),
        day=day.astype(np.int32),
        orders=np.ones(who.size, dtype=np.int32),
        net=net.astype(float),
        returned=np.zeros(who.size),
        margin=np.full(who.size, np.nan),
        until=until,
        customer_ids=np.array([f"c{n}" for n in range(700)]),
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
    whole = found.silence + found.rhythm + found.basket
    assert whole == pytest.approx(found.value - found.mean, abs=1e-6 * found.mean)


def test_each_customer_is_told_its_own_reason(told: list[list[list[object]]]) -> None:
    silent, rich, single = ({code for code, _said in told[n]} for n in range(3))
    assert "silent" in silent
    assert told[1][0][0] == "basket_high"
    assert "silent" not in rich
    assert "one_order" in single
    assert all(1 <= len(codes) <= 3 for codes in told)


def test_words_hold_the_facts_in_both_languages(told: list[list[list[object]]]) -> None:
    (said,) = [said for code, said in told[0] if code == "silent"]
    english = reason_text("silent", said, currency="EUR")  # type: ignore[arg-type] # JSON
    assert "every 20 days, silent for 350 days" in english
    with use_language("fr"):
        french = reason_text("silent", said, currency="EUR")  # type: ignore[arg-type] # JSON
    assert "tous les 20 jours, silencieux depuis 350 jours" in french.replace("\u00a0", " ")


@pytest.mark.parametrize("code", CODES)
def test_every_code_speaks_both_languages(code: str) -> None:
    numbers = ("gap", "days", "effect", "orders", "basket", "usual", "chance", "low", "high")
    arguments = dict.fromkeys(numbers, 2.0)
    english = reason_text(code, arguments, currency="EUR")
    with use_language("fr"):
        french = reason_text(code, arguments, currency="EUR")
    assert english.endswith(".")
    assert french.endswith(".")
    assert english != french


def test_a_code_of_another_version_says_nothing() -> None:
    assert reason_text("forgotten", {}, currency="EUR") == ""


def test_below_the_gate_the_formula_is_named(ledger: Ledger) -> None:
    none = np.full(ledger.customers, np.nan)
    told = [json.loads(one) for one in simple_reasons(ledger, Expected(none, none, none, none))]
    assert told[2] == [["simple_formula", {"orders": 1, "basket": 35.0}]]
