"""Who the customers of high value are said to be, where many are equal."""

from __future__ import annotations

import pytest

from perenne.reports.html.sections.segments import best_words
from perenne.text import use_language


@pytest.mark.parametrize(("real", "more"), [(0.2, False), (0.208, False), (0.3, True)])
def test_more_than_asked_is_told(real: float, more: bool) -> None:
    with use_language("en"):
        assert ("and who equals them" in best_words(0.2, real)) is more
    with use_language("fr"):
        assert ("ex æquo" in best_words(0.2, real)) is more
