"""What comes next, and how far to trust it: the page says what the tables hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from perenne.reports import ReportInput, render_html
from perenne.reports.html.blocks import Page
from perenne.reports.html.contenders import BASELINES, contender_label, contender_meaning
from perenne.reports.html.measured import measure
from perenne.reports.html.page import written
from perenne.reports.html.prediction import Prediction, number
from perenne.reports.html.scoreboard import Contender, Scoreboard, scoreboard
from perenne.reports.html.sections import coming, months, proof, trust
from perenne.reports.html.words import Words, count, share
from perenne.segments import segment_label
from perenne.text import use_language
from perenne.warehouse import DuckEngine
from tests.reports.html_samples import Pages, Reader, small_shop
from tests.reports.prediction_samples import (
    CONTENDERS,
    MANIFEST,
    tables_of,
    with_predictions,
)

pytestmark = pytest.mark.slow

REFIT = {**MANIFEST["refit"], "actual": 900.0}
Change = Callable[..., str]


def over(*values: float) -> dict[date, float]:
    """Values on as many past dates."""
    return {date(2024, month, 1): value for month, value in enumerate(values, start=1)}


def said(pages: Pages, name: str, chapter: str, language: str = "en") -> str:
    return Reader.of(pages(name, language)).sections[chapter]


@pytest.fixture(scope="module")
def prediction(predicted: ReportInput) -> Prediction:
    with use_language("en"):
        return Prediction(measure(predicted))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_total_of_the_tables_stands_on_the_page(
    predicted: ReportInput, pages: Pages, language: str
) -> None:
    text = said(pages, "predicted", "next", language)
    with use_language(language):
        words = Words("EUR")
        for row in tables_of(predicted)["prediction_totals"]:
            is_shown = row["dimension"] in ("all", "segment") and row["horizon_months"] == 12
            if is_shown or row["dimension"] == "all":
                assert words.money(row["mean"]) in text
                assert words.between(row["lo90"], row["hi90"]) in text
                assert count(round(row["expected_orders"])) in text
            if row["dimension"] == "segment":
                assert segment_label(row["value"], predicted.segment_settings) in text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_month_to_come_stands_in_the_table(
    predicted: ReportInput, pages: Pages, language: str
) -> None:
    text = said(pages, "predicted", "next", language)
    with use_language(language):
        for row in tables_of(predicted)["prediction_months"]:
            if row["part"] == "all":
                assert Words("EUR").money(row["revenue"]) in text
                assert Words("EUR").money(row["revenue_lo90"]) in text


def test_months_begun_are_left_out_of_the_past(prediction: Prediction) -> None:
    as_of = prediction.as_of
    assert not months.is_whole(as_of.replace(day=1), prediction)
    assert months.is_whole(date(2025, 2, 1), prediction)
    assert not months.is_whole(date(2020, 1, 1), prediction)


def test_headline_says_period_amount_and_interval(prediction: Prediction) -> None:
    with use_language("en"):
        text = coming.headline(prediction)
    total = prediction.total()
    for name in ("mean", "lo90", "hi90"):
        assert Words("EUR").money(number(total, name)) in text
    assert "12 months after 28 March 2025" in text
    assert "Nine times out of ten" in text


def test_it_is_a_finding_of_the_summary(pages: Pages) -> None:
    assert "expected from known customers in 12 months" in said(pages, "predicted", "summary")
    assert "expected from known customers" not in said(pages, "gated", "summary")


def test_shares_by_segment_against_a_slow_count(
    predicted: ReportInput, prediction: Prediction
) -> None:
    rows = predicted.all_rows("predictions")
    chance = {row["customer_id"]: row["p_order_12m"] for row in rows}
    likely: Counter[str] = Counter()
    known: Counter[str] = Counter()
    for row in predicted.all_rows("segments"):
        known[row["segment"]] += 1
        likely[row["segment"]] += chance[row["customer_id"]] > 0.5
    assert prediction.shares[None] == pytest.approx(likely.total() / known.total())
    for segment, customers in known.items():
        assert prediction.shares[segment] == pytest.approx(likely[segment] / customers)


def test_customers_to_look_at_are_silent_and_worth_most(
    predicted: ReportInput, prediction: Prediction, pages: Pages
) -> None:
    value = {row["customer_id"]: row["clv_12m"] for row in predicted.all_rows("predictions")}
    silent = [row for row in predicted.all_rows("customer_facts") if not row["is_active"]]
    silent.sort(key=lambda row: (-value[row["customer_id"]], row["customer_id"]))
    expected = [row["customer_id"] for row in silent[:10]]
    assert [row["customer_id"] for row in prediction.silent] == expected
    text = said(pages, "predicted", "next")
    assert all(customer in text for customer in expected)


def test_ranking_names_every_contender_and_marks_the_best(pages: Pages) -> None:
    text = said(pages, "predicted", "trust")
    with use_language("en"):
        for name in (*CONTENDERS, "pareto_ggg"):
            assert contender_label(name) in text
            assert contender_meaning(name) in text
    assert "BG/NBD: purchases and leaving (used)" in text
    assert "Could not be used: Too few customers bought often." in text
    for best in ("★ 4.0%", "★ €14.20", "★ €88.00", "★ 0.67", "★ 46.0%", "★ €20.00"):
        assert best in text
    assert text.count("★") == 7  # the six, and the note that says what the star means
    assert "35.5% smaller" in text
    assert "3 of 3" in text


def test_chosen_model_is_judged_in_words(prediction: Prediction) -> None:
    board = scoreboard(prediction)
    assert board is not None
    with use_language("en"):
        worse = Contender("bg_nbd", {"crps": dict.fromkeys(board.origins, 30.0)})
        others = [one for one in board.contenders if one.name != "bg_nbd"]
        lost = replace(board, contenders=[worse, *others])
        assert "does not beat the best simple rule" in trust.verdict(prediction, lost)
        assert trust.verdict(prediction, replace(board, contenders=others)) == ""
        assert "no simple rule to compare" in trust.verdict(
            prediction, replace(board, contenders=[worse])
        )
    with use_language("fr"):
        text = trust.verdict(prediction, board)
    assert "BG/NBD : achats et abandon" in text.replace("\u00a0", " ")


def test_a_contender_is_summed_up_over_the_dates() -> None:
    one = Contender("bg_nbd", {"bias": over(-0.2, 0.1, 0.05), "total_in_90": over(1, 0, 1)})
    assert one.typical("bias") == 0.1
    assert one.inside() == (2, 3)
    assert one.dates == 3
    assert one.typical("gini") is None
    assert Contender("hurdle", {}).inside() is None


def test_best_is_sought_among_those_judged_on_all_dates() -> None:
    once = Contender("hurdle", {"rmse": over(1)})
    always = Contender("bg_nbd", {"rmse": over(3, 3), "gini": over(0.5, 0.6)})
    rule = Contender("all_zero", {"rmse": over(5, 5), "gini": over(0.2, 0.2)})
    board = Scoreboard(365, [date(2024, 1, 1)], [once, always, rule])
    assert board.best("rmse") == 3.0
    assert board.best("gini") == pytest.approx(0.55)
    assert board.best("crps") is None
    assert board.hardest(always, "rmse") == (rule, 0.6)
    assert board.hardest(always, "crps") is None


def test_errors_are_compared_on_the_dates_in_common() -> None:
    model = Contender("bg_nbd", {"crps": over(10, 20, 90)})
    rule = Contender("rfm_cell", {"crps": over(20, 20)})
    assert model.against(rule, "crps") == pytest.approx(30 / 40)
    assert model.against(rule, "rmse") is None


def test_scoreboard_takes_the_horizon_nearest_a_year(prediction: Prediction) -> None:
    board = scoreboard(prediction)
    assert board is not None
    assert board.horizon == 90
    assert len(board.origins) == 3
    names = [one.name for one in board.contenders]
    assert names[0] == "bg_nbd"
    assert names[-1] == "pareto_ggg"
    assert set(names[3:6]) <= set(BASELINES)


def test_tracking_says_what_came_after_the_model_knew(prediction: Prediction) -> None:
    rows = sorted(prediction.rows("model_tracking"), key=lambda row: row["week"])
    with use_language("en"):
        text = proof._tracking_lead(rows)
    assert "From then to 28 March 2025, 36 repeat purchase days were counted and 40" in text


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        (
            "en",
            (
                "Calibration: predicted and true value",
                "Tracking: repeat purchases",
                "Purchases to come, by purchases so far",
                "Orders expected in a year, by past orders",
            ),
        ),
        ("fr", ("Achats à venir, selon les achats passés", "Commandes attendues en un an")),
    ],
)
def test_the_purchase_model_is_drawn_whoever_predicts(
    pages: Pages, prediction: Prediction, language: str, titles: tuple[str, ...]
) -> None:
    assert prediction.model not in {row["contender"] for row in prediction.rows("model_map")}
    text = said(pages, "predicted", "trust", language)
    for title in titles:
        assert title in text


def test_drift_and_methods_are_told(pages: Pages) -> None:
    text = said(pages, "predicted", "trust")
    for part in ("€480.00 came", "the 28 days since", "lies in its 95% interval", "+4.0%", "0.11"):
        assert part in text
    assert "r = 0.2426" in text


def test_too_few_data_are_said_first_and_nothing_pretends(pages: Pages) -> None:
    text = said(pages, "gated", "next")
    assert "the simple CLV formula stands in" in text
    assert "90% interval" not in text
    assert "Nine times out of ten" not in text
    trusted = said(pages, "gated", "trust")
    assert "What is missing: “Known customers who have bought”." in trusted
    assert "500" in trusted


@pytest.mark.parametrize("language", ["en", "fr"])
def test_old_snapshot_says_why_there_is_nothing(pages: Pages, language: str) -> None:
    text = said(pages, "full", "next", language)
    assert "perenne refresh" in text
    assert "trust" not in Reader.of(pages("full", language)).sections


def chapters(prediction: Prediction, data: ReportInput) -> str:
    """The two chapters alone, of another input with the same figures."""
    found = Prediction(replace(prediction.measured, data=data))
    sections = [one for one in (coming.section(found), trust.section(found)) if one]
    return written(Page("en", "", "", (), (), sections, ""))


@pytest.fixture
def changed(prediction: Prediction) -> Change:
    """The chapters of the predicted shop with other words in its manifest."""

    def change(**parts: Any) -> str:
        data = prediction.measured.data
        return chapters(prediction, replace(data, prediction={**MANIFEST, **parts}))

    return change


@pytest.mark.parametrize(
    "parts",
    [
        {"refit": REFIT},
        {"refit": {**REFIT, "advised": True, "slope": 1.4}},
        {"refit": {"advised": True}},
        {"champion": {"name": "bg_nbd", "unbeaten": ["rfm_cell"], "stands_in": False}},
        {"level": 1.0, "level_spread": None, "parameters": None},
        {"gate": None, "champion": None, "truncation": {"detected": True}},
        {"gate": {"passed": True}, "independence": {"correlation": float("nan")}},
        {"model": "simple_clv"},
        {"model": "some_new_model"},
    ],
)
def test_manifest_is_read_without_trust(changed: Change, parts: dict[str, Any]) -> None:
    with use_language("fr"):
        reader = Reader.of(changed(**parts))
    assert not reader.problems
    assert not [text for text in reader.text if text in ("None", "nan", "inf")]


def test_refusal_is_told_with_its_reason(full: ReportInput, prediction: Prediction) -> None:
    data = replace(full, prediction={"as_of": "2025-03-28", "refused_en": "No fit converged."})
    with use_language("en"):
        reader = Reader.of(chapters(prediction, data))
    assert "Nothing could be predicted: No fit converged." in reader.sections["next"]
    assert "trust" not in reader.sections


def test_no_model_beats_the_rules(changed: Change) -> None:
    with use_language("en"):
        chosen = {"name": "simple_clv", "stands_in": True}
        text = Reader.of(changed(model="simple_clv", champion=chosen)).sections["trust"]
    assert "No model beats the simple rules on this shop" in text


@pytest.mark.parametrize(
    ("model", "language", "said"),
    [
        (
            "simple_clv",
            "en",
            "“Pareto/NBD: purchases and leaving at any moment” was chosen on past dates, but "
            "cannot be fitted today: The fit runs off. “Simple CLV formula” is used.",
        ),
        ("bg_nbd", "en", "cannot be fitted today: The fit runs off. “BG/NBD"),
        ("simple_clv", "fr", "ne s’ajuste pas aux données d’aujourd’hui : L’ajustement file."),
    ],
)
def test_who_stands_in_for_a_champion_that_cannot_be_fitted_is_told(
    changed: Change, model: str, language: str, said: str
) -> None:
    refused = {"horizon_months": 12, "name": "pareto_nbd"}
    reasons = {"reason_en": "The fit runs off.", "reason_fr": "L’ajustement file."}
    with use_language(language):
        page = changed(
            model=model,
            models={"12": model},
            champion={"name": "pareto_nbd", "stands_in": False},
            refused_by=[refused | reasons],
        )
        text = Reader.of(page).sections["trust"]
    assert said in text
    assert "No model beats" not in text


@pytest.mark.parametrize(
    "only",
    [
        (),
        ("predictions",),
        ("prediction_totals",),
        ("predictions", "prediction_totals", "prediction_months"),
        ("model_scores",),
        ("model_tracking", "model_deciles"),
    ],
)
def test_tables_may_be_absent(
    full: ReportInput, predicted: ReportInput, prediction: Prediction, only: tuple[str, ...]
) -> None:
    tables = {**full.tables, **{name: predicted.tables[name] for name in only}}
    with use_language("en"):
        reader = Reader.of(chapters(prediction, replace(predicted, tables=tables)))
    assert not reader.problems
    assert len(reader.ids) == len(set(reader.ids))


def test_one_customer(make_input: Any, report_engine: DuckEngine, tmp_path: Path) -> None:
    one = make_input(small_shop([{"day": date(2025, 3, 10), "customer": "a"}]))
    with use_language("en"):
        reader = Reader.of(render_html(with_predictions(one, report_engine, tmp_path)))
    assert not reader.problems
    assert "the 1 known customer is expected" in reader.sections["next"]


def test_nobody(make_input: Any) -> None:
    with use_language("en"):
        found = Prediction(measure(make_input(small_shop([]))))
        assert "nobody to predict anything for" in coming.why_none(found)


def test_words_of_the_manifest_cannot_become_markup(changed: Change) -> None:
    nasty = "<script>alert(1)</script>"
    page = changed(model=nasty, champion={"name": nasty, "unbeaten": [nasty]})
    assert nasty not in page
    assert "&lt;script&gt;" in page


def test_shares_are_written_as_computed(prediction: Prediction, pages: Pages) -> None:
    with use_language("en"):
        assert share(prediction.shares[None]) in said(pages, "predicted", "next")
