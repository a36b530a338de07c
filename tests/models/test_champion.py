"""The champion's rule, on scores typed by hand."""

from dataclasses import asdict, replace

import pytest

from perenne.core import PerenneError
from perenne.models.choosing import Judged
from perenne.models.companions import purchase_models
from perenne.models.judging.backtest import Backtest, Trial
from perenne.models.judging.champion import champion, ranked
from perenne.models.judging.scores import Scores
from perenne.text import use_language

BASE = dict.fromkeys(Scores.__dataclass_fields__, 1.0)


def trial(contender, origin, **measures):
    scores = Scores(**{**BASE, "bias": 0.0, "mae_zero": 10.0, **measures})
    assert asdict(scores)["mae_zero"] in (0, 10)
    return Trial(origin, 90, contender, {"value": scores, "orders": scores}, {}, {}, {})


def judged(**contenders):
    """Each contender: one dictionary of measures per origin."""
    return Backtest(
        tuple(
            trial(name, origin, **measures)
            for name, told in contenders.items()
            for origin, measures in enumerate(told)
        ),
        (),
    )


GOOD = {"rmse": 5.0, "gini": 0.7}
POOR = {"rmse": 9.0, "gini": 0.3}


def test_the_lowest_crps_wins_and_says_so():
    found = champion(
        judged(
            all_zero=[{"crps": 10, **POOR}] * 3,
            one=[{"crps": c, **GOOD} for c in (5, 6, 7)],
            two=[{"crps": c - 1, **GOOD} for c in (5, 6, 7)],
        ),
        horizon=90,
    )
    assert (found.name, found.origins, found.stands_in) == ("two", 3, False)
    assert found.unbeaten == ()
    assert found.standings[0].crps == pytest.approx(0.5)
    assert "two has the lowest error" in found.reason
    assert "3 past forecasts" in found.reason


def test_an_origin_after_which_nobody_bought_decides_nothing():
    silent = {"crps": 0, "mae_zero": 0.0, "bias": float("nan"), "gini": float("nan")}
    found = champion(
        judged(
            all_zero=[silent, {"crps": 10, **POOR}],
            one=[silent, {"crps": 5, **GOOD}],
            two=[silent, {"crps": 4, **GOOD}],
        ),
        horizon=90,
    )
    assert (found.name, found.origins) == ("two", 1)
    with pytest.raises(PerenneError, match="at least two contenders that answered"):
        champion(judged(all_zero=[silent], one=[silent]), horizon=90)


def close(origins, *, mixture="clever", bias=0.0):
    """The second has the lower CRPS, by less than its differences vary; a baseline beside them."""
    return judged(
        all_zero=[{"crps": 10, **POOR}] * origins,
        simple=[{"crps": c, **GOOD} for c in (5.0, 6.0, 7.0, 6.0)[:origins]],
        **{mixture: [{"crps": c, "bias": bias, **GOOD} for c in (5.3, 6.2, 6.3, 5.8)[:origins]]},
    )


def test_of_those_that_cannot_be_told_apart_over_few_origins_the_mixture_wins():
    assert champion(close(3, mixture="combined", bias=0.1), horizon=90).name == "combined"
    assert champion(close(1, mixture="combined"), horizon=90).name == "simple"
    told = judged(
        all_zero=[{"crps": 10, **POOR}] * 2,
        simple=[{"crps": c, **GOOD} for c in (5.0, 6.0)],
        combined=[{"crps": c, "bias": 0.1, **GOOD} for c in (5.05, 6.06)],
    )
    assert champion(told, horizon=90).name == "combined"
    told = judged(
        all_zero=[{"crps": 10, **POOR}] * 2,
        simple=[{"crps": c, **GOOD} for c in (5.0, 6.0)],
        combined=[{"crps": c, **GOOD} for c in (5.5, 6.6)],
    )
    assert champion(told, horizon=90).name == "simple"


def behind(share):
    """Two past forecasts; the mixture's CRPS is higher by this share, the same at both."""
    return judged(
        all_zero=[{"crps": 10, **POOR}] * 2,
        simple=[{"crps": c, **GOOD} for c in (5.0, 6.0)],
        combined=[{"crps": c * (1 + share), "bias": 0.1, **GOOD} for c in (5.0, 6.0)],
    )


def test_over_few_origins_one_must_be_surely_better_than_the_mixture():
    error = (2 * 0.027**2 / 3 / 1.5) ** 0.5
    assert champion(behind(1.9 * error), horizon=90).name == "combined"
    assert champion(behind(2.1 * error), horizon=90).name == "simple"


