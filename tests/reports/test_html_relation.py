"""The chapters beside orders: there where the tables are, and saying what the compiler says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from perenne.metrics import in_force
from perenne.models.subscribers import predict_subscribers
from perenne.reports import ReportInput
from perenne.reports.html.measured import measure
from perenne.reports.html.sections import relation
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
