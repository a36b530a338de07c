"""The chapters beside orders: there where the tables are, and saying what the compiler says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from perenne.metrics import in_force
from perenne.models.subscribers import predict_subscribers
from perenne.reports import ReportInput
from perenne.reports.html.measured import measure
from perenne.reports.html.sections import relation, renewals
from perenne.text import format_value, use_language
from perenne.warehouse import DuckEngine

CHAPTERS = ["satisfaction", "subscriptions", "activity"]


def test_chapters_stand_where_their_tables_do(full: ReportInput, poor: ReportInput) -> None:
    assert [one.id for one in relation.sections(measure(full))] == CHAPTERS
    assert relation.sections(measure(poor)) == []


def test_figures_are_the_compiler_s_with_their_interval(full: ReportInput) -> None:
    measured = measure(full)
    (satisfaction, subscriptions, _activity) = relation.sections(measured)
    facts = {one.label: one for one in satisfaction.blocks[0].items}  # type: ignore[union-attr] # facts come first
    figure = measured.figures["nps"]
    assert facts["Net Promoter Score (NPS)"].value == format_value(figure.value, "points")
    assert figure.interval is not None
    assert format_value(figure.interval.low, "points") in facts["Net Promoter Score (NPS)"].note
    titles = [getattr(one, "title", "") for one in subscriptions.blocks]
    assert "From the MRR of the start to that of the end" in titles


def test_what_subscriptions_will_bring_stands_beside_them(
    full: ReportInput, report_engine: DuckEngine
) -> None:

    held = in_force(full.tables, full.context.as_of)
    priced = full.fetch(held.filter(held.mrr > 0)).to_pylist()
    monthly = [{**one, "interval_unit": "month", "interval_count": 1} for one in priced]
    found = predict_subscribers(
        monthly,
        as_of=full.context.as_of,
        discount_rate=0.1,
        draws=100,
        rng=np.random.default_rng(1),
    )
    tables = {name: report_engine.arrow(table) for name, table in found.tables.items()}
    told = replace(full, tables={**full.tables, **tables}, subscriptions=found.manifest)
    with use_language("fr"):
        (chapter,) = [one for one in relation.sections(measure(told)) if one.id == "subscriptions"]
    refused = {"intervals": {"year": {"refused_fr": "Trop peu."}}}
    with use_language("fr"):
        chapters = relation.sections(measure(replace(full, subscriptions=refused)))
    texts = [getattr(one, "text", "") for part in chapters for one in part.blocks]
    assert any("Trop peu." in one for one in texts)
    labels = [one.label for one in chapter.blocks[0].items]  # type: ignore[union-attr] # facts come first
    assert "Revenu encore à venir des abonnements" in labels
    assert any("Qui reste" in getattr(one, "title", "") for one in chapter.blocks)


def test_how_forecasts_of_subscriptions_did_is_told_in_both_languages(full: ReportInput) -> None:
    origin = {"origin": "2024-06-30", "renewals": 12, "cohort": "all", "in_force": 400}
    origin |= {"expected": 310.4, "low": 280.0, "high": 338.0, "baseline": 290.2, "actual": 305}
    backtest = {"origins": [origin], "beats_baseline": True, "cohorts": 4, "cohorts_inside": 3}
    since = {"in_force": 390, "expected": 350.0, "lo90": 330.0, "hi90": 366.0, "actual": 300}
    said = {
        "intervals": {
            "month": {"model": "m", "backtest": backtest, "records_begin": "2023-01-01"},
            "month+": {"model": "m", "backtest": None, "older": True},
        },
        "earlier": {
            "made": "2025-01-31",
            "months": 5,
            "intervals": {"month": {**since, "inside": False}},
        },
    }
    told = {}
    for language in ("en", "fr"):
        with use_language(language):
            found = renewals.blocks(measure(replace(full, subscriptions=said)))
            told[language] = " ".join(str(one) for one in found)
    for text in ("310", "280 to 338", "305", "3 of 4 totals", "better than the rate", "of 390"):
        assert text in told["en"]
    for text in ("310", "280 à 338", "305", "3 totaux de cohortes sur 4", "hors de ce qui"):
        assert text in told["fr"]
    assert "reprise d’un autre système" in told["fr"]
    assert "could not be judged" in told["en"]
