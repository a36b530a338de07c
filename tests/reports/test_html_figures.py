"""What the page says is what the catalogue computes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from perenne.metrics import MetricSettings, Request
from perenne.reports import ReportInput, render_html
from perenne.reports.html.findings import MOST
from perenne.reports.html.measured import Measured, measure, reason, sentences
from perenne.reports.html.page import build
from perenne.reports.html.sections import limits, loyalty, segments
from perenne.text import format_value, use_language
from tests.reports.html_samples import Pages, Reader, account, small_shop


@pytest.fixture(scope="module")
def measured(full: ReportInput) -> Measured:
    with use_language("en"):
        return measure(full)


@pytest.mark.parametrize("name", ["full", "poor"])
def test_cards_hold_the_figures_of_the_catalogue(
    name: str, request: pytest.FixtureRequest, pages: Pages
) -> None:
    data = request.getfixturevalue(name)
    figures = {one.metric: one for one in data.figures(Request())}
    cards = Reader.of(pages(name, "en")).cards
    assert len(cards) > 10
    for card in cards:
        figure = figures[card.metric]
        assert figure.value is not None
        assert Decimal(card.raw) == Decimal(str(figure.value))


def test_cards_write_the_figure_that_they_hold(pages: Pages) -> None:
    cards = {card.metric: card for card in Reader.of(pages("full", "en")).cards}
    with use_language("en"):
        orders = cards["orders"]
        assert format_value(int(orders.raw), "count") in orders.text
        rate = cards["repeat_purchase_rate"]
        assert format_value(Decimal(rate.raw), "percent") in rate.text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_figure_that_is_missing_is_named_with_its_reason(
    poor: ReportInput, pages: Pages, language: str
) -> None:
    said = Reader.of(pages("poor", language)).sections["limits"]
    with use_language(language):
        missing = [one for one in poor.figures(Request()) if one.value is None]
        assert len(missing) > 10
        for figure in missing:
            assert str(poor.catalogue[figure.metric].label) in said
            assert (reason(figure) or "?") in said


def test_what_is_true_of_many_figures_is_said_once(measured: Measured, pages: Pages) -> None:
    assert measured.shared_notes
    text = "\n".join(Reader.of(pages("full", "en")).text)
    for sentence in measured.shared_notes:
        assert text.count(sentence) == 1


def test_a_note_is_parted_into_its_sentences() -> None:
    note = "Mean: 45.9 days. Largest drop: from order 1 to order 2, 7.8% go on. No."
    assert sentences(note) == [
        "Mean: 45.9 days.",
        "Largest drop: from order 1 to order 2, 7.8% go on.",
        "No.",
    ]
    assert sentences(None) == []


def test_order_funnel_counts_customers_by_rank(full: ReportInput, measured: Measured) -> None:
    orders = full.tables["orders"]
    known = full.fetch(orders.filter(orders.is_purchase)).to_pylist()
    per_customer: dict[str, int] = {}
    for row in known:
        if row["customer_id"] and row["ordered_on"] <= full.context.as_of:
            per_customer[row["customer_id"]] = per_customer.get(row["customer_id"], 0) + 1
    for rank in loyalty.ranks(measured):
        assert rank.customers == sum(n >= rank.n for n in per_customer.values())


def test_largest_drop_needs_enough_customers() -> None:
    rank = loyalty.Rank
    found = [rank(1, 100, 0.5), rank(2, 50, 0.4), rank(3, 20, 0.1), rank(4, 2, None)]
    assert loyalty.largest_drop(found) == found[1]
    assert loyalty.largest_drop(found[2:]) is None


def test_rfm_map_holds_every_customer_once(full: ReportInput) -> None:
    from perenne.reports.html.tables import rfm_grid

    grid = full.fetch(rfm_grid(full.tables)).to_pylist()
    cells = list(segments._cells(grid, full.segment_settings))
    assert sum(cell.customers for cell in cells) == full.context.customers
    assert len({(cell.recency, cell.frequency) for cell in cells}) == len(cells)


def test_findings_are_few_and_lead_somewhere(full: ReportInput) -> None:
    page = build(full)
    anchors = {section.id for section in page.sections}
    assert 4 <= len(page.findings) <= MOST
    assert {finding.anchor for finding in page.findings} <= anchors


def test_comparison_needs_a_whole_earlier_period(make_input: Any) -> None:
    days = [date(2025, month, 10) for month in (1, 2, 3)]
    data = make_input(small_shop([{"day": day, "customer": "a", "net": 60} for day in days]))
    measured = measure(data)
    assert measured.year_before("net_revenue") is None
    before = measured.month_before("net_revenue")
    assert before is not None
    assert before.value == 60
    assert list(measured.months["net_revenue"]) == ["2025-02", "2025-03"]


def test_trend_compares_with_the_same_month_of_the_year_before(measured: Measured) -> None:
    year = measured.year_before("net_revenue")
    assert year is not None
    assert year.period == measured.period.year_before()


def test_amounts_of_the_account_are_written_out(pages: Pages) -> None:
    said = Reader.of(pages("full", "en")).sections["sources"]
    for amount in ("€150.50", "€9.50", "€30.00", "−€10.00"):
        assert amount in said
    assert "add up" in said
    assert "do not add up" not in said


def test_an_account_that_does_not_add_up_is_not_hidden(full: ReportInput) -> None:
    wrong = replace(account().rows[0], kept=8)
    with use_language("en"):
        page = render_html(replace(full, account=account(rows=(wrong,))))
    assert "do not add up" in page


SETTINGS = {
    "window": MetricSettings(inactivity_days=90),
    "margin": MetricSettings(margin_default_rate=Decimal("0.4")),
    "average": MetricSettings(missing_cost="average"),
    "guests": MetricSettings(include_guests=False, returns_on="order_day"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_differ_are_said(full: ReportInput, measured: Measured, name: str) -> None:
    context = replace(full.context, settings=SETTINGS[name], has_unknown_cost=True)
    context = replace(context, inactivity_days=90, guest_orders=3)
    changed = Measured(replace(full, context=context), measured.figures, {})
    with use_language("en"):
        said = " ".join(item.note for item in limits._conventions(changed))
    expected = {
        "window": "active for 90 days after an order: as the settings say",
        "margin": "a margin rate of 40.0% stands in",
        "average": "the average margin rate of the rest stands in",
        "guests": "taken off on the day of the order",
    }
    assert expected[name] in said
