"""One engine and each shop built once for the report's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from perenne.reports import ReportInput, render_html
from perenne.text import use_language
from perenne.warehouse import DuckEngine
from tests.metrics.shops import Kind, Shop, shop
from tests.reports.html_samples import FULL, POOR, Make, Pages, report_input
from tests.reports.prediction_samples import GATED, with_predictions


@pytest.fixture(scope="session")
def report_engine() -> Iterator[DuckEngine]:
    with DuckEngine() as engine:
        yield engine


@pytest.fixture(scope="session")
def make_input(report_engine: DuckEngine, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Build what a report is made from, of a kind of shop or of a shop given whole."""
    made: dict[Any, ReportInput] = {}

    def make(one: Kind | Shop, **options: Any) -> ReportInput:
        if isinstance(one, Shop):
            return report_input(one, report_engine, tmp_path_factory.mktemp("shop"), **options)
        if one not in made:
            folder = tmp_path_factory.mktemp(one.name)
            made[one] = report_input(shop(one, 3), report_engine, folder, **options)
        return made[one]

    return make


@pytest.fixture(scope="session")
def full(make_input: Make) -> ReportInput:
    """A shop with costs, channels, spend, categories, countries and guests."""
    return make_input(FULL)


@pytest.fixture(scope="session")
def poor(make_input: Make) -> ReportInput:
    """A shop without costs, spend or returns, and with a short history."""
    return make_input(POOR)


@pytest.fixture(scope="session")
def predicted(
    full: ReportInput, report_engine: DuckEngine, tmp_path_factory: pytest.TempPathFactory
) -> ReportInput:
    """The full shop with predictions."""
    return with_predictions(full, report_engine, tmp_path_factory.mktemp("predicted"))


@pytest.fixture(scope="session")
def gated(
    poor: ReportInput, report_engine: DuckEngine, tmp_path_factory: pytest.TempPathFactory
) -> ReportInput:
    """The poor shop, whose data are too few for a model."""
    folder = tmp_path_factory.mktemp("gated")
    return with_predictions(poor, report_engine, folder, manifest=GATED)


@pytest.fixture(scope="session")
def pages(
    full: ReportInput, poor: ReportInput, predicted: ReportInput, gated: ReportInput
) -> Pages:
    data = {"full": full, "poor": poor, "predicted": predicted, "gated": gated}
    written: dict[tuple[str, str], str] = {}

    def page(name: str, language: str) -> str:
        if (name, language) not in written:
            with use_language(language):
                written[name, language] = render_html(data[name])
        return written[name, language]

    return page
