"""What every fitted model is: parameters with their uncertainty, a version, and no data."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from perenne.core import PerenneError
from perenne.models.arguments import is_matrix, is_number, shown
from perenne.models.histories import Floats
from perenne.models.hmc import CHAINS, effective_draws, r_hat
from perenne.text import gettext as _

FORMAT = 1
NEEDED = {"parameters", "log_likelihood", "covariance", "customers"}
# Logarithms that a draw of parameters may reach.
FURTHEST = 40.0


@dataclass(frozen=True)
class Fitted:
    """A fitted model. Positive parameters were estimated as logarithms.

    covariance: of the free parameters, in the order of `parameters`: of log(value) for those in
    `positive`, of the value itself for the others (coefficients of covariates). A parameter that
    was chosen rather than estimated (k) stands last and has no row. kept_draws: draws of the free
    parameters less their estimate, where the fit was asked for them (`hmc=`).
    """

    model: ClassVar[str]
    positive: ClassVar[tuple[str, ...]]

    parameters: Mapping[str, float]
    log_likelihood: float
    covariance: tuple[tuple[float, ...], ...]
    customers: float
    settings: Mapping[str, Any] = field(default_factory=dict)
    kept_draws: tuple[tuple[float, ...], ...] = ()

    @property
    def standard_errors(self) -> dict[str, float]:
        """From the observed information; that of a positive parameter by the delta method."""
        spread = np.sqrt(np.diag(np.asarray(self.covariance)))
        return {
            name: float(spread[i] * (value if name in self.positive else 1.0))
            for i, (name, value) in enumerate(list(self.parameters.items())[: spread.size])
        }

    @property
    def r_hat(self) -> dict[str, float]:
        """How far the chains of the kept draws differ, of each parameter: 1 is alike.

        Rank-normalised split R̂; empty without draws of a posterior (`hmc=`).
        """
        return self._sampled(r_hat)

    @property
    def effective_draws(self) -> dict[str, float]:
        """How many independent draws the kept ones are worth, of each parameter; empty without."""
        return self._sampled(effective_draws)

    def _sampled(self, measure: Callable[[Floats], Floats]) -> dict[str, float]:
        names = list(self.parameters)[: len(self.covariance)]
        rows = np.asarray(self.kept_draws)
        # Fewer than two draws in each half of a chain tell nothing.
        if len(rows) < 4 * CHAINS:
            return {}
        return dict(zip(names, measure(rows).tolist(), strict=True))

    def parameter_draws(self, draws: int, *, rng: np.random.Generator) -> dict[str, Floats]:
        """`draws` values of each: of the posterior, or normal in the free parameters (Laplace)."""
        names = list(self.parameters)[: len(self.covariance)]
        centre = np.array(
            [
                np.log(self.parameters[name]) if name in self.positive else self.parameters[name]
                for name in names
            ]
        )
        if self.kept_draws:
            kept = np.asarray(self.kept_draws)
            free = centre + kept[rng.choice(len(kept), draws, replace=draws > len(kept))]
        else:
            free = rng.multivariate_normal(
                centre, np.asarray(self.covariance), size=draws, method="eigh"
            )
        # A direction that the data hardly know must not end where numbers do.
        free = np.clip(free, -FURTHEST, FURTHEST)
        return {
            name: np.exp(free[:, i]) if name in self.positive else free[:, i]
            for i, name in enumerate(names)
        }

    def to_json(self) -> str:
        """Parameters and version; `load_model` reads it back."""
        return json.dumps({"model": self.model, "format": FORMAT, **asdict(self)}, indent=2)

    def save(self, path: str | Path) -> None:
        """Into a file, which `load_model` reads back. PerenneError where it cannot be written."""
        try:
            Path(path).write_text(self.to_json() + "\n", encoding="utf-8")
        except (OSError, TypeError) as error:
            raise PerenneError(
                _("The model cannot be saved as {path}.").format(path=path),
                given=str(path),
                next_step=_("Give the path of a file in a folder that exists."),
            ) from error

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The model of `to_json`, parsed. Raises PerenneError for another kind or version."""
        if values.get("format") != FORMAT or values.get("model") != cls.model:
            raise PerenneError(
                _("This is not a saved {model} of format {format}.").format(
                    model=cls.model, format=FORMAT
                ),
                given={"model": values.get("model"), "format": values.get("format")},
                next_step=_("Fit the model again with this version of Perenne."),
            )
        missing = sorted(NEEDED - values.keys())
        if missing:
            raise PerenneError(
                _("The saved {model} is damaged: {names} are missing.").format(
                    model=cls.model, names=", ".join(missing)
                ),
                given=sorted(values),
                next_step=_("Fit the model again with this version of Perenne."),
            )
        cls._refuse_damaged(values)
        kept = {f.name: values[f.name] for f in fields(cls) if f.name in values}
        for name in {"covariance", "kept_draws"} & kept.keys():
            kept[name] = tuple(tuple(row) for row in kept[name])
        return cls(**kept)

    @classmethod
    def _refuse_damaged(cls, values: Mapping[str, Any]) -> None:
        """Raise PerenneError for a parameter that is missing, no number, or not positive where it
        must be, and for a covariance that is no matrix of numbers."""
        told = values["parameters"] if isinstance(values["parameters"], Mapping) else {}
        wrong = {
            name: told.get(name)
            for name in {**dict.fromkeys(cls.needed()), **told}
            if not is_number(told.get(name)) or (name in cls.positive and told[name] <= 0)
        }
        if not is_matrix(values["covariance"]):
            wrong["covariance"] = values["covariance"]
        if not wrong:
            return
        raise PerenneError(
            _("The saved {model} is damaged: {values}.").format(
                model=cls.model,
                values=", ".join(f"{name} = {shown(one)}" for name, one in wrong.items()),
            ),
            given=wrong,
            next_step=_("Fit the model again with this version of Perenne."),
        )

    @classmethod
    def needed(cls) -> tuple[str, ...]:
        """Parameters that no model of this kind lacks."""
        return cls.positive


def logarithms(values: Mapping[str, float]) -> Floats:
    """Natural logarithms of the values, in their order."""
    free: Floats = np.log(np.fromiter(values.values(), dtype=float))
    return free
