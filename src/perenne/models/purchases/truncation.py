"""Histories that begin after their shop did: older customers look new, and models overshoot.

When records start with a change of system, everyone is first seen after that day. Those who bought
before it are survivors: they drop out less than newcomers. A model of repeat purchases that takes
them for newcomers finds too little dropout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats, read_columns
from perenne.text import format_number, format_percent
from perenne.text import gettext as _

# Share of first intervals that the burn-in covers, and the most of the history that it may take.
COVERED, LONGEST_SHARE = 0.9, 0.4
# What counts as a spike of first purchases, and as a difference, in standard errors.
SPIKE, CERTAIN = 1.25, 3.0
FEWEST = 50

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Truncation:
    """Whether customers of the first `burn_in` time units are older than they look.

    spike: first purchases per time unit in the burn-in, over the later rate; spike_errors: how many
    standard errors above it. early, late: share of customers who buy at ages from window/2 to
    window, for those first seen in the burn-in and those first seen later; share_errors: standard
    errors between the two. older: estimated number of customers who only look new.
    """

    found: bool
    reason: str
    burn_in: float
    window: float
    spike: float = np.nan
    spike_errors: float = np.nan
    early: float = np.nan
    late: float = np.nan
    share_errors: float = np.nan
    older: float = 0.0


@dataclass(frozen=True)
class _Seen:
    """Purchases by customer. first: (customers,); customer, age since the first: (purchases,)."""

    first: Floats
    second: Floats
    customer: npt.NDArray[np.intp]
    age: Floats

    def buying(self, start: float, end: float) -> Flags:
        """Which customers buy at ages in (start, end]."""
        inside = (self.age > start) & (self.age <= end)
        return np.bincount(self.customer[inside], minlength=self.first.size) > 0


def detect_truncation(customer: Any, time: Any, *, until: float) -> Truncation:
    """Whether a history begins later than its shop.

    customer, time: a number of the customer and the age of the history, for each purchase
    (purchases,); until: age of the history at its end. Found when both signs agree: a spike of
    first purchases at the start, and early customers who stay longer than later ones do. Fewer
    than 50 customers on either side tell nothing, nor does a single cohort; the reason says so.
    """
    columns = read_columns(None, ("customer", "time"), {"customer": customer, "time": time})
    seen = _seen(columns["customer"], columns["time"])
    burn_in = _burn_in(seen, until)
    window = min(burn_in, (until - burn_in) / 2)
    early, late = seen.first < burn_in, (seen.first >= burn_in) & (seen.first + window <= until)
    if min(early.sum(), late.sum()) < FEWEST:
        reason = _(
            "Nothing tells whether the history begins later than the shop: only {early} customers "
            "were first seen at its start, or {late} later."
        ).format(early=int(early.sum()), late=int(late.sum()))
        return Truncation(False, reason, burn_in, window)
    spike, spike_errors, excess = _spike(seen.first, burn_in, until)
    stays = seen.buying(window / 2, window)
    share, later = float(stays[early].mean()), float(stays[late].mean())
    errors = _errors_between((share, later), (int(early.sum()), int(late.sum())))
    found = spike >= SPIKE and spike_errors >= CERTAIN and errors >= CERTAIN
    return Truncation(
        found=bool(found),
        reason=_told(bool(found), spike, share, later),
        burn_in=burn_in,
        window=window,
        spike=spike,
        spike_errors=spike_errors,
        early=share,
        late=later,
        share_errors=errors,
        older=max(excess, 0.0) if found else 0.0,
    )


def _seen(customer: Floats, time: Floats) -> _Seen:
    order = np.lexsort((time, customer))
    time, number = time[order], np.unique(customer[order], return_inverse=True)[1]
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    first = time[starts]
    after = np.minimum(starts + 1, time.size - 1)
    second = np.where(number[after] == np.arange(starts.size), time[after], np.inf)
    second[after == starts] = np.inf
    return _Seen(first, second, number, time - first[number])


def _burn_in(seen: _Seen, until: float) -> float:
    """The inactivity window: most of those who come back do so within it."""
    gap = (seen.second - seen.first)[np.isfinite(seen.second) & (seen.first < until / 2)]
    covered = float(np.quantile(gap, COVERED)) if gap.size else until
    return min(covered, LONGEST_SHARE * until)


def _spike(first: Floats, burn_in: float, until: float) -> tuple[float, float, float]:
    """(rate at the start over the later rate, standard errors above it, customers in excess)."""
    pieces = max(3, int((until - burn_in) / burn_in * 4))
    later = np.histogram(first, np.linspace(burn_in, until, pieces + 1))[0]
    width = (until - burn_in) / pieces
    expected = float(later.mean()) * burn_in / width
    # Acquisition varies more than by chance alone; its later swings say by how much.
    overspread = max(1.0, float(later.var(ddof=1)) / max(float(later.mean()), 1e-9))
    excess = float((first < burn_in).sum()) - expected
    spread = np.sqrt(overspread * expected * (1 + burn_in / (until - burn_in)))
    return 1 + excess / max(expected, 1e-9), excess / max(float(spread), 1e-9), excess


def _errors_between(shares: tuple[float, float], sizes: tuple[int, int]) -> float:
    variance = sum(share * (1 - share) / n for share, n in zip(shares, sizes, strict=True))
    return (shares[0] - shares[1]) / max(float(np.sqrt(variance)), 1e-9)


def _told(found: bool, spike: float, early: float, late: float) -> str:
    verdict = (
        _("The history begins later than the shop, and many customers only look new:")
        if found
        else _("Nothing shows that the history begins later than the shop:")
    )
    signs = _(
        "first purchases are {spike} times as frequent at its start as later, and {early} "
        "of those customers still buy after a while, against {late} of later ones."
    ).format(
        spike=format_number(spike, decimals=1),
        early=format_percent(early, decimals=0),
        late=format_percent(late, decimals=0),
    )
    return f"{verdict} {signs}"
