"""Maximum likelihood: several starts, Newton steps to the end, and no silent failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import ThreadpoolController

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.text import gettext as _

Objective = Callable[[Floats], tuple[float, Floats]]
"""Free parameters → (log-likelihood, gradient). Positive parameters are given as logarithms."""

# |logarithm| of a parameter beyond which it is at the edge of what data can tell.
EDGE = 18.0
# Standard error of a logarithm beyond which the data do not even tell the order of magnitude.
WIDEST = 3.0
# Log-likelihood that must be lost so far away for a top to be one.
FLAT = 0.02
NEWTON_STEPS = 30
# Twice the gain in log-likelihood that a Newton step still promises: where to stop (and the share
# of the log-likelihood that rounding hides), what to accept.
CLOSE, ROUNDING, ENOUGH = 1e-10, 1e-13, 1e-4
# A Hessian is kept while each step shrinks the gradient at least to this share.
KEEP_WHILE = 0.2
CURVATURE_STEP = 1e-4


@dataclass(frozen=True)
class Optimum:
    """Where the log-likelihood is highest; `covariance` is that of the free parameters."""

    point: Floats
    log_likelihood: float
    covariance: Floats


def maximise(
    objective: Objective,
    *,
    starts: Sequence[Sequence[float]],
    names: Sequence[str],
    coarse: Objective | None = None,
    edge: float = EDGE,
) -> Optimum:
    """The best maximum of `objective` from several starts.

    `coarse` is the same on a subsample: the starts are climbed there and the best one polished on
    `objective`. Raises PerenneError when no start converges, when the curvature is not that of a
    maximum, or when a parameter runs off to its edge; the message says which.
    """
    # A handful of parameters: more threads only wait for each other.
    with _linear_algebra().limit(limits=1, user_api="blas"):
        return _maximise(objective, starts=starts, names=names, coarse=coarse, edge=edge)


@cache
def _linear_algebra() -> ThreadpoolController:
    return ThreadpoolController()


def _maximise(
    objective: Objective,
    *,
    starts: Sequence[Sequence[float]],
    names: Sequence[str],
    coarse: Objective | None,
    edge: float,
) -> Optimum:
    climbed = [_climb(coarse or objective, np.asarray(start, dtype=float)) for start in starts]
    found = [(value, point) for value, point in climbed if np.isfinite(value)]
    if not found:
        raise _no_convergence(names)
    value, best = max(found, key=lambda pair: pair[0])
    if coarse is None:
        return _polish(objective, best, names=names, edge=edge)
    # Log-likelihoods grow with the number of customers, and so does their curvature.
    bent = curvature(coarse, best) * (objective(best)[0] / value)
    return _polish(objective, best, names=names, edge=edge, bent=bent)


def _climb(objective: Objective, start: Floats) -> tuple[float, Floats]:
    def negative(point: Floats) -> tuple[float, Floats]:
        with np.errstate(all="ignore"):
            value, gradient = objective(point)
        if not (np.isfinite(value) and np.all(np.isfinite(gradient))):
            return 1e300, np.zeros_like(point)
        return -value, -gradient

    scale = 1.0 + abs(negative(start)[0])
    done = minimize(
        lambda point: tuple(part / scale for part in negative(point)),
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-2 * EDGE, 2 * EDGE)] * start.size,
        options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-9},
    )
    value = -float(done.fun) * scale
    return (value if value > -1e299 else -np.inf), np.asarray(done.x, dtype=float)


def _polish(
    objective: Objective,
    point: Floats,
    *,
    names: Sequence[str],
    edge: float,
    bent: Floats | None = None,
) -> Optimum:
    """Newton steps, halved while they go down; `bent` is a first guess of the Hessian.

    The Hessian is differenced from the gradient, and kept as long as the steps still gain quickly.
    """
    value, gradient = objective(point)
    fresh = bent is None or not _is_usable(bent)
    hessian = curvature(objective, point) if bent is None or fresh else bent
    for _step in range(NEWTON_STEPS):
        step = _ascent(hessian, gradient)
        if float(step @ gradient) <= CLOSE + ROUNDING * abs(value):
            break
        moved = _line_search(objective, point, step=step, value=value)
        if moved is None and fresh:
            break
        slow = moved is None or _norm(moved[2]) > KEEP_WHILE * _norm(gradient)
        point, value, gradient = moved or (point, value, gradient)
        if slow:
            hessian, fresh = curvature(objective, point), True
        else:
            fresh = False
    refuse_edges(point, names=names, edge=edge)
    hessian = curvature(objective, point)
    covariance = _covariance(hessian, names)
    if not float(gradient @ covariance @ gradient) <= ENOUGH:
        raise _no_convergence(names)
    return Optimum(point, float(value), covariance)


def _norm(gradient: Floats) -> float:
    return float(np.max(np.abs(gradient)))


def _is_usable(hessian: Floats) -> bool:
    return bool(np.all(np.isfinite(hessian)) and np.linalg.eigvalsh(hessian)[-1] < 0)


def _ascent(hessian: Floats, gradient: Floats) -> Floats:
    values, vectors = np.linalg.eigh(-hessian)
    safe = np.maximum(np.abs(values), 1e-8 * max(float(np.abs(values).max()), 1.0))
    step: Floats = vectors @ ((vectors.T @ gradient) / safe)
    return step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))


def _line_search(
    objective: Objective, point: Floats, *, step: Floats, value: float
) -> tuple[Floats, float, Floats] | None:
    for _halving in range(40):
        with np.errstate(all="ignore"):
            higher, gradient = objective(point + step)
        if np.isfinite(higher) and higher > value and np.all(np.isfinite(gradient)):
            return point + step, higher, gradient
        step = step / 2
    return None


def curvature(objective: Objective, point: Floats) -> Floats:
    """The Hessian at `point`, central differences of the gradient, made symmetric."""
    rows = []
    for index in range(point.size):
        step = np.zeros_like(point)
        step[index] = CURVATURE_STEP
        up, down = objective(point + step)[1], objective(point - step)[1]
        rows.append((up - down) / (2 * CURVATURE_STEP))
    hessian: Floats = np.array(rows, dtype=np.float64)
    return (hessian + hessian.T) / 2


def _covariance(hessian: Floats, names: Sequence[str]) -> Floats:
    values = np.linalg.eigvalsh(-hessian)
    if values[0] <= 0 or values[0] < 1e-12 * values[-1]:
        raise PerenneError(
            _("The data cannot tell the parameters {names} apart.").format(names=", ".join(names)),
            next_step=_(
                "Use a model with fewer parameters, a longer history, or more customers with "
                "repeat purchases."
            ),
        )
    return np.asarray(np.linalg.inv(-hessian), dtype=np.float64)


def refuse_unknown(
    optimum: Optimum,
    *,
    names: Sequence[str],
    widest: float = WIDEST,
    objective: Objective | None = None,
) -> None:
    """Raise PerenneError when a logarithm has a standard error of `widest` or more.

    The climb then came to rest on the way to a limit, and where it rests means nothing. Far out on
    such a way the curvature is that of rounding, which differs with the time unit of the data: so
    `objective`, where it is given, is asked too, `widest` away along the least known direction. A
    logarithm with a standard error below `widest` costs a likelihood that has its top in 1 / value
    at least 1 / (2 widest²) = 0.06 there; less than `FLAT` is no top.
    """
    refuse_edges(np.sqrt(np.diag(optimum.covariance)), names=names, edge=widest)
    if objective is None:
        return
    least_known = np.linalg.eigh(optimum.covariance)[1][:, -1]
    away = widest * least_known / float(np.abs(least_known).max())
    with np.errstate(all="ignore"):
        further = [objective(optimum.point + side * away)[0] for side in (1.0, -1.0)]
        top = objective(optimum.point)[0]
    if any(top - value < FLAT for value in further):
        refuse_edges(away, names=names, edge=widest / 2)


def refuse_edges(point: Floats, *, names: Sequence[str], edge: float = EDGE) -> None:
    """Raise PerenneError when a value of `point` lies at the edge, naming the parameter."""
    at_edge = [name for name, value in zip(names, point, strict=True) if abs(value) >= edge]
    if not at_edge:
        return
    raise PerenneError(
        _("The fit runs off to a limit of the parameter {names}.").format(names=", ".join(at_edge)),
        given={name: float(value) for name, value in zip(names, point, strict=True)},
        next_step=_(
            "The data do not show the behaviour that it stands for: use a simpler model, a longer "
            "history, or more customers."
        ),
    )


def _no_convergence(names: Sequence[str]) -> PerenneError:
    return PerenneError(
        _("The fit did not converge; the parameters are {names}.").format(names=", ".join(names)),
        next_step=_(
            "Check the time unit of recency and tenure, look for extreme customers, or try another "
            "model."
        ),
    )
