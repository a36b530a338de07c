"""Does the value of an order depend on how often a customer orders? And what is done about it.

Gamma-Gamma and the purchase models are multiplied because order values are held to be independent
of frequency. With many customers any departure is significant, so the size of the effect decides
with the p value: when the effect is material, γ follows the frequency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import chi2, pearsonr, spearmanr

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.models.spend.gamma_gamma import FREQUENCY_EFFECT, FittedGammaGamma, GammaGamma
from perenne.models.spend.orders import fitting_rows, read_spend
from perenne.text import gettext as _

SIGNIFICANT = 0.01
MATERIAL = 1.10
"""Ratio of mean order values, frequent to rare buyers, from which the effect matters."""


@dataclass(frozen=True)
class Independence:
    """What the test found among customers with repeat orders.

    spearman, pearson_log: correlation of frequency with the mean value (of the ranks; of the
    logarithms), each with its p value. They describe, and do not decide: the logarithm of a mean of
    few orders is low even when nothing depends on frequency. p_value: likelihood-ratio test of the
    effect in Gamma-Gamma, whose power of (1 + frequency) is `effect`. ratio: mean order value of
    the 90th to that of the 10th percentile of frequency, the size of the effect.
    """

    customers: int
    spearman: float
    spearman_p: float
    pearson_log: float
    pearson_log_p: float
    effect: float
    ratio: float
    p_value: float

    @property
    def holds(self) -> bool:
        """False when the effect is both significant and material."""
        return self.p_value >= SIGNIFICANT or max(self.ratio, 1 / self.ratio) < MATERIAL

    def __str__(self) -> str:
        verdict = (
            _("Order value does not materially depend on frequency")
            if self.holds
            else _("Order value depends on frequency")
        )
        return _(
            "{verdict}: frequent buyers spend {ratio:.2f} times as much per order as rare ones "
            "(p = {p:.2g}; rank correlation {spearman:.2f}; {customers} customers)."
        ).format(
            verdict=verdict,
            ratio=self.ratio,
            p=self.p_value,
            spearman=self.spearman,
            customers=self.customers,
        )


@dataclass(frozen=True)
class SpendChoice:
    """The spend model that the test chose. independence: None where it could not be made."""

    model: FittedGammaGamma
    independence: Independence | None


def choose_spend(
    data: Any = None,
    *,
    frequency: Any = None,
    monetary_value: Any = None,
    max_left_out: float = 0.05,
) -> SpendChoice:
    """Fit Gamma-Gamma with and without an effect of frequency; keep the one the test allows.

    Arguments and errors as in `GammaGamma.fit`. Where all customers have one frequency, or the
    effect cannot be estimated, the plain model is kept and `independence` is None.
    """
    columns = read_spend(data, frequency=frequency, monetary_value=monetary_value)
    rows = fitting_rows(columns, max_left_out=max_left_out)
    plain = GammaGamma(max_left_out=max_left_out).fit(
        frequency=columns["frequency"], monetary_value=columns["monetary_value"]
    )
    follows = _with_effect(rows.frequency, rows.value)
    if follows is None:
        return SpendChoice(plain, None)
    test = _independence(rows.frequency, rows.value, models=(plain, follows))
    return SpendChoice(plain if test.holds else _counted(follows, plain), test)


def _counted(follows: FittedGammaGamma, plain: FittedGammaGamma) -> FittedGammaGamma:
    """The model with the effect, which says what `plain` left out of all customers."""
    return FittedGammaGamma(
        parameters=follows.parameters,
        log_likelihood=follows.log_likelihood,
        covariance=follows.covariance,
        customers=follows.customers,
        left_out=plain.left_out,
    )


def _with_effect(frequency: Floats, value: Floats) -> FittedGammaGamma | None:
    if np.ptp(frequency) == 0:
        return None
    try:
        return GammaGamma(follows_frequency=True).fit(frequency=frequency, monetary_value=value)
    except PerenneError:
        return None


def _independence(
    frequency: Floats, value: Floats, *, models: tuple[FittedGammaGamma, FittedGammaGamma]
) -> Independence:
    plain, follows = models
    effect = follows.parameters[FREQUENCY_EFFECT]
    rare, often = np.quantile(frequency, (0.1, 0.9))
    ranks = spearmanr(frequency, value)
    logs = pearsonr(np.log(frequency), np.log(value))
    gain = max(2 * (follows.log_likelihood - plain.log_likelihood), 0.0)
    return Independence(
        customers=int(frequency.size),
        spearman=float(ranks.statistic),
        spearman_p=float(ranks.pvalue),
        pearson_log=float(logs.statistic),
        pearson_log_p=float(logs.pvalue),
        effect=effect,
        ratio=float(((1 + often) / (1 + rare)) ** effect),
        p_value=float(chi2.sf(gain, df=1)),
    )
