"""Who forecasts: one written rule, and the reason in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.models.judging.backtest import Backtest
from perenne.models.judging.recalibration import PUT_RIGHT
from perenne.models.judging.scores import Scores
from perenne.models.judging.ties import SURELY, behind_of, error_of
from perenne.text import format_number, format_percent, ngettext
from perenne.text import gettext as _

BASELINES = ("all_zero", "last_period", "simple_clv", "rfm_cell", "klaviyo")
# |median bias| over origins within which the level counts as right.
LEVEL_BAND = 0.15
# How much a bias varies from one origin to the next, as recalibration believes as well.
BIAS_SPREAD = 0.12
# Why a model is chosen: the lowest CRPS of all, of those at the right level, or a tie with it.
LOWEST, LEVEL, MIXED, LESS_BIASED = "lowest", "level", "mixed", "less_biased"
# The mixture of all models; origins from which a bias tells more than mixing gains.
MIXTURE = "combined"
FEWEST_FOR_BIAS = 4


@dataclass(frozen=True)
class Standing:
    """One contender over the origins that all have in common.

    crps: mean over origins of CRPS / mean |value|; median_bias, and its standard error; rmse: as
    crps; gini: mean; inside: share of origins whose actual total lies in its 90% interval (NaN
    without draws); typical_bias: median of |bias|, in which misses of both signs do not cancel;
    answers: origins at which it answered itself.
    """

    contender: str
    crps: float
    median_bias: float
    rmse: float
    gini: float
    inside: float
    is_baseline: bool
    bias_error: float = 0.0
    typical_bias: float = 0.0
    answers: int = 0


@dataclass(frozen=True)
class Champion:
    """The contender that forecasts, with the reason in words and all standings, best CRPS first.

    unbeaten: baselines that are better than the best model on RMSE or normalised Gini.
    stands_in: the champion is a baseline because the model did not beat it. outdone: contenders
    that a season leaves behind, which are judged but do not predict.
    """

    name: str
    horizon: int
    reason: str
    standings: tuple[Standing, ...]
    origins: int
    unbeaten: tuple[str, ...] = ()
    stands_in: bool = False
    outdone: tuple[str, ...] = ()


def champion(
    backtest: Backtest,
    *,
    horizon: int,
    baselines: Sequence[str] = BASELINES,
    outdone: Collection[str] = (),
) -> Champion:
    """The champion at one horizon. PerenneError with fewer than two contenders that answered.

    1. Compared are the contenders that answered at the last origin, on the origins of those that
       answered most often. One that could not answer at an earlier one (its past was too short
       there) is taken to have been as much better or worse there, beside the best of those that
       answered at all, as where it did answer.
    2. A model that also stands recalibrated competes as such only: its raw totals bear no error of
       the model. Models that a season leaves behind (`outdone`) do not compete, unless nobody
       else is left. Of the models, those whose |median bias|, less the standard error that so few
       origins leave it, is at most 15% (or, when none is, within 15 points of the least biased).
    3. Of these, the lowest mean CRPS of value relative to the mean spend of each origin.
    4. Over fewer than four origins the mixture of all models wins where it is one of these and not
       surely worse, by two standard errors (of the paired differences between origins, held by a
       belief of 2.7% where origins are few; overlapping ones count by half): by as much as a member
       must be worse to be left out of it. What is not surely better is averaged rather than chosen.
       Over four and more, those within one standard error of the lowest tie, and of these the one
       with the lowest median |bias| wins, as the CRPS of customers hardly sees the level; if equal,
       the first given. Over fewer, a bias is chance, and the lowest CRPS wins; so one that answered
       fewer than four of them itself wins by no bias while others tie with it.
    5. It must beat each baseline on mean RMSE and on mean Gini. A baseline that beats it on both
       stands in, the one with the lowest RMSE if several; one that beats it on one only is named.
       So does one with a distribution that beats it on RMSE, CRPS and median |bias|: ranking
       customers a little better makes up for no total that is off many times over.
    """
    compared = _compared(backtest, horizon, _origins(backtest, horizon))
    if len(compared) < 2:
        raise PerenneError(
            _(
                "A champion needs at least two contenders that answered, and purchases to judge "
                "them on."
            ),
            given=tuple(compared),
            next_step=_("Use a shorter horizon or wait for a longer history."),
        )
    standings = [_standing(name, told, baselines) for name, told in compared.items()]
    losses = {name: told.crps for name, told in compared.items()}
    raw = {name.removesuffix(PUT_RIGHT) for name in losses if name.endswith(PUT_RIGHT)}
    models = [one for one in standings if not one.is_baseline and one.contender not in raw]
    ahead = [one for one in models if one.contender not in outdone]
    left = tuple(one.contender for one in models if one.contender in outdone) if ahead else ()
    best, why = _best(ahead or models or standings, losses)
    better = _unbeaten(best, [one for one in standings if one.is_baseline])
    stand_in = [one for one in better if _stands_in(one, best)]
    chosen = min(stand_in, key=lambda one: one.rmse) if stand_in else best
    return Champion(
        name=chosen.contender,
        horizon=horizon,
        reason=_said(chosen, best, why=why, origins=_count(losses))
        + _but([one.contender for one in better if chosen is best])
        + _left_out(left),
        standings=tuple(sorted(standings, key=lambda one: one.crps)),
        origins=_count(losses),
        unbeaten=tuple(one.contender for one in better),
        stands_in=chosen.is_baseline,
        outdone=left,
    )


def ranked(backtest: Backtest, *, horizon: int) -> tuple[str, ...]:
    """All contenders that answered, lowest CRPS first, also those that refused at the last origin.

    Each beside the others as in `champion`; who refused then cannot predict for that reason alone.
    """
    compared = _compared(backtest, horizon, _origins(backtest, horizon), everyone=True)
    return tuple(sorted(compared, key=lambda name: float(compared[name].crps.mean())))


def group_scores(found: Backtest, chosen: Champion, *, kind: str) -> dict[str, list[Scores]]:
    """Scores of the value that the champion foresaw, by group of one kind, an entry per origin."""
    groups: dict[str, list[Scores]] = {}
    for trial in found.of(chosen.name, horizon=chosen.horizon):
        for (quantity, group), scores in trial.groups.items():
            of, _colon, name = group.partition(": ")
            if quantity == "value" and of == kind:
                groups.setdefault(name, []).append(scores)
    return dict(sorted(groups.items()))


def _origins(backtest: Backtest, horizon: int) -> list[int]:
    """Origins that those who answered most often share, and after which somebody bought."""
    answered = {
        name: {trial.origin for trial in backtest.of(name, horizon=horizon)}
        for name in backtest.contenders(horizon)
    }
    most = max(map(len, answered.values()), default=0)
    shared = [found for found in answered.values() if len(found) == most]
    silent = {trial.origin for trial in backtest.trials if not trial.scores["value"].mae_zero > 0}
    return sorted(set.intersection(*shared) - silent) if shared else []


@dataclass(frozen=True)
class _Told:
    """Measures of one contender by origin, (origins,); crps and rmse relative to the mean |value|.

    NaN where it did not answer, and for what cannot be computed.
    """

    crps: Floats
    rmse: Floats
    gini: Floats
    bias: Floats
    inside: Floats
    answers: int

    @classmethod
    def at(cls, origins: Sequence[int], scores: Mapping[int, Scores]) -> _Told:
        def measured(name: str, *, relative: bool = False) -> Floats:
            found = [scores.get(origin) for origin in origins]
            return np.array(
                [
                    np.nan if s is None else getattr(s, name) / (s.mae_zero if relative else 1)
                    for s in found
                ]
            )

        return cls(
            crps=measured("crps", relative=True),
            rmse=measured("rmse", relative=True),
            gini=measured("gini"),
            bias=measured("bias"),
            inside=measured("total_inside"),
            answers=sum(origin in scores for origin in origins),
        )

    def beside(self, other: _Told) -> _Told:
        """The same without gaps: errors in proportion to `other`, Gini and bias at its distance."""
        return _Told(
            crps=_filled(self.crps, other.crps * _mean(self.crps / other.crps)),
            rmse=_filled(self.rmse, other.rmse * _mean(self.rmse / other.rmse)),
            gini=_filled(self.gini, other.gini + _mean(self.gini - other.gini)),
            bias=_filled(self.bias, other.bias + _mean(self.bias - other.bias)),
            inside=self.inside,
            answers=self.answers,
        )


def _filled(values: Floats, others: Floats) -> Floats:
    return np.where(np.isnan(values), others, values)


def _compared(
    backtest: Backtest, horizon: int, origins: Sequence[int], *, everyone: bool = False
) -> dict[str, _Told]:
    """Those who answered at the last origin, or at any, without gaps, as given."""
    if not origins:
        return {}
    told = {
        name: _Told.at(
            origins, {t.origin: t.scores["value"] for t in backtest.of(name, horizon=horizon)}
        )
        for name in backtest.contenders(horizon)
    }
    last = {
        name: one
        for name, one in told.items()
        if np.isfinite(one.crps).any() and (everyone or np.isfinite(one.crps[-1]))
    }
    always = [one for one in last.values() if np.isfinite(one.crps).all()]
    best = min(always, key=lambda one: float(one.crps.mean()))
    return {
        name: one if np.isfinite(one.crps).all() else one.beside(best) for name, one in last.items()
    }


def _count(losses: Mapping[str, Floats]) -> int:
    return next(iter(losses.values())).size


def _standing(name: str, told: _Told, baselines: Sequence[str]) -> Standing:
    return Standing(
        contender=name,
        crps=float(told.crps.mean()),
        median_bias=float(np.nanmedian(told.bias)),
        rmse=float(told.rmse.mean()),
        gini=float(told.gini.mean()),
        inside=_mean(told.inside),
        is_baseline=name in baselines,
        bias_error=error_of(told.bias, BIAS_SPREAD),
        typical_bias=float(np.nanmedian(np.abs(told.bias))),
        answers=told.answers,
    )


def _mean(values: Floats) -> float:
    """Of those that are known; NaN for none."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else np.nan


