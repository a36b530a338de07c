"""Events as facts: counted by hand, as of each day, and learnt from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from perenne.models.contenders.learners import Hurdle
from perenne.models.events import Events
from perenne.models.features import features
from perenne.models.judging.trials import fingerprint
from perenne.models.ledger import Ledger
from tests.models.learning_shops import shop

DAY = 20_000


def two(until: int) -> Ledger:
    return Ledger(
        customer=np.array([0, 1], dtype=np.int32),
        day=np.array([DAY - 500, DAY - 500], dtype=np.int32),
        orders=np.ones(2, dtype=np.int32),
        net=np.ones(2),
        returned=np.zeros(2),
        margin=np.ones(2),
        until=until,
        customer_ids=np.array(["b", "a"], dtype=object),
    )


SEEN = Events.of(
    customer_ids=np.array(["a", "b", "a", "a", "stranger"], dtype=object),
    day=np.array([DAY, DAY - 29, DAY - 30, DAY - 100, DAY - 5]),
    kind=np.array(["visit", "visit", "visit", "email_click", "visit"]),
)


def test_events_are_counted_in_windows_by_customer() -> None:
    told = SEEN(two(DAY))
    assert told["visit_30"].tolist() == [1, 1]
    assert told["visit_90"].tolist() == [1, 2]
    assert told["days_since_visit"].tolist() == [29, 0]
    assert told["email_click_365"].tolist() == [0, 1]
    np.testing.assert_array_equal(told["days_since_email_click"], [np.nan, 100])


def test_later_events_are_not_known_and_none_before_counting_began() -> None:
    told = SEEN(two(DAY - 29))
    assert told["visit_30"].tolist() == [1, 1]
    assert told["days_since_visit"].tolist() == [0, 1]
    assert np.isnan(SEEN(two(DAY - 31))["visit_30"]).all()
    assert SEEN(two(DAY - 31))["email_click_90"].tolist() == [0, 1]


def test_a_learner_learns_from_them() -> None:
    """Visits a week before each order tell who is about to come back."""
    whole = shop(900, rng=np.random.default_rng(1), days=600)
    visits = Events.of(whole.customer, whole.day - 10, np.full(whole.day.size, "visit"))
    past = whole.as_of(whole.until - 8)
    told = {
        name: learner.fit(past, horizon=28, rng=np.random.default_rng(1)).forecast(
            past, horizon=28, draws=0, rng=np.random.default_rng(1)
        )
        for name, learner in (("with", Hurdle(facts=visits)), ("without", Hurdle()))
    }
    back = whole.outcome(past, horizon=8).orders > 0
    gain = {
        name: one.mean_orders[back].mean() / one.mean_orders[~back].mean()
        for name, one in told.items()
    }
    assert gain["with"] > 1.5 * gain["without"]


def test_rows_count_as_often_as_they_say_and_rare_kinds_are_left_out() -> None:
    told = Events.of(
        np.array(["a", "a", "b", "b"], dtype=object),
        np.array([DAY - 1, DAY, DAY, DAY]),
        np.array(["email_open", "visit", "email_open", "email_open"]),
        count=np.array([3.0, 1, 2, 4]),
    )
    assert told(two(DAY))["email_open_30"].tolist() == [6, 3]
    assert told.common(2).kinds == ("email_open",)
    assert told.common(2)(two(DAY))["email_open_30"].tolist() == [6, 3]
    assert told.common().kinds == ()


def test_a_ledger_counts_its_own_events_as_of_its_last_day() -> None:
    ledger = replace(two(DAY), events=SEEN)
    told = features(ledger, horizon=90)
    assert told.column("visit_90").tolist() == [1, 2]
    past = ledger.as_of(DAY - 29)
    assert past.events is not None
    assert past.events.day.max() == DAY - 29
    assert features(past, horizon=90).column("visit_30").tolist() == [1, 1]
    assert features(ledger.part(slice(1, 2)), horizon=90).column("visit_90").tolist() == [2]
    others = fingerprint(replace(ledger, events=SEEN.as_of(DAY - 29)))
    assert len({fingerprint(ledger), fingerprint(two(DAY)), others}) == 3


def test_what_is_known_of_a_later_day_changes_no_earlier_forecast() -> None:
    whole = shop(900, rng=np.random.default_rng(1), days=600)
    visits = Events.of(whole.customer, whole.day - 10, np.full(whole.day.size, "visit"))
    later = Events.of(
        np.append(visits.customer_ids[visits.who], whole.customer_ids),
        np.append(visits.day, np.full(whole.customers, whole.until)),
        np.append(np.full(visits.day.size, "visit"), np.full(whole.customers, "visit")),
    )
    told = []
    for events in (visits, later):
        past = replace(whole, events=events).as_of(whole.until - 8)
        fitted = Hurdle().fit(past, horizon=28, rng=np.random.default_rng(1))
        told.append(fitted.forecast(past, horizon=28, draws=0, rng=np.random.default_rng(1)))
    np.testing.assert_array_equal(told[0].mean_value, told[1].mean_value)
