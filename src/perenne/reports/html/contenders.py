"""What people read for the contenders, the measures and the conditions of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perenne.reports.html.words import quoted
from perenne.text import LANGUAGES, bilingual, format_number
from perenne.text import gettext as _

BASELINES = ("all_zero", "last_period", "rfm_cell", "simple_clv", "klaviyo")
"""Simple rules that every model must beat, or say so."""
RECALIBRATED = "_recalibrated"
"""Ends the id of a contender that is corrected by its own earlier errors."""


def contender_label(name: str) -> str:
    """The contender in the current language; its id when it has no name."""
    plain = name.removesuffix(RECALIBRATED)
    label = _contenders().get(plain, (plain, ""))[0]
    return label if plain == name else _("{name}, put right").format(name=label)


def contender_meaning(name: str) -> str:
    """One sentence on how it predicts; may be empty."""
    if name.endswith(RECALIBRATED):
        return _("The same, at the level and spread that its earlier forecasts should have had.")
    return _contenders().get(name, ("", ""))[1]


def stands_in_for(manifest: Mapping[str, Any]) -> str:
    """That the one chosen by the backtest could not be fitted today, and why; empty where it is
    used."""
    chosen = str((manifest.get("champion") or {}).get("name") or "")
    reasons: list[Mapping[str, str]] = [
        {language: str(one.get(f"reason_{language}") or "") for language in LANGUAGES}
        for one in manifest.get("refused_by") or ()
        if one.get("name") == chosen and str(one.get("horizon_months")) in _first(manifest)
    ]
    if not reasons:
        return ""
    return _("{name} was chosen on past dates, but cannot be fitted today: {reason}").format(
        name=quoted(contender_label(chosen)), reason=bilingual(reasons[0])
    )


def why_simple(manifest: Mapping[str, Any]) -> str:
    """Why a simple rule predicts although the data suffice for a model; else empty."""
    chosen = manifest.get("champion") or {}
    gated = (manifest.get("gate") or {}).get("passed") is False
    if gated or manifest.get("model") not in BASELINES:
        return ""
    if chosen.get("stands_in"):
        return _("No model beats the simple rules on this shop: the best of these predicts.")
    return bilingual(
        {language: str(chosen.get(f"reason_{language}") or "") for language in LANGUAGES}
    )


_CLOCKWORK = 20
"""The k from which on no shop's customers buy of their own accord."""


def regular_buyers(manifest: Mapping[str, Any]) -> str:
    """That customers buy to a rhythm and models made for that were not tried; else empty."""
    found = manifest.get("regularity") or {}
    suggested, k = found.get("suggested") or (), found.get("k")
    if not suggested or not isinstance(k, int | float):
        return ""
    if k >= _CLOCKWORK:
        return _(
            "Customers buy like clockwork (k = {k}; 1 is at random), as with subscriptions. Models "
            "of purchases hardly fit such a rhythm: if these are subscriptions, import the list of "
            "them, and models of subscriptions speak: perenne import FILE"
        ).format(k=format_number(k, decimals=0))
    return _(
        "Customers buy at regular intervals (k = {k}; 1 is at random). Models made for that are "
        "not among the usual ones; try them: {command}"
    ).format(
        k=format_number(k, decimals=1),
        command=" ".join(["perenne backtest", *(f"--contender {one}" for one in suggested)]),
    )


def _first(manifest: Mapping[str, Any]) -> list[str]:
    """The first horizon, whose model is the one that is named."""
    return list(manifest.get("models") or ())[:1]


def _contenders() -> dict[str, tuple[str, str]]:
    return {**_simple_rules(), **_probability_models(), **_learners()}


