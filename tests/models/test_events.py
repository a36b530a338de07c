"""Events as facts: counted by hand, as of each day, and learnt from."""

from __future__ import annotations

import numpy as np

from perenne.models.contenders.learners import Hurdle
from perenne.models.events import Events
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


SEEN = Events(
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
    visits = Events(whole.customer, whole.day - 10, np.full(whole.day.size, "visit"))
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
