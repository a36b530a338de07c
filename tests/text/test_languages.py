"""Which language is chosen, and that it returns to what it was."""

from __future__ import annotations

import subprocess
import sys

import pytest

from perenne.core import PerenneError
from perenne.text import (
    bilingual,
    current_language,
    detect_language,
    set_language,
    use_language,
)


@pytest.mark.parametrize(
    ("argv", "environ", "expected"),
    [
        (["kpis", "--lang", "fr"], {"PERENNE_LANG": "en"}, "fr"),
        (["kpis", "--lang=en"], {"LANG": "fr_FR.UTF-8"}, "en"),
        (["kpis"], {"PERENNE_LANG": "fr", "LC_ALL": "en_GB.UTF-8"}, "fr"),
        (["kpis"], {"LC_ALL": "C", "LANG": "fr_FR.UTF-8"}, "en"),
        (["kpis"], {"LC_ALL": "", "LANG": "fr_FR.UTF-8"}, "fr"),
        (["kpis"], {"LANG": "fr-CA"}, "fr"),
        (["kpis"], {"LANG": "fr@euro"}, "fr"),
        (["kpis"], {"LANG": "fry_NL"}, "en"),
        (["kpis"], {"LANG": "de_DE.UTF-8"}, "en"),
        (["kpis", "--lang"], {}, "en"),
        (["import", "--", "--lang=fr"], {}, "en"),
        ([], {}, "en"),
    ],
)
def test_the_flag_then_the_environment_decide(
    argv: list[str], environ: dict[str, str], expected: str
) -> None:
    assert detect_language(argv, environ) == expected


def test_a_language_lasts_as_long_as_its_block() -> None:
    before = current_language()
    with use_language("fr"):
        with use_language("en"):
            assert current_language() == "en"
        assert current_language() == "fr"
    assert current_language() == before


def test_an_error_in_the_block_still_gives_the_language_back() -> None:
    before = current_language()
    with pytest.raises(RuntimeError), use_language("fr"):
        raise RuntimeError
    assert current_language() == before


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The language “de” is not available. Choose fr or en."),
        ("fr", "La langue «\u00a0de\u00a0» n’est pas disponible. Choisissez fr ou en."),
    ],
)
def test_another_language_is_refused_in_words(language: str, sentence: str) -> None:
    with use_language(language), pytest.raises(PerenneError) as refusal:
        set_language("de")
    assert str(refusal.value) == sentence
    assert refusal.value.given == "de"
    assert refusal.value.allowed == ("fr", "en")


def test_bilingual_picks_then_falls_back() -> None:
    both = {"fr": "panier moyen", "en": "average order value"}
    with use_language("fr"):
        assert bilingual(both) == "panier moyen"
        assert bilingual({"en": "average order value"}) == "average order value"
    with use_language("en"):
        assert bilingual(both) == "average order value"
        assert bilingual({"fr": "panier moyen", "en": ""}) == "panier moyen"
        assert bilingual({}) == ""


def test_english_texts_do_not_load_babel() -> None:
    script = (
        "import sys; from perenne.text import gettext, ngettext, detect_language\n"
        "detect_language(['--lang', 'fr'], {}); gettext('Hello'); ngettext('a', 'b', 2)\n"
        "sys.exit('babel' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