def _best(standings: Sequence[Standing], losses: Mapping[str, Floats]) -> tuple[Standing, str]:
    """The model that the rule chooses, and by which part of it."""
    shown = {one.contender: max(abs(one.median_bias) - one.bias_error, 0.0) for one in standings}
    least = min(shown.values())
    allowed = LEVEL_BAND if least <= LEVEL_BAND else least + LEVEL_BAND
    level = [one for one in standings if shown[one.contender] <= allowed]
    lowest = min(level, key=lambda one: one.crps)

    def within(errors: float) -> list[Standing]:
        least = losses[lowest.contender]
        return [one for one in level if _within(losses[one.contender], least, errors=errors)]

    if _count(losses) < FEWEST_FOR_BIAS:
        mixed = [one for one in within(SURELY) if one.contender == MIXTURE]
        found, otherwise = mixed[0] if mixed else lowest, MIXED
    else:
        tied = within(1.0)
        known = [one for one in tied if one.answers >= FEWEST_FOR_BIAS]
        found, otherwise = min(known or tied, key=lambda one: one.typical_bias), LESS_BIASED
    if found is not lowest:
        return found, otherwise
    return found, LOWEST if found.crps <= min(one.crps for one in standings) else LEVEL


def _within(loss: Floats, lowest: Floats, *, errors: float) -> bool:
    """By so many standard errors of the paired differences between origins."""
    behind, error = behind_of(loss, lowest)
    return behind <= errors * error


