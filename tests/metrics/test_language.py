"""The catalogue's language refuses what it does not know, and the catalogue is whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perenne.core import PerenneError
from perenne.metrics import describe_window, load_catalogue
from perenne.metrics.arithmetic import operate
from perenne.metrics.datasets import DATASETS
from perenne.metrics.expressions import Aggregate, Check, Junction, parse
from perenne.metrics.notes import _NOTES
from perenne.models import CATALOGUE as PREDICTED_METRICS
from perenne.text import UNITS, use_language

CATALOGUE = load_catalogue()


def test_an_aggregate_with_a_condition() -> None:
    found = parse("sum(sales.net, sales.is_sale and not sales.order_number >= 2)")
    assert found == Aggregate(
        "sum",
        "sales",
        "net",
        Junction(
            "and",
            (
                Check("is_sale", "==", True),
                Junction("not", (Check("order_number", ">=", 2),)),
            ),
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "sum(sales.net).real",
        "sum(sales.net, customers.is_new)",
        "sum(sales)",
        "count(sales.net)",
        "[1][0]",
        "lambda: 1",
        "sum(sales.net, where=sales.is_sale)",
        "1 if 2 else 3",
        "sum(",
        "sum(sales.net, sales.net > sales.cost)",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"not allowed|unknown function|own columns|takes a|not an expression"
    ):
        parse(text)


@pytest.mark.parametrize(
    ("operator", "left", "right", "expected"),
    [
        ("/", 1, 0, None),
        ("/", None, 2, None),
        ("**", -1, 0.5, None),
        ("-", 3, 1, 2),
        ("/", 1, 2, 0.5),
    ],
)
def test_arithmetic_of_what_is_missing(
    operator: str, left: int | None, right: float, expected: float | None
) -> None:
    assert operate(operator, left, right) == expected


def test_every_metric_is_whole() -> None:
    for metric in CATALOGUE:
        assert metric.unit in UNITS
        assert set(metric.notes) <= set(_NOTES)
        for text in (metric.label, metric.definition, metric.formula):
            assert text.fr != text.en or metric.id in {"cac", "arr"}
        assert metric.definition.fr.endswith((".", "%"))
        assert not re.search(r"\w'\w| [;!?%]", metric.definition.fr + metric.formula.fr), metric.id


def test_labels_are_told_apart() -> None:
    for language in ("fr", "en"):
        with use_language(language):
            assert len({str(metric.label) for metric in CATALOGUE}) == len(CATALOGUE)


def test_every_dataset_is_used() -> None:
    """By a metric of this part, or of the part above that predicts."""
    whole = load_catalogue(extra=[PREDICTED_METRICS])
    used = {one.dataset for metric in whole for one in metric.aggregates}
    assert used == set(DATASETS)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("panier moyen", "average_order_value"),
        ("net_revenu", "net_revenue"),
        ("churn", "churn_rate"),
    ],
)
def test_a_name_that_is_close_is_proposed(written: str, meant: str) -> None:
    with pytest.raises(PerenneError, match=f"Did you mean “{meant}”"):
        CATALOGUE[written]


def test_a_part_above_adds_its_metrics(tmp_path: Path) -> None:
    text = """
revenue_per_buyer:
  label: {fr: CA par acheteur, en: Revenue per buyer}
  definition: {fr: CA divisé par les acheteurs., en: Revenue by buyers.}
  formula: {fr: CA ÷ acheteurs, en: revenue ÷ buyers}
  unit: money
  frequency: monthly
  scope: period
  grain: customer
  additivity: none
  expression: product_revenue / buyers
"""
    file = tmp_path / "more.yaml"
    file.write_text(text, "utf-8")
    assert load_catalogue(extra=[file]).ids == (*CATALOGUE.ids, "revenue_per_buyer")
    file.write_text(text.replace("buyers\n", "byers\n"), "utf-8")
    with pytest.raises(PerenneError, match="unknown name 'byers'"):
        load_catalogue(extra=[file])


@pytest.mark.parametrize("how", ["learnt", "default"])
def test_the_inactivity_window_is_told_with_thousands_apart(how: str) -> None:
    assert "162,319 gaps" in describe_window(how, days=90, gaps=162_319)
    with use_language("fr"):
        assert "162\u202f319 intervalles" in describe_window(how, days=90, gaps=162_319)