def test_over_four_origins_the_bias_decides_between_those_that_tie():
    assert champion(close(4, mixture="combined", bias=0.1), horizon=90).name == "simple"
    told = close(4)
    moved = [
        trial(t.contender, t.origin, **{**GOOD, "crps": t.scores["value"].crps, "bias": -0.05})
        if t.contender == "simple"
        else t
        for t in told.trials
    ]
    assert champion(Backtest(tuple(moved), ()), horizon=90).name == "clever"


def test_the_reason_is_the_one_that_applied():
    far = judged(
        all_zero=[{"crps": 10, **POOR}] * 2,
        near=[{"crps": 5, "bias": 0.02, **GOOD}] * 2,
        far=[{"crps": 4, "bias": 0.9, **GOOD}] * 2,
    )
    for found, name, said in (
        (close(1), "simple", "simple has the lowest error"),
        (far, "near", "Of the models whose totals were not far off, near has the lowest error"),
        (behind(0.01), "combined", "combined mixes all models, and over 2 past forecasts none was"),
        (close(4, bias=0.1), "simple", "simple is chosen for its small bias among the models"),
    ):
        chosen = champion(found, horizon=90)
        assert chosen.name == name
        assert chosen.reason.startswith(said)
    assert "over 1 past forecast;" in champion(close(1), horizon=90).reason
    with use_language("fr"):
        assert "sur 1 prévision du passé ;" in champion(close(1), horizon=90).reason


def test_misses_of_both_signs_do_not_cancel():
    """Off by 30% up and down is no better level than off by 5%, though its median bias is 0."""
    told = {
        "all_zero": [{"crps": 10, **POOR}] * 6,
        "swings": [{"crps": 4, "bias": bias, **GOOD} for bias in (0.3, -0.3, 0.3, -0.3, 0.3, -0.3)],
        "steady": [{"crps": 4, "bias": 0.05, **GOOD}] * 6,
    }
    assert champion(judged(**told), horizon=90).name == "steady"


def test_two_answers_win_by_no_bias_while_others_tie():
    told = {
        "all_zero": [{"crps": 10, **POOR}] * 6,
        "always": [{"crps": 4, "bias": 0.08, **GOOD}] * 6,
        "late": [{"crps": 4, "bias": 0.01, **GOOD}] * 6,
    }
    assert champion(judged(**told), horizon=90).name == "late"
    some = [t for t in judged(**told).trials if t.contender != "late" or t.origin >= 4]
    assert champion(Backtest(tuple(some), ()), horizon=90).name == "always"


def test_without_a_mixture_the_lowest_error_wins_and_over_four_origins_the_bias():
    # The bias of the others is smaller, or the same and they come first.
    assert champion(close(3, bias=0.1), horizon=90).name == "clever"
    assert champion(close(3), horizon=90).name == "clever"
    assert champion(close(4), horizon=90).name == "simple"


def test_a_biased_contender_cannot_win_while_another_is_level():
    told = {
        "all_zero": [{"crps": 10, **POOR}] * 2,
        "biased": [{"crps": 3, "bias": 0.4, **GOOD}] * 2,
        "level": [{"crps": 4, "bias": 0.1, **GOOD}] * 2,
    }
    assert champion(judged(**told), horizon=90).name == "level"
    told["level"] = [{"crps": 4, "bias": 0.5, **GOOD}] * 2
    assert champion(judged(**told), horizon=90).name == "biased"
    # None is level: a few points of bias do not outweigh a better distribution.
    told["level"] = [{"crps": 4, "bias": 0.35, **GOOD}] * 2
    assert champion(judged(**told), horizon=90).name == "biased"
    told["level"] = [{"crps": 4, "bias": 0.2, **GOOD}] * 2
    assert champion(judged(**told), horizon=90).name == "level"


def test_who_knows_of_no_season_does_not_predict_where_there_is_one():
    told = {
        "all_zero": [{"crps": 10, **POOR}] * 2,
        "plain": [{"crps": 4, **GOOD}] * 2,
        "season": [{"crps": 5, **GOOD}] * 2,
    }
    assert champion(judged(**told), horizon=90).name == "plain"
    found = champion(judged(**told), horizon=90, outdone={"plain", "other"})
    assert (found.name, found.outdone) == ("season", ("plain",))
    assert "Left out" in found.reason
    assert [one.contender for one in found.standings] == ["plain", "season", "all_zero"]
    alone = champion(judged(**told), horizon=90, outdone={"plain", "season"})
    assert (alone.name, alone.outdone) == ("plain", ())


def test_a_baseline_that_beats_all_models_stands_in():
    found = champion(
        judged(
            last_period=[{"crps": 6, "rmse": 4.0, "gini": 0.8}] * 2,
            model=[{"crps": 5, **GOOD}] * 2,
        ),
        horizon=90,
    )
    assert (found.name, found.stands_in, found.unbeaten) == ("last_period", True, ("last_period",))
    assert "No model beats the baselines" in found.reason


