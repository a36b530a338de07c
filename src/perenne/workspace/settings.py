"""perenne.toml: what the owner of a workspace decides. Every field is documented and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from perenne.cleaning import CleaningSettings, ExchangeRate, Policy, TaxSettings
from perenne.core import PerenneError, closest
from perenne.identity import AccountSettings, AcquisitionSettings, IdentitySettings
from perenne.metrics import INTERACTIONS, MetricSettings
from perenne.models import PredictionSettings
from perenne.quality import QualitySettings
from perenne.segments import SegmentSettings
from perenne.text import gettext as _
from perenne.text import misfit
from perenne.workspace.policy import RetentionSettings
from perenne.workspace.secretless import require_bare_addresses, require_no_secret
from perenne.workspace.template import TEMPLATE


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShopSettings(_Section):
    """The shop itself."""

    name: str = Field("", description="Name of the shop, shown on reports.")
    currency: str = Field(
        "",
        pattern=r"^([A-Z]{3})?$",
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


class ImportSettings(_Section):
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


class ChannelSettings(_Section):
    """Orders that match every given pattern came through `channel`."""

    channel: str = Field(description="Name of the channel, as it shall stand in reports.")
    utm_source: str | None = Field(None, description="Pattern for the utm_source of the order.")
    utm_medium: str | None = Field(None, description="Pattern for the utm_medium of the order.")
    tag: str | None = Field(None, description="Pattern for one tag of the order.")


class MarginSettings(_Section):
    """What to do where the cost of goods is not known."""

    default_rate: Decimal | None = Field(
        None, ge=0, le=1, description="Margin rate of products without a known cost, 0 to 1."
    )
    missing_cost: Literal["refuse", "average"] = Field(
        "refuse",
        description="Without cost and default rate: no margin figures, or the average rate of the "
        "products whose cost is known.",
    )


class MetricsSection(_Section):
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


class PredictionsSection(_Section):
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


class ConnectionSettings(_Section):
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


class EngineSettings(_Section):
    """The engine that computes."""

    name: Literal["duckdb", "spark"] = Field(
        "duckdb", description="duckdb: in process; spark: for more than one machine can hold."
    )
    memory_limit: str = Field(
        "",
        pattern=r"^(\d+(\.\d+)? ?[KMGT]i?B)?$",
        description=(
            "Memory of DuckDB, for example 4GB; empty: an eighth of the machine's, at least 3 GB."
        ),
    )
    threads: int | None = Field(None, ge=1, description="Threads of DuckDB; unset: all.")
    master: str = Field(
        "local[*]",
        pattern=r"^(local(\[(\*|\d+)\])?|yarn|(spark|k8s)://.+)$",
        description="Where Spark runs: local[*], yarn, spark://host:7077 or k8s://https://host:443.",
    )
    conf: dict[str, str] = Field(
        {}, description='Settings of Spark as it writes them: { "spark.driver.memory" = "8g" }.'
    )


class LakeSettings(_Section):
    """Where tables lie. Without an address they lie in the folder of the workspace."""

    address: str = Field(
        "",
        pattern=r"^([a-z][a-z0-9+.-]+://[^\s]*[^\s/])?$",
        description="Bucket, and folder in it, that holds the tables: s3://bucket/shop. The folder "
        "of the workspace keeps settings, key, manifests and pointers to them.",
    )
    options: dict[str, Any] = Field(
        {},
        description="What the driver of fsspec is told, such as "
        '{ endpoint_url = "https://s3.example.com" }. Credentials belong into the environment.',
    )

    @field_validator("options")
    @classmethod
    def _holds_no_secret(cls, value: dict[str, Any]) -> dict[str, Any]:
        require_no_secret(value, place=_("the environment"))
        return value


class RefreshSettings(_Section):
    """How a refresh goes about it."""

    carry_over_from: int = Field(
        200_000,
        ge=0,
        description=(
            "Order lines from which a refresh takes over what nothing new speaks of from the "
            "snapshot before."
        ),
    )


class Settings(_Section):
    """The whole of perenne.toml."""

    shop: ShopSettings = ShopSettings()
    import_: ImportSettings = Field(ImportSettings(), alias="import")
    channels: tuple[ChannelSettings, ...] = ()
    cleaning: CleaningSettings = CleaningSettings()
    tax: TaxSettings = TaxSettings()
    quality: QualitySettings = QualitySettings()
    identity: IdentitySettings = IdentitySettings()
    accounts: AccountSettings = AccountSettings()
    acquisition: AcquisitionSettings = AcquisitionSettings()
    rates: tuple[ExchangeRate, ...] = ()
    margin: MarginSettings = MarginSettings()
    metrics: MetricsSection = MetricsSection()
    segments: SegmentSettings = SegmentSettings()
    predictions: PredictionsSection = PredictionsSection()
    retention: RetentionSettings = RetentionSettings()
    connections: dict[str, ConnectionSettings] = Field({})
    engine: EngineSettings = EngineSettings()
    lake: LakeSettings = LakeSettings()
    refresh: RefreshSettings = RefreshSettings()

    def policy(self, currency: str) -> Policy:
        return Policy(self.cleaning, self.tax, self.rates, currency)

    def metric_settings(self) -> MetricSettings:
        section = self.metrics
        return MetricSettings(
            inactivity_days=section.inactivity_days,
            lifespan=section.lifespan,
            margin_default_rate=self.margin.default_rate,
            missing_cost=self.margin.missing_cost,
            include_guests=section.include_guests,
            returns_on=section.returns_on,
            min_group=section.min_group,
            discount_rate=section.discount_rate,
            activation_days=section.activation_days,
            interactions=section.interactions,
        )

    def prediction_settings(self) -> PredictionSettings:
        section = self.predictions
        return PredictionSettings(
            contenders=section.contenders,
            origins=section.origins,
            draws=section.draws,
            judged_customers=section.judged_customers,
            discount_rate=float(self.metrics.discount_rate),
        )


def load(path: Path) -> Settings:
    """The settings in a perenne.toml. Raises PerenneError that names every wrong key at once."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PerenneError(
            _("{file} is not valid TOML: {reason}.").format(file=path.name, reason=error),
            given=str(path),
            next_step=_("Correct that line; docs/reference/settings.md shows every setting."),
        ) from error
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise PerenneError(
            _("{file} has settings that cannot be used: {problems}.").format(
                file=path.name, problems="; ".join(_problems(error))
            ),
            given=str(path),
            next_step=_("docs/reference/settings.md lists every setting and what it allows."),
        ) from error


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            yield _unknown_key(key, tuple(map(str, problem["loc"])))
        else:
            # Of a connection nothing is quoted: it may be a secret in the wrong place.
            given = "…" if key.startswith("connections") else problem.get("input")
            yield _("{key} = {given!r}: {reason}").format(
                key=key, given=given, reason=misfit(problem)
            )


