"""The life of each customer cut where a covariate changes: segments on which nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.histories import Floats, Ints, Rows
from perenne.models.purchases.calendar import Calendar
from perenne.models.purchases.dynamic_panel import Ids, Panel
from perenne.models.purchases.moments import DECIMALS
from perenne.text import gettext as _


@dataclass(frozen=True)
class Sources:
    """Where covariates come from: panels, and a calendar that all customers share."""

    panels: tuple[Panel, ...]
    calendar: Calendar | None = None

    @classmethod
    def of(cls, panel: Panel | Sequence[Panel], calendar: Calendar | None) -> Sources:
        """Raises PerenneError when two covariates have one name."""
        sources = cls((panel,) if isinstance(panel, Panel) else tuple(panel), calendar)
        twice = sorted({name for name in sources.names if sources.names.count(name) > 1})
        if twice:
            raise PerenneError(
                _("Two covariates have one name: {names}.").format(names=", ".join(twice)),
                given=sources.names,
                next_step=_("Give each covariate a name of its own."),
            )
        return sources

    @property
    def names(self) -> tuple[str, ...]:
        found = tuple(name for panel in self.panels for name in panel.names)
        return found if self.calendar is None else found + self.calendar.names


@dataclass(frozen=True)
class Paths:
    """Segments, sorted by customer and time, each with its covariates.

    customer: (segments,), places among those asked; start, length: (segments,); values: (segments,
    covariates), in the order of `names`; first: (customers + 1,), the first segment of each and the
    number of segments. A customer born at the end has none.
    """

    names: tuple[str, ...]
    customer: Rows
    start: Floats
    length: Floats
    values: Floats
    first: Rows

    @classmethod
    def of(cls, sources: Sources, customers: Ids, *, born: Floats, cuts: Sequence[Floats]) -> Paths:
        """Of `customers` from birth to the last of `cuts`, (customers,) each, and cut at all.

        Raises PerenneError where a source says nothing.
        """
        cutter = _Cutter(sources, customers, born=_round(born), cuts=[_round(c) for c in cuts])
        return cutter.paths()

    def columns(self, names: Sequence[str]) -> Floats:
        """(segments, len(names)). Raises PerenneError for a name that it does not have."""
        unknown = sorted(set(names) - set(self.names))
        if unknown:
            raise PerenneError(
                _("The panel has no covariate {names}.").format(names=", ".join(unknown)),
                allowed=self.names,
                next_step=_("Name covariates of the panel or of the calendar."),
            )
        return self.values[:, [self.names.index(name) for name in names]]

    def before(self, each: Floats) -> Floats:
        """Sums of `each` (segments, …) over the earlier segments of the same customer."""
        upto = np.cumsum(each, axis=0) - each
        found: Floats = upto - upto[self.first[self.customer]]
        return found

    def total(self, each: Floats) -> Floats:
        """(customers, …): sums over the segments of each customer."""
        upto = np.concatenate((np.zeros((1, *each.shape[1:])), np.cumsum(each, axis=0)))
        found: Floats = upto[self.first[1:]] - upto[self.first[:-1]]
        return found

    def segment_at(self, customer: Rows, time: Floats) -> Rows:
        """The segment that ends at or holds each time, after the birth of its customer."""
        times = np.unique(np.concatenate((self.start, _round(time))))
        key = self.customer * times.size + np.searchsorted(times, self.start)
        asked = customer * times.size + np.searchsorted(times, _round(time))
        return np.asarray(np.searchsorted(key, asked, side="left") - 1, dtype=np.intp)


def _round(times: Floats) -> Floats:
    return np.asarray(np.round(times, DECIMALS))


@dataclass(frozen=True)
class _Spell:
    """Spells of the customers asked, clipped to what is asked: row, start, end, place in panel."""

    row: Rows
    start: Floats
    end: Floats
    place: Rows


class _Cutter:
    """Every change of a source and every cut becomes an edge; two edges make a segment."""

    def __init__(
        self, sources: Sources, customers: Ids, *, born: Floats, cuts: Sequence[Floats]
    ) -> None:
        self.sources, self.customers, self.born = sources, customers, born
        self.stop = np.maximum.reduce(list(cuts))
        self.spells = [self._clipped(panel) for panel in sources.panels]
        everyone = np.arange(customers.size)
        rows, times = [everyone] * (1 + len(cuts)), [born, *cuts]
        for spell in self.spells:
            rows += [spell.row, spell.row]
            times += [spell.start, spell.end]
        if sources.calendar is not None:
            row, time = self._edges(sources.calendar)
            rows, times = [*rows, row], [*times, time]
        time = np.concatenate(times)
        self.times = np.unique(time)
        self.edges: Ints = np.unique(self._key(np.concatenate(rows), time))

    def _key(self, row: Rows, time: Floats) -> Ints:
        """One whole number per customer and time."""
        return np.asarray(row * self.times.size + np.searchsorted(self.times, time))

    def _clipped(self, panel: Panel) -> _Spell:
        row, place = panel.spells_of(self.customers)
        start = np.maximum(_round(panel.start[place]), self.born[row])
        end = np.minimum(_round(panel.end[place]), self.stop[row])
        kept = start < end
        return _Spell(row[kept], start[kept], end[kept], place[kept])

    def _edges(self, calendar: Calendar) -> tuple[Rows, Floats]:
        calendar.require(float(self.born.min()), float(self.stop.max()))
        first, last = calendar.piece_from(self.born), calendar.piece_until(self.stop)
        count = np.maximum(last - first, 0)
        row = np.repeat(np.arange(count.size), count)
        piece = np.arange(row.size) - np.repeat(count.cumsum() - count - first, count) + 1
        return row, _round(calendar.start + calendar.step * piece)

    def paths(self) -> Paths:
        row, place = np.divmod(self.edges, self.times.size)
        inside = (row[1:] == row[:-1]).nonzero()[0]
        row, time = row[inside], self.times[place]
        start, end = time[inside], time[inside + 1]
        values = [
            self._values(panel, spell, self.edges[inside], end=place[inside + 1])
            for panel, spell in zip(self.sources.panels, self.spells, strict=True)
        ]
        if self.sources.calendar is not None:
            calendar = self.sources.calendar
            values.append(calendar.values[calendar.piece_from((start + end) / 2)])
        return Paths(
            names=self.sources.names,
            customer=row.astype(np.intp),
            start=start,
            length=end - start,
            values=np.column_stack(values),
            first=np.searchsorted(row, np.arange(self.customers.size + 1)).astype(np.intp),
        )

    def _values(self, panel: Panel, spell: _Spell, start: Ints, *, end: Ints) -> Floats:
        """Of each segment, the values of the spell that covers it, or those that hold otherwise."""
        size = self.times.size
        key = self._key(spell.row, spell.start)
        last = np.searchsorted(key, start, side="right") - 1
        here = np.maximum(last, 0)
        covered: npt.NDArray[np.bool_] = np.zeros(start.size, dtype=bool)
        if key.size:
            until = np.searchsorted(self.times, spell.end)[here]
            covered = (last >= 0) & (spell.row[here] == start // size) & (until >= end)
        if panel.otherwise is None and not covered.all():
            at = int(np.argmin(covered))
            who, begin = divmod(int(start[at]), size)
            customer: Any = self.customers[who]
            panel.refuse_gap(customer, float(self.times[begin]), float(self.times[end[at]]))
        none = np.zeros(len(panel.names)) if panel.otherwise is None else panel.otherwise
        found = panel.values[spell.place[here]] if key.size else none
        return np.asarray(np.where(covered[:, None], found, none))