def test_a_baseline_that_comes_closer_in_all_but_ranking_stands_in():
    """NBD forecast 190 times what came where nobody came back; the cells of it ranked no worse."""
    far = [{"crps": 6, "bias": 190.0, "rmse": 9.0, "gini": 0.2}] * 2
    near = [{"crps": 5, "bias": -0.9, "rmse": 8.0, "gini": 0.1, "total_inside": 0.5}] * 2
    chosen = champion(judged(nbd=far, rfm_cell=near), horizon=90)
    assert (chosen.name, chosen.stands_in) == ("rfm_cell", True)
    assert "comes closer to the total than nbd" in chosen.reason
    # One without a distribution does not: to forecast nothing is close where nobody buys.
    nothing = [near[0] | {"total_inside": float("nan")}] * 2
    assert champion(judged(nbd=far, all_zero=nothing), horizon=90).name == "nbd"
    off = [near[0] | {"bias": 200.0}] * 2
    assert champion(judged(nbd=far, rfm_cell=off), horizon=90).name == "nbd"


def test_a_baseline_that_only_ranks_better_is_named():
    found = champion(
        judged(
            last_period=[{"crps": 6, "rmse": 8.0, "gini": 0.8}] * 2,
            model=[{"crps": 5, **GOOD}] * 2,
        ),
        horizon=90,
    )
    assert (found.name, found.stands_in) == ("model", False)
    assert "does not beat last_period on both" in found.reason


def test_only_contenders_with_the_most_origins_are_compared():
    backtest = judged(
        all_zero=[{"crps": 10, **POOR}] * 3,
        seldom=[{"crps": 1, **GOOD}] * 2,
        always=[{"crps": 5, **GOOD}] * 3,
    )
    found = champion(backtest, horizon=90)
    assert found.name == "always"
    assert {one.contender for one in found.standings} == {"all_zero", "always"}


def test_one_contender_is_no_contest():
    with pytest.raises(PerenneError, match="at least two contenders"):
        champion(judged(one=[{"crps": 5, **GOOD}]), horizon=90)
    with pytest.raises(PerenneError, match="at least two contenders"):
        champion(Backtest((), ()), horizon=90)


def test_a_model_competes_as_recalibrated_where_it_stands_so():
    backtest = judged(
        all_zero=[{"crps": 10, **POOR}] * 2,
        model=[{"crps": 5, **GOOD}] * 2,
        model_recalibrated=[{"crps": 5.1, **GOOD}] * 2,
    )
    assert champion(backtest, horizon=90).name == "model_recalibrated"


def test_one_that_needs_a_longer_past_is_judged_where_it_could_answer():
    told = judged(
        all_zero=[{"crps": 10, **POOR}] * 3,
        plain=[{"crps": c, **GOOD} for c in (9, 6, 7)],
        season=[{"crps": c, "rmse": 4.0, "gini": 0.8} for c in (5.4, 6.3)],
    )
    later = [
        replace(one, origin=one.origin + 1) if one.contender == "season" else one
        for one in told.trials
    ]
    found = champion(Backtest(tuple(later), ()), horizon=90)
    assert (found.name, found.origins) == ("season", 3)
    standing = next(one for one in found.standings if one.contender == "season")
    # A tenth better than the plain model wherever both answered, so also at the first origin.
    assert standing.crps == pytest.approx(0.9 * (0.9 + 0.6 + 0.7) / 3)
    assert standing.gini == pytest.approx(0.8)
    gone = [one for one in later if (one.contender, one.origin) != ("season", 2)]
    assert champion(Backtest(tuple(gone), ()), horizon=90).name == "plain"


def test_the_best_purchase_model_may_have_refused_at_the_last_day():
    """Pareto/NBD answers at the first of two origins only, where it is much better than NBD."""
    found = judged(
        all_zero=[{"crps": 10, **POOR}] * 2,
        nbd=[{"crps": 8, **GOOD}] * 2,
        pareto_nbd=[{"crps": 5, **GOOD}],
    )
    chosen = champion(found, horizon=90)
    assert "pareto_nbd" not in [one.contender for one in chosen.standings]
    assert ranked(found, horizon=90) == ("pareto_nbd", "nbd", "all_zero")
    shop = Judged(found, 90, chosen, "", None, {}, frozenset())
    assert purchase_models(shop) == ["pareto_nbd", "nbd"]
    assert purchase_models(replace(shop, outdone=frozenset({"pareto_nbd"}))) == [
        "nbd",
        "pareto_nbd",
    ]
    assert purchase_models(replace(shop, champion=None)) == []
