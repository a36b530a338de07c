"""Spend where customers are alike: what Gamma-Gamma becomes when its q and γ run off to a limit."""

from __future__ import annotations

import numpy as np

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.models.spend.gamma_gamma import FittedGammaGamma
from perenne.models.spend.independence import choose_spend
from perenne.models.spend.orders import FEWEST

# As large as the limit needs to be: means of customers then move by millionths.
LIMIT = 1e6


def spend_model(*, frequency: Floats, monetary_value: Floats) -> FittedGammaGamma:
    """The spend model that its test allows; that of alike customers where Gamma-Gamma has no fit.

    A fit whose q and γ run off says that mean order values differ between customers by no more than
    chance; the forecast then is the mean of the shop for each. A q ≤ 1, which has no mean, and too
    few customers stay refusals.
    """
    try:
        return choose_spend(frequency=frequency, monetary_value=monetary_value).model
    except PerenneError:
        found = alike_spend(frequency=frequency, monetary_value=monetary_value)
        if found is None:
            raise
        return found


def alike_spend(*, frequency: Floats, monetary_value: Floats) -> FittedGammaGamma | None:
    """Gamma-Gamma with q = 10⁶ and the shop's mean; p from the variance of customers' means.

    None when means vary more than the orders of few customers explain: var(z̄) is that of alike
    customers, mean²/(p x), only if it falls as 1/x, so that p is the same for rare and frequent
    buyers within a factor of two.
    """
    seen = (frequency > 0) & (np.nan_to_num(monetary_value) > 0)
    x, value = frequency[seen], monetary_value[seen]
    if x.size < FEWEST:
        return None
    mean = float(np.average(value, weights=x))
    noise = x * (value / mean - 1) ** 2
    often = x > np.median(x)
    if often.any() and noise[often].mean() > 2 * noise[~often].mean() > 0:
        return None
    p = 1 / max(float(noise.mean()), 1 / LIMIT)
    return FittedGammaGamma(
        parameters={"p": p, "q": LIMIT, "gamma": mean * (LIMIT - 1) / p},
        log_likelihood=float("nan"),
        covariance=((0.0,) * 3,) * 3,
        customers=float(x.size),
        left_out={},
    )
