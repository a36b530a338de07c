"""What an argument may be: checked here by its name, with what was given and what is allowed."""

from __future__ import annotations

from typing import Any

import numpy as np

from perenne.core import PerenneError
from perenne.models.histories import Floats
from perenne.text import gettext as _


def require_count(name: str, value: Any, *, least: int = 0) -> int:
    """A whole number of at least `least`; PerenneError for anything else."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if whole and value >= least:
        return int(value)
    raise PerenneError(
        _("{name} = {value} is not a whole number of {least} or more.").format(
            name=name, value=shown(value), least=least
        ),
        given=value,
        allowed=(f"≥ {least}",),
        next_step=_("Give {name}={least} or more.").format(name=name, least=least),
    )


def is_number(value: Any) -> bool:
    """Whether it is one finite number."""
    known = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return known and bool(np.isfinite(value))


def is_matrix(value: Any) -> bool:
    """Whether it is a square table of finite numbers."""
    try:
        found = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    return found.ndim == 2 and found.shape[0] == found.shape[1] and bool(np.isfinite(found).all())


def require_number(
    name: str, value: Any, *, least: float | None = None, above: float | None = None
) -> float:
    """A finite number, at least `least` or above `above`; PerenneError for anything else."""
    known = is_number(value)
    if known and (least is None or value >= least) and (above is None or value > above):
        return float(value)
    allowed = (
        _("a number above {limit}").format(limit=f"{above:g}")
        if above is not None
        else _("a number of {limit} or more").format(limit=f"{least:g}")
        if least is not None
        else _("a number")
    )
    raise PerenneError(
        _("{name} = {value} cannot be used.").format(name=name, value=shown(value)),
        given=value,
        allowed=(allowed,),
        next_step=_("Give {allowed}.").format(allowed=allowed),
    )


def require_shrinkage(value: Any) -> None:
    """How strongly effects are pulled to none: 0 or more, or None, where the data say."""
    if value is not None:
        require_number("shrinkage", value, least=0.0)


def require_rng(rng: Any) -> np.random.Generator:
    """NumPy's generator; PerenneError for anything else."""
    if isinstance(rng, np.random.Generator):
        return rng
    raise PerenneError(
        _("rng = {value} is no generator of random numbers.").format(value=shown(rng)),
        given=type(rng).__name__,
        allowed=("numpy.random.Generator",),
        next_step=_("Give rng=numpy.random.default_rng(1): one seed, one result."),
    )


def require_drawing(rng: Any, draws: Any, parameters: Any = None) -> None:
    """PerenneError unless something can be drawn: a generator, one draw or more, and as many draws
    of each of the `parameters`, where some are given."""
    require_rng(rng)
    require_count("draws", draws, least=1)
    sizes = {np.size(values) for values in (parameters or {}).values()}
    if sizes - {draws}:
        raise PerenneError(
            _("There are {count} draws of the parameters for {draws} of the purchases.").format(
                count=min(sizes), draws=draws
            ),
            given=min(sizes),
            allowed=(draws,),
            next_step=_("Take as many: parameter_draws({draws}, rng=…).").format(draws=draws),
        )


def read_numbers(name: str, value: Any) -> Floats:
    """A number, or a sequence of some, as an array; PerenneError for anything else."""
    try:
        found = np.atleast_1d(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError):
        found = np.zeros((1, 1))
    if found.ndim == 1 and found.size and not isinstance(value, str):
        return found
    raise PerenneError(
        _("{name} = {value} is no number, nor a list of numbers.").format(
            name=name, value=shown(value)
        ),
        given=shown(value),
        next_step=_("Give a number, or several in one list."),
    )


def read_each(name: str, value: Any, *, size: int) -> Floats:
    """A number for all, or one for each of `size` customers, none missing; else PerenneError."""
    found = read_numbers(name, value)
    missing = int((~np.isfinite(found)).sum())
    if found.size in (1, size) and not missing:
        return np.broadcast_to(found, size)
    raise PerenneError(
        _("{name} has {count} values, {missing} of them missing, for {size} customers.").format(
            name=name, count=found.size, missing=missing, size=size
        ),
        given=shown(value),
        allowed=(1, size),
        next_step=_("Give one number for all, or one for each customer."),
    )


def require_fitted(name: str, model: Any, *, says: str) -> None:
    """PerenneError where `model` has no method `says`: what was fitted has it."""
    if hasattr(model, says):
        return
    kind = type(model).__name__
    fits = hasattr(model, "fit")
    raise PerenneError(
        _("{name} is not a fitted model: {kind}.").format(name=name, kind=kind),
        given=kind,
        next_step=_("Give what {kind}().fit(…) returns.").format(kind=kind)
        if fits
        else _("Give what the fit of a model returns, such as BetaGeo().fit(…)."),
    )


def shown(value: Any) -> str:
    """As a person would write it, cut short."""
    return (str(value) if isinstance(value, np.number) else repr(value))[:80]
