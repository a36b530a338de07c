"""Whether there is enough history to predict from; what stands in when there is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perenne.models.ledger import Ledger
from perenne.text import gettext as _

BUYERS = 300
REPEATERS = 100
# History as a part of the horizon; days since the last order as a part of the history.
HISTORY = 0.75
SILENCE = 0.2
# Days without an order, and how many times the longest such time of before.
USUAL_SILENCE, SILENCES = 28, 3


@dataclass(frozen=True)
class Requirement:
    """One thing that a model needs: what was found, what is needed, in the unit of `words`."""

    name: str
    words: str
    found: float
    needed: float
    passed: bool


@dataclass(frozen=True)
class GateResult:
    """Whether models may predict, each requirement, and what to show in words."""

    requirements: tuple[Requirement, ...]
    stand_ins: tuple[str, ...] = ("simple_clv", "rfm_cell")

    @property
    def passed(self) -> bool:
        return all(requirement.passed for requirement in self.requirements)

    @property
    def reason(self) -> str:
        """One sentence; it names what is missing and what stands in."""
        if self.passed:
            return _("There is enough history to predict from.")
        missing = _("; ").join(r.words for r in self.requirements if not r.passed)
        return _(
            "There is not enough history for a model: {missing}. The simple formula and the mean "
            "of the RFM cell stand in."
        ).format(missing=missing)


def gate(ledger: Ledger, *, horizon: int) -> GateResult:
    """Requirements of a model that forecasts `horizon` days.

    300 buyers, of whom 100 came back (below that the dropout of purchase models has no usable
    standard error); history of three quarters of the horizon (CDNOW, 39 weeks for 39, is the
    textbook case; 52 weeks of it would be extrapolated); a last order no longer ago than a fifth of
    the history, and than three times the longest time without any (four weeks at least), else the
    shop or its import has stopped. A shop that closes for the winter has been silent before.
    """
    sold = ledger.orders > 0
    days = ledger.day[sold]
    span = int(ledger.until - days.min()) if days.size else 0
    silence = int(ledger.until - days.max()) if days.size else 0
    repeaters = int((ledger.histories().frequency > 0).sum()) if days.size else 0
    needed = round(HISTORY * horizon)
    longest = int(np.diff(np.unique(ledger.day[sold])).max(initial=0))
    usual = max(USUAL_SILENCE, SILENCES * longest)
    allowed = min(max(7, round(SILENCE * span)), usual)
    return GateResult(
        (
            _at_least("buyers", ledger.customers, BUYERS),
            _at_least("repeaters", repeaters, REPEATERS),
            _at_least("history", span, needed),
            Requirement(
                "silence",
                _("the last order is {found} days old, {allowed} at most are allowed").format(
                    found=silence, allowed=allowed
                ),
                silence,
                allowed,
                silence <= allowed,
            ),
        )
    )


def _at_least(name: str, found: int, needed: int) -> Requirement:
    words = {
        "buyers": _("{found} buyers, {needed} are needed"),
        "repeaters": _("{found} customers who came back, {needed} are needed"),
        "history": _("{found} days of history, {needed} are needed"),
    }[name].format(found=found, needed=needed)
    return Requirement(name, words, found, needed, found >= needed)
