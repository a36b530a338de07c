"""Predictions of the fitted Pareto/NBD with calendar covariates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from perenne.models.arguments import require_drawing
from perenne.models.histories import Floats, Histories, read_columns, read_histories, refuse_where
from perenne.models.purchases.calendar import Calendar
from perenne.models.purchases.dynamic_block import Point, Spans
from perenne.models.purchases.dynamic_clock import Clock
from perenne.models.purchases.dynamic_compared import BASE, DynamicFit
from perenne.models.purchases.dynamic_silence import Silence
from perenne.text import gettext as _


@dataclass(frozen=True)
class FittedDynamicParetoNBD(DynamicFit):
    """Fitted `DynamicParetoNBD`; `fit` of that class makes it.

    Data of predictions: frequency, recency, tenure as in Pareto/NBD, and `until`, the calendar time
    at which tenure ends (that of the fit when not given). Every prediction raises PerenneError when
    the calendar does not reach to the end of the horizon; `with_calendar` gives it a longer one.
    """

    model: ClassVar[str] = "DynamicParetoNBD"

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar.from_values(self.settings["calendar"])

    def with_calendar(
        self, calendar: Calendar, *, until: float | None = None
    ) -> FittedDynamicParetoNBD:
        """The same model with another plan: a longer calendar, or other promotions in it.

        until: the end of observation of later predictions, that of the fit when not given.
        """
        calendar.columns(self._names("life."))
        calendar.columns(self._names("trans."))
        settings = {**self.settings, "calendar": calendar.to_values()}
        settings["until"] = self.until if until is None else float(until)
        return replace(self, settings=settings)

    def expected_purchases(
        self,
        horizon: Any,
        *,
        frequency: Any,
        recency: Any,
        tenure: Any,
        until: float | None = None,
    ) -> Floats:
        """E[purchases in (until, until + horizon]] per customer; horizon: a number or one each."""
        rows, end = self._rows(frequency, recency, tenure, until)
        at = self._point()
        alive = self._alive(at, rows, end)[rows.row]
        births = end - rows.tenure
        rate = (at.r + rows.frequency) / (
            at.alpha + at.buying.at(np.array([end])) - at.buying.at(births)
        )
        horizons = self._horizons(horizon, rows.row.size, end)
        wanted = np.empty(rows.row.size)
        for one in np.unique(horizons):
            chosen = horizons == one
            wanted[chosen] = (rate * self._exposure(at, births, end, one))[rows.row[chosen]]
        return alive * wanted

    def probability_alive(
        self, *, frequency: Any, recency: Any, tenure: Any, until: float | None = None
    ) -> Floats:
        """P(not dropped out by `until`) per customer."""
        rows, end = self._rows(frequency, recency, tenure, until)
        return self._alive(self._point(), rows, end)[rows.row]

    def probability_of_purchase(
        self,
        horizon: Any,
        *,
        frequency: Any,
        recency: Any,
        tenure: Any,
        until: float | None = None,
    ) -> Floats:
        """P(at least one purchase in (until, until + horizon]) per customer."""
        rows, end = self._rows(frequency, recency, tenure, until)
        at = self._point()
        alive = self._alive(at, rows, end)[rows.row]
        births = end - rows.tenure
        spans = Spans(births, rows.frequency, np.full(births.size, end))
        horizons = self._horizons(horizon, rows.row.size, end)
        some = np.empty(rows.row.size)
        for one in np.unique(horizons):
            chosen = horizons == one
            asked, place = np.unique(rows.row[chosen], return_inverse=True)
            silent = Silence.of(self.calendar, spans.take(asked), until=end + one).value(at)[1]
            some[chosen] = (1.0 - silent)[place]
        return alive * np.clip(some, 0.0, 1.0)

    def expected_purchases_new(self, horizon: Any, *, birth: float | None = None) -> Any:
        """E[repeat purchases of a customer acquired at `birth` within `horizon`].

        birth: calendar time, the end of observation when not given. A scalar gives a scalar.
        """
        start = self.until if birth is None else float(birth)
        at, horizons = self._point(), np.atleast_1d(np.asarray(horizon, dtype=np.float64))
        self._horizons(horizons, horizons.size, start)
        self.calendar.require(start, start)
        births = np.array([start])
        means = [self._exposure(at, births, start, one)[0] * at.r / at.alpha for one in horizons]
        return float(means[0]) if np.ndim(horizon) == 0 else np.array(means)

    def sample_purchases(
        self,
        horizons: Any,
        *,
        frequency: Any,
        recency: Any,
        tenure: Any,
        rng: np.random.Generator,
        draws: int = 1,
        parameters: Mapping[str, Floats] | None = None,
        until: float | None = None,
    ) -> npt.NDArray[np.int32]:
        """Draws of the purchases in (until, until + horizon] of every customer.

        horizons: a number → (draws, customers); H increasing numbers → (draws, H, customers),
        cumulated counts of one future. parameters: of `parameter_draws(draws)`, one vector per
        draw; None: the estimates in every draw.
        """
        require_drawing(rng, draws, parameters)
        rows, end = self._rows(frequency, recency, tenure, until)
        ends = self._ends(horizons, end)
        future = _Future(rows, end, ends, Silence.of(self.calendar, _spans(rows, end), until=end))
        counts = np.empty((draws, ends.size, rows.row.size), dtype=np.int32)
        at, alive = None, np.empty(0)
        for draw in range(draws):
            if at is None or parameters is not None:
                at = self._point(parameters, draw)
                alive = future.alive(at)
            counts[draw] = future.draw(at, alive, rng)
        return counts[:, 0] if np.ndim(horizons) == 0 else counts

    def _point(self, draws: Mapping[str, Floats] | None = None, draw: int = 0) -> Point:
        """The parameters, or those of one draw, with the clocks that they give."""
        values = self.parameters if draws is None else {k: v[draw] for k, v in draws.items()}

        def clock(prefix: str) -> Clock:
            names = self._names(prefix)
            coefficients = np.array([values[prefix + name] for name in names], dtype=np.float64)
            return Clock.of(self.calendar, self.calendar.columns(names), coefficients)

        r, alpha, s, beta = (float(values[name]) for name in BASE)
        return Point(r, alpha, s, beta, clock("trans."), clock("life."))

    def _rows(
        self, frequency: Any, recency: Any, tenure: Any, until: float | None
    ) -> tuple[Histories, float]:
        rows = read_histories(frequency=frequency, recency=recency, tenure=tenure)
        end = self.until if until is None else float(until)
        self.calendar.require(end - float(rows.tenure.max()), end)
        return rows, end

    def _horizons(self, horizon: Any, customers: int, end: float) -> Floats:
        horizons = read_columns(None, ("horizon",), {"horizon": horizon})["horizon"]
        refuse_where(
            ~(horizons >= 0) | ~np.isfinite(horizons),
            _("A horizon is negative or not a number."),
            given={"horizon": horizons},
            next_step=_("Give horizons from 0, in the time unit of the model."),
        )
        self.calendar.require(end, end + float(horizons.max()))
        return np.broadcast_to(horizons, (customers,))

    def _ends(self, horizons: Any, end: float) -> Floats:
        steps = np.atleast_1d(np.asarray(horizons, dtype=np.float64))
        self._horizons(steps, steps.size, end)
        refuse_where(
            np.diff(steps, prepend=0.0) < 0,
            _("The horizons do not increase."),
            given={"horizon": steps},
            next_step=_("Give them from the shortest to the longest."),
        )
        return end + steps

    def _alive(self, at: Point, rows: Histories, end: float) -> Floats:
        alive, silent = Silence.of(self.calendar, _spans(rows, end), until=end).value(at)
        return alive / silent

    def _exposure(self, at: Point, births: Floats, end: float, horizon: float) -> Floats:
        """∫ exp(γ'x) P(alive at t | alive at `end`) dt over the horizon; pieces in closed form."""
        distinct, row = np.unique(births, return_inverse=True)
        edges = self.calendar.edges()
        edges = edges[(edges > end) & (edges < end + horizon)]
        times = np.concatenate(([end], edges, [end + horizon]))
        pieces = self.calendar.piece_from((times[1:] + times[:-1]) / 2)
        rates = at.buying.rates[pieces] / at.leaving.rates[pieces]
        passed = at.beta + at.leaving.at(times) - at.leaving.at(distinct)[:, None]
        start, grown = passed[:, :-1], np.log(passed[:, 1:] / passed[:, :-1])
        share = (passed[:, :1] / start) ** at.s
        within = grown * _growth((1 - at.s) * grown)
        total: Floats = (start * share * within * rates).sum(axis=1)
        return total[row.ravel()]


def _growth(z: Floats) -> Floats:
    """(e^z − 1) / z, 1 at 0."""
    safe = np.where(z == 0, 1.0, z)
    return np.where(z == 0, 1.0, np.expm1(safe) / safe)


def _spans(rows: Histories, end: float) -> Spans:
    births = end - rows.tenure
    return Spans(births, rows.frequency, births + rows.recency)


@dataclass(frozen=True)
class _Future:
    """Draws of what the customers behind `rows` do after `end`, counted at each of `ends`."""

    rows: Histories
    end: float
    ends: Floats
    silence: Silence

    def alive(self, at: Point) -> Floats:
        alive, silent = self.silence.value(at)
        return alive / silent

    def draw(self, at: Point, alive: Floats, rng: np.random.Generator) -> npt.NDArray[np.int32]:
        """(horizons, customers): alive or not, rates, time of dropout, then Poisson counts."""
        rows, row = self.rows, self.rows.row
        lives = np.flatnonzero(rng.random(row.size) < alive[row])
        born, now = self.end - rows.tenure, np.array([self.end])
        here = row[lives]
        alpha = (at.alpha + at.buying.at(now) - at.buying.at(born))[here]
        beta = (at.beta + at.leaving.at(now) - at.leaving.at(born))[here]
        rate = rng.gamma(at.r + rows.frequency[here]) / alpha
        dropout = rng.gamma(at.s, size=here.size) / beta
        with np.errstate(divide="ignore", over="ignore"):
            passed = at.leaving.at(now) + rng.exponential(size=here.size) / dropout
        gone = at.leaving.when(passed)
        counts = np.zeros((self.ends.size, row.size), dtype=np.int32)
        before = np.broadcast_to(at.buying.at(now), here.shape)
        for index, last in enumerate(self.ends):
            after = at.buying.at(np.minimum(gone, last))
            counts[index, lives] = rng.poisson(rate * np.maximum(after - before, 0.0))
            before = after
        return np.cumsum(counts, axis=0, dtype=np.int32)
