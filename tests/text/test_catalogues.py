"""French catalogues: read, merged, and agreeing with each other."""

from __future__ import annotations

import pytest

from perenne.text import gettext, lazy_gettext, ngettext, pgettext, use_language
from perenne.text.catalogues import french, merge, read_catalogue

HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
"""


def catalogue(*entries: str) -> bytes:
    return (HEADER + "\n" + "\n\n".join(entries) + "\n").encode()


def test_entries_are_read_with_contexts_and_plurals() -> None:
    read = read_catalogue(
        catalogue(
            'msgid "orders"\nmsgstr "commandes"',
            'msgctxt "verb"\nmsgid "orders"\nmsgstr "commande"',
            'msgid "{n} gift"\nmsgid_plural "{n} gifts"\n'
            'msgstr[0] "{n} cadeau"\nmsgstr[1] "{n} cadeaux"',
        )
    )
    assert read == {
        "orders": ("commandes",),
        "verb\x04orders": ("commande",),
        "{n} gift": ("{n} cadeau", "{n} cadeaux"),
    }


def test_what_is_fuzzy_or_empty_is_left_in_english() -> None:
    read = read_catalogue(
        catalogue(
            '#, fuzzy\nmsgid "margin"\nmsgstr "marge ?"',
            'msgid "basket"\nmsgstr ""',
            'msgid "{n} a"\nmsgid_plural "{n} b"\nmsgstr[0] "{n} c"\nmsgstr[1] ""',
        )
    )
    assert read == {}


def test_a_conflict_names_the_parts_and_the_first_part_wins() -> None:
    merged = merge(
        {
            "segments": catalogue('msgid "lost"\nmsgstr "perdus"'),
            "metrics": catalogue('msgid "lost"\nmsgstr "inactifs"'),
            "reports": catalogue('msgid "kept"\nmsgstr "gardés"'),
            "cleaning": catalogue('msgid "kept"\nmsgstr "gardés"'),
        }
    )
    assert merged.find("lost") == "inactifs"
    assert [conflict.message for conflict in merged.conflicts] == ["lost"]
    assert merged.conflicts[0].translations == (
        ("metrics", ("inactifs",)),
        ("segments", ("perdus",)),
    )


@pytest.mark.parametrize(
    ("n", "french_form", "english_form"),
    [
        (0, "{n}\u00a0jour", "{n} days"),
        (1, "{n}\u00a0jour", "{n} day"),
        (2, "{n}\u00a0jours", "{n} days"),
    ],
)
def test_zero_is_singular_in_french(n: int, french_form: str, english_form: str) -> None:
    with use_language("fr"):
        assert ngettext("{n} day", "{n} days", n) == french_form
    with use_language("en"):
        assert ngettext("{n} day", "{n} days", n) == english_form


def test_a_missing_translation_is_said_in_english() -> None:
    with use_language("fr"):
        assert gettext("No catalogue holds this sentence") == "No catalogue holds this sentence"
        assert pgettext("nowhere", "not available") == "not available"
        assert ngettext("{n} xyz", "{n} xyzs", 1) == "{n} xyz"
        assert ngettext("{n} xyz", "{n} xyzs", 0) == "{n} xyzs"
        assert gettext("") == ""


def test_a_lazy_text_speaks_the_language_of_its_reader() -> None:
    missing = lazy_gettext("not available")
    with use_language("fr"):
        assert str(missing) == "non disponible"
        assert lazy_gettext("since {date}").format(date="hier") == "depuis le hier"
    with use_language("en"):
        assert f"{missing}" == "not available"


def test_no_two_parts_translate_one_message_differently() -> None:
    assert french().conflicts == ()
