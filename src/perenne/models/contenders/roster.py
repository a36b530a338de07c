"""Every contender by its id, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from perenne.models.contenders.probability import SOURCES, probability_contender
from perenne.models.contenders.seasonal import SEASON, Seasonal
from perenne.models.forecast import Contender
from perenne.models.names import require_contenders

BASELINES: Mapping[str, str] = {
    "all_zero": "AllZero",
    "last_period": "LastPeriod",
    "rfm_cell": "RfmCell",
    "simple_clv": "SimpleClv",
    "klaviyo": "Klaviyo",
}
LEARNERS: Mapping[str, str] = {
    "bg_bb": "occasions:BetaGeoBetaBinomialContender",
    "pareto_nbd_births": "births:Births",
    "hurdle": "learners:Hurdle",
    "stack": "stack:Stack",
}
SEASONAL: Mapping[str, str] = {
    source + SEASON: source for source in ("nbd", "bg_nbd", "mbg_nbd", "pareto_nbd")
}
COVARIATES = ("bg_nbd_covariates", "mbg_nbd_covariates", "pareto_nbd_covariates")
# What competes when the owner names nobody: quick, and unlike each other. The stack is the learner
# that did best on published data; the hurdle and models with covariates compete when named.
USUAL = (
    "nbd", "bg_nbd", "mbg_nbd", "pareto_nbd", "nbd_season", "mbg_nbd_season", "pareto_nbd_season",
    "stack",
)  # fmt: skip


def contender(name: str) -> Contender:
    """The contender of that id; PerenneError for another."""
    require_contenders([name])
    if name in SOURCES:
        return probability_contender(name)
    if name in SEASONAL:
        return Seasonal(SEASONAL[name])
    if name in BASELINES:
        return _made("baselines", BASELINES[name])
    if name in COVARIATES:
        covariates = import_module("perenne.models.contenders.covariates")
        with_covariates: Contender = covariates.CovariateContender(name)
        return with_covariates
    return _made(*LEARNERS[name].split(":"))


def contenders(names: Sequence[str] = ()) -> list[Contender]:
    """The contenders named, the baselines always first; the usual ones when none is named."""
    chosen = dict.fromkeys([*BASELINES, *(names or USUAL)])
    return [contender(name) for name in chosen]


def _made(module: str, name: str) -> Contender:
    found: Contender = getattr(import_module(f"perenne.models.contenders.{module}"), name)()
    return found
