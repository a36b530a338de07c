"""Draws moved to other quantiles, against the same done customer by customer."""

import numpy as np
import pytest
from scipy.special import betaincinv

from perenne.models.judging import reshaping
from perenne.models.judging.reshaping import reshaped

GRID = np.linspace(0, 1, 513)


def one_by_one(draws, mapped):
    """Among each customer's k positive draws in order, the one of rank i + ½ = k · level."""
    out = draws.astype(float)
    for column in out.T:
        held = np.flatnonzero(column > 0)
        if not held.size:
            continue
        ordered = np.sort(column[held])
        levels = (np.arange(held.size) + 0.5) / held.size
        place = np.interp(levels, GRID, mapped) * held.size - 0.5
        column[held[np.argsort(column[held])]] = np.interp(place, np.arange(held.size), ordered)
    return out


@pytest.mark.parametrize("cells", [1, 300, 1 << 18])
def test_ranks_and_zeros_stay_and_quantiles_move(monkeypatch, cells):
    monkeypatch.setattr(reshaping, "CELLS", cells)
    rng = np.random.default_rng(1)
    draws = rng.gamma(2.0, 10.0, (60, 40)) * (rng.random((60, 40)) < np.linspace(0, 1, 40))
    draws = draws.astype(np.float32)
    mapped = betaincinv(0.6, 0.8, GRID)
    moved = reshaped(draws, grid=GRID, mapped=mapped)
    np.testing.assert_allclose(moved, one_by_one(draws, mapped), rtol=1e-5)
    assert ((moved > 0) == (draws > 0)).all()
    same = reshaped(draws, grid=GRID, mapped=GRID)
    np.testing.assert_allclose(same, draws, rtol=1e-5)


def test_returns_above_sales_stay_where_they_are():
    draws = np.array([[-3.0], [0.0], [2.0], [4.0]], dtype=np.float32)
    moved = reshaped(draws, grid=GRID, mapped=GRID**2)
    assert moved[:2, 0].tolist() == [-3.0, 0.0]
    assert moved[2, 0] == 2.0
    assert 2.0 < moved[3, 0] < 4.0
