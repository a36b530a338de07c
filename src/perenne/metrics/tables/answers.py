"""Survey answers: one per person and survey, on a scale that is known."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.metrics.settings import Context
from perenne.metrics.tables import Tables
from perenne.metrics.tables.canonical import table

USUAL_SCALES = (1, 2, 3, 5, 7, 10, 100)
"""Highest scores of the scales in use, to tell one from the highest score given."""
_PROMOTER, _DETRACTOR, _NPS_SCALE = 9, 6, 10
_SHORT = 3
"""Up to this highest score, only the best box is a satisfied one."""
_LONG = 10


def answers(tables: Tables, windows: ir.Table, context: Context) -> ir.Table:
    """The last answer of each person to each survey in the window; nameless ones all count."""
    told = _scaled(table(tables, "surveys"))
    inside = told.join(
        windows, [told.answered_on >= windows.start, told.answered_on <= windows.end]
    )
    newest = ibis.window(
        group_by=["k", "kind", "survey", "customer_id"],
        order_by=[ibis.desc("answered_on"), ibis.desc("response_id")],
    )
    ranked = inside.mutate(place=ibis.row_number().over(newest))
    last = ranked.filter((ranked.place == 0) | ranked.customer_id.isnull())
    is_nps, is_csat = last.kind == "nps", last.kind == "csat"
    fits = (last.score >= 0) & (last.score <= last.highest)
    is_right = is_nps & fits & (last.highest == _NPS_SCALE)
    is_rated = is_csat & fits.fill_null(False)
    return last.mutate(
        is_nps=is_right,
        is_promoter=is_right & (last.score >= _PROMOTER),
        is_detractor=is_right & (last.score <= _DETRACTOR),
        is_csat=is_rated,
        is_satisfied=is_rated & _satisfied(last),
        is_unscaled=is_nps & ~is_right,
    )


def _scaled(surveys: ir.Table) -> ir.Table:
    """Add `highest`, the best score possible: as the source says, 10 for NPS, else the usual scale
    that holds the highest score ever given to the survey."""
    given = surveys.score.max().over(ibis.window(group_by=["source", "survey", "kind"]))
    usual = ibis.cases(*((given <= one, one) for one in USUAL_SCALES), else_=None)
    # A window cannot stand inside another expression's condition on every engine: two steps.
    guessed = surveys.mutate(usual=usual.cast("int64"))
    return guessed.mutate(
        highest=ibis.coalesce(
            guessed.scale_max,
            (guessed.kind == "nps").ifelse(ibis.literal(_NPS_SCALE, "int64"), guessed.usual),
        )
    )


def _satisfied(rows: ir.Table) -> ir.BooleanValue:
    """The two best boxes; the best of up to three; beyond ten, the upper fifth."""
    score, highest = rows.score.cast("float64"), rows.highest.cast("float64")
    lowest = ibis.cases(
        (rows.highest <= _SHORT, highest), (rows.highest <= _LONG, highest - 1), else_=0.8 * highest
    )
    return score >= lowest
