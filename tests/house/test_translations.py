"""Every text that a person may read has its French, whole and well typeset."""

import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from tests.house.repository import PACKAGE, parts, python_files, relative

KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "_l": None,
    "N_": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
# Inside a word, French prints the typographic apostrophe; before these signs, a no-break space.
STRAIGHT_APOSTROPHE = re.compile(r"[^\W\d_]'[^\W\d_]")
PLAIN_SPACE = re.compile(r" [;:!?%»€](?!\S)|« ")


def _catalogue(part: str) -> Catalog:
    path = PACKAGE / part / "locale" / "fr.po"
    if not path.is_file():
        return Catalog(locale="fr")
    with path.open("rb") as file:
        return read_po(file, locale="fr", abort_invalid=True)


def _texts(path: Path, method: str) -> list[tuple[str, str | None]]:
    """Return (text, context) for each text marked in a file; a plural counts by its singular."""
    found = extract_from_file(method, path, keywords=KEYWORDS)
    return [(m if isinstance(m, str) else m[0], context) for _, m, _, context in found]


def _forms(text: object) -> list[str]:
    """Return the singular and plural of a message's English or French, or its only form."""
    return [text] if isinstance(text, str) else list(text) if isinstance(text, tuple | list) else []


def _sources(part: str) -> list[tuple[Path, str]]:
    templates = sorted((PACKAGE / part).rglob("*.jinja")) + sorted((PACKAGE / part).rglob("*.html"))
    python = [(path, "python") for path in python_files(PACKAGE / part)]
    return python + [(path, "jinja2.ext:babel_extract") for path in templates]


@pytest.mark.parametrize("part", parts())
def test_every_text_of_a_part_is_translated(part: str) -> None:
    catalogue = _catalogue(part)
    missing = []
    for path, method in _sources(part):
        for text, context in _texts(path, method):
            message = catalogue.get(text, context)
            if message is None or message.fuzzy or not all(_forms(message.string) or [""]):
                missing.append(f"{relative(path)}: {text!r}")
    assert not missing


def _translations(part: str) -> list[tuple[Message, str, str]]:
    """Return (message, English, French) for each form of each message."""
    return [
        (message, english, french)
        for message in _catalogue(part)
        if message.id
        for english, french in zip(_forms(message.id), _forms(message.string), strict=True)
    ]


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("part", parts())
def test_translations_keep_every_placeholder(part: str) -> None:
    for message, english, french in _translations(part):
        whole = (
            _places("".join(message.id)) if not isinstance(message.id, str) else _places(english)
        )
        assert _places(french) <= whole, french
        if isinstance(message.id, str):
            assert _places(french) == whole, french


@pytest.mark.parametrize("part", parts())
def test_french_is_typeset(part: str) -> None:
    bad = [
        french
        for _, _, french in _translations(part)
        if STRAIGHT_APOSTROPHE.search(french) or PLAIN_SPACE.search(french)
    ]
    assert not bad
