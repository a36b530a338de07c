"""What refresh and status say of predictions, of manifests written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from perenne.cli.foretold import prediction_lines, prediction_values
from perenne.text import use_language

PASSED: dict[str, Any] = {"passed": True, "reason_en": "There is enough.", "reason_fr": "Assez."}
REFIT = {
    "made": "2025-03-31",
    "days": 269,
    "expected": 81_937.02,
    "actual": 61_644.85,
    "low": 71_031.7,
    "high": 94_207.4,
    "slope": None,
    "advised": True,
}


def lines(language: str = "en", **told: Any) -> list[str]:
    with use_language(language):
        return list(prediction_lines({"model": "mbg_nbd", "gate": PASSED, **told}, "EUR"))


def test_the_model_is_named() -> None:
    (line,) = lines()
    assert line.startswith("Predicted by “MBG/NBD: ")


def test_a_prediction_that_no_longer_held_is_marked() -> None:
    (_model, said) = lines(refit=REFIT)
    assert said.startswith("! An earlier prediction, of 31 March 2025, expected €81,937 in the 269")
    assert "€61,645 came. That lies outside its 95% interval." in said
    assert said.endswith("It no longer held: the model had to be fitted anew.")


def test_a_prediction_that_held_and_is_old_is_told_so() -> None:
    old = {"actual": 80_000.0, "reason_en": "it is 269 days old", "reason_fr": "elle a 269 jours"}
    (_model, said) = lines(refit={**REFIT, **old})
    assert said.startswith("An earlier prediction")
    assert said.endswith("It was due to be fitted anew: it is 269 days old.")
    assert "ne tenait plus" not in lines("fr", refit={**REFIT, **old})[1]


def test_a_prediction_that_held_is_told_without_a_mark() -> None:
    (_model, said) = lines(refit={**REFIT, "actual": 80_000.0, "advised": False})
    assert said.startswith("An earlier prediction")
    assert said.endswith("That lies in its 95% interval.")


def test_too_short_a_history_says_what_is_missing_in_the_language_of_the_reader() -> None:
    gate = {"passed": False, "reason_en": "40 buyers, 300 are needed.", "reason_fr": "40 acheteurs"}
    assert lines(gate=gate)[1] == "! 40 buyers, 300 are needed."
    assert lines("fr", gate=gate)[1] == "! 40 acheteurs"


def test_why_nothing_is_predicted() -> None:
    refused = {"refused_en": "No fit converged.", "refused_fr": "Rien ne converge."}
    assert list(prediction_lines(refused, "EUR")) == ["! Nothing is predicted: No fit converged."]
    assert prediction_values(refused) == {
        **dict.fromkeys(("model", "gate", "champion", "refit")),
        **refused,
    }


def test_somebody_else_than_the_champion_is_named_with_the_reason() -> None:
    refusal = {"horizon_months": 12, "name": "pareto_nbd", "reason_en": "The fit runs off."}
    told = {"models": {"12": "combined"}, "champion": {"name": "pareto_nbd"}}
    (_model, said) = lines(**told, refused_by=[refusal])
    assert said.startswith("! “Pareto/NBD: ")
    assert said.endswith("was chosen on past dates, but cannot be fitted today: The fit runs off.")
    assert len(lines(**told, refused_by=[{**refusal, "horizon_months": 24}])) == 1


def test_who_buys_like_clockwork_is_taken_for_a_subscriber() -> None:
    found = {"k": 2327.3, "error": 9.0, "buyers": 779, "suggested": ["mbg_cnbd", "pareto_ggg"]}
    (_model, said) = lines(regularity=found)
    assert said.startswith("→ Customers buy like clockwork (k = 2,327; 1 is at random)")
    assert "backtest" not in said


def test_regular_buyers_are_pointed_to_the_models_made_for_them() -> None:
    found = {"k": 2.09, "error": 0.1, "buyers": 779, "suggested": ["mbg_cnbd", "pareto_ggg"]}
    (_model, said) = lines(regularity=found)
    assert said.startswith("→ Customers buy at regular intervals (k = 2.1; 1 is at random).")
    assert said.endswith("perenne backtest --contender mbg_cnbd --contender pareto_ggg")
    assert lines("fr", regularity=found)[1].startswith("→ Les clients achètent à intervalles")
    for nothing in (None, {**found, "suggested": []}, {**found, "k": None}):
        assert len(lines(regularity=nothing)) == 1


@pytest.mark.parametrize("told", [None, {}])
def test_nothing_is_said_without_predictions(told: Any) -> None:
    assert list(prediction_lines(told, "EUR")) == []
    assert prediction_values(told) is None
