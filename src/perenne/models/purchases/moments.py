"""Moments as numbers: given as numbers, or as dates, which become weeks."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from perenne.core import PerenneError
from perenne.models.histories import Floats, read_columns, refuse_where
from perenne.models.ledger import day_number, day_of
from perenne.text import gettext as _

WEEK = 7.0
# Times closer than this are one: days / 7 are no exact floats.
DECIMALS = 9


def read_moments(name: str, value: Any, *, starts: bool = False) -> tuple[Floats, bool]:
    """(times, whether they were dates). A date is its end, in weeks: day number / 7; with `starts`
    its start, the end of the day before.

    Raises PerenneError for a missing date and for what is neither a number nor a date.
    """
    column = np.atleast_1d(np.asarray(value))
    dated = column.dtype.kind == "M" or (
        column.dtype == object and column.size > 0 and isinstance(column.ravel()[0], date)
    )
    if not dated:
        return read_columns(None, (name,), {name: value})[name], False
    try:
        days = column.astype("datetime64[D]").ravel()
    except (TypeError, ValueError) as error:
        raise PerenneError(
            _("The column {name} holds something that is not a date.").format(name=name),
            given=repr(value)[:80],
            next_step=_("Give dates in all rows, or numbers in all rows."),
        ) from error
    refuse_where(
        np.isnat(days),
        _("A date is missing."),
        given={name: np.flatnonzero(np.isnat(days)).astype(np.float64)[:1].repeat(days.size)},
        next_step=_("Remove or repair these rows."),
    )
    return np.asarray((days.astype(np.int64) - int(starts)) / WEEK), True


def read_moment(value: Any) -> float:
    """One time: a number, or the end of a date in weeks."""
    return day_number(value) / WEEK if isinstance(value, date) else float(value)


def shown(moment: float, *, dated: bool) -> str:
    """A time as a person reads it: a date again, or the number."""
    if not dated or not np.isfinite(moment):
        return f"{moment:g}"
    return day_of(round(moment * WEEK)).isoformat()
