"""Predictions of the fitted Pareto/NBD whose covariates differ by customer and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.arguments import require_drawing
from perenne.models.histories import Floats, check_histories, read_columns, read_table
from perenne.models.purchases.calendar import Calendar
from perenne.models.purchases.dynamic_compared import BASE, DynamicFit
from perenne.models.purchases.dynamic_panel import Ids, Panel
from perenne.models.purchases.dynamic_paths import Paths, Sources
from perenne.models.purchases.dynamic_walk import Quiet, Silence, Values, Walk, growth
from perenne.models.purchases.horizons import read_horizon, read_horizons
from perenne.models.purchases.moments import read_moment
from perenne.text import gettext as _

Panels = Panel | Sequence[Panel]
HISTORY = ("frequency", "recency", "tenure")


@dataclass(frozen=True)
class FittedPanelParetoNBD(DynamicFit):
    """What `DynamicParetoNBD.fit` gives with a panel.

    Data of predictions: panel, as for the fit but as far as the horizon goes; customer, the ids in
    it; frequency, recency, tenure, as keywords or columns; until, the time at which tenure ends
    (that of the fit when not given). A calendar that was fitted with is remembered, the panel is
    not: it is data. Raises PerenneError for rows that cannot be, and for a gap in the panel.
    """

    model: ClassVar[str] = "PanelParetoNBD"

    def probability_alive(
        self, data: Any = None, *, panel: Panels, until: float | date | None = None, **given: Any
    ) -> Floats:
        """P(not dropped out by `until`), (customers,)."""
        asked = self._ask(data, given, panel=panel, until=until)
        return asked.silence(asked.walk(self)).alive

    def expected_purchases(
        self,
        horizon: Any,
        data: Any = None,
        *,
        panel: Panels,
        until: float | date | None = None,
        **given: Any,
    ) -> Floats:
        """E[purchases in (until, until + horizon]], (customers,); horizon: a number or one each."""
        asked = self._ask(data, given, panel=panel, until=until, horizon=horizon)
        walk = asked.walk(self)
        return np.asarray(asked.silence(walk).alive * asked.expected(walk))

    def probability_of_purchase(
        self,
        horizon: Any,
        data: Any = None,
        *,
        panel: Panels,
        until: float | date | None = None,
        **given: Any,
    ) -> Floats:
        """P(at least one purchase in (until, until + horizon]), (customers,)."""
        asked = self._ask(data, given, panel=panel, until=until, horizon=horizon)
        walk = asked.walk(self)
        return np.asarray(asked.silence(walk).alive * asked.some(walk))

    def expected_purchases_new(
        self, horizon: Any, *, panel: Panels, customer: Any, birth: float | date | None = None
    ) -> Any:
        """E[repeat purchases within `horizon` of those acquired at `birth`]; a scalar for one.

        customer: ids in the panel; birth: the end of observation when not given.
        """
        ids = np.atleast_1d(np.asarray(customer))
        size = max(ids.size, np.size(horizon))
        none = np.zeros(size)
        told = self.expected_purchases(
            horizon,
            panel=panel,
            until=birth,
            customer=np.broadcast_to(ids, size) if ids.size == 1 else ids,
            frequency=none,
            recency=none,
            tenure=none,
        )
        return told if np.ndim(customer) or np.ndim(horizon) else float(told[0])

    def sample_purchases(
        self,
        horizons: Any,
        data: Any = None,
        *,
        panel: Panels,
        rng: np.random.Generator,
        draws: int = 1,
        parameters: Mapping[str, Floats] | None = None,
        until: float | date | None = None,
        **given: Any,
    ) -> npt.NDArray[np.int32]:
        """Draws of the purchases ahead: (draws, customers) for one horizon, else cumulated
        (draws, horizons, customers), one future each.

        parameters: draws of them (of `parameter_draws`), one for each draw; None: the estimates.
        """
        require_drawing(rng, draws, parameters)
        ahead = read_horizons(horizons)
        asked = self._ask(data, given, panel=panel, until=until, horizon=ahead[-1], cuts=ahead)
        counts = np.empty((draws, ahead.size, asked.frequency.size), dtype=np.int32)
        walk = asked.walk(self)
        alive = asked.silence(walk).alive
        for draw in range(draws):
            if parameters is not None:
                walk = asked.walk(self, {name: v[draw] for name, v in parameters.items()})
                alive = asked.silence(walk).alive
            counts[draw] = asked.draw(walk, alive, ends=asked.end[0] + ahead, rng=rng)
        return counts[:, 0] if np.ndim(horizons) == 0 else counts

    @cached_property
    def calendar(self) -> Calendar | None:
        """What all customers share, when the fit had it."""
        kept = self.settings.get("calendar")
        return None if kept is None else Calendar.from_values(kept)

    def _ask(
        self,
        data: Any,
        given: Mapping[str, Any],
        *,
        panel: Panels,
        until: float | date | None,
        horizon: Any = 0.0,
        cuts: Sequence[float] | Floats = (),
    ) -> _Asked:
        ages = {name: value for name, value in given.items() if name != "customer"}
        columns = read_columns(data, HISTORY, ages)
        check_histories(*columns.values())
        size = columns["tenure"].size
        end = np.full(size, self.until if until is None else read_moment(until))
        ahead = np.broadcast_to(read_horizon(horizon, size=size), size)
        born = end - columns["tenure"]
        since = born + columns["recency"]
        return _Asked(
            frequency=columns["frequency"],
            since=since,
            end=end,
            last=end + ahead,
            paths=Paths.of(
                Sources.of(panel, self.calendar),
                _customers(data, given, size=size),
                born=born,
                cuts=(since, end, *(end + cut for cut in cuts), end + ahead),
            ),
        )


def _customers(data: Any, given: Mapping[str, Any], *, size: int) -> Ids:
    customer = given.get("customer")
    if customer is None:
        customer = read_table(data, ("customer",)).get("customer", ())
    ids = np.atleast_1d(np.asarray(customer))
    if ids.shape != (size,):
        raise PerenneError(
            _("There is not one customer per row: {count} for {size}.").format(
                count=ids.size, size=size
            ),
            next_step=_("Give customer=…, the ids that the panel knows."),
        )
    return ids


@dataclass(frozen=True)
class _Asked:
    """Customers of a prediction; (customers,) each. last: the end of the horizon."""

    frequency: Floats
    since: Floats
    end: Floats
    last: Floats
    paths: Paths = field(repr=False)

    def walk(self, fit: FittedPanelParetoNBD, values: Mapping[str, float] | None = None) -> Walk:
        values = fit.parameters if values is None else values
        trans, life = fit._names("trans."), fit._names("life.")
        r, alpha, s, beta = (float(values[name]) for name in BASE)
        at = Values(
            r,
            alpha,
            s,
            beta,
            life=np.array([values[f"life.{name}"] for name in life], dtype=np.float64),
            trans=np.array([values[f"trans.{name}"] for name in trans], dtype=np.float64),
        )
        columns = self.paths.columns
        return Walk.of(self.paths, at, trans=columns(trans), life=columns(life))

    def silence(self, walk: Walk) -> Silence:
        """Since the last purchase."""
        quiet = Quiet.between(self.paths, self.since, self.end)
        return Silence.of(walk, walk.at.r + self.frequency, quiet=quiet)

    def some(self, walk: Walk) -> Floats:
        """P(a purchase in the horizon | alive at its start)."""
        shape, at = walk.at.r + self.frequency, walk.at
        now_a, now_b = walk.clocks(Quiet.between(self.paths, self.since, self.end).lived)
        alive = -shape * np.log1p(now_a / at.alpha) - at.s * np.log1p(now_b / at.beta)
        quiet = Quiet.between(self.paths, self.end, self.last)
        silent = Silence.of(walk, shape, quiet=quiet).log_whole - alive
        return np.asarray(-np.expm1(np.minimum(silent, 0.0)))

    def expected(self, walk: Walk) -> Floats:
        """E of purchases in the horizon given alive at its start; segments in closed form."""
        at, paths = walk.at, self.paths
        quiet = Quiet.between(paths, self.end, self.last)
        now = Quiet.between(paths, self.since, self.end).lived
        now_a, now_b = walk.clocks(now)
        start = at.beta + walk.left
        grown = np.log1p(walk.leaving * paths.length / start)
        stays = ((at.beta + now_b)[paths.customer] / start) ** at.s
        each = start * stays * grown * growth((1 - at.s) * grown) * walk.buying / walk.leaving
        life = paths.total(np.where(quiet.silent, each, 0.0))
        return np.asarray((at.r + self.frequency) / (at.alpha + now_a) * life)

    def draw(
        self, walk: Walk, alive: Floats, *, ends: Floats, rng: np.random.Generator
    ) -> npt.NDArray[np.int32]:
        """(horizons, customers): alive or not, rates, the end of life, then Poisson counts."""
        at, paths, size = walk.at, self.paths, self.frequency.size
        now_a, now_b = walk.clocks(Quiet.between(paths, self.since, self.end).lived)
        lives = rng.random(size) < alive
        rate = rng.standard_gamma(at.r + self.frequency) / (at.alpha + now_a)
        dropout = rng.standard_gamma(at.s, size) / (at.beta + now_b)
        with np.errstate(divide="ignore", over="ignore"):
            gone = np.where(lives, now_b + rng.standard_exponential(size) / dropout, -np.inf)
        ahead = Quiet.between(paths, self.end, self.last).silent
        who = paths.customer[ahead]
        left = (gone[who] - walk.left[ahead]) / walk.leaving[ahead]
        bought = walk.buying[ahead] * np.clip(left, 0.0, paths.length[ahead])
        step = np.searchsorted(ends, (paths.start + paths.length / 2)[ahead])
        exposure = np.bincount(step * size + who, weights=bought, minlength=ends.size * size)
        counts = rng.poisson(rate * exposure.reshape(ends.size, size))
        return np.cumsum(counts, axis=0, dtype=np.int32)
