"""Names in a sentence, few or thousands."""

from __future__ import annotations

import pytest

from perenne.text import listed, use_language


@pytest.mark.parametrize(
    ("names", "english", "french"),
    [
        ([], "", ""),
        (["a", "b", "c"], "a, b, c", "a, b, c"),
        (list("abcd"), "a, b, c and 1 more", "a, b, c et 1 autre"),
        (["a"] * 3003, "a, a, a and 3,000 more", "a, a, a et 3\u202f000 autres"),
        (["é" * 99], "é" * 59 + "…", "é" * 59 + "…"),
    ],
)
def test_long_lists_are_counted(names: list[str], english: str, french: str) -> None:
    assert listed(names, most=3) == english
    with use_language("fr"):
        assert listed(names, most=3) == french
