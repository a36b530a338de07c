"""A shop told in parts is the shop told at once: one future for all, own chance for each."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from perenne.models import telling
from perenne.models.accounts import account_groups
from perenne.models.chance import Chance, own
from perenne.models.contenders.births import FittedBirths
from perenne.models.contenders.combined import Combined, FittedCombined
from perenne.models.contenders.probability import probability_contender
from perenne.models.contenders.roster import BASELINES, contender
from perenne.models.contenders.seasonal import Clock, FittedSeasonal
from perenne.models.forecast import Settles
from perenne.models.judging.backtest import Backtest
from perenne.models.judging.recalibration import Adjustment, Recalibration
from perenne.models.purchases.pareto_ggg_fitted import FittedParetoGGG
from perenne.models.purchases.true_births import TrueBirths
from perenne.models.settings import PredictionSettings
from tests.models.test_births_contender import shop

pytestmark = pytest.mark.slow

HORIZON = 180
DRAWS = 300
SHOP = shop(cut=0, people=1500)
PLACES = {"channel": np.arange(SHOP.customers) % 2, "country": np.full(SHOP.customers, -1)}
LEDGER = replace(SHOP, attributes=PLACES)
PARTS = [slice(0, 400), slice(400, 410), slice(410, 1500)]
UNSETTLED = ("combined", "recalibrated")


def births():
    """As fitted, without the long history that finds a late start."""
    plain = probability_contender("pareto_nbd")

    def both(**history):
        return TrueBirths(plain.purchases, burn_in=40.0).fit(
            **history, history=float(LEDGER.until) / 7
        )

    fitted = plain.fit_purchases(LEDGER, both)
    return FittedBirths("pareto_nbd_births", fitted.purchases, fitted.spend, fitted.returns)


def seasonal():
    """On a clock with a season, which these customers do not follow."""
    plain = probability_contender("pareto_nbd")
    first = int(LEDGER.day.min()) - 1
    clock = Clock(first, 1, (), ()).learnt(np.array([0.3, 0.1]))
    ages = LEDGER.ages(clock.times)
    fitted = plain.fit_purchases(LEDGER, lambda **_weekly: plain.purchases.fit(**ages))
    return FittedSeasonal(
        "pareto_nbd_season", fitted.purchases, fitted.spend, fitted.returns, clock
    )


def regular():
    """Customers who differ in their regularity, as these do not."""
    truth = {"r": 1.2, "alpha": 12.0, "s": 1.5, "beta": 60.0, "t": 4.0, "gamma": 2.0}
    spread = tuple(map(tuple, 1e-4 * np.eye(6)))
    model = FittedParetoGGG(truth, 0.0, spread, float(LEDGER.customers))
    plain = probability_contender("pareto_nbd")
    return replace(plain.fit_purchases(LEDGER, lambda **_weekly: model), name="pareto_ggg")


def fitted(name):
    rng = np.random.default_rng(2)
    if name == "pareto_nbd_births":
        return births()
    if name == "pareto_nbd_season":
        return seasonal()
    if name == "pareto_ggg":
        return regular()
    if name == "recalibrated":
        member = probability_contender("nbd").fit(LEDGER, horizon=HORIZON, rng=rng)
        done = Recalibration(
            Adjustment(0.9, 0.05, 1.2, (0.7, 0.8)), Adjustment(0.95, 0.05, 0.9, (1.0, 1.0))
        )
        return FittedCombined(name, (member,), np.ones(1), done)
    if name == "combined":
        members = [probability_contender("nbd"), probability_contender("pareto_nbd")]
        return Combined(members).fit(LEDGER, horizon=HORIZON, rng=rng)
    return contender(name).fit(LEDGER, horizon=HORIZON, rng=rng)


ALL = (
    "rfm_cell", "nbd", "bg_nbd", "mbg_nbd", "mbg_cnbd", "pareto_nbd", "pareto_nbd_births",
    "exponential_nbd", *UNSETTLED, "bg_cnbd", "pareto_ggg", "pareto_nbd_season", "hurdle",
)  # fmt: skip


@pytest.fixture(scope="module", params=ALL)
def known(request):
    return fitted(request.param)


def in_parts(model, draws, *, chance):
    if isinstance(model, Settles):
        model = model.settled(LEDGER, horizon=HORIZON, draws=draws, chance=chance)
    return [
        model.forecast(LEDGER.part(part), horizon=HORIZON, draws=draws, rng=chance.part(number))
        for number, part in enumerate(PARTS)
    ]


def test_parts_share_what_is_drawn_itself_and_nothing_else():
    chance = Chance.of(np.random.default_rng(3))
    first, again, second = chance.part(0), chance.part(0), chance.part(1)
    assert own(first).random() == own(again).random()
    assert own(second).random() != own(chance.part(0)).random()
    assert first.random() == again.random() == second.random()


def test_shared_chance_is_drawn_alike_whatever_the_customers(known):
    states = []
    for part in PARTS[:2]:
        rng = np.random.default_rng(4)
        known.forecast(LEDGER.part(part), horizon=HORIZON, draws=20, rng=rng)
        states.append(rng.bit_generator.state["state"])
    assert states[0] == states[1]


def test_means_of_parts_are_those_of_the_whole(known):
    rng = np.random.default_rng(5)
    whole = known.forecast(LEDGER, horizon=HORIZON, draws=0, rng=rng)
    parts = in_parts(known, 10, chance=Chance(6))
    for name in ("mean_value", "mean_orders"):
        told = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_allclose(told, getattr(whole, name), rtol=1e-9, atol=1e-12)


def test_totals_of_parts_are_as_wide_as_those_of_the_whole(known):
    rng = np.random.default_rng(7)
    whole = known.forecast(LEDGER, horizon=HORIZON, draws=DRAWS, rng=rng)
    parts = in_parts(known, DRAWS, chance=Chance(8))
    for name in ("value", "orders"):
        at_once = getattr(whole, name).sum(axis=1, dtype=float)
        summed = sum(getattr(part, name).sum(axis=1, dtype=float) for part in parts)
        error = np.hypot(at_once.std(), summed.std()) / np.sqrt(DRAWS)
        assert abs(at_once.mean() - summed.mean()) < 4 * error
        # Own chance that parts had in common would make it wider, shared chance apart narrower.
        assert summed.std() / at_once.std() == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize(
    "name", [name for name in BASELINES if name not in ("klaviyo", "rfm_cell")]
)
def test_baselines_tell_parts_as_the_whole(name):
    model = fitted(name)
    whole = model.forecast(LEDGER, horizon=HORIZON, draws=0, rng=np.random.default_rng(9))
    told = np.concatenate([part.mean_value for part in in_parts(model, 0, chance=Chance(9))])
    np.testing.assert_allclose(told, whole.mean_value)


def test_customers_of_a_part_have_chance_of_their_own():
    """The same customers as two parts: their totals have in common what the shop shares."""
    member = fitted("nbd")
    done = Recalibration(Adjustment(level_spread=0.3), Adjustment(level_spread=0.3))
    model = FittedCombined("nbd", (member,), np.ones(1), done)
    chance = Chance(10)
    same = [
        model.forecast(LEDGER.part(slice(0, 300)), horizon=HORIZON, draws=DRAWS, rng=rng)
        for rng in (chance.part(0), chance.part(1))
    ]
    totals = [told.orders.sum(axis=1) for told in same]
    assert 0.3 < np.corrcoef(totals)[0, 1] < 0.99
    own_chance = np.corrcoef(same[0].orders[0], same[1].orders[0])[0, 1]
    assert own_chance < np.corrcoef(same[0].orders[0], same[0].mean_orders)[0, 1]


@pytest.fixture(scope="module")
def judged():
    champion = SimpleNamespace(name="recalibrated", standings=())
    model = fitted("recalibrated")
    return SimpleNamespace(
        horizon=HORIZON,
        champion=champion,
        field={"recalibrated": SimpleNamespace(name="recalibrated", fit=lambda *_a, **_k: model)},
        outdone=frozenset(),
        backtest=Backtest((), ()),
    )


# Two accounts of several customers, one of one, and customers who belong to none.
ACCOUNTS = ["duo", "duo", "one", "trio", "trio", "trio", *[None] * (LEDGER.customers - 6)]


def tables(judged, monkeypatch, *, cells):
    monkeypatch.setattr(telling, "CELLS", cells)
    told = telling.Told(
        segments=["a" if one % 3 else "b" for one in range(LEDGER.customers)],
        labels={"channel": ["shop", "web"]},
        retention=12.0,
        accounts=ACCOUNTS,
    )
    teller = telling.Teller(
        LEDGER, judged, told, settings=PredictionSettings(), rng=np.random.default_rng(11)
    )
    return teller.tables([12])


def test_accounts_of_several_customers_are_told_by_their_joint_draws(judged, monkeypatch):
    found = tables(judged, monkeypatch, cells=10**9)
    told = {row["account_id"]: row for row in found["account_predictions"].to_pylist()}
    assert {name: row["customers"] for name, row in told.items()} == {"duo": 2, "trio": 3}
    alone = found["predictions"].to_pylist()
    for name, people in (("duo", alone[:2]), ("trio", alone[3:6])):
        whole = told[name]
        assert whole["mean"] == pytest.approx(
            float(sum(row["clv_12m"] for row in people)), abs=0.01
        )
        ends = {
            end: sum(float(row[f"clv_12m_{end}"]) for row in people) for end in ("lo90", "hi90")
        }
        # Nearer to the mean than the sums of the ends of each, and no single future.
        assert ends["lo90"] <= whole["lo90"] < whole["median"] < whole["hi90"] < ends["hi90"]
        assert whole["margin_lo90"] < whole["margin_mean"] < whole["margin_hi90"]
        assert whole["net_mean"] < whole["margin_mean"]
    assert set(found["prediction_totals"]["dimension"].to_pylist()) >= {"all", "segment"}
    assert "account" not in found["prediction_totals"]["dimension"].to_pylist()


def test_no_more_accounts_are_drawn_for_than_memory_bears():
    (groups,) = account_groups(["a", "a", "b", "b", "b", "c", None], most=1)
    assert groups.values == ["b"]
    assert groups.codes.tolist() == [-1, -1, 0, 0, 0, -1, -1]
    assert list(account_groups(["a", "b", None], most=10)) == []


def test_tables_do_not_depend_on_how_many_customers_are_told_at_once(judged, monkeypatch):
    once, parts = (tables(judged, monkeypatch, cells=cells) for cells in (10**9, 400 * 170))
    first, second = (found["predictions"].to_pandas() for found in (once, parts))
    for name in ("customer_id", "model"):
        assert (first[name] == second[name]).all()
    for name in ("clv_12m", "clv_margin_12m", "clv_net_12m", "expected_orders_12m"):
        np.testing.assert_allclose(
            first[name].astype(float), second[name].astype(float), rtol=1e-7, atol=2e-4
        )
    for name in ("p_order_12m", "p_alive"):
        chance = first[name] - second[name]
        assert abs(chance.mean()) < 0.01
        assert chance.std() < 0.05
    notes = first["next_order_note"].fillna("") == second["next_order_note"].fillna("")
    assert notes.mean() > 0.95
    totals = [found["prediction_totals"].to_pandas() for found in (once, parts)]
    assert (totals[0]["customers"] == totals[1]["customers"]).all()
    for name, off in (("mean", 1e-6), ("margin_mean", 1e-6), ("lo90", 0.06), ("hi90", 0.06)):
        ratio = (totals[1][name].astype(float) / totals[0][name].astype(float)).fillna(1)
        assert ratio[totals[0]["dimension"] != "cohort_quarter"].to_numpy() == pytest.approx(
            1, abs=off
        )


def test_draws_are_as_many_as_asked_however_large_the_shop(judged, monkeypatch):
    asked = []
    model = fitted("nbd")

    def forecast(ledger, *, horizon, draws, rng):
        asked.append((ledger.customers, draws))
        return model.forecast(ledger, horizon=horizon, draws=draws, rng=rng)

    spy = SimpleNamespace(name="recalibrated", forecast=forecast)
    judged = SimpleNamespace(
        horizon=HORIZON,
        champion=judged.champion,
        field={"recalibrated": SimpleNamespace(name="recalibrated", fit=lambda *_a, **_k: spy)},
        outdone=frozenset(),
        backtest=Backtest((), ()),
    )
    tables(judged, monkeypatch, cells=400 * 700)
    assert asked == [(700, 400), (700, 400), (100, 400)]


def test_a_part_of_a_ledger_is_its_customers_and_knows_the_shop():
    part = LEDGER.part(slice(400, 410))
    chosen = np.zeros(LEDGER.customers, dtype=bool)
    chosen[400:410] = True
    same = LEDGER.of(chosen)
    for name in ("customer", "day", "orders", "net", "returned", "margin", "customer_ids"):
        np.testing.assert_array_equal(getattr(part, name), getattr(same, name))
    np.testing.assert_array_equal(part.attributes["channel"], same.attributes["channel"])
    assert part.shop is LEDGER
    assert part.part(slice(2, 4)).shop is LEDGER
    assert same.shop is same
    assert part.shop.first_day == LEDGER.day.min() < part.day.min() + 1
