"""Papers."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def write_report(shop: Any, file: Path) -> None:
    file.write_text("")
