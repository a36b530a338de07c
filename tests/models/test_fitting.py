"""The search for a maximum ends at it, or says why it cannot."""

import numpy as np
import pytest

from perenne.core import PerenneError
from perenne.models import BetaGeo, ModifiedBetaGeo
from perenne.models.fitting import Optimum, maximise, refuse_unknown

CENTRE = np.array([1.0, -2.0, 0.5])
BEND = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 2.0]])
NAMES = ["r", "alpha", "a"]


def _hill(point, size=1.0, centre=CENTRE):
    rest = point - centre
    fall = np.cosh(rest) @ np.ones(3) + 0.5 * rest @ BEND @ rest
    return -size * fall, -size * (np.sinh(rest) + BEND @ rest)


def test_finds_the_top_and_its_covariance():
    found = maximise(_hill, starts=[np.zeros(3), np.ones(3)], names=NAMES)
    np.testing.assert_allclose(found.point, CENTRE, atol=1e-6)
    np.testing.assert_allclose(found.covariance, np.linalg.inv(BEND + np.eye(3)), rtol=1e-5)


def test_a_subsample_that_lies_elsewhere_only_helps_to_start():
    calls = []

    def all_rows(point):
        calls.append(point)
        return _hill(point, size=1e6)

    found = maximise(
        all_rows,
        starts=[np.zeros(3)],
        names=NAMES,
        coarse=lambda point: _hill(point, centre=CENTRE + 0.05),
    )
    np.testing.assert_allclose(found.point, CENTRE, atol=1e-6)
    assert len(calls) < 25


def test_a_climb_without_top_names_the_parameter():
    def endless(point):
        value, slope = _hill(point * np.array([1, 1, 0]))
        return value + point[2], slope * np.array([1, 1, 0]) + np.array([0, 0, 1.0])

    with pytest.raises(PerenneError, match="limit of the parameter a"):
        maximise(endless, starts=[np.zeros(3)], names=NAMES)


def test_a_parameter_that_the_data_hardly_know_is_at_a_limit():
    def flat(point):
        bend = np.array([1.0, 1.0, 0.05])
        return -0.5 * float(bend @ point**2), -bend * point

    found = maximise(flat, starts=[np.ones(3)], names=NAMES)
    with pytest.raises(PerenneError, match="limit of the parameter a"):
        refuse_unknown(found, names=NAMES)


def test_a_ridge_cannot_tell_parameters_apart():
    def ridge(point):
        rest = point[0] + point[1] - 1
        return -(rest**2) - point[2] ** 2, np.array([-2 * rest, -2 * rest, -2 * point[2]])

    with pytest.raises(PerenneError, match="cannot tell the parameters"):
        maximise(ridge, starts=[np.zeros(3)], names=NAMES)


def test_nothing_finite_is_no_convergence():
    with pytest.raises(PerenneError, match="did not converge"):
        maximise(lambda point: (np.nan, point), starts=[np.zeros(3)], names=NAMES)


def test_a_top_that_is_none_is_refused_whatever_the_curvature_says():
    """A likelihood that is flat further out: rounding may bend it at any point."""

    def flat(point):
        return -0.5 * point[0] ** 2 - 1e-6 * np.exp(-point[1]), -point

    here = Optimum(np.array([0.0, 13.0]), flat(np.array([0.0, 13.0]))[0], np.diag([1.0, 3.2]))
    refuse_unknown(here, names=NAMES[:2])
    with pytest.raises(PerenneError, match=f"limit of the parameter {NAMES[1]}"):
        refuse_unknown(here, names=NAMES[:2], objective=flat)

    def bent(point):
        return -0.5 * point[0] ** 2 - 0.16 * (np.exp(-point[1]) - 1) ** 2, -point

    known = Optimum(np.zeros(2), 0.0, np.diag([1.0, 3.2]))
    refuse_unknown(known, names=NAMES[:2], objective=bent)


@pytest.mark.parametrize("model", [BetaGeo, ModifiedBetaGeo])
def test_a_fit_that_runs_away_is_refused_in_any_unit_of_time(model):
    """Regular buyers who leave at one rate: a and b run off, and rest anywhere on the way."""
    rng = np.random.default_rng(3)
    rows = []
    for _customer in range(900):
        tenure, pace = rng.uniform(0, 114), rng.gamma(1, 7 / 25)
        bought, time, last = 0, 0.0, 0.0
        while rng.random() > 0.06:
            time += rng.gamma(6, 1 / (6 * pace))
            if time > tenure:
                break
            bought, last = bought + 1, time
        rows.append((bought, last, tenure))
    frequency, recency, tenure = np.array(rows).T
    for unit in (1, 7, 30, 365.25, 1 / 52):
        with pytest.raises(PerenneError, match=r"runs off to a limit|cannot tell the parameters"):
            model().fit(frequency=frequency, recency=recency * unit, tenure=tenure * unit)