def _simple_rules() -> dict[str, tuple[str, str]]:
    return {
        "all_zero": (_("Nothing at all"), _("Simple rule: nobody buys again.")),
        "last_period": (
            _("Same as last period"),
            _("Simple rule: each customer spends what they spent in the period before."),
        ),
        "rfm_cell": (
            _("RFM average"),
            _("Simple rule: what customers of the same RFM scores spent on average."),
        ),
        "simple_clv": (
            _("Simple CLV formula"),
            _("Simple rule: basket × frequency, for as long as customers last on average."),
        ),
        "klaviyo": (_("Klaviyo"), _("The prediction that Klaviyo exported with its profiles.")),
    }


def _probability_models() -> dict[str, tuple[str, str]]:
    dies = _("Customers buy at a pace of their own, and may leave for good after a purchase.")
    regular = _("The same, for customers who buy at regular intervals.")
    seasons = _("The same on the clock of the shop, which runs faster in high season.")
    return {
        "nbd": (
            _("NBD: purchases, and nobody leaves"),
            _("Customers buy at a pace of their own, and never leave."),
        ),
        "bg_nbd": (_("BG/NBD: purchases and leaving"), dies),
        "mbg_nbd": (
            _("MBG/NBD: purchases, and leaving from the first one on"),
            _("As BG/NBD; a customer may already leave after the first purchase."),
        ),
        "bg_cnbd": (_("BG/CNBD-k: regular purchases and leaving"), regular),
        "mbg_cnbd": (
            _("MBG/CNBD-k: regular purchases, leaving from the first one on"),
            _("As MBG/NBD, for customers who buy at regular intervals."),
        ),
        "pareto_nbd": (
            _("Pareto/NBD: purchases and leaving at any moment"),
            _("Customers buy at a pace of their own, and may leave at any moment."),
        ),
        "exponential_nbd": (
            _("Exponential/NBD: purchases, and one rate of leaving"),
            _("As Pareto/NBD, where no customer is more likely to leave than another."),
        ),
        "pareto_ggg": (
            _("Pareto/GGG: each with a regularity of their own"),
            _("As Pareto/NBD; each customer is more or less regular."),
        ),
        **_with_covariates(),
        "pareto_nbd_births": (
            _("Pareto/NBD for records that begin late"),
            _("As Pareto/NBD; customers who came before the records have a model of their own."),
        ),
        "nbd_season": (_("NBD with seasons"), seasons),
        "bg_nbd_season": (_("BG/NBD with seasons"), seasons),
        "mbg_nbd_season": (_("MBG/NBD with seasons"), seasons),
        "pareto_nbd_season": (_("Pareto/NBD with seasons"), seasons),
        "bg_bb": (
            _("BG/BB: purchases on occasions"),
            _("For shops that sell on occasions: at each one a customer buys or not, or has left."),
        ),
    }


def _with_covariates() -> dict[str, tuple[str, str]]:
    said = _(
        "The same, where channel, country, category and discount of the first order move pace, "
        "leaving and basket."
    )
    return {
        "bg_nbd_covariates": (_("BG/NBD with what the first order told"), said),
        "mbg_nbd_covariates": (_("MBG/NBD with what the first order told"), said),
        "pareto_nbd_covariates": (_("Pareto/NBD with what the first order told"), said),
    }


def _learners() -> dict[str, tuple[str, str]]:
    return {
        "hurdle": (
            _("Machine learning"),
            _(
                "Decision trees learn from the past: first whether a customer orders again, then "
                "how much they spend."
            ),
        ),
        "stack": (
            _("Machine learning fed by the models"),
            _("Machine learning that also knows what the purchase models predict."),
        ),
        "combined": (
            _("Models combined"),
            _("A mixture of the models, each weighing as much as it was right on earlier dates."),
        ),
    }


def requirement_label(found: Mapping[str, Any]) -> str:
    """A condition of the gate in the current language; as the manifest words an unknown one."""
    labels = {
        "buyers": _("Known customers who have bought"),
        "repeaters": _("Customers who have bought again"),
        "history": _("Days of history"),
        "silence": _("Days since the last order of the shop, at most"),
    }
    name = str(found.get("name", ""))
    return labels.get(name) or str(found.get("words") or name)
