"""What is made under one language and read under another."""

import json

from perenne.core import PerenneError
from perenne.text import format_number, gettext, ngettext, remembered, spoken, use_language


def test_a_remembered_text_is_said_again_with_its_names() -> None:
    with remembered(), use_language("fr"):
        inner = gettext("it says what is no number")
        text = gettext("The numbers of {name} run off on these data: {reason}.").format(
            name="bg_nbd", reason=inner
        )
    assert text.startswith("Les nombres de bg_nbd s’emballent")
    assert spoken(text) == {
        "en": "The numbers of bg_nbd run off on these data: it says what is no number.",
        "fr": str(text),
    }


def test_an_error_speaks_both_languages() -> None:
    with remembered():
        error = PerenneError(
            gettext("The history is too short to judge forecasts of {days} days.").format(days=90),
            next_step=gettext("Wait for a longer history; until then the baselines stand in."),
        )
    said = spoken(error.what, error.next_step)
    assert said["en"] == str(error)
    assert said["fr"].startswith("L’historique est trop court")
    assert "Attendez" in said["fr"]


def test_plural_forms_follow_the_language() -> None:
    with remembered():
        none = ngettext("{n} day", "{n} days", 0).format(n=format_number(0))
    assert spoken(none) == {"en": "0 days", "fr": "0\u00a0jour"}


def test_what_was_not_remembered_stays_and_all_is_text() -> None:
    plain = gettext("{n} past dates")
    assert type(plain) is str
    assert spoken(plain, "") == {"en": plain, "fr": plain}
    with remembered():
        kept = gettext("{n} day")
    assert json.dumps([kept]) == '["{n} day"]'
    assert kept == "{n} day"
