"""Which checks are made, and where their limits come from: plain values, no table."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest

from perenne.quality import LIMITS, Facts, Limits, LimitSettings, QualitySettings
from perenne.quality.checks import Surroundings, longest_gap, plan, upper_fence
from perenne.quality.words import asked
from perenne.warehouse import STAGED

AROUND = Surroundings(date(1990, 1, 1), date(2026, 1, 5), read=9, earlier=True, linked=True)


def _facts(table: str) -> Facts:
    filled = dict.fromkeys(STAGED[table].names, 9)
    return Facts(400, filled, date(2024, 1, 1), date(2025, 1, 1), 300, (2.0, 3.0))


@pytest.mark.parametrize("table", STAGED)
def test_every_check_of_a_full_table_has_words_and_limits(table: str) -> None:
    checks = plan(table, _facts(table), AROUND, settings=QualitySettings())
    assert {check.name for check in checks} <= set(LIMITS)
    assert {"refused", "repeated"} <= {check.name for check in checks}
    assert all(asked(check) and "{" not in asked(check) for check in checks)


@pytest.mark.parametrize("table", STAGED)
def test_empty_table_is_only_asked_what_was_refused(table: str) -> None:
    checks = plan(table, Facts(0), AROUND, settings=QualitySettings())
    assert [check.name for check in checks] == ["refused"]


def test_settings_move_limits_and_leave_checks_out() -> None:
    chosen = QualitySettings(
        skip=("overlap", "filled:status"),
        limits={"guests": LimitSettings(critical=0.9), "filled:total": LimitSettings(warning=0.5)},
    )
    checks = plan("orders", _facts("orders"), AROUND, settings=chosen)
    by_name = {f"{check.name}:{check.column}": check.limits for check in checks}
    assert by_name["guests:customer_ref"] == Limits(critical=0.9)
    assert by_name["filled:total"] == Limits(warning=0.5)
    assert by_name["filled:ordered_on"] == LIMITS["filled"]
    assert "filled:status" not in by_name
    assert not [name for name in by_name if name.startswith("overlap")]


def test_no_gap_is_called_one_where_days_are_drawn_by_chance() -> None:
    """A shop that sells on each day with the same chance is warned in at most 5 of 100 cases."""
    rng = np.random.default_rng(3)
    alarms = 0
    for _case in range(200):
        open_days = np.flatnonzero(rng.random(400) < 0.35)
        first, last = date(2024, 1, 1), date(2024, 1, 1) + timedelta(days=399)
        facts = Facts(900, {}, first, last, len(open_days))
        longest = int(np.max(np.diff(open_days))) - 1
        allowed = longest_gap(facts)
        assert allowed is not None
        alarms += longest > allowed
    assert alarms <= 10


def test_gaps_are_not_judged_where_too_little_is_known() -> None:
    assert longest_gap(Facts(3, {}, date(2025, 1, 1), date(2025, 1, 10), 3)) is None
    assert longest_gap(Facts(9, {}, date(2024, 1, 1), date(2025, 1, 1), 9)) is None
    assert longest_gap(Facts(30, {}, date(2025, 1, 1), date(2025, 1, 30), 30)) == 3


def test_fence_follows_the_quartiles_and_spares_equal_prices() -> None:
    assert upper_fence(None, 4) is None
    assert upper_fence((math.log(10), math.log(20)), 4) == pytest.approx(20 * 2**4)
    assert upper_fence((math.log(10), math.log(10)), 4) == pytest.approx(10 * math.e, abs=0.01)
