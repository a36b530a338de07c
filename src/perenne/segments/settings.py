"""What a workspace may choose about its segments; the defaults stand in `segments.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from perenne.core import PerenneError
from perenne.segments.conditions import Condition
from perenne.text import LANGUAGES, misfit
from perenne.text import gettext as _

Scoring = Literal["quintiles", "thresholds"]
Share = Annotated[Decimal, Field(gt=0, lt=1)]


def _as_texts(value: object) -> object:
    """One text for both languages may be written as a plain string."""
    return {"en": value, "fr": value} if isinstance(value, str) else value


def _in_known_languages(texts: dict[str, str]) -> dict[str, str]:
    if unknown := sorted(texts.keys() - set(LANGUAGES)):
        text = _("not a language spoken here: {languages}")
        raise ValueError(text.format(languages=", ".join(unknown)))
    return texts


def _as_list(value: object) -> object:
    return [value] if isinstance(value, Mapping | Condition) else value


Texts = Annotated[dict[str, str], BeforeValidator(_as_texts), AfterValidator(_in_known_languages)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Settings):
    """One named segment: whoever meets one condition of `when` and no earlier rule."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Code in tables and files.")
    label: Texts = Field(min_length=1, description="Name, by language or one for both.")
    description: Texts = Field(default_factory=dict, description="One sentence on who is in it.")
    when: Annotated[tuple[Condition, ...], BeforeValidator(_as_list)] = Field(
        min_length=1, description="One condition, or several of which one is enough."
    )

    def fits(self, customer: Mapping[str, Any]) -> bool:
        return any(condition.fits(customer) for condition in self.when)


class Thresholds(_Settings):
    """Fixed cuts, rising, that part the scores.

    `recency_days` = (a, b, c, d): up to a days scores 5, up to b 4, up to c 3, up to d 2, more 1.
    `orders` and `revenue` = (a, b, c, d): below a scores 1, from a 2, from b 3, from c 4, from d 5.
    """

    recency_days: tuple[int, int, int, int] = Field(
        (30, 90, 180, 365), description="Most days since the last order for scores 5, 4, 3, 2."
    )
    orders: tuple[int, int, int, int] = Field(
        (2, 3, 5, 10), description="Fewest orders for scores 2, 3, 4, 5."
    )
    revenue: tuple[Decimal, Decimal, Decimal, Decimal] = Field(
        (Decimal(50), Decimal(100), Decimal(250), Decimal(500)),
        description="Lowest revenue for scores 2, 3, 4, 5.",
    )

    @field_validator("recency_days", "orders", "revenue")
    @classmethod
    def _rising(cls, cuts: Sequence[Any]) -> Sequence[Any]:
        if any(left >= right for left, right in pairwise(cuts)):
            raise ValueError(_("the four cuts must rise"))
        return cuts


class Sizes(_Settings):
    """Large buyers are the `large` share with the highest revenue, medium the next `medium`."""

    large: Share = Field(Decimal("0.20"), description="Share of customers that are large buyers.")
    medium: Share = Field(Decimal("0.30"), description="Share that are medium buyers; rest: small.")

    @model_validator(mode="after")
    def _leaves_small(self) -> Self:
        if self.large + self.medium >= 1:
            raise ValueError(_("large and medium together must leave a share for small"))
        return self


@cache
def default_rules() -> tuple[Rule, ...]:
    """The rules that ship with the product."""
    text = resources.files("perenne.segments").joinpath("segments.yaml").read_text("utf-8")
    return tuple(Rule.model_validate(rule) for rule in yaml.safe_load(text)["rules"])


class SegmentSettings(_Settings):
    """How customers are scored, named and ranked."""

    scoring: Scoring = Field(
        "quintiles", description="Rank customers among themselves, or cut at fixed thresholds."
    )
    thresholds: Thresholds = Field(
        default_factory=Thresholds, description="The cuts when scoring is thresholds."
    )
    rules: tuple[Rule, ...] = Field(
        default_factory=default_rules,
        min_length=1,
        description="The segments, in the order in which they are tried; replaces the whole list.",
    )
    sizes: Sizes = Field(default_factory=Sizes, description="Large, medium and small buyers.")
    hvc_share: Share = Field(
        Decimal("0.20"), description="Share of customers that are high-value customers."
    )
    opportunity_share: Share = Field(
        Decimal("0.20"), description="Share of customers marked as top opportunity."
    )
    min_customers: int = Field(
        30, ge=1, description="Fewer are too few for a cohort or an observed chance."
    )

    @field_validator("rules")
    @classmethod
    def _named_once(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        ids = [rule.id for rule in rules]
        if twice := sorted({id for id in ids if ids.count(id) > 1}):
            raise ValueError(_("named twice: {names}").format(names=", ".join(twice)))
        return rules


def read_settings(given: Mapping[str, Any] | None = None) -> SegmentSettings:
    """Settings from the `[segments]` table of perenne.toml; what is not given keeps its default.

    `rules`, when given, replaces the whole list. Raises `PerenneError` that names every wrong
    setting.
    """
    try:
        return SegmentSettings.model_validate(dict(given or {}))
    except ValidationError as error:
        wrong = [f"{_path(problem['loc'])} ({_said(problem)})" for problem in error.errors()]
        raise PerenneError(
            _("The segment settings cannot be read: {problems}.").format(problems="; ".join(wrong)),
            given=given,
            allowed=SegmentSettings.model_fields,
            next_step=_("Correct [segments] in perenne.toml."),
        ) from error


def _said(problem: ErrorDetails) -> str:
    """What is wrong with one setting, in the person's language."""
    if problem["type"] in ("value_error", "extra_forbidden", "missing"):
        return misfit(problem)
    text = _("“{value}” is not accepted: {reason}")
    return text.format(value=problem["input"], reason=misfit(problem))


def _path(location: Sequence[str | int]) -> str:
    return ".".join(("segments", *(str(step) for step in location)))
