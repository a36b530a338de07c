"""What presets say in their YAML is French as well: titles, notes, reasons, refusals."""

from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po

from perenne.sources import Preset, preset, preset_names
from tests.house.repository import PACKAGE


def texts(kind: Preset) -> Iterator[str]:
    """Every text of a preset that a person may read."""
    yield kind.title
    yield from kind.notes
    yield from (skip.reason for skip in kind.skip)
    yield from (reason for table in kind.tables for reason in table.unread.values())
    if kind.refuse:
        yield from (kind.refuse.reason, kind.refuse.next_step)


@pytest.mark.parametrize("name", preset_names())
def test_preset_speaks_french(name: str) -> None:
    with (PACKAGE / "sources" / "locale" / "fr.po").open("rb") as file:
        french = read_po(file, locale="fr")
    missing = [text for text in texts(preset(name)) if not (m := french.get(text)) or not m.string]
    assert not missing
