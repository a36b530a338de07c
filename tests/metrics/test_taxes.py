"""Files are named up to three; the others are counted."""

import pytest

from perenne.metrics import files_named, tax_exception
from perenne.text import use_language


@pytest.mark.parametrize(
    ("files", "en", "fr"),
    [
        (["a.csv"], "a.csv", "a.csv"),
        (["a.csv", "b.csv"], "a.csv and b.csv", "a.csv et b.csv"),
        (["a", "b", "c"], "a, b and c", "a, b et c"),
        (["a", "b", "c", "d"], "a, b, c and 1 more", "a, b, c et 1 autre"),
        (list("abcdef"), "a, b, c and 3 more", "a, b, c et 3 autres"),
    ],
)
def test_files_are_named(files: list[str], en: str, fr: str) -> None:
    for language, wanted in (("en", en), ("fr", fr)):
        with use_language(language):
            assert files_named(files) == wanted
            assert wanted in tax_exception(files)
    assert tax_exception([]) == ""
