"""Rates that turn what is sold into what is kept: return share and margin rate per customer.

One customer's own rate is trusted as far as its sales go (Bühlmann & Straub 1970, credibility):
rateᵢ = Zᵢ ownᵢ + (1 − Zᵢ) shop, Zᵢ = wᵢ / (wᵢ + K), wᵢ what the customer bought.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from perenne.core import PerenneError
from perenne.models.histories import Floats, read_columns, refuse_where
from perenne.text import gettext as _

# Net sales, as a share of the mean customer's, up to which a margin rate is one of what came back.
LEAST_LEFT = 0.05


@dataclass(frozen=True)
class ShrunkRate:
    """The rate of the shop and how fast a customer's own rate takes over.

    shop: total part over total whole. strength: K, in money: the sales at which a customer's own
    rate counts as much as that of the shop; infinite where customers do not differ. unknown:
    customers whose part is NaN. customers: those that informed it. within: σ², variance of the part
    of one unit of the whole about the customer's rate. least: a whole up to which a customer has no
    rate of their own.
    """

    shop: float
    strength: float
    customers: int
    unknown: int
    within: float = 0.0
    least: float = 0.0

    def unsure(self, whole: Any) -> Floats:
        """Variance of what the rate of each customer truly is, (customers,): τ² (1 − Z)."""
        weight = self._weight(whole)
        found: Floats = self.within / (weight + self.strength)
        return found

    def of(self, part: Any, whole: Any) -> Floats:
        """Rate of each customer, (customers,); the shop's without sales, NaN where part is NaN."""
        part, weight = np.asarray(part, dtype=float), self._weight(whole)
        if np.isinf(self.strength):
            return np.where(np.isnan(part), np.nan, self.shop)
        own = np.where(weight > 0, part, 0.0)
        rate: Floats = np.where(
            np.isnan(part), np.nan, (own + self.strength * self.shop) / (weight + self.strength)
        )
        return rate

    def _weight(self, whole: Any) -> Floats:
        given = np.asarray(whole, dtype=float)
        return np.where(given > self.least, given, 0.0)

    def to_values(self) -> dict[str, float]:
        """Plain values, for JSON; `ShrunkRate(**values)` reads them back."""
        return asdict(self)


def fit_return_share(*, sold: Any, returned: Any) -> ShrunkRate:
    """Share of what is sold that comes back: sold and returned are (customers,), in money.

    Raises PerenneError for NaN and negative values, and when nothing was sold. A share above 1
    (returns of sales before the history) stays as it is in the shop's rate.
    """
    columns = read_columns(None, ("sold", "returned"), {"sold": sold, "returned": returned})
    refuse_where(
        ~(columns["sold"] >= 0) | ~(columns["returned"] >= 0),
        _("A value sold or returned is negative or missing."),
        given=columns,
        next_step=_("Give both as positive amounts, 0 where nothing came back."),
    )
    return _fit(columns["returned"], columns["sold"])


def fit_margin_rate(*, net: Any, margin: Any) -> ShrunkRate:
    """Margin per unit of net sales: both (customers,); margin may be negative, NaN = unknown.

    Customers without positive net sales inform nothing, nor do those to whom returns left next to
    none, as a cost over a cent is no rate. Raises PerenneError when no margin is known.
    """
    columns = read_columns(None, ("net", "margin"), {"net": net, "margin": margin})
    refuse_where(
        ~np.isfinite(columns["net"]),
        _("A net value is missing."),
        given={"net": columns["net"]},
        next_step=_("Give the net sales of each customer, 0 for none."),
    )
    if not np.isfinite(columns["margin"]).any():
        raise PerenneError(
            _("No customer's margin is known."),
            next_step=_("Import costs of products, or give a margin rate for the shop."),
        )
    net = columns["net"]
    sold = net[net > 0]
    least = LEAST_LEFT * float(sold.mean()) if sold.size else 0.0
    return replace(_fit(columns["margin"], np.where(net > least, net, 0.0)), least=least)


def _fit(part: Floats, whole: Floats) -> ShrunkRate:
    known = np.isfinite(part) & (whole > 0)
    if not known.any():
        raise PerenneError(
            _("Nothing was sold, so that there is no rate to learn."),
            next_step=_("Give customers with sales."),
        )
    a, w = part[known], whole[known]
    shop = float(a.sum() / w.sum())
    strength, within = _strength(a / w, w, shop=shop)
    return ShrunkRate(
        shop=shop,
        strength=strength,
        customers=int(known.sum()),
        unknown=int(np.isnan(part).sum()),
        within=within,
    )


def _strength(rate: Floats, weight: Floats, *, shop: float) -> tuple[float, float]:
    """(K = σ² / τ², σ²), from E(rateᵢ − shop)² = τ² + σ² / wᵢ, least squares with weights wᵢ."""
    if rate.size < 3 or np.ptp(rate) == 0:
        return float("inf"), 0.0
    square, inverse = (rate - shop) ** 2, 1 / weight
    mean_inverse = np.average(inverse, weights=weight)
    mean_square = np.average(square, weights=weight)
    spread = np.average((inverse - mean_inverse) ** 2, weights=weight)
    # As if customers did not differ: all that rates scatter is what is within them.
    alike = float(mean_square / mean_inverse)
    if spread <= 1e-12 * mean_inverse**2:
        return float("inf"), alike
    within = max(float(np.average((inverse - mean_inverse) * square, weights=weight) / spread), 0.0)
    between = float(mean_square - within * mean_inverse)
    if between <= 0:
        return float("inf"), alike
    strength = max(within / between, 1e-9)
    return strength, max(within, strength * between)
