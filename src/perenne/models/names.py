"""The ids of all contenders: settings are checked by them without loading what predicts."""

from __future__ import annotations

from collections.abc import Iterable

from perenne.core import PerenneError, closest
from perenne.text import gettext as _

CONTENDERS = (
    "all_zero", "last_period", "rfm_cell", "simple_clv", "klaviyo",
    "nbd", "bg_nbd", "mbg_nbd", "bg_cnbd", "mbg_cnbd", "pareto_nbd", "exponential_nbd",
    "pareto_ggg",
    "nbd_season", "bg_nbd_season", "mbg_nbd_season", "pareto_nbd_season",
    "bg_nbd_covariates", "mbg_nbd_covariates", "pareto_nbd_covariates",
    "bg_bb", "pareto_nbd_births", "hurdle", "stack",
)  # fmt: skip


def require_contenders(names: Iterable[str]) -> None:
    """Raise PerenneError for the first id that is none, with the near one."""
    for name in names:
        if name not in CONTENDERS:
            raise _unknown(name)


def _unknown(name: str) -> PerenneError:
    near, allowed = closest(name, CONTENDERS), ", ".join(CONTENDERS)
    return PerenneError(
        _("There is no contender “{name}”.").format(name=name),
        given=name,
        allowed=CONTENDERS,
        next_step=_("Did you mean “{name}”? Choose among: {allowed}.").format(
            name=near, allowed=allowed
        )
        if near
        else _("Choose among: {allowed}.").format(allowed=allowed),
    )
