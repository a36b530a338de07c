"""[predictions] in perenne.toml: what is wrong is refused at once, in whole sentences."""

from pathlib import Path

import pytest

from perenne.core import PerenneError
from perenne.models import PredictionSettings
from perenne.models.contenders import roster
from perenne.models.contenders.probability import SOURCES
from perenne.models.names import CONTENDERS
from perenne.text import use_language
from perenne.workspace.settings import load


def refusal(path: Path, text: str, language: str = "en") -> str:
    path.write_text(text, encoding="utf-8")
    with use_language(language), pytest.raises(PerenneError) as caught:
        load(path)
    return str(caught.value)


def test_names_are_those_of_the_contenders() -> None:
    homes = (roster.BASELINES, SOURCES, roster.SEASONAL, roster.COVARIATES, roster.LEARNERS)
    assert tuple(name for home in homes for name in home) == CONTENDERS
    assert {roster.contender(name).name for name in CONTENDERS} == {*CONTENDERS}


def test_an_id_that_is_none_is_refused_with_what_is_allowed(tmp_path: Path) -> None:
    text = '[predictions]\ncontenders = ["bg_nbd", "foo"]\n'
    said = refusal(tmp_path / "perenne.toml", text)
    assert "predictions.contenders" in said
    assert "There is no contender “foo”. Choose among: all_zero, last_period," in said
    said = refusal(tmp_path / "perenne.toml", text.replace("foo", "paretonbd"))
    assert "Did you mean “pareto_nbd”? Choose among:" in said
    with pytest.raises(PerenneError, match="There is no contender “foo”"):
        PredictionSettings(contenders=("foo",))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'contenders = ["paretonbd"]',
            "Vouliez-vous dire «\u00a0pareto_nbd\u00a0»\u202f? Choisissez",
        ),
        ("draws = 0", "100 ou plus est permis"),
        ("origins = 25", "24 ou moins est permis"),
    ],
)
def test_french_is_french_throughout(tmp_path: Path, line: str, said: str) -> None:
    told = refusal(tmp_path / "perenne.toml", f"[predictions]\n{line}\n", "fr")
    assert said in told
    for english in ("Did you", "Choose", "Value error", "Input should"):
        assert english not in told
