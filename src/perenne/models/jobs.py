"""Predict a snapshot: read the past, judge the contenders, tell what is to come. Called by
`workspace` only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from perenne.core import PerenneError, add_months
from perenne.models.choosing import Judged, SegmentsAt, choose, groups_of, judge, judged_further
from perenne.models.contenders.births import late_start
from perenne.models.contenders.probability import FOR_REGULAR, SOURCES, regularity_of
from perenne.models.earlier import Earlier, refit
from perenne.models.judging.backtest import Progress as JudgeProgress
from perenne.models.judging.gate import gate
from perenne.models.ledger import Ledger
from perenne.models.reading import ledger_from
from perenne.models.schema import HORIZONS
from perenne.models.scoring import map_table, purchase_tables, score_tables
from perenne.models.settings import PredictionSettings
from perenne.models.tables import Tables, customer_attributes, event_rows, ledger_rows
from perenne.models.telling import Teller, Told
from perenne.text import gettext as _
from perenne.text import remembered, use_language

Fetch = Callable[[Any], pa.Table]
Progress = Callable[[str], None]
YEAR = 365
LANGUAGES = ("en", "fr")
T = TypeVar("T")


@dataclass(frozen=True)
class Predicted:
    """Tables by name (those of `PREDICTED`), and what the manifest says of the models."""

    tables: Mapping[str, pa.Table]
    manifest: Mapping[str, Any]


def predict(
    tables: Tables,
    *,
    as_of: date,
    settings: PredictionSettings,
    fetch: Fetch,
    previous: Earlier | None = None,
    segments_at: SegmentsAt | None = None,
    progress: Progress = lambda text: None,
) -> Predicted | None:
    """Judge, choose and predict; None when nobody has bought yet.

    `tables`: marts, customers, costs and segments of the snapshot. previous: what an
    earlier snapshot said, which is scored on what has happened since.
    segments_at: segments as of a past day, by which forecasts are judged too.
    """
    with remembered():
        return _predicted(
            tables,
            as_of=as_of,
            settings=settings,
            fetch=fetch,
            previous=previous,
            segments_at=segments_at,
            progress=progress,
        )


def _predicted(
    tables: Tables,
    *,
    as_of: date,
    settings: PredictionSettings,
    fetch: Fetch,
    previous: Earlier | None,
    segments_at: SegmentsAt | None,
    progress: Progress,
) -> Predicted | None:
    ledger, labels = read_ledger(tables, as_of=as_of, fetch=fetch)
    if not ledger.customers:
        return None
    rng = np.random.default_rng(settings.seed)
    judged = None
    if gate(ledger, horizon=YEAR).passed:
        judged = judge(
            ledger,
            horizon=YEAR,
            settings=settings,
            rng=rng,
            groups=groups_of(labels["channel"], segments_at),
            progress=lambda name, done, total: progress(
                _("Judging the models ({done} of {total})").format(done=done + 1, total=total)
            ),
        )
        judged = judged_further(
            judged,
            ledger,
            horizons=[(add_months(as_of, months) - as_of).days for months in HORIZONS[1:]],
            settings=settings,
            rng=rng,
        )
    progress(_("Predicting"))
    told = Told(
        segments=_told_of("segments", "segment", tables, ledger, fetch=fetch),
        labels=labels,
        retention=_retention(tables, as_of, fetch),
        accounts=_told_of("customers", "account_id", tables, ledger, fetch=fetch),
    )
    teller = Teller(ledger, judged, told, settings=settings, rng=rng)
    found = teller.tables(HORIZONS)
    if judged is not None:
        found |= score_tables(judged)
        if teller.companion is not None:
            found |= purchase_tables(ledger, judged, teller.companion.name, rng=rng)
            found["model_map"] = map_table(teller.companion.model, ledger)
    manifest = teller.manifest() | {
        "as_of": as_of.isoformat(),
        "gate": _gate_values(ledger),
        "champion": _champion_values(judged),
        "truncation": _late_start(ledger) if judged else None,
        "regularity": _regularity(ledger, settings) if judged else None,
        "refit": refit(ledger, previous),
    }
    return Predicted(found, manifest)


def backtest(
    tables: Tables,
    *,
    as_of: date,
    settings: PredictionSettings,
    horizon_days: int,
    fetch: Fetch,
    segments_at: SegmentsAt | None = None,
    progress: JudgeProgress | None = None,
) -> Judged:
    """Judge the contenders of the settings on the past of a snapshot. PerenneError without one."""
    ledger, labels = read_ledger(tables, as_of=as_of, fetch=fetch)
    if not ledger.customers:
        raise PerenneError(
            _("There is no customer to judge forecasts on."),
            next_step=_("Import orders that name their customers."),
        )
    return judge(
        ledger,
        horizon=horizon_days,
        settings=settings,
        rng=np.random.default_rng(settings.seed),
        groups=groups_of(labels["channel"], segments_at),
        progress=progress,
    )


def read_ledger(
    tables: Tables, *, as_of: date, fetch: Fetch
) -> tuple[Ledger, dict[str, list[str | None]]]:
    """The ledger of a snapshot, and the names behind the codes of its attributes."""
    rows = fetch(ledger_rows(tables, as_of=as_of))
    attributes = fetch(customer_attributes(tables))
    labels = {
        name: sorted(one for one in attributes[name].unique().to_pylist() if one is not None)
        for name in ("channel", "country", "first_category")
    }
    told = fetch(event_rows(tables, as_of=as_of)) if "events" in tables else None
    return ledger_from(rows, attributes, until=as_of, events=told), labels


def _told_of(
    name: str, column: str, tables: Tables, ledger: Ledger, *, fetch: Fetch
) -> list[str | None]:
    """What a table says of each customer of the ledger; None where it says nothing."""
    if name not in tables or column not in tables[name].columns:
        return [None] * ledger.customers
    told = tables[name].filter(tables[name][column].notnull())
    found = fetch(told.select("customer_id", column))
    by_id = dict(zip(*(found[one].to_pylist() for one in ("customer_id", column)), strict=True))
    return [by_id.get(one) for one in ledger.customer_ids]


def _retention(tables: Tables, as_of: date, fetch: Fetch) -> float | None:
    """Retention spend of the last 365 days; None when none is known."""
    if "costs" not in tables:
        return None
    costs = tables["costs"]
    spent = costs.filter(costs.kind == "retention", costs.day <= as_of).select("day", "amount")
    rows = fetch(spent).to_pylist()
    if not rows:
        return None
    recent = [row["amount"] for row in rows if (as_of - row["day"]).days < YEAR]
    return float(sum(recent))


def _gate_values(ledger: Ledger) -> dict[str, Any]:
    """What the gate asks, in both languages: a manifest is read in either."""
    told = {language: _in(language, lambda: gate(ledger, horizon=YEAR)) for language in LANGUAGES}
    english = told["en"]
    return {
        "passed": english.passed,
        **{
            f"reason_{language}": _in(language, lambda: gate(ledger, horizon=YEAR).reason)
            for language in LANGUAGES
        },
        "requirements": [
            {
                **{name: getattr(one, name) for name in ("name", "found", "needed", "passed")},
                **{
                    f"words_{language}": found.requirements[number].words
                    for language, found in told.items()
                },
            }
            for number, one in enumerate(english.requirements)
        ],
    }


def _champion_values(judged: Judged | None) -> dict[str, Any]:
    if judged is None:
        return {}
    reasons = {
        f"reason_{language}": _in(
            language, lambda: choose(judged.backtest, judged.horizon, outdone=judged.outdone)[1]
        )
        for language in LANGUAGES
    }
    chosen = judged.champion
    if chosen is None:
        return reasons
    return {
        "name": chosen.name,
        **reasons,
        "horizon_days": chosen.horizon,
        "origins": chosen.origins,
        "unbeaten": list(chosen.unbeaten),
        "outdone": list(chosen.outdone),
        "stands_in": chosen.stands_in,
    }


def _late_start(ledger: Ledger) -> dict[str, Any]:
    told = {language: _in(language, lambda: late_start(ledger)) for language in LANGUAGES}
    return {
        "found": told["en"].found,
        "older": told["en"].older,
        **{f"reason_{language}": found.reason for language, found in told.items()},
    }


def _regularity(ledger: Ledger, settings: PredictionSettings) -> dict[str, Any] | None:
    """How regularly customers buy, and the models to try where they do and none of them was."""
    found = regularity_of(ledger)
    if found is None:
        return None
    known = {name for name, source in SOURCES.items() if source.intervals}
    tried = bool(known.intersection(settings.contenders))
    return {
        "k": found.k,
        "error": found.error,
        "buyers": found.buyers,
        "suggested": list(FOR_REGULAR) if found.found and not tried else [],
    }


def _in(language: str, said: Callable[[], T]) -> T:
    with use_language(language):
        return said()
