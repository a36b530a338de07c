"""Files whose amounts hold tax that they do not tell, so that it cannot be taken out of revenue."""

from __future__ import annotations

import re
from collections.abc import Iterable

from perenne.cleaning import TaxSettings
from perenne.sources import preset, preset_names
from perenne.workspace.batches import Batch

_SALES = ("orders", "order_lines")
_AMOUNTS = ("amount", "subtotal", "line_amount", "line_amount_ttc", "unit_price", "unit_price_ttc")
_TOLD = ("tax", "amount_ht", "line_amount_ht", "unit_price_ht")
"""Fields that tell the tax, or amounts without it."""
_INCLUDED = re.compile(
    r"\bttc\b|toutes taxes comprises|(tva|taxes?) (incluses?|comprises?)|avec (la )?(tva|taxe)"
    r"|\b(incl|inc|including|with) (the )?(vat|tax|taxes|gst)\b|\b(vat|tax|gst) (incl|included)\b"
)


def column_with_tax(batch: Batch) -> str | None:
    """The column by whose name the amounts of an import hold tax, where no other tells the tax or
    amounts without it. Presets of a platform know better than a name."""
    sells = any(name in batch.tables for name in _SALES)
    if not sells or not _generic(batch.preset) or any(one in batch.columns for one in _TOLD):
        return None
    columns = (batch.columns[one] for one in _AMOUNTS if one in batch.columns)
    return next((one for one in columns if _INCLUDED.search(_plain(one))), None)


def files_with_tax(imports: Iterable[Batch], settings: TaxSettings) -> tuple[str, ...]:
    """The files whose tax stays in revenue under these settings, each once."""
    if not stays(settings):
        return ()
    return tuple(dict.fromkeys(one.file for one in imports if column_with_tax(one)))


def stays(settings: TaxSettings) -> bool:
    """Does nothing take out a tax that a file does not tell? Who says that prices are without tax
    has answered."""
    return settings.default_rate is None and settings.prices != "excluded"


def _generic(name: str) -> bool:
    return name in preset_names() and preset(name).generic


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[^\w]+|_", " ", name.casefold()).split())
