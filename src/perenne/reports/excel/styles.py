"""How cells look: one palette, number formats by currency and language, what is an input."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from perenne.reports.excel.plan import Quantity
from perenne.text import format_money

Role = Literal["input", "formula", "total", "whole", "change"]

LINE_HEIGHT: Final = 18  # points, one line of text

INK: Final = "#1F2A37"
MUTED: Final = "#5B6775"
BRAND: Final = "#1F4E5F"
WARM: Final = "#C9743A"
RULE: Final = "#C9D1D9"
INPUT_FILL: Final = "#FFF8E1"
INPUT_INK: Final = "#0B4DA2"
MISSING_FILL: Final = "#F6D5CF"
TOTAL_FILL: Final = "#E8EFF2"
GOOD_FILL: Final = "#DDEFE0"
WATCH_FILL: Final = "#FBE3C8"
RICH_FILL: Final = "#DCE8F7"

_BASE: Final = {"font_name": "Calibri", "font_size": 11, "font_color": INK, "valign": "vcenter"}
_ROLES: Final[dict[Role, dict[str, Any]]] = {
    "input": {"bg_color": INPUT_FILL, "font_color": INPUT_INK, "border": 1, "border_color": RULE},
    "formula": {"bottom": 1, "bottom_color": RULE},
    "total": {"bold": True, "bg_color": TOTAL_FILL, "top": 1, "top_color": BRAND},
    "whole": {"bold": True, "bottom": 1, "bottom_color": RULE},
    "change": {"bottom": 1, "bottom_color": RULE},
}
_TEXTS: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 18, "font_color": BRAND},
    "subtitle": {"font_color": MUTED},
    "hint": {"font_color": "#9A3412", "bold": True},
    "head": {
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": BRAND,
        "text_wrap": True,
        "align": "center",
    },
    "head_left": {"bold": True, "font_color": "#FFFFFF", "bg_color": BRAND, "text_wrap": True},
    "section": {
        "bold": True,
        "font_size": 12,
        "font_color": BRAND,
        "bottom": 2,
        "bottom_color": BRAND,
    },
    "label": {"bottom": 1, "bottom_color": RULE, "text_wrap": True},
    "label_whole": {"bold": True, "bottom": 1, "bottom_color": RULE, "text_wrap": True},
    "label_total": {
        "bold": True,
        "bg_color": TOTAL_FILL,
        "top": 1,
        "top_color": BRAND,
        "text_wrap": True,
    },
    "note": {"font_color": MUTED, "italic": True, "text_wrap": True, "indent": 1},
    "prose": {"text_wrap": True, "valign": "top", "bottom": 1, "bottom_color": RULE},
    "prose_head": {"bold": True, "valign": "top", "bottom": 1, "bottom_color": RULE},
    "code": {
        "text_wrap": True,
        "valign": "top",
        "bottom": 1,
        "bottom_color": RULE,
        "font_name": "Consolas",
        "font_size": 10,
    },
    "legend_input": {**_ROLES["input"], "align": "center"},
    "legend_formula": {"border": 1, "border_color": RULE, "align": "center"},
    "legend_watch": {"bg_color": WATCH_FILL, "align": "center"},
    "legend_good": {"bg_color": GOOD_FILL, "align": "center"},
    "legend_rich": {"bg_color": RICH_FILL, "align": "center"},
    "legend_missing": {
        "bg_color": MISSING_FILL,
        "border": 1,
        "border_color": RULE,
        "align": "center",
    },
}


class Styles:
    """The workbook's cell formats, each made once."""

    def __init__(self, workbook: Workbook, currency: str) -> None:
        self._workbook = workbook
        self._made: dict[tuple[str, str], Format] = {}
        money = money_format(currency)
        self._numbers: dict[Quantity, str] = {
            "money": money,
            "money_total": money_format(currency, decimals=0),
            "count": "#,##0",
            "decimal": "#,##0.00",
            "percent": "0.0%",
            "ratio": "0.00",
            "change": "+0%;-0%;0%",
        }

    def number(self, quantity: Quantity, role: Role) -> Format:
        """Return the format of a figure's cell."""
        code = self._numbers[quantity]
        if role == "change" and quantity != "change":
            code = f"+{code};-{code};{code}"
        return self._format(f"number/{role}", code, {**_ROLES[role], "num_format": code})

    def text(self, name: str) -> Format:
        """Return the format of a text cell by its name."""
        return self._format(f"text/{name}", "@", {**_TEXTS[name], "num_format": "@"})

    def missing(self) -> Format:
        """Return how an input that is not known looks until someone types it."""
        return self._fill(MISSING_FILL)

    def band(self, color: str) -> Format:
        """Return a background for conditional formats."""
        return self._fill(color)

    def _fill(self, color: str) -> Format:
        key = ("fill", color)
        if key not in self._made:
            self._made[key] = self._workbook.add_format({"bg_color": color})
        return self._made[key]

    def _format(self, kind: str, code: str, looks: dict[str, Any]) -> Format:
        key = (kind, code)
        if key not in self._made:
            self._made[key] = self._workbook.add_format({**_BASE, **looks})
        return self._made[key]


def money_format(currency: str, *, decimals: int | None = None) -> str:
    """Return the number format that writes money as the current language does.

    French `#,##0.00" €"`, English `"€"#,##0.00`. The reader's own Excel decides the separators.
    """
    sample = format_money(0, currency, decimals=decimals)
    match = re.search(r"0(?:[.,](0+))?", sample)
    if match is None:
        return "#,##0.00"
    places = f".{match.group(1)}" if match.group(1) else ""
    before, after = sample[: match.start()], sample[match.end() :]
    return f"{_literal(before)}#,##0{places}{_literal(after)}"


def wrapped_height(*texts: tuple[str, int]) -> int:
    """Return the height in points of a line whose (text, column width) cells wrap."""
    # A column is as wide as so many digits; letters are narrower on average.
    lines = max(1 + int(len(text) / (1.1 * width)) for text, width in texts)
    return LINE_HEIGHT + (lines - 1) * (LINE_HEIGHT - 3)


def _literal(text: str) -> str:
    return '"' + text.replace('"', "") + '"' if text else ""
