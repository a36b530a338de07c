"""What `make` promises beside the commands themselves."""

import re

from tests.house.repository import ROOT


def test_all_tests_fuzz_for_ten_minutes() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(r"^test-all: export (\w+) \?= (\d+)$", text, flags=re.MULTILINE)
    assert found
    assert int(found[2]) >= 600
    assert f'os.environ.get("{found[1]}"' in (ROOT / "tests/sources/test_fuzz.py").read_text()
