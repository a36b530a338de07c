"""Requests: defaults, dimensions, comparisons, refusals and the remarks beside figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from perenne.core import PerenneError, Period
from perenne.metrics import Context, MetricSettings, Request, load_catalogue
from perenne.metrics.datasets import churn_year
from perenne.metrics.periods import slots
from perenne.text import use_language
from tests.metrics.conftest import Measured
from tests.metrics.shops import Kind

Measure = Callable[..., Measured]
WHOLE = Kind("whole")
YEAR = Period.parse("2024")
CATALOGUE = load_catalogue()


@pytest.mark.parametrize(
    ("asked", "compare", "expected"),
    [
        ("2025", "year", "2024-01-01..2024-05-31"),
        ("2025", "previous", "2024-01-01..2024-05-30"),  # a leap year: as many days
        ("2025-Q2", "year", "2024-04-01..2024-05-31"),
        ("2025-Q2", "previous", "2025-01-01..2025-03-02"),
        ("2025-Q1", "year", "2024-01-01..2024-03-31"),
        ("2025-Q1", "previous", "2024-10-01..2024-12-31"),
        ("2025", YEAR, "2024-01-01..2024-12-31"),
    ],
)
def test_a_period_that_is_not_over_is_compared_as_far_as_it_has_gone(
    asked: str, compare: Any, expected: str
) -> None:
    known = context(as_of=date(2025, 5, 31), history_from=date(2023, 2, 1))
    (slot,) = slots("period", asked=Period.parse(asked), grain=None, compare=compare, context=known)
    assert str(slot.compared) == expected


@pytest.fixture(scope="session")
def whole(measure: Measure) -> Measure:
    return measure(WHOLE, 1)  # type: ignore[no-any-return]  # the fixture returns a callable


def context(**given: Any) -> Context:
    values = {
        "as_of": date(2025, 3, 15),
        "currency": "EUR",
        "time_zone": "Europe/Paris",
        "inactivity_days": 90,
        "inactivity_learnt": True,
        "inactivity_how": "",
        "history_from": date(2023, 1, 10),
        "customers_from": date(2023, 1, 10),
    }
    return Context(**(values | given))


def periods(scope: Any, **given: Any) -> list[str]:
    asked = {"asked": None, "grain": None, "compare": None, "context": context()} | given
    return [f"{slot.period}|{slot.compared or ''}" for slot in slots(scope, **asked)]


class TestPeriods:
    def test_the_default_is_the_last_complete_month(self) -> None:
        assert periods("period") == ["2025-02-01..2025-02-28|"]

    def test_to_date_is_all_history(self) -> None:
        assert periods("to_date") == ["2023-01-10..2025-03-15|"]

    def test_a_history_younger_than_a_month_is_taken_whole(self) -> None:
        young = context(history_from=date(2025, 3, 2))
        assert periods("period", context=young) == ["2025-03-02..2025-03-15|"]

    def test_a_period_to_date_counts_from_the_beginning(self) -> None:
        asked = Period.parse("2024-06")
        assert periods("to_date", asked=asked) == ["2023-01-10..2024-06-30|"]

    def test_figures_stop_on_as_of(self) -> None:
        [slot] = slots(
            "period", asked=Period.parse("2025-03"), grain=None, compare=None, context=context()
        )
        assert (slot.period.end, slot.is_cut) == (date(2025, 3, 15), True)

    def test_a_split_covers_all_history_by_default(self) -> None:
        found = periods("period", grain="year")
        assert found == [
            "2023-01-01..2023-12-31|",
            "2024-01-01..2024-12-31|",
            "2025-01-01..2025-03-15|",
        ]

    @pytest.mark.parametrize(
        ("compare", "expected"),
        [
            ("previous", "2025-01-01..2025-01-31"),
            ("year", "2024-02-01..2024-02-29"),
            (Period.parse("2024-Q1"), "2024-01-01..2024-03-31"),
        ],
    )
    def test_what_a_month_is_compared_with(self, compare: Any, expected: str) -> None:
        assert periods("period", compare=compare) == [f"2025-02-01..2025-02-28|{expected}"]

    def test_a_figure_to_date_is_compared_with_itself_earlier(self) -> None:
        found = periods("to_date", compare="previous")
        assert found == ["2023-01-10..2025-03-15|2023-01-10..2025-02-15"]

    def test_a_split_is_compared_step_by_step(self) -> None:
        found = periods("period", asked=Period.parse("2025-Q1"), grain="month", compare="year")
        assert found[1] == "2025-02-01..2025-02-28|2024-02-01..2024-02-29"

    def test_a_split_against_one_period_is_refused(self) -> None:
        with pytest.raises(PerenneError, match="cannot be compared with one fixed period"):
            periods("period", grain="month", compare=Period.parse("2024"))

    def test_a_period_after_the_data_is_refused(self) -> None:
        with pytest.raises(PerenneError, match="starts after the last day of the data, 2025-03-15"):
            periods("period", asked=Period.parse("2025-04"))


@pytest.mark.parametrize(
    ("first", "window", "expected"),
    [
        (date(2023, 1, 10), 90, "2024-03-16..2025-03-15"),
        (date(2024, 6, 1), 90, "2024-08-31..2025-03-15"),
        (date(2023, 12, 17), 90, "2024-03-16..2025-03-15"),
        (date(2023, 12, 18), 90, "2024-03-18..2025-03-15"),
        (date(2025, 1, 1), 90, "None"),
    ],
)
def test_the_year_over_which_churn_is_measured(first: date, window: int, expected: str) -> None:
    given = context(customers_from=first, inactivity_days=window)
    assert str(churn_year(Period(given.as_of, given.as_of), given)) == expected


class TestRefusals:
    @pytest.mark.parametrize(
        ("request_", "message"),
        [
            (Request(("panier",)), "no metric “panier”. Did you mean “average_order_value”?"),
            (Request(by=("chanel",)), "no dimension “chanel”. Did you mean “channel”?"),
            (Request(where={"moon": ("full",)}), "no dimension “moon”. Choose among: customer,"),
            (Request(where={"month": ("2025-03",)}), "no dimension “month”"),
            (Request(("customers",), by=("category",)), "use first_category"),
            (Request(("clv_net",), by=("country",)), "spend is known by channel only"),
            (Request(by=("month", "week")), "one time step, not by month, week"),
            (Request(where={"cohort": ("spring",)}), "“spring” is not a value of cohort"),
            (Request(where={"channel": ("emial",)}), "Did you mean “email”? Choose among: ads,"),
            (Request(where={"first_category": ("x",)}), "Choose among: bags, hats, shoes."),
            (Request(where={"customer": ("nobody",)}), "“nobody” is not a value of customer"),
            (Request(where={"first_discounted": ("maybe",)}), "not a value of first_discounted"),
        ],
    )
    def test_message(self, whole: Measured, request_: Request, message: str) -> None:
        with pytest.raises(PerenneError) as refused:
            whole.figures(request_)
        assert message in str(refused.value)
        assert refused.value.next_step

    def test_in_french(self, whole: Measured) -> None:
        with (
            use_language("fr"),
            pytest.raises(PerenneError, match="L’axe «\u00a0chanel\u00a0» n’existe"),
        ):
            whole.figures(Request(by=("chanel",)))

    def test_all_metrics_by_category_say_which_cannot(self, whole: Measured) -> None:
        found = whole.figures(Request(by=("category",)))
        impossible = [one for one in found if one.metric == "customers"]
        assert [(one.value, one.group) for one in impossible] == [(None, None)]
        assert "first_category" in (impossible[0].note or "")

    def test_a_dimension_that_counts_twice(self, whole: Measured) -> None:
        days = whole.tables["customer_days"]
        twice = days.select("customer_id", mood=days.day_number.cast("string"))
        with pytest.raises(PerenneError, match="customers more than one value"):
            whole.figures(Request(("customers",), by=("mood",)), mood=twice)


class TestDimensions:
    def test_segments_are_handed_in(self, whole: Measured) -> None:
        facts = whole.tables["customer_facts"]
        segments = facts.select(
            "customer_id",
            segment=(facts.orders > 1).ifelse("loyal", "one"),
            status=facts.orders,
        )
        request = Request(("customers", "net_revenue"), by=("segment",), period=YEAR)
        split = whole.values(request, segments=segments)
        assert ("net_revenue", None) in split  # guests
        whole_shop = whole.values(Request(("customers", "net_revenue"), period=YEAR))
        assert split["customers", "loyal"] + split["customers", "one"] == whole_shop["customers",]
        revenue = sum(value for (name, _group), value in split.items() if name == "net_revenue")
        assert revenue == whole_shop["net_revenue",]

    @pytest.mark.parametrize(
        "by",
        [
            ("channel",),
            ("country", "channel"),
            ("cohort",),
            ("cohort_week",),
            ("cohort_quarter", "first_discounted"),
            ("order_number",),
            ("customer",),
            ("category", "month"),
            ("day",),
        ],
    )
    def test_parts_add_up_to_the_whole(self, whole: Measured, by: tuple[str, ...]) -> None:
        period = Period(whole.shop.as_of - timedelta(days=60), whole.shop.as_of)
        names = ("net_revenue", "product_revenue", "margin")
        parts = whole.values(Request(names, by=by, period=period))
        for name, total in whole.values(Request(names, period=period)).items():
            assert sum(value for key, value in parts.items() if key[0] == name[0]) == total

    def test_groups_are_named_as_they_are_asked_for(self, whole: Measured) -> None:
        by = ("cohort", "cohort_week", "cohort_quarter", "first_discounted")
        for figure in whole.figures(Request(("customers",), by=by))[:5]:
            group = figure.group or {}
            where = {name: (value,) for name, value in group.items() if value is not None}
            [same] = whole.figures(Request(("customers",), where=where))
            assert same.value == figure.value

    def test_order_steps(self, whole: Measured) -> None:
        steps = whole.values(Request(("order_n_to_next",), by=("order_number",)))
        [first] = whole.figures(Request(("order_n_to_next",)))
        assert first.value == steps["order_n_to_next", "1"]
        assert list(steps)[:3] == [("order_n_to_next", str(n)) for n in (1, 2, 3)]
        assert "Largest drop: from order" in (first.note or "")

    def test_a_segment_may_be_empty(self, whole: Measured) -> None:
        facts = whole.tables["customer_facts"]
        moods = facts.select("customer_id", mood=facts.customer_id.substr(0, 1))
        asked = Request(("customers",), where={"mood": ("sunny",)})
        assert whole.values(asked, mood=moods) == {("customers",): 0}

    def test_an_unknown_value_can_be_asked_for(self, whole: Measured) -> None:
        split = whole.values(Request(("orders",), by=("channel",), period=YEAR))
        only = whole.values(Request(("orders",), where={"channel": ("",)}, period=YEAR))
        assert only["orders",] == split["orders", None]
        both = whole.values(Request(("orders",), where={"channel": ("", "email")}, period=YEAR))
        assert both["orders",] == split["orders", None] + split["orders", "email"]


class TestIdentities:
    def test_revenue_has_three_sources(self, whole: Measured) -> None:
        found = whole.values(Request(by=("month",)))
        for month in {key[1] for key in found}:
            new, returning, guests = (
                found[name, month] for name in ("new_revenue", "returning_revenue", "guest_revenue")
            )
            assert new + returning + guests == found["net_revenue", month]

    def test_retention_and_churn_make_one(self, whole: Measured) -> None:
        found = whole.values(Request(("retention_rate", "churn_rate"), by=("month",)))
        months = {key[1] for key, value in found.items() if value is not None}
        assert months
        for month in months:
            kept, lost = found["retention_rate", month], found["churn_rate", month]
            assert kept + lost == pytest.approx(1)

    def test_customers_flow(self, whole: Measured) -> None:
        names = (
            "customers_at_start",
            "lost_customers",
            "reactivated_customers",
            "retained_customers",
        )
        found = whole.values(Request((*names, "customers_at_end", "new_customers"), by=("month",)))
        for month in {key[1] for key in found}:
            start, lost, back, kept = (found[name, month] for name in names)
            end, new = found["customers_at_end", month], found["new_customers", month]
            assert start - lost == kept
            assert kept + back <= end <= kept + back + new


class TestComparison:
    def test_value_difference_and_change(self, whole: Measured) -> None:
        month = Period.last_complete(whole.shop.as_of, "month")
        [figure] = whole.figures(Request(("net_revenue",), period=month, compare="previous"))
        [before] = whole.figures(Request(("net_revenue",), period=month.previous()))
        compared = figure.compared
        assert compared is not None
        assert (compared.value, compared.period) == (before.value, month.previous())
        assert compared.difference == figure.value - before.value  # type: ignore[operator]
        expected = float(figure.value - before.value) / float(before.value)  # type: ignore[operator, arg-type]
        assert compared.change == pytest.approx(expected)

    def test_a_group_that_is_gone_is_shown(self, whole: Measured) -> None:
        request = Request(("buyers",), by=("customer",), period=YEAR, compare="previous")
        found = whole.figures(request)
        then = {one.compared.value for one in found if one.compared and not one.value}
        assert 1 in then


class TestRemarks:
    def notes(self, measured: Measured, *metrics: str, **given: Any) -> str:
        return " ".join(one.note or "" for one in measured.figures(Request(metrics, **given)))

    def test_guests_are_said(self, whole: Measured) -> None:
        assert "Without guests, who place" in self.notes(whole, "customers")
        assert "guests" not in self.notes(whole, "orders")

    def test_a_young_shop_is_scaled(self, measure: Measure) -> None:
        young = measure(Kind("young", days=220), 1)
        assert "scaled to 365 days" in self.notes(young, "purchase_frequency", "clv_simple")

    def test_censoring_is_said(self, whole: Measured) -> None:
        assert "still active" in self.notes(whole, "average_lifespan_years")

    def test_small_groups_are_flagged(self, whole: Measured) -> None:
        assert "Small group: " in self.notes(whole, "orders", by=("category", "country"))

    def test_missing_spend_says_what_to_import(self, measure: Measure) -> None:
        poor = measure(Kind("no_spend", spend=False, refunds=False), 1)
        found = {
            one.metric: one for one in poor.figures(Request(("cac", "clv_net", "clv_cac_ratio")))
        }
        assert all(one.value is None for one in found.values())
        assert "import the costs of your channels" in (found["cac"].note or "")

    def test_what_a_figure_is_shared_among_is_named_where_it_is_none(self, whole: Measured) -> None:
        said = self.notes(whole, "average_order_value", period=Period.parse("1999"))
        assert "is 0 in this period" in said

    def test_a_comparison_with_what_the_data_do_not_reach_is_said(self, whole: Measured) -> None:
        start = whole.context.history_from
        year = Period(start, start + timedelta(days=200))
        for compare, where in ((Period.parse("1999"), "after"), ("previous", "after")):
            (one,) = whole.figures(Request(("net_revenue",), period=year, compare=compare))
            assert f", {where} the period compared with." in (one.note or "")
        within = Period(start - timedelta(days=20), start + timedelta(days=20))
        (one,) = whole.figures(Request(("net_revenue",), period=year, compare=within))
        assert ", within the period compared with." in (one.note or "")

    def test_a_running_month_is_said(self, whole: Measured) -> None:
        as_of = whole.shop.as_of
        if Period.of(as_of, "month").end == as_of:
            pytest.skip("this shop ends with a month")
        month = Period.of(as_of, "month")
        assert "not over: figures stop on" in self.notes(whole, "orders", period=month)
        last = whole.figures(Request(("orders",), by=("month",)))[-1]
        assert "not over" in (last.note or "")

    def test_remarks_are_translated(self, whole: Measured) -> None:
        with use_language("fr"):
            assert "Hors commandes sans compte" in self.notes(whole, "customers")


@pytest.mark.parametrize(
    "given",
    [
        {"inactivity_days": 0},
        {"margin_default_rate": 2},
        {"lifespan": "eternal"},
        {"returns_on": "never"},
    ],
)
def test_settings_have_a_legal_range(given: dict[str, Any]) -> None:
    with pytest.raises(PerenneError, match=f"“{next(iter(given))}” cannot be"):
        MetricSettings(**given)


@pytest.mark.parametrize("kind", [Kind("empty", customers=0), Kind("guests_only", guests=1.0)])
@pytest.mark.parametrize(
    "request_",
    [
        Request(by=("channel",)),
        Request(by=("month", "country"), compare="year"),
        Request(by=("category",), period=Period.parse("1999")),
        Request(by=("cohort",), compare="previous"),
        Request(by=("order_number",)),
        Request(period=Period.parse("1999-02"), compare="previous"),
    ],
)
def test_nothing_breaks_without_customers(measure: Measure, kind: Kind, request_: Request) -> None:
    for figure in measure(kind, 7).figures(request_):
        assert figure.note or figure.value is not None
