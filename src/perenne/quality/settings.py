"""What the owner of a workspace decides in `[quality]` of perenne.toml."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LimitSettings(BaseModel):
    """Limits of one check: the share of rows that may fail it. A limit left out is not applied."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    warning: float | None = Field(
        None, ge=0, le=1, description="Share of failing rows from which it is a warning."
    )
    error: float | None = Field(None, ge=0, le=1, description="From which it is an error.")
    critical: float | None = Field(None, ge=0, le=1, description="From which it is critical.")


class QualitySettings(BaseModel):
    """How imports are judged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_import: bool = Field(
        False,
        description="Write the quality report at each `perenne import`, where the extra `quality` "
        "is installed; it takes some seconds per file.",
    )
    fails_on: Literal["warning", "error", "critical"] = Field(
        "error", description="Level from which `perenne quality --strict` ends with exit code 1."
    )
    skip: tuple[str, ...] = Field((), description="Names of checks that are not made.")
    outlier_spread: float = Field(
        4.0,
        ge=1,
        description="An amount is an outlier beyond this many times the usual spread (the "
        "interquartile range of the logarithms) above the third quartile.",
    )
    price_tolerance: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Share by which prices of a product may differ between sources without being "
        "listed.",
    )
    stock_tolerance: float = Field(
        0.0, ge=0, description="Units by which stocks of a product may differ between sources."
    )
    limits: dict[str, LimitSettings] = Field(
        {}, description="Limits of a check, by its name, in place of its own."
    )
