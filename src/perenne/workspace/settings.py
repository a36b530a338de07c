"""perenne.toml: what the owner of a workspace decides. Every field is documented and checked."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, get_args

from pydantic import BaseModel, Field, ValidationError, model_validator

from perenne.cleaning import CleaningSettings, ExchangeRate, Policy, TaxSettings
from perenne.core import PerenneError, closest
from perenne.identity import AccountSettings, AcquisitionSettings, IdentitySettings
from perenne.metrics import MetricSettings
from perenne.models import PredictionSettings
from perenne.quality import LIMITS, QualitySettings
from perenne.segments import SegmentSettings
from perenne.text import gettext as _
from perenne.text import misfit, unknown
from perenne.workspace.policy import RetentionSettings
from perenne.workspace.sections import (
    ChannelSettings,
    ConnectionSettings,
    EngineSettings,
    ImportSettings,
    LakeSettings,
    MarginSettings,
    MetricsSection,
    PredictionsSection,
    RefreshSettings,
    Section,
    ShopSettings,
    SnapshotSettings,
)
from perenne.workspace.template import TEMPLATE


class Settings(Section):
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
    snapshots: SnapshotSettings = SnapshotSettings()

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """What no section can tell alone."""
        checks = [*self.quality.skip, *self.quality.limits]
        for name in checks:
            if name.partition(":")[0] not in LIMITS:
                key = "quality.skip" if name in self.quality.skip else "quality.limits"
                raise ValueError(f"{key}: {unknown(name, LIMITS)}")
        since = [(one.currency, one.since) for one in self.rates]
        for currency, day in since:
            if currency == self.shop.currency:
                raise ValueError(
                    _("rates: {currency} is the currency of the shop, whose rate is 1").format(
                        currency=currency
                    )
                )
            if since.count((currency, day)) > 1:
                raise ValueError(
                    _("rates: {currency} has two rates from {day} on").format(
                        currency=currency, day=day.isoformat()
                    )
                )
        return self

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
    values = _read(path)
    try:
        # Written as JSON, types are taken as they stand: "2" is no number, "yes" not true.
        Settings.model_validate_json(json.dumps(values, default=str), strict=True)
        return Settings.model_validate(values)
    except ValidationError as error:
        raise PerenneError(
            _("{file} has settings that cannot be used: {problems}.").format(
                file=path.name, problems="; ".join(_problems(error))
            ),
            given=str(path),
            next_step=_("docs/reference/settings.md lists every setting and what it allows."),
        ) from error


def _read(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PerenneError(
            _("{file} is not written in UTF-8: line {line} has a sign of another encoding.").format(
                file=path.name, line=line
            ),
            given=str(path),
            next_step=_("Write that line anew, or save the file in the encoding UTF-8."),
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise PerenneError(
            _("{file} is not valid TOML: {reason}.").format(file=path.name, reason=_fault(error)),
            given=str(path),
            next_step=_("Correct that line; docs/reference/settings.md shows every setting."),
        ) from error


def _fault(error: tomllib.TOMLDecodeError) -> str:
    """What is wrong with a TOML file; Python writes a table that stands twice as a tuple."""
    twice = re.match(r"Cannot declare \((.+?),?\) twice \(at line (\d+)", str(error))
    if not twice:
        return str(error)
    name = ".".join(part.strip(" '\"") for part in twice[1].split(","))
    return _("[{name}] stands twice, the second time on line {line}").format(
        name=name, line=twice[2]
    )


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        path = tuple(map(str, problem["loc"]))
        key = ".".join(path)
        if problem["type"] == "extra_forbidden":
            yield _unknown_key(key, path)
        elif problem["type"] == "value_error" and len(path) < 2:
            # What several settings say together; the reason names them.
            yield ": ".join(filter(None, (key, misfit(problem))))
        else:
            yield _("{key} = {given!r}: {reason}").format(
                key=key,
                given="…" if _may_hold_secret(path, problem) else problem.get("input"),
                reason=misfit(problem, example=_example(path)),
            )


def _may_hold_secret(path: tuple[str, ...], problem: Mapping[str, Any]) -> bool:
    """Of a connection nothing is quoted: it may be a secret in the wrong place."""
    if path[0] == "lake":
        return path[1:2] != ("address",) or any(mark in str(problem["input"]) for mark in "@?")
    return path[0] == "connections"


def _example(path: tuple[str, ...]) -> str | None:
    """What is allowed where a setting has a form of its own."""
    model: type[BaseModel] | None = Settings
    for part in path[:-1]:
        if model and not part.isdecimal():  # the number of a table in a list
            model = _section_of(model, part)
    field = model.model_fields.get(path[-1]) if model else None
    return f'"{field.examples[0]}"' if field and field.examples else None


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
        if key in (name, field.alias):
            kinds = (field.annotation, *get_args(field.annotation))
            return next(
                (k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None
            )
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
