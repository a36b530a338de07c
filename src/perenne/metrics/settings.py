"""What the owner of a workspace decides about metrics, and what was learnt from the data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from perenne.core import PerenneError
from perenne.text import gettext as _

INTERACTIONS = (
    "login",
    "usage",
    "session",
    "page_view",
    "product_view",
    "search",
    "cart",
    "checkout",
    "email_click",
    "sms_click",
    "training",
    "survey",
)
"""What a customer does of their own accord; an opening may be a machine's, a purchase is one."""
ALLOWED_INTERACTIONS = (*INTERACTIONS, "email_open", "subscribe", "ticket", "call", "other")


@dataclass(frozen=True)
class MetricSettings:
    """Conventions that can be switched; the defaults are those of the reference documentation."""

    inactivity_days: int | None = None
    """A customer is active while the last purchase lies within so many days; None: learnt."""
    lifespan: Literal["implied", "observed"] = "implied"
    """Lifespan of the simple CLV: 1 / annual churn, or the mean of the lifetimes observed."""
    margin_default_rate: Decimal | None = None
    """Margin rate, from 0 to 1, of what is sold without a known cost."""
    missing_cost: Literal["refuse", "average"] = "refuse"
    """Without a cost and a default rate: no margin at all, or the average rate of the rest."""
    include_guests: bool = True
    """Do orders without a customer count in revenue, orders and average order value?"""
    returns_on: Literal["return_day", "order_day"] = "return_day"
    """The day on which a return reduces revenue."""
    min_group: int = 30
    """Groups of fewer customers (or orders) are shown with a warning."""
    discount_rate: Decimal = Decimal(0)
    """Yearly rate at which future value is discounted, where a model does so."""
    activation_days: int = 30
    """Days after a first purchase within which an interaction counts as an activation."""
    interactions: tuple[str, ...] = INTERACTIONS
    """Kinds of events that count as an interaction; `survey` is an answer to one."""

    def __post_init__(self) -> None:
        _check("inactivity_days", self.inactivity_days, lowest=1)
        _check("margin_default_rate", self.margin_default_rate, lowest=0, highest=1)
        _check("discount_rate", self.discount_rate, lowest=0, highest=1)
        _check("min_group", self.min_group, lowest=0)
        _check("activation_days", self.activation_days, lowest=1)
        for kind in self.interactions:
            _choose("interactions", kind, ALLOWED_INTERACTIONS)
        _choose("lifespan", self.lifespan, ("implied", "observed"))
        _choose("missing_cost", self.missing_cost, ("refuse", "average"))
        _choose("returns_on", self.returns_on, ("return_day", "order_day"))


@dataclass(frozen=True)
class Spend:
    """What is known of one kind of spend: its days and its total; None and 0 without any."""

    first_day: date | None = None
    last_day: date | None = None
    total: Decimal = Decimal(0)

    @property
    def is_known(self) -> bool:
        return self.first_day is not None


@dataclass(frozen=True)
class Context:
    """All that a figure depends on besides the tables; learnt once per snapshot."""

    as_of: date
    currency: str
    time_zone: str
    inactivity_days: int
    inactivity_learnt: bool
    inactivity_how: str
    """`set`, `default` (too few gaps) or `learnt`; `describe_window` says it in words."""
    history_from: date
    """Day of the first purchase; as_of when there is none."""
    customers_from: date
    """Day of the first purchase of a known customer; as_of when there is none."""
    settings: MetricSettings = field(default_factory=MetricSettings)
    inactivity_gaps: int = 0
    orders: int = 0
    guest_orders: int = 0
    customers: int = 0
    product_revenue: Decimal = Decimal(0)
    revenue_without_cost: Decimal = Decimal(0)
    has_unknown_cost: bool = False
    acquisition: Spend = Spend()
    retention: Spend = Spend()
    has_predictions: bool = False
    events: tuple[str, ...] = ()
    """Kinds of events of which any is known."""
    surveys: tuple[str, ...] = ()
    """Kinds of survey of which any answer is known."""
    subscriptions: int = 0
    consents: int = 0
    with_tax: tuple[str, ...] = ()
    """Files whose amounts hold tax that no column tells: revenue holds it too."""
    per: Literal["customer", "account"] = "customer"
    """What the tables hold as customers: persons, or the companies that they belong to."""

    @property
    def has_interactions(self) -> bool:
        known = (*self.events, *(("survey",) if self.surveys else ()))
        return any(kind in known for kind in self.settings.interactions)

    @property
    def guest_share(self) -> float:
        return self.guest_orders / self.orders if self.orders else 0.0

    @property
    def share_without_cost(self) -> float:
        if not self.product_revenue:
            return 1.0 if self.has_unknown_cost else 0.0
        return float(self.revenue_without_cost / self.product_revenue)


def _check(
    name: str, value: Decimal | int | None, *, lowest: int, highest: int | None = None
) -> None:
    if value is None or (value >= lowest and (highest is None or value <= highest)):
        return
    limits = (
        _("at least {lowest}").format(lowest=lowest)
        if highest is None
        else _("from {lowest} to {highest}").format(lowest=lowest, highest=highest)
    )
    raise PerenneError(
        _("The setting “{name}” cannot be {value}.").format(name=name, value=value),
        given=value,
        allowed=(limits,),
        next_step=_("Give a number {limits}.").format(limits=limits),
    )


def _choose(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value in allowed:
        return
    raise PerenneError(
        _("The setting “{name}” cannot be {value}.").format(name=name, value=value),
        given=value,
        allowed=allowed,
        next_step=_("Use one of: {allowed}.").format(allowed=", ".join(allowed)),
    )
