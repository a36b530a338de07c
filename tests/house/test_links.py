"""Every relative link between the project's pages leads somewhere."""

import re
from pathlib import Path

import pytest

from tests.house.repository import own_files, relative

LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
PAGES = [path for path in own_files() if path.suffix == ".md"]


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert not [target for target in targets if not (page.parent / target).exists()]
