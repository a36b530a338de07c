"""Pareto/NBD whose two processes run faster or slower with the calendar, or with what each
customer lives through.

Bachmann, P., Meierer, M., Näf, J. (2021). The Role of Time-Varying Contextual Factors in Latent
Attrition Models for Customer Base Analysis. Marketing Science 40(4).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, overload

import numpy as np
from scipy.special import gammaln, psi

from perenne.core import PerenneError
from perenne.models.arguments import require_count, require_number
from perenne.models.fitting import maximise
from perenne.models.histories import Floats
from perenne.models.hmc import posterior_of
from perenne.models.purchases.calendar import Calendar
from perenne.models.purchases.dynamic_block import Point, Slopes, Spans
from perenne.models.purchases.dynamic_clock import Clock
from perenne.models.purchases.dynamic_compared import BASE
from perenne.models.purchases.dynamic_fitted import FittedDynamicParetoNBD
from perenne.models.purchases.dynamic_histories import (
    DynamicHistories,
    PurchaseRows,
    read_purchases,
)
from perenne.models.purchases.dynamic_panel import Panel
from perenne.models.purchases.dynamic_panel_fitted import FittedPanelParetoNBD
from perenne.models.purchases.dynamic_panel_likelihood import PanelLikelihood
from perenne.models.purchases.dynamic_paths import Sources
from perenne.models.purchases.dynamic_silence import Silence
from perenne.models.purchases.pareto_nbd import ParetoNBD
from perenne.text import gettext as _

# Customers on which the coefficients are climbed first, from the plain Pareto/NBD.
COARSE_CUSTOMERS = 4_000


@dataclass(frozen=True)
class DynamicParetoNBD:
    """Pareto/NBD with covariates in time: season, sales, holidays; promotions to some customers.

    A customer who lives buys at rate λ·exp(γ'x(t)) and drops out at rate μ·exp(δ'x(t)); λ is gamma
    (r, alpha), μ is gamma (s, beta). calendar: covariates x that all customers share, from the
    first purchase to the end of observation and as far as predictions go; those that differ between
    customers are data, see `fit`. trans, life: the names of the covariates that act
    on purchases and on dropout; None: all of them. ridge: the penalty ½·ridge·Σ coefficient²,
    shrinks coefficients that the data say little about (0: exact maximum likelihood). hmc: as in
    BetaGeo; a look at all rows costs some ten times that of Pareto/NBD.
    """

    calendar: Calendar | None = None
    trans: Iterable[str] | None = None
    life: Iterable[str] | None = None
    ridge: float = 0.0
    hmc: int = 0

    def __post_init__(self) -> None:
        require_count("hmc", self.hmc)
        require_number("ridge", self.ridge, least=0.0)

    @overload
    def fit(
        self,
        data: Any = None,
        *,
        until: float | date,
        customer: Any = None,
        time: Any = None,
        weights: Any = None,
        panel: None = None,
    ) -> FittedDynamicParetoNBD: ...

    @overload
    def fit(
        self,
        data: Any = None,
        *,
        until: float | date,
        customer: Any = None,
        time: Any = None,
        weights: Any = None,
        panel: Panel | Sequence[Panel],
    ) -> FittedPanelParetoNBD: ...

    def fit(
        self,
        data: Any = None,
        *,
        until: float | date,
        customer: Any = None,
        time: Any = None,
        weights: Any = None,
        panel: Panel | Sequence[Panel] | None = None,
    ) -> FittedDynamicParetoNBD | FittedPanelParetoNBD:
        """Maximum likelihood from rows of purchases, the first of each customer included.

        customer, time, weights: (purchases,), or columns of `data`; weights say how many customers
        the one of a row stands for. until: end of observation; times in the unit of the calendar
        and of the panel, or dates, which make weeks the unit.
        panel: covariates that differ between customers in time, see `Panel.of`; of several, as a
        sequence. Raises PerenneError where the data cannot tell, see `maximise`, and for a gap in
        the panel.
        """
        rows = read_purchases(data, customer=customer, time=time, weights=weights, until=until)
        return self.fit_rows(rows) if panel is None else self._fit_panel(rows, panel)

    def fit_rows(self, rows: PurchaseRows) -> FittedDynamicParetoNBD:
        """The same from rows that were read before, without a panel."""
        calendar = self._calendar()
        trans, life = (
            self._names(self.trans, calendar.names),
            self._names(self.life, calendar.names),
        )
        likelihood = self._likelihood(rows, trans, life)
        self._refuse_constant(likelihood, sorted({*trans, *life}))
        coarse = None
        if rows.customers > 2 * COARSE_CUSTOMERS:
            coarse = self._likelihood(rows.first(COARSE_CUSTOMERS), trans, life)
        found = self._climb(likelihood, rows, names=_free(trans, life), coarse=coarse)
        return FittedDynamicParetoNBD(
            **found, settings=self._settings(rows) | {"calendar": calendar.to_values()}
        )

    def _fit_panel(
        self, rows: PurchaseRows, panel: Panel | Sequence[Panel]
    ) -> FittedPanelParetoNBD:
        sources = Sources.of(panel, self.calendar)
        trans, life = self._names(self.trans, sources.names), self._names(self.life, sources.names)

        def of(some: PurchaseRows) -> PanelLikelihood:
            return PanelLikelihood.of(some, sources, trans=trans, life=life, ridge=self.ridge)

        likelihood = of(rows)
        names = sorted({*trans, *life})
        values = likelihood.paths.columns(names)
        if len(values):
            self._refuse_flat(names, values)
        few = rows.customers > 2 * COARSE_CUSTOMERS
        coarse = of(rows.first(COARSE_CUSTOMERS)) if few else None
        found = self._climb(likelihood, rows, names=_free(trans, life), coarse=coarse)
        kept = {} if self.calendar is None else {"calendar": self.calendar.to_values()}
        return FittedPanelParetoNBD(**found, settings=self._settings(rows) | kept)

    def _climb(
        self,
        likelihood: Likelihood | PanelLikelihood,
        rows: PurchaseRows,
        *,
        names: Sequence[str],
        coarse: Likelihood | PanelLikelihood | None,
    ) -> dict[str, Any]:
        """From the plain Pareto/NBD to the maximum: what every fitted model holds."""
        frequency, recency, tenure = rows.histories()
        plain = ParetoNBD().fit(
            frequency=frequency, recency=recency, tenure=tenure, weights=rows.weights
        )
        start = [*np.log([plain.parameters[name] for name in BASE]), *[0.0] * (len(names) - 4)]
        found = maximise(likelihood, starts=[start], names=names, coarse=coarse)
        return {
            "parameters": {
                name: float(np.exp(value) if name in BASE else value)
                for name, value in zip(names, found.point, strict=True)
            },
            "log_likelihood": found.log_likelihood + likelihood.penalty(found.point),
            "covariance": tuple(map(tuple, found.covariance.tolist())),
            "customers": float(rows.weights.sum()),
            "kept_draws": posterior_of(likelihood, found, draws=self.hmc),
        }

    def _settings(self, rows: PurchaseRows) -> dict[str, Any]:
        return {"until": rows.until, "ridge": float(self.ridge)}

    def _calendar(self) -> Calendar:
        if self.calendar is not None:
            return self.calendar
        raise PerenneError(
            _("There are no covariates: neither a calendar nor a panel."),
            next_step=_(
                "Give DynamicParetoNBD(calendar) what all customers share, or fit(…, panel=…) what "
                "differs between them; without either, use ParetoNBD."
            ),
        )

    def _names(self, names: Iterable[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
        return known if names is None else tuple(names)

    def _likelihood(
        self, rows: PurchaseRows, trans: Sequence[str], life: Sequence[str]
    ) -> Likelihood:
        calendar = self._calendar()
        return Likelihood.of(
            DynamicHistories.of(rows, calendar),
            calendar,
            trans=calendar.columns(trans),
            life=calendar.columns(life),
            ridge=self.ridge,
        )

    def _refuse_constant(self, likelihood: Likelihood, names: Sequence[str]) -> None:
        first, last = likelihood.seen
        self._refuse_flat(names, likelihood.calendar.columns(names)[first:last])

    def _refuse_flat(self, names: Sequence[str], values: Floats) -> None:
        same = np.ptp(values, axis=0) == 0
        flat = [name for name, one in zip(names, same, strict=True) if one]
        if flat and self.ridge == 0:
            raise PerenneError(
                _("The covariates {names} do not change during the observation.").format(
                    names=", ".join(flat)
                ),
                next_step=_("Leave them out, or give ridge=… to keep them near zero."),
            )


def _free(trans: Sequence[str], life: Sequence[str]) -> list[str]:
    return [*BASE, *(f"life.{name}" for name in life), *(f"trans.{name}" for name in trans)]


@dataclass(frozen=True)
class Likelihood:
    """The log-likelihood and its gradient at free parameters, over compressed histories."""

    frequency: Floats
    weights: Floats
    spans: Spans
    silence: Silence
    calendar: Calendar
    trans: Floats
    life: Floats
    effects: Floats  # (trans,): sums of covariates at repeat purchases
    ridge: float
    seen: tuple[int, int]

    @classmethod
    def of(
        cls,
        data: DynamicHistories,
        calendar: Calendar,
        *,
        trans: Floats,
        life: Floats,
        ridge: float = 0.0,
    ) -> Likelihood:
        distinct = data.histories
        birth = data.until - distinct.tenure
        spans = Spans(birth, distinct.frequency, birth + distinct.recency)
        edges = np.array([birth.min(), data.until])
        return cls(
            frequency=distinct.frequency,
            weights=distinct.weights,
            spans=spans,
            silence=Silence.of(calendar, spans, until=data.until),
            calendar=calendar,
            trans=trans,
            life=life,
            effects=data.repeats @ trans,
            ridge=ridge,
            seen=(int(calendar.piece_from(edges)[0]), int(calendar.piece_until(edges)[1]) + 1),
        )

    def __call__(self, free: Floats) -> tuple[float, Floats]:
        """free: logarithms of r, alpha, s, beta; coefficients of life, then of trans."""
        at, delta, gamma = self._at(free)
        silent, slopes = self.silence.slopes(at, self.weights)
        value = self._value(at, silent) + float(self.effects @ gamma) - self.penalty(free)
        self._add_constants(at, slopes)
        base = np.array([slopes.r, slopes.alpha, slopes.s, slopes.beta]) * np.exp(free[:4])
        by_life = self.life.T @ (slopes.leaving * at.leaving.rates) - self.ridge * delta
        by_trans = self.trans.T @ (slopes.buying * at.buying.rates) - self.ridge * gamma
        return value, np.concatenate((base, by_life, by_trans + self.effects))

    def penalty(self, free: Floats) -> float:
        return 0.5 * self.ridge * float(free[4:] @ free[4:])

    def _at(self, free: Floats) -> tuple[Point, Floats, Floats]:
        r, alpha, s, beta = np.exp(free[:4])
        delta, gamma = np.split(free[4:], [self.life.shape[1]])
        buying = Clock.of(self.calendar, self.trans, gamma)
        leaving = Clock.of(self.calendar, self.life, delta)
        return Point(float(r), float(alpha), float(s), float(beta), buying, leaving), delta, gamma

    def _value(self, at: Point, silent: Floats) -> float:
        """The closed part: x purchases at their times, and alive at the last of them."""
        spans, x = self.spans, self.frequency
        a = at.buying.at(spans.since) - at.buying.at(spans.birth)
        b = at.leaving.at(spans.since) - at.leaving.at(spans.birth)
        each = gammaln(at.r + x) - gammaln(at.r) - x * np.log(at.alpha)
        each -= (at.r + x) * np.log1p(a / at.alpha) + at.s * np.log1p(b / at.beta)
        return float(self.weights @ (each + np.log(silent)))

    def _add_constants(self, at: Point, slopes: Slopes) -> None:
        customers = float(self.weights.sum())
        slopes.r += float(self.weights @ psi(at.r + self.frequency))
        slopes.r += customers * float(np.log(at.alpha) - psi(at.r))
        slopes.alpha += customers * at.r / at.alpha
        slopes.s += customers * float(np.log(at.beta))
        slopes.beta += customers * at.s / at.beta
