"""What the owner of a workspace decides about predictions."""

from __future__ import annotations

from dataclasses import dataclass

from perenne.core import PerenneError
from perenne.models.names import require_contenders
from perenne.text import gettext as _


@dataclass(frozen=True)
class PredictionSettings:
    """Conventions of predictions and of the backtests that choose among contenders."""

    contenders: tuple[str, ...] = ()
    """Ids of the contenders; empty: all that suit the shop."""
    origins: int = 3
    """Past days from which a refresh predicts what is known by now."""
    draws: int = 400
    """Possible futures drawn for the intervals."""
    judged_customers: int = 20_000
    """Most customers on whom contenders are judged; a fixed sample of a larger shop."""
    discount_rate: float = 0.10
    """Yearly rate at which future value is discounted."""
    seed: int = 20_250_101
    """Same data and settings, same predictions."""

    def __post_init__(self) -> None:
        require_contenders(self.contenders)
        _refuse_below("origins", self.origins, lowest=1)
        _refuse_below("draws", self.draws, lowest=100)
        _refuse_below("judged_customers", self.judged_customers, lowest=500)


def _refuse_below(name: str, value: int, *, lowest: int) -> None:
    if value >= lowest:
        return
    raise PerenneError(
        _("The setting {name} of [predictions] is {value}.").format(name=name, value=value),
        given=value,
        allowed=(f"≥ {lowest}",),
        next_step=_("Give {lowest} or more.").format(lowest=lowest),
    )
