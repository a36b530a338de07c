"""The catalogue: each metric is defined once, in YAML, and checked when it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from perenne.core import PerenneError, closest
from perenne.metrics.datasets import DATASETS, FACTS, Grain
from perenne.metrics.expressions import Aggregate, Expression, aggregates, names, parse
from perenne.metrics.periods import Scope
from perenne.text import Unit, bilingual
from perenne.text import gettext as _

# libyaml where it was built in: ten times faster, as safe.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

LIFESPAN = "lifespan_years"
"""Stands for `implied_lifespan_years` or `average_lifespan_years`, as the settings say."""

Need = Literal[
    "orders",
    "customers",
    "cost",
    "acquisition_spend",
    "retention_spend",
    "predictions",
    "consents",
    "subscriptions",
    "interactions",
    "nps",
    "csat",
    "email_sent",
    "email_open",
    "email_click",
    "session",
    "product_view",
    "cart",
    "purchase",
    "ticket",
]
Said = Annotated[str, Field(min_length=1)]


class Texts(BaseModel):
    """A text in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fr: Said
    en: Said

    def __str__(self) -> str:
        return bilingual({"fr": self.fr, "en": self.en})


class Synonyms(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    fr: tuple[str, ...] = ()
    en: tuple[str, ...] = ()


class Metric(BaseModel):
    """One metric: its words for people, its expression for the compiler."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    label: Texts
    synonyms: Synonyms = Synonyms()
    definition: Texts
    formula: Texts
    unit: Unit
    frequency: Literal["weekly", "monthly", "quarterly"]
    scope: Scope
    grain: Grain
    additivity: Literal["additive", "over_groups", "none"]
    """additive: over groups and periods; over_groups: over groups of customers at one date."""
    needs: tuple[Need, ...] = ("orders",)
    min_group: int | None = None
    default_filter: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    """Names of the remarks that come with the figure; see `notes.py`."""
    good: Literal["up", "down", "neutral"] = "neutral"
    expression: str
    interval: str | None = None
    """`wilson(hits, count)` or `nps(promoters, detractors, answers)`: what the figure may be."""

    @model_validator(mode="after")
    def _check_expression(self) -> Metric:
        for one in (*aggregates(self.parsed), *(aggregates(self.bounds) if self.bounds else ())):
            if one.dataset not in DATASETS:
                raise ValueError(f"{self.id}: unknown dataset {one.dataset!r}")
        return self

    @cached_property
    def parsed(self) -> Expression:
        return parse(self.expression)

    @cached_property
    def bounds(self) -> Expression | None:
        return parse(self.interval) if self.interval else None

    @property
    def aggregates(self) -> list[Aggregate]:
        return aggregates(self.parsed)


class Catalogue:
    """All metrics by id, in the order of the files; parts above add their own files."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics: dict[str, Metric] = {}
        for metric in metrics:
            if metric.id in self._metrics:
                raise ValueError(f"two metrics are called {metric.id!r}")
            self._metrics[metric.id] = metric
        for metric in self:
            self._check_names(metric)

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._metrics.values())

    def __len__(self) -> int:
        return len(self._metrics)

    def __contains__(self, name: object) -> bool:
        return name in self._metrics

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._metrics)

    def __getitem__(self, name: str) -> Metric:
        """The metric of this id; PerenneError with the closest id for another name."""
        if name in self._metrics:
            return self._metrics[name]
        near = self.closest(name)
        hint = _("Did you mean “{name}”?").format(name=near) + " " if near else ""
        raise PerenneError(
            _("There is no metric “{name}”.").format(name=name),
            given=name,
            allowed=self.ids,
            next_step=hint + _("Choose among: {allowed}.").format(allowed=", ".join(self.ids)),
        )

    def closest(self, name: str) -> str | None:
        """Id that a name probably meant, by id, label or synonym in either language."""
        words = {word.casefold(): metric.id for metric in self for word in _words(metric)}
        found = closest(name.replace("_", " "), words) or closest(name, words)
        return words[found] if found else None

    def closure(self, ids: Iterable[str], *, lifespan: str) -> list[Metric]:
        """The metrics and all that they are made of, those first."""
        ordered: dict[str, Metric] = {}

        def visit(name: str) -> None:
            for inner in names(self[name].parsed):
                target = lifespan if inner == LIFESPAN else inner
                if target in self and target not in ordered:
                    visit(target)
            ordered[name] = self[name]

        for name in ids:
            visit(name)
        return list(ordered.values())

    def _check_names(self, metric: Metric) -> None:
        for name in names(metric.parsed):
            if name not in self and name not in FACTS and name != LIFESPAN:
                raise ValueError(f"{metric.id}: unknown name {name!r}")


def load_catalogue(*, extra: Iterable[Path] = ()) -> Catalogue:
    """Read the metrics of this part, then those of `extra` files, in order of file name."""
    added = [
        metric for path in extra for metric in read_metrics(path.read_text("utf-8"), path.name)
    ]
    try:
        return Catalogue([*_own_metrics(), *added])
    except ValueError as error:
        raise _broken(str(error)) from error


@cache
def _own_metrics() -> tuple[Metric, ...]:
    folder = resources.files("perenne.metrics") / "catalogue"
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=_name)
    return tuple(
        metric for one in files for metric in read_metrics(one.read_text("utf-8"), one.name)
    )


def read_metrics(text: str, name: str) -> list[Metric]:
    """The metrics of one file: a mapping from id to definition."""
    try:
        entries = yaml.load(text, Loader=_LOADER) or {}
        return [Metric(id=key, **entry) for key, entry in entries.items()]
    except (yaml.YAMLError, ValidationError, TypeError, AttributeError) as error:
        raise _broken(f"{name}: {error}") from error


def _broken(message: str) -> PerenneError:
    return PerenneError(
        _("The catalogue of metrics cannot be read: {message}").format(message=message),
        given=message,
        next_step=_("Correct the file."),
    )


def _name(file: object) -> str:
    return str(getattr(file, "name", ""))


def _words(metric: Metric) -> tuple[str, ...]:
    spoken = (metric.label.fr, metric.label.en, *metric.synonyms.fr, *metric.synonyms.en)
    return (metric.id, metric.id.replace("_", " "), *spoken)
