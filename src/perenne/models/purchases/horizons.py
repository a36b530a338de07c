"""Horizons of predictions, read and checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from perenne.core import PerenneError
from perenne.models.arguments import read_numbers
from perenne.models.histories import Floats
from perenne.text import gettext as _


def read_horizon(horizon: Any, *, size: int) -> Floats:
    """One value, or one per customer (`size`). Raises PerenneError for a negative or infinite."""
    ahead = read_numbers("horizon", horizon)
    if ahead.size not in (1, size) or not np.all(np.isfinite(ahead) & (ahead >= 0)):
        raise PerenneError(
            _("A horizon is negative, infinite, or not one per customer."),
            given=repr(horizon)[:80],
            next_step=_("Give one horizon of 0 or more, in the time unit of the fit."),
        )
    return ahead


def read_horizons(horizons: Any) -> Floats:
    """Increasing horizons. Raises PerenneError when they are not."""
    ahead = read_horizon(horizons, size=np.size(horizons))
    if np.any(np.diff(ahead) < 0):
        raise PerenneError(
            _("The horizons do not increase."),
            given=ahead.tolist(),
            next_step=_("Sort them: the purchases drawn are cumulated."),
        )
    return ahead
