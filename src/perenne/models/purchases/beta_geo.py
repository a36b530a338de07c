"""BG/NBD and MBG/NBD: fits by maximum likelihood, and what their regular forms share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np

from perenne.core import PerenneError
from perenne.models.arguments import require_count, require_shrinkage
from perenne.models.fitting import Objective, Optimum, maximise, refuse_unknown
from perenne.models.histories import Floats, Histories, read_columns, read_histories
from perenne.models.hmc import posterior_of
from perenne.models.purchases.beta_geo_fitted import NAMES, FittedFamily
from perenne.models.purchases.beta_geo_likelihood import Family, Likelihood, objective_of
from perenne.models.purchases.design import Design, shrink, shrunk
from perenne.text import gettext as _

# log r, log α (in mean tenures), log a, log b.
STARTS = ((-0.5, -1.0, -0.3, 1.0), (0.0, 0.0, -1.5, 0.5), (0.7, 0.7, 1.0, 2.5))
# Distinct histories on which the starts are climbed.
COARSE = 6000

F = TypeVar("F", bound=FittedFamily)


@dataclass(frozen=True)
class FitOptions:
    """k: Erlang shape; the rest as in BetaGeo."""

    k: int = 1
    hmc: int = 0
    covariates: Any = None
    shrinkage: float | None = None


class FittedBetaGeo(FittedFamily):
    model: ClassVar[str] = "BetaGeo"


class FittedModifiedBetaGeo(FittedFamily):
    model: ClassVar[str] = "ModifiedBetaGeo"
    dropout_at_zero: ClassVar[bool] = True


@dataclass(frozen=True)
class BetaGeo:
    """BG/NBD (Fader, Hardie & Lee 2005): purchases at random, dropout after a repeat purchase.

    shrinkage: how strongly effects of covariates are pulled to zero, a prior precision; 0 is exact
    maximum likelihood, None lets the data say (empirical Bayes). Without covariates it has no use.
    hmc: how many draws of the parameters to keep by Hamiltonian Monte Carlo, for shops of some
    hundred customers; 0 leaves their uncertainty to the Laplace approximation.
    """

    shrinkage: float | None = None
    hmc: int = 0

    def __post_init__(self) -> None:
        require_count("hmc", self.hmc)
        require_shrinkage(self.shrinkage)

    def fit(self, data: Any = None, *, covariates: Any = None, **given: Any) -> FittedBetaGeo:
        """Maximum likelihood. Data, as keywords or columns of a frame, (customers,) each:
        frequency (repeat purchases), recency (age at the last), tenure (age at the end), weights.

        covariates: a mapping or frame, constant per customer: α exp(-γ₁z), a exp(γ₂z), b exp(γ₃z)
        (Fader & Hardie 2007); `alpha[channel=web]` > 0 means more purchases.
        Raises PerenneError for bad rows, one customer, one-time buyers only, a single day, no
        convergence, or a parameter at its limit, with the reason and the next step.
        """
        options = FitOptions(hmc=self.hmc, covariates=covariates, shrinkage=self.shrinkage)
        return fit_family(FittedBetaGeo, data, given, options=options)


@dataclass(frozen=True)
class ModifiedBetaGeo:
    """MBG/NBD (Batislam, Denizel & Filiztekin 2007): as BG/NBD, with dropout at the first purchase.

    shrinkage, hmc: as in BetaGeo.
    """

    shrinkage: float | None = None
    hmc: int = 0

    def __post_init__(self) -> None:
        require_count("hmc", self.hmc)
        require_shrinkage(self.shrinkage)

    def fit(
        self, data: Any = None, *, covariates: Any = None, **given: Any
    ) -> FittedModifiedBetaGeo:
        """As BetaGeo.fit."""
        options = FitOptions(hmc=self.hmc, covariates=covariates, shrinkage=self.shrinkage)
        return fit_family(FittedModifiedBetaGeo, data, given, options=options)


def fit_family(kind: type[F], data: Any, given: Mapping[str, Any], *, options: FitOptions) -> F:
    """The fit of any member: `kind` says whether customers drop out at the first purchase."""
    wanted = ("frequency", "recency", "tenure", "weights?")
    columns: dict[str, Any] = dict(read_columns(data, wanted, given, beside=options.covariates))
    design, group, rows = None, None, np.zeros((1, 0))
    if options.covariates is not None:
        design = Design.learn(options.covariates, reference=options.shrinkage == 0)
        group, rows = design.encode(options.covariates, size=columns["frequency"].size)
    histories = read_histories(group=group, **columns)
    refuse_too_little(histories)
    unit = float(histories.weights @ histories.tenure) / histories.customers
    search = _Search(Family(options.k, kind.dropout_at_zero), histories, rows, unit)
    optimum, precision = search.best(design, options.shrinkage)
    return kind(
        parameters=_parameters(optimum.point, unit, design),
        log_likelihood=search.objective(optimum.point)[0],
        covariance=tuple(tuple(row) for row in optimum.covariance.tolist()),
        customers=histories.customers,
        settings=_settings(design, precision),
        kept_draws=posterior_of(shrunk(search.objective, precision), optimum, draws=options.hmc),
    )


def refuse_too_little(histories: Histories) -> None:
    """Raise PerenneError when no model of repeat purchases can be fitted: the reason, in words."""
    if histories.tenure.max() == 0:
        raise PerenneError(
            _("The history has a single day: every tenure is 0."),
            next_step=_("Give the age of each customer at the end of a longer history."),
        )
    if histories.customers < 2:
        raise PerenneError(
            _("One customer cannot show how customers differ."),
            given=histories.customers,
            next_step=_("Give some hundred customers or more."),
        )
    if float(histories.weights @ histories.frequency) == 0:
        raise PerenneError(
            _("No customer has a repeat purchase: nothing shows how often they come back."),
            next_step=_("Wait for repeat purchases, or use a longer history."),
        )


def _parameters(point: Floats, unit: float, design: Design | None) -> dict[str, float]:
    parameters = dict(zip(NAMES, np.exp(point[:4]).tolist(), strict=True))
    parameters["alpha"] *= unit
    return parameters | dict(zip(_coefficients(design), point[4:].tolist(), strict=True))


def _coefficients(design: Design | None) -> list[str]:
    columns = [] if design is None else design.names
    return [f"{name}[{column}]" for name in ("alpha", "a", "b") for column in columns]


def _settings(design: Design | None, precision: Floats) -> dict[str, Any]:
    if design is None:
        return {}
    return {"design": design.to_settings(), "precision": precision.tolist()}


class _Search:
    """The likelihood of all rows, and of some of them to climb the starts on."""

    def __init__(self, family: Family, histories: Histories, rows: Floats, unit: float) -> None:
        self.objective = objective_of(Likelihood(family, histories), rows, unit=unit)
        self.coarse: Objective | None = None
        step = histories.weights.size // COARSE
        if step > 1 and rows.shape[1] == 0:
            some = _every(histories, step)
            self.coarse = objective_of(Likelihood(family, some), rows, unit=unit)

    def best(self, design: Design | None, shrinkage: float | None) -> tuple[Optimum, Floats]:
        names = [*NAMES, *_coefficients(design)]
        blocks = [] if design is None else design.blocks
        width = (len(names) - 4) // 3
        all_blocks = [
            slice(4 + i * width + block.start, 4 + i * width + block.stop)
            for i in range(3)
            for block in blocks
        ]

        def climb(precision: Floats, start: Floats | None) -> Optimum:
            starts: list[Sequence[float]] = [(*s, *[0.0] * (3 * width)) for s in STARTS]
            return maximise(
                shrunk(self.objective, precision) if width else self.objective,
                starts=starts if start is None else [start.tolist()],
                names=names,
                coarse=self.coarse,
            )

        optimum, used = shrink(climb, blocks=all_blocks, size=len(names), shrinkage=shrinkage)
        refuse_unknown(optimum, names=names, objective=shrunk(self.objective, used))
        return optimum, used


def _every(histories: Histories, step: int) -> Histories:
    """Every `step`-th distinct history: they are sorted, so that all kinds are among them."""
    return Histories(
        histories.frequency[::step],
        histories.recency[::step],
        histories.tenure[::step],
        histories.weights[::step],
        row=histories.row[:0],
        group=histories.group[::step],
    )
