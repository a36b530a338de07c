"""The likelihood of contract lives, with its gradient in the logarithms of the parameters."""

from __future__ import annotations

import numpy as np

from perenne.models.contracts.lives import Lives
from perenne.models.contracts.survival import Curve
from perenne.models.fitting import Objective
from perenne.models.histories import Floats


def log_likelihood(lives: Lives, *, size: int) -> Objective:
    """Objective in log alpha, log beta and, when `size` is 3, log c.

    A customer who left in t adds log(S(t-1) - S(t)); one still there adds log S(t). Who came
    into view after `entered` renewals is known to have survived them: minus log S(entered).
    """
    left, stayed = lives.churned, ~lives.churned
    t, w = lives.tenure[left], lives.weights[left]
    t_stay, w_stay = lives.tenure[stayed], lives.weights[stayed]
    late = lives.entered > 0
    t_late, w_late = lives.entered[late], lives.weights[late]

    def objective(point: Floats) -> tuple[float, Floats]:
        values = np.exp(point)
        curve = Curve(*values)
        before, after = curve.log_survival(t - 1), curve.log_survival(t)
        ratio = np.exp(after - before)
        gone = -np.expm1(after - before)
        value = w @ (before + np.log(gone)) + w_stay @ curve.log_survival(t_stay)
        value -= w_late @ curve.log_survival(t_late)
        slope = (curve.log_gradient(t - 1) - ratio * curve.log_gradient(t)) / gone
        gradient = slope @ w + curve.log_gradient(t_stay) @ w_stay
        gradient = gradient - curve.log_gradient(t_late) @ w_late
        return float(value), gradient[:size] * values

    return objective
