"""Simulated and published order values, for tests of the spend models."""

import numpy as np
import pytest

from perenne.models.spend.gamma_gamma import FittedGammaGamma

CDNOW = {"p": 6.25, "q": 3.74, "gamma": 15.44}
"""Fader & Hardie (2013)."""


def fitted(covariance=None, **changes):
    """Gamma-Gamma with CDNOW's parameters, unless told otherwise, and no uncertainty."""
    parameters = {**CDNOW, **changes}
    square = np.zeros((len(parameters),) * 2) if covariance is None else covariance
    return FittedGammaGamma(parameters, 0.0, tuple(map(tuple, square)), 946)


def simulate(rng, customers, *, p=6.0, q=4.0, gamma=15.0, effect=0.0, factor=1.0):
    """Frequencies and mean values; γ is gamma × factor × (1 + x) ** effect."""
    x = rng.negative_binomial(0.8, 0.25, customers).astype(float)
    nu = rng.gamma(q, 1 / (gamma * factor * (1 + x) ** effect))
    orders = np.maximum(x, 1)
    return x, np.where(x > 0, rng.gamma(p * orders) / nu / orders, np.nan)


def cdnow(folder):
    """Repeat purchases and their mean value of the 1/10 sample."""
    pandas = pytest.importorskip("pandas", reason="reads the published summary")
    file = folder / "cdnow" / "lifetimes_cdnow_summary_with_transactions.parquet"
    table = pandas.read_parquet(file)
    return table["x"].to_numpy(float), table["zbar"].to_numpy(float)
