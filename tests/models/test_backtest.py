"""Rolling origins: the rule, what is recorded, and that nothing after an origin leaks into it."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models.contenders.baselines import AllZero, LastPeriod, RfmCell
from perenne.models.contenders.combined import Combined, recalibrated
from perenne.models.forecast import Forecast
from perenne.models.judging.backtest import backtest
from perenne.models.judging.trials import Rehearsal, fingerprint, first_day, origins, rehearsals
from tests.models.shops import ledger_of, shop

SHOP = shop(np.random.default_rng(7), customers=500, days=720)
ORIGIN, HORIZON = 500, 120


def test_origins_by_the_rule():
    assert origins(SHOP, 120) == (299, 359, 419, 479, 539, 599)  # back by half a horizon from 719
    assert origins(SHOP, 240) == (359, 479)  # a horizon of history before the first
    assert origins(SHOP, 30)[-1] == 689
    assert origins(SHOP, 400) == ()


def test_rehearsals_shorten_the_horizon_when_it_does_not_fit():
    assert rehearsals(SHOP, 120)[-1] == (599, 120)
    pairs = rehearsals(SHOP, 600)
    assert {horizon for _origin, horizon in pairs} == {(SHOP.until - first_day(SHOP)) // 3}
    assert all(origin + horizon <= SHOP.until for origin, horizon in pairs)
    assert rehearsals(ledger_of([(1, 0, 1.0)], until=20), 10) == ()


def test_a_stray_early_order_is_no_history():
    rows = [(0, 0, 9.0), *((who, 1000 + who % 300, 9.0) for who in range(1, 900))]
    ledger = ledger_of(rows, until=1400)
    assert 1000 <= first_day(ledger) < 1010
    assert min(origins(ledger, 120)) > 1100


def after_origin_changed(ledger):
    """The same past; after the origin other amounts, other customers, another end."""
    later = ledger.day > ORIGIN
    changed = replace(
        ledger,
        net=np.where(later, 7 * ledger.net + 1, ledger.net),
        returned=np.where(later, 3.0, ledger.returned),
        orders=np.where(later & (ledger.customer % 2 == 0), 0, ledger.orders).astype(np.int32),
    )
    assert fingerprint(changed) != fingerprint(ledger)
    assert fingerprint(changed.as_of(ORIGIN)) == fingerprint(ledger.as_of(ORIGIN))
    return changed


@dataclass
class Spy:
    """Hashes what a contender says."""

    inner: object
    said: list

    @property
    def name(self):
        return self.inner.name

    def fit(self, ledger, *, horizon, rng):
        self.fitted = self.inner.fit(ledger, horizon=horizon, rng=rng)
        return self

    def forecast(self, ledger, *, horizon, draws, rng):
        told = self.fitted.forecast(ledger, horizon=horizon, draws=draws, rng=rng)
        digest = hashlib.blake2b(told.mean_value.tobytes() + told.mean_orders.tobytes())
        if told.value is not None:
            digest.update(told.value.tobytes() + told.orders.tobytes())
        self.said.append(digest.hexdigest())
        return told


def said(ledger, contenders):
    spies = [Spy(contender, []) for contender in contenders]
    backtest(
        ledger,
        contenders=spies,
        horizons=[HORIZON],
        at=[ORIGIN],
        draws=20,
        rng=np.random.default_rng(3),
    )
    return {spy.name: spy.said for spy in spies}


def field():
    memory = Rehearsal()
    one = RfmCell()
    return [AllZero(), LastPeriod(), one, recalibrated(one, memory), Combined([one], memory)]


def test_nothing_after_the_origin_changes_a_forecast():
    before = said(SHOP, field())
    assert all(len(hashes) == 1 for hashes in before.values())
    assert before == said(after_origin_changed(SHOP), field())


@dataclass(frozen=True)
class Cheat:
    """Reads the whole shop behind the back of the backtest."""

    shop: object
    name: str = "cheat"

    def fit(self, ledger, *, horizon, rng):
        return self

    def forecast(self, ledger, *, horizon, draws, rng):
        seen = self.shop.outcome(ledger, horizon=horizon)
        return Forecast(seen.orders, seen.value)


def test_a_leak_is_caught():
    changed = after_origin_changed(SHOP)
    assert said(SHOP, [Cheat(SHOP)]) != said(changed, [Cheat(changed)])


def test_a_leak_of_as_of_is_caught(monkeypatch):
    """The mutation `as_of` that keeps later rows changes what the baselines say."""
    kind = type(SHOP)
    true_as_of = kind.as_of

    def leaking(self, until):
        past = true_as_of(self, until)
        known = np.isin(self.customer_ids, past.customer_ids)
        rows = known[self.customer]
        number = np.cumsum(known) - 1
        return replace(
            past,
            customer=number[self.customer[rows]].astype(np.int32),
            **{n: getattr(self, n)[rows] for n in ("day", "orders", "net", "returned", "margin")},
        )

    changed = after_origin_changed(SHOP)
    monkeypatch.setattr(kind, "as_of", leaking)
    assert said(SHOP, [LastPeriod()]) != said(changed, [LastPeriod()])


def test_rows_calibration_pit_groups_and_refusals():
    steps = []
    found = backtest(
        SHOP,
        contenders=[AllZero(), RfmCell(), Combined([LastPeriod()])],
        horizons=[HORIZON, 5000],
        at=[70, ORIGIN],
        draws=30,
        rng=np.random.default_rng(0),
        groups=lambda past: {"half": np.where(np.arange(past.customers) % 2, "odd", "even")},
        progress=lambda name, done, of: steps.append((name, done, of)),
    )
    assert steps[0] == ("all_zero", 0, 6)
    assert "too short to judge forecasts of 5000 days" in found.skipped[5000]
    refused = {(r.origin, r.contender): r.reason for r in found.refusals}
    assert "Only 0 customers" in refused[70, "rfm_cell"]
    assert "means without draws" in refused[ORIGIN, "combined"]
    rows = {(r.origin, r.contender, r.quantity, r.group, r.measure): r.value for r in found.rows}
    assert rows[ORIGIN, "all_zero", "value", "all", "bias"] == -1
    halves = [rows[ORIGIN, "rfm_cell", "orders", f"half: {h}", "actual"] for h in ("odd", "even")]
    assert sum(halves) == rows[ORIGIN, "rfm_cell", "orders", "all", "actual"]
    (trial,) = found.of("rfm_cell", horizon=HORIZON)
    assert trial.pit["value"].sum() == pytest.approx(1)
    assert trial.calibration["value"].customers.sum() == SHOP.as_of(ORIGIN).customers
    assert found.measured("all_zero", "bias", horizon=HORIZON) == {70: -1, ORIGIN: -1}


def test_a_rehearsal_fits_once_and_repeats_a_refusal():
    calls = []

    class Counted(RfmCell):
        def fit(self, ledger, *, horizon, rng):
            calls.append(ledger.until)
            return super().fit(ledger, horizon=horizon, rng=rng)

    memory, rng = Rehearsal(), np.random.default_rng(0)
    for _again in range(2):
        memory.fit(Counted(), SHOP, horizon=100, rng=rng)
        with pytest.raises(PerenneError, match="Only 0 customers"):
            memory.fit(Counted(), SHOP.as_of(60), horizon=100, rng=rng)
    assert calls == [719, 60]
    memory.fit(Counted(), after_origin_changed(SHOP), horizon=100, rng=rng)
    assert len(calls) == 3


def test_a_forecast_that_is_no_number_is_a_refusal():
    class Infinite(AllZero):
        name = "infinite"

        def forecast(self, ledger, *, horizon, draws, rng):
            value = np.full((draws, ledger.customers), np.inf, dtype=np.float32)
            orders = np.zeros((draws, ledger.customers), dtype=np.int32)
            nothing = np.zeros(ledger.customers)
            return Forecast(nothing, nothing, orders, value)

    found = backtest(
        SHOP,
        contenders=[AllZero(), Infinite()],
        horizons=[HORIZON],
        at=[ORIGIN],
        rng=np.random.default_rng(0),
    )
    assert [trial.contender for trial in found.trials] == ["all_zero"]
    (refusal,) = found.refusals
    assert "The numbers of infinite run off" in refusal.reason
