"""Gamma draws in whole arrays, beside SciPy's distribution."""

import numpy as np
import pytest
from scipy.stats import gamma, kstest, norm

from perenne.models.gammas import gammas, normals


@pytest.mark.parametrize("shape", [0.4, 1.0, 1.3, 6.0, 90.0])
def test_draws_are_those_of_the_distribution(shape):
    rng = np.random.default_rng(7)
    drawn = gammas(np.full(200_000, shape, dtype=np.float32), rng)
    assert kstest(drawn, gamma(shape).cdf).pvalue > 0.01
    assert drawn.mean() == pytest.approx(shape, rel=0.01)
    assert drawn.var() == pytest.approx(shape, rel=0.03)


def test_each_draw_is_of_its_own_shape_and_none_of_nothing():
    rng = np.random.default_rng(3)
    shape = np.tile(np.float32([0, 2, 0, 12]), 50_000)
    drawn = gammas(shape, rng).reshape(-1, 4)
    assert not drawn[:, [0, 2]].any()
    assert drawn[:, 1].mean() == pytest.approx(2, rel=0.02)
    assert drawn[:, 3].mean() == pytest.approx(12, rel=0.01)
    assert abs(np.corrcoef(drawn[:, 1], drawn[:, 3])[0, 1]) < 0.02
    assert gammas(np.zeros(3, dtype=np.float32), rng).tolist() == [0, 0, 0]
    assert gammas(np.zeros(0, dtype=np.float32), rng).size == 0


def test_normal_draws_have_the_tails_of_the_normal():
    drawn = normals(2_000_001, np.random.default_rng(5))
    assert drawn.size == 2_000_001
    assert kstest(drawn[:200_000], norm.cdf).pvalue > 0.01
    for far in (2.0, 3.0, 4.0):
        expected = 2 * norm.sf(far) * drawn.size
        assert (np.abs(drawn) > far).sum() == pytest.approx(expected, abs=4 * expected**0.5)
    pairs = drawn[: drawn.size // 2 * 2].reshape(2, -1)
    assert abs(np.corrcoef(pairs)[0, 1]) < 0.005
