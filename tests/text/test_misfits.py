"""What pydantic finds wrong with a value, said in French as in English."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from perenne.text import misfit, use_language


class _Inner(BaseModel):
    pass


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    n: Annotated[int, Field(ge=1, le=9)] = 1
    share: Annotated[Decimal, Field(gt=0, lt=1)] = Decimal("0.5")
    name: Annotated[str, Field(pattern="^[A-Z]$")] = "A"
    day: date | None = None
    on: bool = True
    order: Literal["dmy", "mdy", "ymd"] = "dmy"
    several: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)] = ("a",)
    inner: _Inner = _Inner()
    words: dict[str, str] = {}

    @field_validator("name")
    @classmethod
    def _own(cls, name: str) -> str:
        if name == "Z":
            raise ValueError("ours")
        return name


class _Needed(BaseModel):
    n: int


GIVEN: dict[str, tuple[dict[str, Any], str, str]] = {
    "words for a number": ({"n": "x"}, "a whole number is expected", "un nombre entier"),
    "half a number": ({"n": 1.5}, "a whole number is expected", "un nombre entier"),
    "low": ({"n": 0}, "1 or more is allowed", "1 ou plus est permis"),
    "high": ({"n": 10}, "9 or less is allowed", "9 ou moins est permis"),
    "not above": ({"share": 0}, "more than 0 is allowed", "plus de 0 est permis"),
    "not below": ({"share": 1}, "less than 1 is allowed", "moins de 1 est permis"),
    "no share": ({"share": "x"}, "a number is expected", "un nombre est attendu"),
    "no text": ({"name": 5}, "a text between quotes", "un texte entre guillemets"),
    "form": ({"name": "ab"}, "the form ^[A-Z]$ is expected", "la forme ^[A-Z]$ est attendue"),
    "own words": ({"name": "Z"}, "ours", "ours"),
    "no day": ({"day": "soon"}, "a date such as 2025-01-31", "une date comme 2025-01-31"),
    "no flag": ({"on": "perhaps"}, "true or false is expected", "true ou false est attendu"),
    "no choice": ({"order": "x"}, "is expected: 'dmy', 'mdy', 'ymd'", "de ces valeurs"),
    "no list": ({"several": 5}, "a list is expected", "une liste est attendue"),
    "few": ({"several": []}, "1 or more are needed", "il en faut 1 ou plus"),
    "many": ({"several": ["a"] * 3}, "no more than 2 may", "il n’y en a pas plus de 2"),
    "no table": ({"inner": 5}, "a table of settings", "une table de réglages"),
    "no words": ({"words": 5}, "a table of settings", "une table de réglages"),
    "unknown": ({"other": 5}, "there is no such setting", "ce réglage n’existe pas"),
}  # fmt: skip


@pytest.mark.parametrize("case", GIVEN)
def test_wrong_values_are_told_in_both_languages(case: str) -> None:
    given, english, french = GIVEN[case]
    with pytest.raises(ValidationError) as caught:
        _Settings.model_validate(given)
    (problem,) = caught.value.errors()
    assert english in misfit(problem)
    with use_language("fr"):
        assert french in misfit(problem)


def test_what_is_missing_is_told() -> None:
    with pytest.raises(ValidationError) as caught:
        _Needed.model_validate({})
    assert misfit(caught.value.errors()[0]) == "it is missing"


def test_what_is_not_known_is_told_in_the_words_of_pydantic() -> None:
    assert misfit({"type": "url_parsing", "msg": "Input should be a URL"}).endswith("a URL")
