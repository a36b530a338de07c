"""Operational time: how much purchasing or dropout time passes while a calendar runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perenne.models.histories import Floats
from perenne.models.purchases.calendar import Calendar

Pieces = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Clock:
    """C(t) = ∫ exp(γ'x) from the start of a calendar to t; linear within each piece.

    rates: exp(γ'x) per piece; passed: C at the edges (pieces + 1,).
    """

    calendar: Calendar
    rates: Floats
    passed: Floats

    @classmethod
    def of(cls, calendar: Calendar, covariates: Floats, coefficients: Floats) -> Clock:
        """covariates: (pieces, m); coefficients: (m,)."""
        rates = np.exp(covariates @ coefficients)
        return cls(calendar, rates, np.concatenate(([0.0], np.cumsum(rates * calendar.step))))

    def at(self, times: Floats, pieces: Pieces | None = None) -> Floats:
        """C at the times; `pieces` spares the search when it is known."""
        pieces = self.calendar.piece_from(times) if pieces is None else pieces
        inside = times - (self.calendar.start + self.calendar.step * pieces)
        passed: Floats = self.passed[pieces] + self.rates[pieces] * inside
        return passed

    def when(self, passed: Floats) -> Floats:
        """The time at which C reaches `passed`; infinite beyond the end of the calendar."""
        times: Floats = np.interp(passed, self.passed, self.calendar.edges(), right=np.inf)
        return times

    def pull(self, pieces: Pieces, weight: Floats, moment: Floats) -> Floats:
        """(pieces,): Σ weight · ∂C(time)/∂rate, the chain rule backwards through `at`.

        moment: weight × (time − start of its piece).
        """
        here, size = pieces.ravel(), self.rates.size
        total = np.bincount(here, weights=weight.ravel(), minlength=size)
        later = total.sum() - np.cumsum(total)
        own = np.bincount(here, weights=moment.ravel(), minlength=size)
        pulled: Floats = self.calendar.step * later + own
        return pulled
