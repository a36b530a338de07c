"""Words that every part shares: errors, periods, ids. Standard library only."""

from perenne.core.errors import PerenneError, closest
from perenne.core.ids import new_key, opaque_id
from perenne.core.period import GRAINS, Grain, Period, add_months

__all__ = [
    "GRAINS",
    "Grain",
    "PerenneError",
    "Period",
    "add_months",
    "closest",
    "new_key",
    "opaque_id",
]
