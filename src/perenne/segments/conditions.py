"""What a segment asks of a customer: ranges of scores, orders and days, as a person writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from perenne.text import gettext as _

SCORES = range(1, 6)
SCORE_NAMES = ("recency", "frequency", "monetary")


class Range(BaseModel):
    """Whole numbers from `min` to `max`, both included; a missing end is open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min: int | None = Field(default=None, ge=0, description="First number; unset: open below.")
    max: int | None = Field(default=None, ge=0, description="Last number; unset: open above.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError(_("give min, max or both"))
        if self.min is not None and self.max is not None and self.max < self.min:
            text = _("the range ends ({end}) before it starts ({start})")
            raise ValueError(text.format(end=self.max, start=self.min))
        return self

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int):
            return False
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)

    def __str__(self) -> str:
        if self.min == self.max:
            return str(self.min)
        if self.min is None:
            return f"≤{self.max}"
        return f"≥{self.min}" if self.max is None else f"{self.min}–{self.max}"


def _as_range(value: object) -> object:
    """Read `4` and `[4, 5]` as the ranges they stand for."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {"min": value, "max": value}
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise ValueError(_("a range is written [first, last]"))
        return {"min": value[0], "max": value[1]}
    return value


def _within_scores(value: Range) -> Range:
    for end in (value.min, value.max):
        if end is not None and end not in SCORES:
            raise ValueError(_("a score lies between 1 and 5, not at {value}").format(value=end))
    return value


AnyRange = Annotated[Range, BeforeValidator(_as_range)]
ScoreRange = Annotated[Range, BeforeValidator(_as_range), AfterValidator(_within_scores)]


class Condition(BaseModel):
    """All that is written here must hold; what is not written holds for everybody."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recency: ScoreRange | None = Field(None, description="Score for recency, 1 to 5.")
    frequency: ScoreRange | None = Field(None, description="Score for frequency, 1 to 5.")
    monetary: ScoreRange | None = Field(None, description="Score for revenue, 1 to 5.")
    orders: AnyRange | None = Field(None, description="Number of orders.")
    days_since_last_order: AnyRange | None = Field(None, description="Whole days.")
    inactive: bool | None = Field(
        None, description="Does the last order lie outside the inactivity window?"
    )

    @property
    def ranges(self) -> Mapping[str, Range]:
        """The ranges that are written, by the name of what they restrict."""
        names = (*SCORE_NAMES, "orders", "days_since_last_order")
        found = {name: getattr(self, name) for name in names}
        return {name: asked for name, asked in found.items() if asked is not None}

    def fits(self, customer: Mapping[str, Any]) -> bool:
        """Does this hold for a customer given as `{"recency": 5, ..., "inactive": False}`?"""
        if self.inactive is not None and customer["inactive"] is not self.inactive:
            return False
        return all(customer[name] in asked for name, asked in self.ranges.items())
