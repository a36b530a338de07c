"""Two populations where a history begins after its shop: newcomers and older customers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.fitted import FORMAT
from perenne.models.histories import Floats, read_columns
from perenne.models.purchases.beta_geo import ModifiedBetaGeo
from perenne.models.saved import load_model
from perenne.text import gettext as _

Flags = npt.NDArray[np.bool_]


class Estimator(Protocol):
    """A model of repeat purchases: BetaGeo(), ParetoNBD() …"""

    def fit(self, data: Any = None, **given: Any) -> Any: ...


@dataclass(frozen=True)
class TrueBirths:
    """Two populations: newcomers, first seen after the burn-in, and those first seen within it.

    newcomers: the model of customers whose first purchase was seen. The others are survivors of
    unknown age, with rates and dropout of their own; their first purchase seen may be a repeat, and
    so the last: MBG/NBD, fitted from their first sight.
    burn_in: in the time unit of the data; `detect_truncation` proposes one.
    """

    newcomers: Estimator
    burn_in: float

    def fit(self, data: Any = None, *, history: float, **given: Any) -> FittedTrueBirths:
        """As the `fit` of newcomers; `history` is the age of the history at the end of observation.

        Raises PerenneError when either population cannot be fitted, with the reason.
        """
        columns = read_columns(data, ("frequency", "recency", "tenure", "weights?"), given)
        early = _is_early(columns["tenure"], history, self.burn_in)
        if early.all() or not early.any():
            raise PerenneError(
                _("The burn-in leaves no customers on one side of it."),
                given=self.burn_in,
                next_step=_("Choose a burn-in inside the history, or a plain model."),
            )
        parts = [
            {name: column[rows] for name, column in columns.items()} for rows in (~early, early)
        ]
        return FittedTrueBirths(
            self.newcomers.fit(**parts[0]), ModifiedBetaGeo().fit(**parts[1]), self.burn_in
        )


def _is_early(tenure: Floats, history: float, burn_in: float) -> Flags:
    return np.asarray(history - tenure < burn_in)


def _rows(columns: Mapping[str, Floats], which: Flags) -> dict[str, Floats]:
    return {name: column[which] for name, column in columns.items()}


@dataclass(frozen=True)
class FittedTrueBirths:
    """Both fitted models. Predictions take `history`, the age of the history at the end of
    observation, beside frequency, recency and tenure, and ask each customer's own model."""

    model: ClassVar[str] = "TrueBirths"

    newcomers: Any
    older: Any
    burn_in: float

    @property
    def log_likelihood(self) -> float:
        return float(self.newcomers.log_likelihood + self.older.log_likelihood)

    def expected_purchases(self, horizon: Any, *, history: float, **given: Any) -> Floats:
        """(customers,), as of the plain models; horizon: one number, or one each."""
        return self._each("expected_purchases", history, given, horizon)

    def probability_alive(self, *, history: float, **given: Any) -> Floats:
        """(customers,), as of the plain models."""
        return self._each("probability_alive", history, given)

    def probability_of_purchase(self, horizon: Any, *, history: float, **given: Any) -> Floats:
        """(customers,), as of the plain models."""
        return self._each("probability_of_purchase", history, given, horizon)

    def expected_purchases_new(self, horizon: Any) -> Any:
        """Of a customer acquired now."""
        return self.newcomers.expected_purchases_new(horizon)

    def parameter_draws(self, draws: int, *, rng: np.random.Generator) -> dict[str, Floats]:
        """Of newcomers, and of the older customers with names that begin with `older.`."""
        older = self.older.parameter_draws(draws, rng=rng)
        new = self.newcomers.parameter_draws(draws, rng=rng)
        return {**new, **{f"older.{name}": values for name, values in older.items()}}

    def sample_purchases(
        self,
        horizons: Any,
        *,
        history: float,
        rng: np.random.Generator,
        draws: int = 1,
        parameters: Mapping[str, Floats] | None = None,
        **given: Any,
    ) -> npt.NDArray[np.int32]:
        """As of the plain models: (draws, customers) or (draws, horizons, customers)."""
        columns = read_columns(None, ("frequency", "recency", "tenure"), given)
        early = _is_early(columns["tenure"], history, self.burn_in)
        shape = (
            (draws, early.size) if np.ndim(horizons) == 0 else (draws, len(horizons), early.size)
        )
        out = np.zeros(shape, dtype=np.int32)
        for model, rows, start in ((self.newcomers, ~early, ""), (self.older, early, "older.")):
            if rows.any():
                out[..., rows] = model.sample_purchases(
                    horizons,
                    **_rows(columns, rows),
                    rng=rng,
                    draws=draws,
                    parameters=_beginning(parameters, start),
                )
        return out

    def _each(self, what: str, history: float, given: Mapping[str, Any], *horizon: Any) -> Floats:
        columns = read_columns(None, ("frequency", "recency", "tenure"), given)
        early = _is_early(columns["tenure"], history, self.burn_in)
        out = np.empty(early.size)
        for model, rows in ((self.newcomers, ~early), (self.older, early)):
            if rows.any():
                own = [one if np.ndim(one) == 0 else np.asarray(one)[rows] for one in horizon]
                out[rows] = getattr(model, what)(*own, **_rows(columns, rows))
        return out

    def to_json(self) -> str:
        """Both models; `load_model` reads it back."""
        parts = {name: json.loads(getattr(self, name).to_json()) for name in ("newcomers", "older")}
        kept = {"model": self.model, "format": FORMAT, "burn_in": self.burn_in}
        return json.dumps({**kept, **parts}, indent=2)

    def save(self, path: str | Path) -> None:
        Path(path).write_text(self.to_json() + "\n", encoding="utf-8")

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The models of `to_json`, parsed."""
        newcomers, older = (load_model(json.dumps(values[name])) for name in ("newcomers", "older"))
        return cls(newcomers, older, values["burn_in"])


def _beginning(parameters: Mapping[str, Floats] | None, start: str) -> dict[str, Floats] | None:
    if parameters is None:
        return None
    older = {name: values for name, values in parameters.items() if name.startswith("older.")}
    if not start:
        return {name: values for name, values in parameters.items() if name not in older}
    return {name.removeprefix(start): values for name, values in older.items()}
