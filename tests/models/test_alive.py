"""P(alive) of one customer on plain numbers, beside the models that answer for arrays."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from perenne.models.alive import NO_PATH, alive_path, chance_alive
from perenne.models.contenders.probability import SOURCES, FittedProbability
from perenne.models.contenders.seasonal import Clock, FittedSeasonal
from perenne.models.ledger import day_number
from perenne.models.purchases.beta_geo import FittedBetaGeo, FittedModifiedBetaGeo
from perenne.models.purchases.beta_geo_cnbd import FittedBetaGeoCNBD, FittedModifiedBetaGeoCNBD
from perenne.models.purchases.exponential_nbd import FittedExponentialNBD
from perenne.models.purchases.pareto_nbd import FittedParetoNBD
from perenne.models.staying import told_alive
from tests.models.shops import ledger_of

BG = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
PARETO = {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}
LIMIT = FittedExponentialNBD({"r": 0.8, "alpha": 8.0, "mu": 0.017}, 0.0, ((0.0,) * 3,) * 3, 1.0)
FITTED = {
    "bg_nbd": FittedBetaGeo(BG, 0.0, ((0.0,) * 4,) * 4, 1.0),
    "mbg_nbd": FittedModifiedBetaGeo(BG, 0.0, ((0.0,) * 4,) * 4, 1.0),
    "bg_cnbd": FittedBetaGeoCNBD(BG | {"k": 3}, 0.0, ((0.0,) * 4,) * 4, 1.0),
    "mbg_cnbd": FittedModifiedBetaGeoCNBD(BG | {"k": 2}, 0.0, ((0.0,) * 4,) * 4, 1.0),
    "pareto_nbd": FittedParetoNBD(PARETO, 0.0, ((0.0,) * 4,) * 4, 1.0),
    "exponential_nbd": LIMIT,
}
FIRST = date(2024, 1, 10)


@pytest.mark.parametrize("name", FITTED)
def test_it_is_what_the_model_says(name: str) -> None:
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.integers(0, 12, 200), [0, 1, 150, 400]]).astype(float)
    tenure = np.concatenate([rng.uniform(1, 200, 200), [500, 500, 300, 520]])
    last = np.where(x > 0, tenure * rng.uniform(0.02, 1, x.size), 0.0)
    last[-2:] = [299.9, 100.0]
    told = FITTED[name].probability_alive(frequency=x, recency=last, tenure=tenure)
    found = [
        chance_alive(name, FITTED[name].parameters, frequency=int(n), recency=r, tenure=t)
        for n, r, t in zip(x, last, tenure, strict=True)
    ]
    np.testing.assert_allclose(found, told, rtol=1e-8, atol=1e-12)


def test_pareto_at_its_limit() -> None:
    one = {"frequency": 3, "recency": 20.0, "tenure": 90.0}
    found = [
        chance_alive(name, LIMIT.parameters, **one) for name in ("pareto_nbd", "exponential_nbd")
    ]
    told = LIMIT.probability_alive(**{name: [value] for name, value in one.items()})[0]
    assert found == pytest.approx([told, told], rel=1e-8)
    far = chance_alive("pareto_nbd", LIMIT.parameters, frequency=0, recency=0.0, tenure=5000.0)
    assert 0 <= far < 1e-6


@pytest.mark.parametrize(
    ("s", "beta", "r", "alpha"), [(3.0, 0.5, 0.2, 40.0), (0.05, 300.0, 8.0, 2.0)]
)
def test_pareto_far_from_usual_parameters(s: float, beta: float, r: float, alpha: float) -> None:
    at = {"r": r, "alpha": alpha, "s": s, "beta": beta}
    model = FittedParetoNBD(at, 0.0, ((0.0,) * 4,) * 4, 1.0)
    for x, last, tenure in [(0, 0.0, 900.0), (3, 1.0, 500.0), (60, 100.0, 101.0)]:
        told = model.probability_alive(frequency=[x], recency=[last], tenure=[tenure])[0]
        found = chance_alive("pareto_nbd", at, frequency=x, recency=last, tenure=tenure)
        assert found == pytest.approx(told, rel=1e-8, abs=1e-12)


def manifest(name: str = "pareto_nbd", **more: object) -> dict[str, object]:
    plain = name.removesuffix("_season")
    at = FITTED[plain].parameters if plain in FITTED else {}
    return {"purchase_model": name, "alive_model": name, "parameters": at, **more}


ORDERS = [FIRST, date(2024, 3, 1), date(2024, 3, 20), date(2024, 9, 5)]
UNTIL = date(2025, 6, 30)


def test_a_path_falls_in_silence_and_rises_with_an_order() -> None:
    found = alive_path(manifest(), ORDERS, until=UNTIL)
    assert found is not None
    assert (found.model, found.note) == ("pareto_nbd", None)
    days = [day for day, _chance in found.points]
    assert (days[0], days[-1]) == (FIRST, UNTIL)
    assert {*ORDERS} < {*days}
    for (before, was), (after, now) in pairwise(found.points):
        assert (now > was) is (after in ORDERS), (before, after)
    assert all(0 < chance < 1 for _day, chance in found.points)


def test_each_day_knows_only_what_came_before() -> None:
    late = date(2024, 9, 4)
    whole = dict(alive_path(manifest(), ORDERS, until=UNTIL).points)  # type: ignore[union-attr]  # has orders
    then = dict(alive_path(manifest(), ORDERS[:3], until=late).points)  # type: ignore[union-attr]  # has orders
    assert whole[late] == then[late]
    assert [whole[day] for day in ORDERS[:3]] == [then[day] for day in ORDERS[:3]]


@pytest.mark.parametrize("season", [False, True])
def test_it_ends_where_the_table_of_predictions_stands(season: bool) -> None:
    """A shop of three customers, one of whom ordered on the last day."""
    until = date(2025, 1, 31)
    orders = {0: [40, 90, 200], 1: [], 2: [10, 300, (until - FIRST).days]}
    born = day_number(FIRST)
    rows = [(who, born + day, 20.0) for who, days in orders.items() for day in (0, *days)]
    ledger = ledger_of(rows, until=day_number(until))
    model: FittedProbability
    model, clock = FittedProbability("pareto_nbd", FITTED["pareto_nbd"], None, None), None  # type: ignore[arg-type]  # asks for purchases alone
    if season:
        weeks = Clock(day_number(FIRST) - 30, 1, (), (0.5, -0.2), 0.97)
        model = FittedSeasonal("pareto_nbd_season", FITTED["pareto_nbd"], None, None, weeks)  # type: ignore[arg-type]  # asks for purchases alone
        clock = model.clock_until(ledger.until)
    told = told_alive(model, ledger)
    for who, days in orders.items():
        bought = [FIRST + timedelta(one) for one in (0, *days)]
        found = alive_path(manifest(model.name, clock=clock), bought, until=until)
        assert found is not None
        assert found.points[-1][1] == pytest.approx(told[who], abs=1e-5)


def test_one_order_is_no_reason_to_say_that_a_customer_stays() -> None:
    assert alive_path(manifest("bg_nbd"), ORDERS[:1], until=UNTIL).note == "one_purchase"  # type: ignore[union-attr]  # has an order
    found = alive_path(manifest("bg_nbd"), ORDERS, until=UNTIL)
    assert found is not None
    assert found.points[0][0] == ORDERS[1]
    assert alive_path(manifest("mbg_nbd"), ORDERS[:1], until=UNTIL).points  # type: ignore[union-attr]  # has an order


def test_why_there_is_no_path() -> None:
    asked = {
        "older_snapshot": (None, manifest("pareto_nbd_season")),
        "no_purchase_model": ({"model": "simple_clv"},),
        "by_occasion": (manifest(alive_model="bg_bb"),),
        "nobody_leaves": (manifest("nbd"), manifest("nbd_season")),
        "no_formula": (manifest("pareto_ggg"),),
    }
    for note, manifests in asked.items():
        for one in manifests:
            found = alive_path(one, ORDERS, until=UNTIL)
            assert found is not None
            assert (found.note, found.points) == (note, ())
    assert alive_path(manifest(), [UNTIL], until=UNTIL).note == "too_soon"  # type: ignore[union-attr]  # has an order
    assert alive_path(manifest(), [], until=UNTIL) is None
    assert {*asked, "one_purchase", "too_soon"} == {*NO_PATH}


def test_every_purchase_model_has_a_path_or_a_reason() -> None:
    for name in SOURCES:
        found = alive_path(manifest(name), ORDERS, until=UNTIL)
        assert found is not None
        assert bool(found.points) is (found.note is None)


def test_scipy_is_not_loaded_for_it() -> None:
    said = "import sys, perenne.models.alive; print('scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
