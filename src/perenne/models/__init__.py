"""Predictions: what each customer will be worth, with honest intervals, judged by backtests."""

from pathlib import Path
from typing import TYPE_CHECKING

from perenne.core.faces import found_in
from perenne.models.schema import HORIZONS, PREDICTED
from perenne.models.settings import PredictionSettings

if TYPE_CHECKING:
    from perenne.models.contracts.beta_discrete_weibull import BetaDiscreteWeibull
    from perenne.models.contracts.shifted_beta_geometric import ShiftedBetaGeometric
    from perenne.models.purchases.beta_binomial import BetaGeoBetaBinomial
    from perenne.models.purchases.beta_geo import BetaGeo, ModifiedBetaGeo
    from perenne.models.purchases.beta_geo_cnbd import BetaGeoCNBD, ModifiedBetaGeoCNBD
    from perenne.models.purchases.dynamic_panel import Panel
    from perenne.models.purchases.dynamic_pareto_nbd import DynamicParetoNBD
    from perenne.models.purchases.exponential_nbd import ExponentialNBD
    from perenne.models.purchases.pareto_ggg import ParetoGGG
    from perenne.models.purchases.pareto_nbd import ParetoNBD
    from perenne.models.saved import load_model
    from perenne.models.spend.gamma_gamma import GammaGamma
    from perenne.models.summary import purchase_summary
    from perenne.models.value.lifetime_value import CustomerLifetimeValue

CATALOGUE = Path(__file__).parent / "catalogue" / "predicted.yaml"
"""The metrics of the table `predictions`, for the one catalogue."""

# Public name -> module. Imported when first used: SciPy is slow to load, and most doors need none.
_HOMES = {
    "BetaDiscreteWeibull": "contracts.beta_discrete_weibull",
    "BetaGeo": "purchases.beta_geo",
    "BetaGeoBetaBinomial": "purchases.beta_binomial",
    "BetaGeoCNBD": "purchases.beta_geo_cnbd",
    "CustomerLifetimeValue": "value.lifetime_value",
    "DynamicParetoNBD": "purchases.dynamic_pareto_nbd",
    "ExponentialNBD": "purchases.exponential_nbd",
    "GammaGamma": "spend.gamma_gamma",
    "ModifiedBetaGeo": "purchases.beta_geo",
    "ModifiedBetaGeoCNBD": "purchases.beta_geo_cnbd",
    "Panel": "purchases.dynamic_panel",
    "ParetoGGG": "purchases.pareto_ggg",
    "ParetoNBD": "purchases.pareto_nbd",
    "ShiftedBetaGeometric": "contracts.shifted_beta_geometric",
    "load_model": "saved",
    "purchase_summary": "summary",
}

__all__ = [
    "CATALOGUE",
    "HORIZONS",
    "PREDICTED",
    "BetaDiscreteWeibull",
    "BetaGeo",
    "BetaGeoBetaBinomial",
    "BetaGeoCNBD",
    "CustomerLifetimeValue",
    "DynamicParetoNBD",
    "ExponentialNBD",
    "GammaGamma",
    "ModifiedBetaGeo",
    "ModifiedBetaGeoCNBD",
    "Panel",
    "ParetoGGG",
    "ParetoNBD",
    "PredictionSettings",
    "ShiftedBetaGeometric",
    "load_model",
    "purchase_summary",
]


__getattr__ = found_in(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
