"""Read a saved model back as the class that wrote it."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from perenne.core import PerenneError
from perenne.models.fitted import FORMAT, Fitted
from perenne.text import gettext as _

PURCHASES, CONTRACTS = "perenne.models.purchases", "perenne.models.contracts"
# Where each model that can be saved is fitted; loaded only when it is read.
HOMES = {
    "BetaGeo": f"{PURCHASES}.beta_geo",
    "ModifiedBetaGeo": f"{PURCHASES}.beta_geo",
    "BetaGeoCNBD": f"{PURCHASES}.beta_geo_cnbd",
    "ModifiedBetaGeoCNBD": f"{PURCHASES}.beta_geo_cnbd",
    "ParetoNBD": f"{PURCHASES}.pareto_nbd",
    "ExponentialNBD": f"{PURCHASES}.exponential_nbd",
    "DynamicParetoNBD": f"{PURCHASES}.dynamic_pareto_nbd",
    "PanelParetoNBD": f"{PURCHASES}.dynamic_panel_fitted",
    "NBD": f"{PURCHASES}.nbd",
    "ParetoGGG": f"{PURCHASES}.pareto_ggg",
    "BetaGeoBetaBinomial": f"{PURCHASES}.beta_binomial",
    "ShiftedBetaGeometric": f"{CONTRACTS}.shifted_beta_geometric",
    "BetaDiscreteWeibull": f"{CONTRACTS}.beta_discrete_weibull",
    "TrueBirths": f"{PURCHASES}.true_births",
    "GammaGamma": "perenne.models.spend.gamma_gamma",
}


def load_model(source: str | Path) -> Fitted:
    """The fitted model of a file, or of the text that `to_json` gave.

    Raises PerenneError when it is no JSON, no model known here, or of another format.
    """
    values = _parsed(_text_of(source))
    name = values.get("model")
    if name not in HOMES:
        raise PerenneError(
            _("No model is called {name}.").format(name=name),
            given=name,
            allowed=sorted(HOMES),
            next_step=_("Fit the model again with this version of Perenne."),
        )
    if values.get("format") != FORMAT:
        raise PerenneError(
            _("The model was saved in format {given}; this version reads format {format}.").format(
                given=values.get("format"), format=FORMAT
            ),
            given=values.get("format"),
            allowed=[FORMAT],
            next_step=_("Fit the model again with this version of Perenne."),
        )
    kind = getattr(import_module(HOMES[name]), f"Fitted{name}")
    return cast(Fitted, kind.from_values(values))


def _text_of(source: str | Path) -> str:
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return source
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, TypeError, UnicodeDecodeError) as error:
        raise PerenneError(
            _("The file {path} cannot be read.").format(path=source),
            given=str(source),
            next_step=_("Give the path of a saved model, or its text."),
        ) from error


def _parsed(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise PerenneError(
            _("This is no saved model: its JSON is broken at line {line}.").format(
                line=error.lineno
            ),
            given=text[:80],
            next_step=_("Save the model again."),
        ) from error
    if not isinstance(values, dict) or "model" not in values:
        raise PerenneError(
            _("This is no saved model: it does not say which it is.")
            if isinstance(values, dict)
            else _("This is no saved model: it has no parameters."),
            given=text[:80],
            next_step=_("Give the path of a saved model, or its text."),
        )
    return values