def _unbeaten(best: Standing, baselines: Sequence[Standing]) -> list[Standing]:
    others = [one for one in baselines if one.contender != best.contender]
    return [one for one in others if one.rmse <= best.rmse or one.gini >= best.gini]


def _stands_in(baseline: Standing, best: Standing) -> bool:
    """Is it better on error and ranking, or on error, distribution and level together?"""
    if baseline.rmse > best.rmse:
        return False
    likelier = baseline.inside >= 0 and baseline.crps <= best.crps
    return baseline.gini >= best.gini or (likelier and baseline.typical_bias <= best.typical_bias)


def _left_out(names: Sequence[str]) -> str:
    if not names:
        return ""
    return " " + _(
        "Left out, since this shop has a season beyond doubt and they know of none: {names}."
    ).format(names=", ".join(names))


def _said(chosen: Standing, best: Standing, *, why: str, origins: int) -> str:
    told = _judged_on(origins)
    if chosen is not best:
        said = (
            _(
                "No model beats the baselines: {baseline} has a lower error and ranks customers "
                "better than {model} over {forecasts}, and stands in."
            )
            if chosen.gini >= best.gini
            else _(
                "No model beats the baselines: {baseline} has lower errors and comes closer to the "
                "total than {model} over {forecasts}, and stands in."
            )
        )
        return said.format(baseline=chosen.contender, model=best.contender, forecasts=told)
    return _reasons()[why].format(
        model=chosen.contender,
        crps=format_number(chosen.crps, decimals=2),
        forecasts=told,
        bias=("+" if chosen.median_bias > 0 else "") + format_percent(chosen.median_bias),
    )


def _judged_on(origins: int) -> str:
    return ngettext("{n} past forecast", "{n} past forecasts", origins).format(n=origins)


def _reasons() -> dict[str, str]:
    return {
        LOWEST: _(
            "{model} has the lowest error of the distribution (CRPS {crps} of the mean spend) over "
            "{forecasts}; its median bias is {bias}."
        ),
        LEVEL: _(
            "Of the models whose totals were not far off, {model} has the lowest error of the "
            "distribution (CRPS {crps} of the mean spend) over {forecasts}; its median bias is "
            "{bias}."
        ),
        MIXED: _(
            "{model} mixes all models, and over {forecasts} none was surely better: its error of "
            "the distribution (CRPS {crps} of the mean spend) cannot be told apart from the "
            "lowest; its median bias is {bias}."
        ),
        LESS_BIASED: _(
            "{model} is chosen for its small bias among the models whose error of the distribution "
            "(CRPS {crps} of the mean spend) cannot be told apart from the lowest over "
            "{forecasts}; its median bias is {bias}."
        ),
    }


def _but(better: Sequence[str]) -> str:
    if not better:
        return ""
    return " " + _("It does not beat {baselines} on both error and ranking.").format(
        baselines=", ".join(better)
    )
