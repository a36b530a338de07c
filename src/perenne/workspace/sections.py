"""The sections of perenne.toml that are the workspace's own; parts above bring theirs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from perenne.core import PerenneError
from perenne.metrics import INTERACTIONS, MetricSettings
from perenne.models import PredictionSettings
from perenne.text import gettext as _
from perenne.warehouse import DRIVERS, pattern_fault
from perenne.workspace.secretless import (
    carries_secret,
    require_bare_addresses,
    require_no_secret,
)

_SCHEMES = ("file", *DRIVERS)
"""Where a lake may lie (docs/how-to/keep-tables-in-a-bucket.md)."""


class Section(BaseModel):
    """Refuses keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ShopSettings(Section):
    """The shop itself."""

    name: str = Field("", description="Name of the shop, shown on reports.")
    currency: str = Field(
        "",
        pattern=r"^([A-Z]{3})?$",
        examples=["EUR"],
        description="ISO code of the currency to count in. Empty: the one currency of the data; "
        "data in several currencies are refused until rates are given.",
    )
    time_zone: str = Field(
        "Europe/Paris", description="IANA time zone that decides on which day an order falls."
    )
    language: Literal["en", "fr"] = Field("en", description="Language of reports and messages.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(_("no such time zone: {name}").format(name=value))
        ZoneInfo(value)
        return value


class ImportSettings(Section):
    """How files are read."""

    date_order: Literal["", "dmy", "mdy", "ymd"] = Field(
        "", description="Order of day and month where a file leaves it open, such as 03/04/2025."
    )
    decimal_mark: Literal["", ".", ","] = Field(
        "", description="Decimal mark where a file leaves it open, such as 1,234."
    )
    earliest: date = Field(
        date(1990, 1, 1), description="Orders before this day are refused as mistakes."
    )

    @field_validator("earliest")
    @classmethod
    def _is_past(cls, value: date) -> date:
        if value > date.today():
            raise ValueError(_("no order could be that late: a past day is expected"))
        return value


class ChannelSettings(Section):
    """Orders that match every given pattern came through `channel`."""

    channel: str = Field(description="Name of the channel, as it shall stand in reports.")
    utm_source: str | None = Field(None, description="Pattern for the utm_source of the order.")
    utm_medium: str | None = Field(None, description="Pattern for the utm_medium of the order.")
    tag: str | None = Field(None, description="Pattern for one tag of the order.")

    @field_validator("channel")
    @classmethod
    def _has_a_name(cls, value: str) -> str:
        if not value.strip():
            raise ValueError(_("a channel needs a name"))
        return value

    @field_validator("utm_source", "utm_medium", "tag")
    @classmethod
    def _can_be_read(cls, value: str | None) -> str | None:
        if value is not None and (fault := pattern_fault(value)):
            raise ValueError(fault)
        return value

    @model_validator(mode="after")
    def _fits_something(self) -> Self:
        if (self.utm_source, self.utm_medium, self.tag) == (None, None, None):
            raise ValueError(
                _("the channel “{name}” needs one of: utm_source, utm_medium, tag").format(
                    name=self.channel
                )
            )
        return self


class MarginSettings(Section):
    """What to do where the cost of goods is not known."""

    default_rate: Decimal | None = Field(
        None, ge=0, le=1, description="Margin rate of products without a known cost, 0 to 1."
    )
    missing_cost: Literal["refuse", "average"] = Field(
        "refuse",
        description="Without cost and default rate: no margin figures, or the average rate of the "
        "products whose cost is known.",
    )

    @property
    def averages(self) -> bool:
        """Does an unknown cost hang on all sales whose cost is known?"""
        return self.default_rate is None and self.missing_cost == "average"


class MetricsSection(Section):
    """Conventions of the figures."""

    inactivity_days: int | None = Field(
        None,
        ge=1,
        description="A customer is active while the last order is at most this many days ago. "
        "Unset: learnt from the gaps between purchases.",
    )
    lifespan: Literal["implied", "observed"] = Field(
        "implied", description="Lifespan of the simple CLV: 1 / annual churn, or as observed."
    )
    include_guests: bool = Field(
        True, description="Count orders without a customer in revenue, orders and average basket."
    )
    returns_on: Literal["return_day", "order_day"] = Field(
        "return_day", description="Day on which a return reduces revenue."
    )
    min_group: int = Field(
        30, ge=0, description="Groups smaller than this are shown with a warning."
    )
    discount_rate: Decimal = Field(
        Decimal("0.10"), ge=0, le=1, description="Yearly rate at which future value is discounted."
    )
    activation_days: int = Field(
        30,
        ge=1,
        description="A new customer is activated by an interaction within so many days after the "
        "day of the first purchase.",
    )
    interactions: tuple[str, ...] = Field(
        INTERACTIONS,
        description="Kinds of events that count as an interaction; survey: an answer to one. Also "
        "allowed: email_open, subscribe, ticket, call, other.",
    )

    @field_validator("interactions")
    @classmethod
    def _known_interactions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            MetricSettings(interactions=value)
        except PerenneError as refusal:
            raise ValueError(f"{refusal.what} {refusal.next_step}".rstrip(". ")) from refusal
        return value


class PredictionsSection(Section):
    """What customers will be worth."""

    enabled: bool = Field(True, description="Predict at each refresh.")
    contenders: tuple[str, ...] = Field(
        (), description="Models to choose among, by id; empty: all that suit the shop."
    )
    origins: int = Field(
        3, ge=1, le=24, description="Past days from which the contenders are judged."
    )
    draws: int = Field(
        400, ge=100, le=5000, description="Possible futures drawn for each interval."
    )
    judged_customers: int = Field(
        20_000, ge=500, description="Most customers on whom the contenders are judged."
    )

    @field_validator("contenders")
    @classmethod
    def _known_contenders(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            PredictionSettings(contenders=value)
        except PerenneError as refusal:
            raise ValueError(f"{refusal.what} {refusal.next_step}".rstrip(".")) from refusal
        return value


class ConnectionSettings(Section):
    """A live source. Each kind adds its own keys: docs/reference/connectors.md lists them."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str = Field(description="Kind of platform: perenne connect lists them.")
    store: str = Field("", description="Name of the shop, when several use the same platform.")
    streams: tuple[str, ...] = Field((), description="What to read; empty: all that the kind has.")

    @model_validator(mode="after")
    def _holds_no_secret(self) -> Self:
        require_no_secret(self.model_extra or {}, place="secrets.toml")
        require_bare_addresses(self.model_extra or {}, place="secrets.toml")
        return self


class EngineSettings(Section):
    """The engine that computes."""

    name: Literal["duckdb", "spark"] = Field(
        "duckdb", description="duckdb: in process; spark: for more than one machine can hold."
    )
    memory_limit: str = Field(
        "",
        pattern=r"^(\d+(\.\d+)? ?[KMGT]i?B)?$",
        examples=["4GB"],
        description=(
            "Memory of DuckDB, for example 4GB; empty: an eighth of the machine's, at least 3 GB."
        ),
    )
    threads: int | None = Field(None, ge=1, description="Threads of DuckDB; unset: all.")
    master: str = Field(
        "local[*]",
        pattern=r"^(local(\[(\*|[1-9]\d*)\])?|yarn|(spark|k8s)://.+)$",
        examples=["local[4]"],
        description="Where Spark runs: local[*], yarn, spark://host:7077 or k8s://https://host:443.",
    )
    conf: dict[str, str] = Field(
        {}, description='Settings of Spark as it writes them: { "spark.driver.memory" = "8g" }.'
    )


class LakeSettings(Section):
    """Where tables lie. Without an address they lie in the folder of the workspace."""

    address: str = Field(
        "",
        pattern=r"^([a-z][a-z0-9+.-]+://[^\s]*[^\s/])?$",
        examples=["s3://bucket/shop"],
        description="Bucket, and folder in it, that holds the tables: s3://bucket/shop. The folder "
        "of the workspace keeps settings, key, manifests and pointers to them.",
    )
    options: dict[str, Any] = Field(
        {},
        description="What the driver of fsspec is told, such as "
        '{ endpoint_url = "https://s3.example.com" }. Credentials belong into the environment.',
    )

    @field_validator("address")
    @classmethod
    def _is_kept(cls, value: str) -> str:
        """Of another store (`memory://`) nothing would be left; a secret would be shown."""
        scheme = value.partition("://")[0]
        if value and scheme not in _SCHEMES:
            raise ValueError(
                _("{scheme}:// is no store for tables; one of these is: {names}").format(
                    scheme=scheme, names=", ".join(f"{name}://" for name in _SCHEMES)
                )
            )
        if carries_secret(value):
            raise ValueError(
                _("credentials stand in the address: they belong into the environment")
            )
        return value

    @field_validator("options")
    @classmethod
    def _holds_no_secret(cls, value: dict[str, Any]) -> dict[str, Any]:
        require_no_secret(value, place=_("the environment"))
        if any(carries_secret(one) for one in value.values() if isinstance(one, str)):
            raise ValueError(_("credentials stand in an address: they belong into the environment"))
        return value


class SnapshotSettings(Section):
    """How many snapshots are kept."""

    keep: int | None = Field(
        None,
        ge=2,
        description="After a refresh only so many of the newest are kept, and the published one. "
        "Unset: all. Who still reads the one before needs two.",
    )


class RefreshSettings(Section):
    """How a refresh goes about it."""

    carry_over_from: int = Field(
        200_000,
        ge=0,
        description=(
            "Order lines from which a refresh takes over what nothing new speaks of from the "
            "snapshot before."
        ),
    )
