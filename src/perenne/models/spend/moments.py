"""Gamma-Gamma by moments, for shops where the likelihood of customers' means has no maximum.

The likelihood sees one mean per customer. Where customers differ little, or their spread falls as
they order more, it lets q and γ run off. The orders themselves tell more: how they vary within a
customer gives p, and what the means vary beyond that gives q.
"""

from __future__ import annotations

import numpy as np

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.models.ledger import Ledger
from perenne.models.spend.gamma_gamma import FREQUENCY_EFFECT, FittedGammaGamma
from perenne.models.spend.independence import choose_spend
from perenne.models.spend.orders import FEWEST

# As large as a limit needs to be: means of customers then move by millionths.
LIMIT = 1e6
# Squared coefficients of variation between customers beyond which there are no moments to trust.
WIDEST = 0.8


def spend_model(
    *, frequency: Floats, monetary_value: Floats, within: float | None
) -> FittedGammaGamma:
    """The spend model that its test allows; by moments where Gamma-Gamma has no fit.

    within: squared coefficient of variation of the orders of one customer (`variation_within`).
    Too few customers, and customers who differ too widely, stay refusals.
    """
    try:
        return choose_spend(frequency=frequency, monetary_value=monetary_value).model
    except PerenneError:
        seen = (frequency > 0) & (np.nan_to_num(monetary_value) > 0)
        found = spend_by_moments(frequency[seen], monetary_value[seen], within=within)
        if found is None:
            raise
        return found


def variation_within(ledger: Ledger) -> float | None:
    """Squared coefficient of variation of repeat purchase days within customers, pooled.

    None when no customer has two of them.
    """
    sold = ledger.orders > 0
    who, net = ledger.customer[sold], ledger.net[sold]
    again = np.concatenate(([False], who[1:] == who[:-1]))
    who, net = who[again], net[again]
    count = np.bincount(who, minlength=ledger.customers)
    mean = np.bincount(who, weights=net, minlength=ledger.customers) / np.maximum(count, 1)
    told = ((count > 1) & (mean > 0))[who]
    spare = np.maximum(count - 1, 0)[(count > 1) & (mean > 0)].sum()
    return float(np.sum((net[told] / mean[who[told]] - 1) ** 2) / spare) if spare else None


def spend_by_moments(x: Floats, value: Floats, *, within: float | None) -> FittedGammaGamma | None:
    """p = 1 / within; q from what the means of customers vary beyond it; γ follows the frequency.

    x: repeat orders (> 0), value: their mean (> 0). Given ν an order has mean p / ν and squared
    coefficient of variation 1 / p; that of 1 / ν is 1 / (q - 2) (Fader & Hardie 2013, "The
    Gamma-Gamma model of monetary value"). The power of 1 + x in γ is that of the regression of log
    means. None for too few customers, or when they differ beyond what moments bear.
    """
    if x.size < FEWEST:
        return None
    effect, mean = _trend(x, value, within or 0.0)
    ratio = value / (mean * (1 + x) ** effect)
    shift = float(np.average(ratio, weights=x))
    squares = (ratio / shift - 1) ** 2
    inside = float(np.mean(x * squares)) if within is None else within
    between = max(float(np.average(squares - inside / x, weights=x)) / (1 + inside / x.mean()), 0)
    if between > WIDEST:
        return None
    p, q = 1 / max(inside, 1 / LIMIT), 2 + 1 / max(between, 1 / LIMIT)
    return FittedGammaGamma(
        parameters={"p": p, "q": q, "gamma": mean * shift * (q - 1) / p, FREQUENCY_EFFECT: effect},
        log_likelihood=float("nan"),
        covariance=((0.0,) * 4,) * 4,
        customers=float(x.size),
        left_out={},
    )


def _trend(x: Floats, value: Floats, within: float) -> tuple[float, float]:
    """(power of 1 + x, mean value at x = 0); no power where all order alike.

    The logarithm of a mean of x orders falls short of that of its expectation by within / 2x.
    """
    log_x = np.log1p(x)
    if np.ptp(log_x) == 0:
        return 0.0, float(np.average(value, weights=x))
    effect, start = np.polyfit(log_x, np.log(value) + within / (2 * x), 1, w=np.sqrt(x))
    return float(effect), float(np.exp(start))
