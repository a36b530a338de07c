"""French catalogues: read, merged, and agreeing with each other."""

from __future__ import annotations

import io
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.pofile import normalize
from babel.messages.pofile import read_po as babel_read
from hypothesis import given
from hypothesis import strategies as st

from perenne.text import gettext, lazy_gettext, ngettext, pgettext, use_language
from perenne.text.catalogues import french, merge
from perenne.text.po import key, read_po

HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
"""


def catalogue(*entries: str) -> str:
    return HEADER + "\n" + "\n\n".join(entries) + "\n"


def test_entries_are_read_with_contexts_and_plurals() -> None:
    read = read_po(
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
    read = read_po(
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


def files() -> list[Path]:
    return sorted(Path(str(resources.files("perenne"))).glob("*/locale/fr.po"))


def read_slowly(text: str) -> dict[str, tuple[str, ...]]:
    """Read through Babel what the quick reader reads."""
    forms = {}
    for message in babel_read(io.BytesIO(text.encode()), abort_invalid=True):
        singular = message.id if isinstance(message.id, str) else message.id[0]
        string = message.string or ""
        strings = (string,) if isinstance(string, str) else tuple(string)
        if singular and all(strings) and not message.fuzzy:
            forms[key(singular, message.context)] = strings
    return forms


@pytest.mark.parametrize("path", files(), ids=lambda path: path.parts[-3])
def test_every_catalogue_reads_as_babel_reads_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert read_po(text) == read_slowly(text) != {}


AWKWARD = [
    'msgid ""\n"in "\n"two lines"\nmsgstr ""\n"en "\n"deux lignes"',
    'msgid "quote \\" tab\\t line\\nback\\\\slash"\nmsgstr "« \\" »\\n\\\\n"',
    '#. note\n#: a.py:3\n#, python-brace-format\nmsgid "{n} a"\nmsgstr "{n} b"',
    '#, fuzzy, python-brace-format\nmsgid "c"\nmsgstr "d"\nmsgid "e"\nmsgstr "f"',
    'msgid "no gap"\nmsgstr "1"\nmsgctxt "x"\nmsgid "after"\nmsgstr "2"',
    '#~ msgid "old"\n#~ msgstr "vieux"\n\nmsgid "new"\nmsgstr "neuf"',
    '   \nmsgid "  spaces  "\nmsgstr "  espaces  "   ',
    '#, fuzzy\n#| msgid "before"\nmsgid "g"\nmsgstr "h"\n\nmsgid "i"\nmsgstr "j"',
]


@pytest.mark.parametrize("entry", AWKWARD)
def test_awkward_entries_read_as_babel_reads_them(entry: str) -> None:
    text = catalogue(entry)
    assert read_po(text) == read_slowly(text) != {}


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=5))
def test_any_text_comes_back_as_it_was_written(pairs: list[tuple[str, str]]) -> None:
    printed = {a: b for a, b in pairs if a.strip() and b and printable(a) and printable(b)}
    written = catalogue(
        *(f"msgid {normalize(a)}\nmsgstr {normalize(b)}" for a, b in printed.items())
    )
    assert read_po(written) == {a: (b,) for a, b in printed.items()}


def printable(text: str) -> bool:
    """Leave out separators that Babel does not escape and that no message holds."""
    return all(c in "\n\t\r" or c.isprintable() for c in text)


def test_a_line_that_is_no_entry_is_refused_with_its_number() -> None:
    with pytest.raises(ValueError, match=r"line 2 .*: msgstr oups"):
        read_po('msgid "a"\nmsgstr oups')
