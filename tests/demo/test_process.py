"""The process does what it says: its parameters can be found again in what it draws."""

from datetime import date

import numpy as np
import pytest

from perenne.demo import baskets, channels, process, returns, season
from perenne.demo.season import DAY
from perenne.demo.shapes import Table, tax_in, without_tax

CALENDAR = season.make_calendar(date(2025, 12, 31), 3)
SIZE = 40_000


@pytest.fixture(scope="module")
def people() -> Table:
    rng = np.random.default_rng(5)
    return process.draw_people(rng, SIZE, first_number=1, calendar=CALENDAR)


@pytest.fixture(scope="module")
def sales(people: Table) -> Table:
    rng = np.random.default_rng(6)
    drawn = process.draw_purchases(rng, people, CALENDAR)
    process.draw_circumstances(rng, drawn, people, calendar=CALENDAR)
    return drawn


@pytest.fixture(scope="module")
def lines(people: Table, sales: Table) -> Table:
    return baskets.fill(np.random.default_rng(7), sales, people)


def test_gamma_rates_are_recovered_by_their_moments(people: Table) -> None:
    rate = people["rate"] / channels.column("rate")[people["channel"]]
    mean, spread = channels.R / channels.ALPHA, np.sqrt(channels.R) / channels.ALPHA
    assert rate.mean() == pytest.approx(mean, abs=5 * spread / np.sqrt(SIZE))
    assert rate.var() == pytest.approx(spread**2, rel=0.1)


def test_lifetimes_are_exponential_given_the_dropout_rate(people: Table) -> None:
    survived = np.exp(-people["lifetime"] * people["dropout"])
    ordered = np.sort(survived[people["lifetime"] < 36_525.0])
    # A lifetime cut at a century only touches the people who hardly ever leave.
    assert len(ordered) > 0.98 * SIZE
    distance = np.abs(ordered - np.arange(1, len(ordered) + 1) / len(ordered)).max()
    assert distance < 0.02


def test_repeat_counts_are_poisson_in_operational_time(people: Table, sales: Table) -> None:
    death = people["joined"] + (people["lifetime"] * DAY).astype(np.int64)
    exposure = CALENDAR.elapsed(np.minimum(death, CALENDAR.end))
    expected = people["rate"] * (exposure - CALENDAR.elapsed(people["joined"]))
    repeats = np.bincount(sales["owner"], minlength=SIZE) - 1
    total = expected.sum()
    assert abs(repeats.sum() - total) < 5 * np.sqrt(total)
    squares = ((repeats - expected) ** 2)[expected > 0.5] / expected[expected > 0.5]
    assert squares.mean() == pytest.approx(1, abs=0.06)


def test_repeat_times_are_uniform_in_operational_time(people: Table, sales: Table) -> None:
    again = sales[~process.is_first(sales)]
    person = people[again["owner"]]
    death = person["joined"] + (person["lifetime"] * DAY).astype(np.int64)
    begun = CALENDAR.elapsed(person["joined"])
    ended = CALENDAR.elapsed(np.minimum(death, CALENDAR.end))
    long_enough = ended - begun > 20
    place = ((CALENDAR.elapsed(again["at"]) - begun) / (ended - begun))[long_enough]
    place = np.sort(place)
    distance = np.abs(place - np.arange(1, len(place) + 1) / len(place)).max()
    assert distance < 2 / np.sqrt(len(place))


def test_nobody_buys_before_arriving_or_after_leaving(people: Table, sales: Table) -> None:
    person = people[sales["owner"]]
    # Legal time may move a purchase on by the hour that March skips.
    assert (sales["at"] >= person["joined"]).all()
    death = person["joined"] + (person["lifetime"] * DAY) + season.HOUR
    assert (sales["at"] <= death).all()
    assert (sales["at"] < CALENDAR.end).all()


def test_faithful_channels_repeat_more(people: Table, sales: Table) -> None:
    repeats = np.bincount(sales["owner"], minlength=SIZE) > 1
    share = {
        name: float(repeats[people["channel"] == place].mean())
        for place, name in enumerate(channels.NAMES)
    }
    assert share["email"] > share["store"] > share["organic_search"] > share["meta_ads"]
    assert share["meta_ads"] > share["affiliation"]
    assert 0.4 < repeats.mean() < 0.55


def test_the_channel_mix_moves(people: Table) -> None:
    early = people["joined"] < np.median(people["joined"])
    social = people["channel"] == channels.META
    assert social[~early].mean() > social[early].mean() + 0.02


def test_deal_seekers_leave_sooner(people: Table) -> None:
    deal = people["first_code"] > 0
    dropout = people["dropout"] / channels.column("dropout")[people["channel"]]
    ratio = dropout[deal].mean() / dropout[~deal].mean()
    assert ratio == pytest.approx(process.DEAL_SEEKER_DROPOUT, rel=0.06)


def test_ranks_count_what_can_be_attributed(sales: Table) -> None:
    rank: dict[int, int] = {}
    for owner, at_rank, status, guest in zip(
        sales["owner"].tolist(), sales["rank"].tolist(), sales["status"].tolist(),
        sales["guest"].tolist(), strict=True,
    ):  # fmt: skip
        counts = status in (0, 1) and not guest
        rank[owner] = rank.get(owner, 0) + counts
        assert at_rank == (rank[owner] if counts else 0)


def test_discounts_are_shared_to_the_cent(sales: Table, lines: Table) -> None:
    goods = lines[~baskets.catalogue.IS_GIFT_CARD[lines["product"]]]
    gross = baskets.total_by_sale(sales, goods, goods["quantity"] * goods["price"])
    assert (gross == sales["gross"]).all()
    assert (sales["discount"] == (gross * season.RATES[sales["code"]] + 50) // 100).all()
    assert (goods["paid"] >= 0).all()
    assert (goods["paid"] <= goods["quantity"] * goods["price"]).all()


def test_a_product_stands_on_one_line_of_an_order(lines: Table) -> None:
    pairs = np.unique(np.stack([lines["sale"], lines["product"]]), axis=1)
    assert pairs.shape[1] == len(lines)
    assert (np.diff(lines["sale"]) >= 0).all()


def test_every_order_has_a_line(sales: Table, lines: Table) -> None:
    assert set(lines["sale"].tolist()) == set(range(len(sales)))


def test_refunds_stay_within_what_was_paid(sales: Table, lines: Table) -> None:
    last = season.epoch_day(CALENDAR.until)
    refunds = returns.draw_refunds(np.random.default_rng(8), sales, lines, last_day=last)
    total = sales["paid"] + sales["gift"] + sales["shipping"]
    assert (sales["refunded"] <= total).all()
    goods = baskets.total_by_sale(sales, refunds, refunds["goods"])
    assert (goods <= sales["paid"]).all()
    assert (goods == np.minimum(sales["refunded"], sales["paid"]))[process.is_purchase(sales)].all()
    assert (refunds["day"] <= last).all()
    assert (refunds["day"] >= sales["at"][refunds["sale"]] // DAY).all()


@pytest.mark.parametrize(
    ("cents", "net", "tax"), [(0, 0, 0), (1, 83, 0), (3, 250, 1), (1000, 83_333, 167)]
)
def test_tax(cents: int, net: int, tax: int) -> None:
    assert without_tax(np.array([cents]))[0] == net
    assert tax_in(np.array([cents]))[0] == tax
