"""How sure a few origins can be that one contender is better than another."""

from __future__ import annotations

import numpy as np

from perenne.models.histories import Floats

# Few origins cannot tell by themselves how much something varies from one to the next: a belief
# from before anything was seen counts as so many of them.
BELIEF = 2.0
# That of the difference of two contenders, as a share of the lower CRPS: of five published sets it
# is from 0.2% to 13%, in the middle one 2.7%.
TIE_SPREAD = 0.027
# Standard errors by which one must be worse than the best to be so without doubt.
SURELY = 2.0


def behind_of(loss: Floats, lowest: Floats) -> tuple[float, float]:
    """Mean distance of one CRPS by origin from a lower one, as a share of it; standard error."""
    difference = (loss - lowest) / max(float(lowest.mean()), 1e-12)
    return float(difference.mean()), error_of(difference, TIE_SPREAD)


def error_of(values: Floats, believed: float) -> float:
    """Standard error of a mean over origins, (origins,), NaN where unknown; `believed`: spread."""
    known = values[np.isfinite(values)]
    apart = float(((known - known.mean()) ** 2).sum()) if known.size else 0.0
    origins = max(known.size, 1)
    variance = (BELIEF * believed**2 + apart) / (BELIEF + origins - 1)
    # n windows that overlap by half cover (n + 1) / 2 windows.
    return float(np.sqrt(variance / ((origins + 1) / 2)))
