"""Calendar covariates: what every customer of a shop lives through at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.text import gettext as _

# A time this close to the edge of a piece (in pieces) lies on it: days / 7 are no exact floats.
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Calendar:
    """Covariates that are constant on pieces of time of one length.

    start: the time at which the first piece begins, in the time unit of the model (any origin);
    step: length of a piece; values: (pieces, covariates); names: of the covariates. Piece k is the
    time (start + k·step, start + (k+1)·step]: what happens at an edge belongs to the piece that
    ends there, because a purchase of a day stands at the end of that day.
    """

    start: float
    step: float
    values: Floats
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float64)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "names", tuple(self.names))
        if values.ndim != 2 or values.shape[1] != len(self.names) or not values.shape[0]:
            raise PerenneError(
                _("A calendar needs one row per piece of time and one column per covariate."),
                given={"shape": values.shape, "names": len(self.names)},
                next_step=_("Give values of shape (pieces, covariates) and as many names."),
            )
        if not (np.isfinite(values).all() and np.isfinite(self.start) and self.step > 0):
            raise PerenneError(
                _("A calendar holds a missing or infinite value, or a step that is not positive."),
                next_step=_("Give a number for each piece and covariate."),
            )
        if len(set(self.names)) < len(self.names):
            raise PerenneError(
                _("Two covariates of the calendar have one name."),
                given=self.names,
                next_step=_("Give each covariate a name of its own."),
            )

    @property
    def pieces(self) -> int:
        return int(self.values.shape[0])

    @property
    def end(self) -> float:
        return self.start + self.step * self.pieces

    def edges(self) -> Floats:
        """(pieces + 1,) times."""
        edges: Floats = self.start + self.step * np.arange(self.pieces + 1.0)
        return edges

    def columns(self, names: Sequence[str]) -> Floats:
        """(pieces, len(names)). Raises PerenneError for a name that it does not have."""
        unknown = sorted(set(names) - set(self.names))
        if unknown:
            raise PerenneError(
                _("The calendar has no covariate {names}.").format(names=", ".join(unknown)),
                allowed=self.names,
                next_step=_("Name covariates of the calendar."),
            )
        return self.values[:, [self.names.index(name) for name in names]]

    def piece_from(self, times: Floats) -> npt.NDArray[np.intp]:
        """The piece that begins at or holds each time: where time spent after it belongs."""
        place = np.floor((times - self.start) / self.step + ROUNDING)
        return np.asarray(np.clip(place, 0, self.pieces - 1), dtype=np.intp)

    def piece_until(self, times: Floats) -> npt.NDArray[np.intp]:
        """The piece that holds or ends at each time: where an event at it belongs."""
        place = np.ceil((times - self.start) / self.step - ROUNDING) - 1
        return np.asarray(np.clip(place, 0, self.pieces - 1), dtype=np.intp)

    def require(self, first: float, last: float) -> None:
        """Raise PerenneError unless the calendar covers the time from `first` to `last`."""
        slack = ROUNDING * self.step
        if first >= self.start - slack and last <= self.end + slack:
            return
        raise PerenneError(
            _(
                "The calendar covers the time {start:g} to {end:g}, but covariates are needed from "
                "{first:g} until {last:g}."
            ).format(start=self.start, end=self.end, first=first, last=last),
            given={"start": self.start, "end": self.end},
            allowed={"first": float(first), "last": float(last)},
            next_step=_("Give a calendar for the whole past and the whole horizon."),
        )

    def effects_at(self, customer: npt.NDArray[Any], time: Floats, *, customers: int) -> Floats:
        """(customers, covariates): sums of the covariates at the events of each customer."""
        here = self.values[self.piece_until(time)]
        sums = [np.bincount(customer, weights=column, minlength=customers) for column in here.T]
        return np.array(sums, dtype=np.float64).reshape(len(self.names), customers).T

    def to_values(self) -> dict[str, Any]:
        """Plain values for JSON; `from_values` reads them back."""
        return {
            "start": float(self.start),
            "step": float(self.step),
            "values": self.values.tolist(),
            "names": list(self.names),
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        return cls(
            values["start"],
            values["step"],
            np.asarray(values["values"], dtype=np.float64).reshape(-1, len(values["names"])),
            tuple(values["names"]),
        )
