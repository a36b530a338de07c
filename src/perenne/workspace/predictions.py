"""Predictions of a snapshot: what `models` needs of the tables, and where its answer goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from perenne.core import PerenneError
from perenne.metrics import build_marts, in_force, learn_inactivity
from perenne.models import PredictionSettings
from perenne.models.ledger import day_of
from perenne.segments import name_segments
from perenne.text import gettext as _
from perenne.text import spoken
from perenne.warehouse import Engine, Table
from perenne.workspace import snapshots
from perenne.workspace.layout import Layout
from perenne.workspace.settings import Settings

if TYPE_CHECKING:
    from perenne.models.choosing import Judged
    from perenne.models.earlier import Earlier
    from perenne.models.subscriber_judging import EarlierSubscriptions

__all__ = [
    "Predictions",
    "day_of",
    "judge_shop",
    "predict_snapshot",
    "predict_subscriptions",
    "predicted_totals",
    "segments_as_of",
]

Fetch = Callable[[Any], pa.Table]
# What the columns of amounts in `prediction_totals` begin with.
AMOUNTS = ("mean", "median", "lo", "hi", "margin", "net")


@dataclass(frozen=True)
class Predictions:
    """Tables by name, and what the manifest says of the models."""

    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    manifest: Mapping[str, Any] | None = None


def predict_snapshot(
    tables: Mapping[str, Table],
    *,
    as_of: date,
    settings: Settings,
    engine: Engine,
    layout: Layout,
    progress: Callable[[str], None],
) -> Predictions:
    """Predict from the tables of a refresh; nothing when switched off or nobody has bought.

    What keeps the models from predicting keeps no refresh from publishing: the manifest says it.
    """
    if not settings.predictions.enabled:
        return Predictions()
    from perenne.models.jobs import predict

    try:
        found = predict(
            tables,
            as_of=as_of,
            settings=settings.prediction_settings(),
            fetch=engine.fetch,
            previous=_previous(layout, engine, as_of),
            segments_at=segments_as_of(tables, settings=settings, fetch=engine.fetch),
            progress=progress,
        )
    except PerenneError as refusal:
        said = spoken(refusal.what, refusal.next_step)
        refused = {f"refused_{language}": text for language, text in said.items()}
        return Predictions(manifest={"as_of": as_of.isoformat(), **refused})
    return Predictions(found.tables, found.manifest) if found else Predictions()


def predict_subscriptions(
    tables: Mapping[str, Table],
    *,
    as_of: date,
    settings: Settings,
    engine: Engine,
    layout: Layout,
) -> Predictions:
    """What subscriptions will still bring; nothing when switched off or none is paid for."""
    if not settings.predictions.enabled:
        return Predictions()
    held = in_force(tables, as_of)
    rows = engine.fetch(held.filter(held.mrr > 0).order_by("subscription_id")).to_pylist()
    if not rows:
        return Predictions()
    import numpy as np

    from perenne.models.subscribers import predict_subscribers

    wanted = settings.prediction_settings()
    found = predict_subscribers(
        rows,
        as_of=as_of,
        discount_rate=wanted.discount_rate,
        draws=wanted.draws,
        rng=np.random.default_rng(as_of.toordinal()),
        earlier=_said_of_subscriptions(layout, engine, as_of),
    )
    return Predictions(found.tables, found.manifest)


def _said_of_subscriptions(
    layout: Layout, engine: Engine, as_of: date
) -> EarlierSubscriptions | None:
    """What the published snapshot says of subscriptions, when it was made before `as_of`."""
    from perenne.models.subscriber_judging import EarlierSubscriptions

    known = _published(layout, as_of, ("subscription_predictions",))
    said = known.manifest.get("subscriptions") if known else None
    if known is None or not said:
        return None
    told = engine.read(known.table_path("subscription_predictions"))
    rows = engine.fetch(told.select("subscription_id", "interval")).to_pylist()
    return EarlierSubscriptions(known.as_of, rows, said)


def _previous(layout: Layout, engine: Engine, as_of: date) -> Earlier | None:
    """The published snapshot's predictions, when they were made before `as_of`."""
    from perenne.models.earlier import Earlier

    needed = ("predictions", "prediction_totals", "prediction_months")
    known = _published(layout, as_of, needed)
    if known is None:
        return None
    tables = {name: engine.fetch(engine.read(known.table_path(name))) for name in needed}
    return Earlier(known.as_of, tables, known.manifest.get("prediction") or {})


def _published(layout: Layout, as_of: date, needed: Sequence[str]) -> snapshots.Snapshot | None:
    """The published snapshot, where it was made before `as_of` and has these tables."""
    try:
        known = snapshots.current(layout)
    except PerenneError:
        return None
    return known if known.as_of < as_of and set(needed) <= set(known.tables) else None


def judge_shop(
    tables: Mapping[str, Table],
    *,
    as_of: date,
    settings: Settings,
    wanted: PredictionSettings,
    horizon_days: int,
    fetch: Fetch,
    progress: Callable[[str, int, int], None],
) -> Judged:
    """A backtest of a snapshot, on request: any horizon, any origins, any contenders."""
    from perenne.models.jobs import backtest

    return backtest(
        tables,
        as_of=as_of,
        settings=wanted,
        horizon_days=horizon_days,
        fetch=fetch,
        segments_at=segments_as_of(tables, settings=settings, fetch=fetch),
        progress=progress,
    )


def segments_as_of(
    tables: Mapping[str, Table], *, settings: Settings, fetch: Fetch
) -> Callable[[date], dict[str, str | None]]:
    """Segments of a past day: the rules of today on the marts as they stood then.

    `tables`: the canonical tables; the inactivity window is that of the gaps known on that day.
    """
    measured = settings.metric_settings()

    def told(day: date) -> dict[str, str | None]:
        marts = build_marts(tables, as_of=day, settings=measured)
        window = learn_inactivity({**tables, **marts}, settings=measured, fetch=fetch)
        named = name_segments(
            marts["customer_facts"], settings=settings.segments, inactivity_days=window
        )
        found = fetch(named.select("customer_id", "segment"))
        customers, segments = (found[name].to_pylist() for name in ("customer_id", "segment"))
        return dict(zip(customers, segments, strict=True))

    return told


def predicted_totals(tables: Mapping[str, Table], fetch: Fetch) -> pa.Table:
    """One row per group and horizon, in the order of dimension, horizon and value; amounts as
    decimals, as everywhere. Raises PerenneError for a snapshot without predictions.
    """
    if "prediction_totals" not in tables:
        raise PerenneError(
            _("The snapshot holds no prediction."),
            next_step=_("Switch on [predictions] in perenne.toml, then run perenne refresh."),
        )
    found = fetch(tables["prediction_totals"])
    keys = ("dimension", "horizon_months", "value")
    found = found.sort_by([(key, "ascending") for key in keys])
    for place, name in enumerate(found.column_names):
        if name.startswith(AMOUNTS) and pa.types.is_floating(found[name].type):
            amount = pc.round(found[name], ndigits=4).cast(pa.decimal128(18, 4), safe=False)
            found = found.set_column(place, name, amount)
    return found