def _unknown_key(key: str, path: tuple[str, ...]) -> str:
    model: type[BaseModel] | None = Settings
    for part in path[:-1]:
        model = _section_of(model, part) if model else None
    near = closest(path[-1], _keys(model)) if model else None
    if near:
        return _("{key} is not a setting; did you mean {near}?").format(key=key, near=near)
    return _("{key} is not a setting").format(key=key)


def _section_of(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    for name, field in model.model_fields.items():
        if key in (name, field.alias) and isinstance(field.annotation, type):
            return field.annotation if issubclass(field.annotation, BaseModel) else None
    return None


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def template(*, name: str, currency: str, time_zone: str, language: str) -> str:
    """The perenne.toml of a new workspace: the shop, and the settings most people look for."""
    return TEMPLATE.format(
        name=_quoted(name), currency=currency, time_zone=time_zone, language=language
    )


def checked_template(*, name: str, currency: str, time_zone: str, language: str) -> str:
    """`template`, once it is sure that its values are allowed. Raises PerenneError otherwise."""
    values = {"name": name, "currency": currency, "time_zone": time_zone, "language": language}
    try:
        ShopSettings.model_validate(values)
    except ValidationError as error:
        raise PerenneError(
            _("The workspace cannot be made: {problems}.").format(
                problems="; ".join(_problems(error))
            ),
            given=values,
            next_step=_("A currency is written EUR, a time zone Europe/Paris."),
        ) from error
    return template(name=name, currency=currency, time_zone=time_zone, language=language)


def channel_table(rules: Iterable[Mapping[str, str]]) -> str:
    """`[[channels]]` tables for perenne.toml."""
    return "".join(
        "\n[[channels]]\n" + "".join(f'{key} = "{_quoted(text)}"\n' for key, text in rule.items())
        for rule in rules
    )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def as_mapping(settings: Settings) -> Mapping[str, Any]:
    """The settings as plain values, for manifests."""
    values: Mapping[str, Any] = settings.model_dump(mode="json", by_alias=True)
    return values
