"""Predicted margins on the page: beside each value, with an interval, and what they rest on."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from perenne.metrics import Context
from perenne.reports import ReportInput
from perenne.reports.html.blocks import Table
from perenne.reports.html.margin_words import rests_on, why_no_margin
from perenne.reports.html.measured import measure
from perenne.reports.html.prediction import Prediction, number
from perenne.reports.html.sections import coming, margins, months
from perenne.reports.html.words import Words
from perenne.text import use_language
from perenne.warehouse import DuckEngine
from tests.reports.html_samples import Pages, Reader
from tests.reports.prediction_samples import tables_of, with_predictions


@pytest.fixture(scope="module")
def prediction(predicted: ReportInput) -> Prediction:
    with use_language("en"):
        return Prediction(measure(predicted))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_margin_stands_on_the_page_with_its_interval(
    predicted: ReportInput, pages: Pages, language: str
) -> None:
    text = Reader.of(pages("predicted", language)).sections["next"]
    seen = 0
    with use_language(language):
        words = Words("EUR")
        for row in tables_of(predicted)["prediction_totals"]:
            if row["horizon_months"] != 12 and row["dimension"] != "all":
                continue
            if "margin_mean" not in row:
                continue
            seen += 1
            assert words.money(row["margin_mean"]) in text
            assert words.between(row["margin_lo90"], row["margin_hi90"]) in text
            if row["dimension"] == "all":
                assert words.money(row["net_mean"]) in text
                assert words.between(row["net_lo90"], row["net_hi90"]) in text
        for row in tables_of(predicted)["prediction_months"]:
            if row["part"] == "all":
                assert words.between(row["margin_lo90"], row["margin_hi90"]) in text
    assert seen > 6


def test_a_group_of_unknown_cost_has_no_margin_and_the_note_says_so(prediction: Prediction) -> None:
    with use_language("en"):
        (fold,) = coming._groups(prediction)
        table = next(one for one in fold.blocks if "channel" in one.caption)  # type: ignore[union-attr] # a fold of tables
    assert isinstance(table, Table)
    cells = {row.header.text: row.cells[3].text for row in table.rows}
    assert [name for name, text in cells.items() if text == "—"] == ["Unknown"]
    assert "unknown" in " ".join(table.notes)


def test_facts_say_what_keeping_costs(prediction: Prediction) -> None:
    total = prediction.total() or {}
    cost = (number(total, "margin_mean") or 0) - (number(total, "net_mean") or 0)
    with use_language("en"):
        margin, net = margins.facts(prediction)
        assert Words("EUR").money(cost) in net.note
    assert "90% interval" in margin.note
    assert "90% interval" in net.note


def test_the_months_tell_the_margin_of_all(prediction: Prediction) -> None:
    (chart,) = months.blocks(prediction)
    expected = sum(
        number(row, "margin") or 0
        for row in prediction.rows("prediction_months")
        if row["part"] == "all"
    )
    with use_language("en"):
        (chart,) = months.blocks(prediction)
        assert Words("EUR").money(expected) in chart.lead  # type: ignore[union-attr] # a chart


def test_without_a_margin_the_page_says_why_and_shows_none(
    poor: ReportInput, report_engine: DuckEngine, tmp_path: Path
) -> None:
    data = with_predictions(poor, report_engine, tmp_path)
    with use_language("en"):
        known = Prediction(measure(data))
        without = {
            name: None
            for name in known.totals[0]
            if name.startswith(("margin_", "net_")) and name != "margin_unknown"
        }
        silent = Prediction(known.measured)
        object.__setattr__(silent, "totals", [{**row, **without} for row in known.totals])
        text = margins.said(silent)
        assert margins.facts(silent) == []
        tables = [one for one in coming._blocks(silent) if isinstance(one, Table)]
    assert "the cost of 100.0% of product revenue is unknown" in text
    assert "default_rate under [margin]" in text
    assert tables
    assert not [column.title for one in tables for column in one.columns if "argin" in column.title]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_way_to_know_a_cost_has_its_words(full: ReportInput, language: str) -> None:
    def told(share: str, rate: str | None, missing: str = "refuse") -> str:
        settings = replace(
            full.context.settings,
            margin_default_rate=None if rate is None else Decimal(rate),
            missing_cost=missing,  # type: ignore[arg-type] # one of the two
        )
        context: Context = replace(
            full.context,
            settings=settings,
            has_unknown_cost=Decimal(share) > 0,
            product_revenue=Decimal(100),
            revenue_without_cost=Decimal(share) * 100,
        )
        return rests_on(context)

    with use_language(language):
        own, one, mixed = told("0", None), told("1", "0.45"), told("0.2", "0.45")
        average, none = told("0.2", None, "average"), why_no_margin(full.context)
    assert len({own, one, mixed, average, none}) == 5
    assert "45" in one
    assert "100" not in one
    assert "45" in mixed
    assert "20" in mixed
    assert "20" in average
    assert ("cost of each product" if language == "en" else "coût de chaque produit") in own
