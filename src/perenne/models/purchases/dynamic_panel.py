"""Covariates of each customer in time: who got a promotion when, who is a member since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from perenne.core import PerenneError
from perenne.models.histories import Floats, Rows, read_table, refuse_where
from perenne.models.purchases.moments import WEEK, read_moments, shown
from perenne.text import gettext as _

Ids = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Panel:
    """Spells, each with a customer, (start, end] and the values that held. Made by `Panel.of`.

    customer_ids: sorted; first: the first spell of each, and the number of spells at the end.
    otherwise: the values outside every spell, None where every moment must be covered.
    """

    names: tuple[str, ...]
    customer_ids: Ids
    first: Rows
    start: Floats
    end: Floats
    values: Floats = field(repr=False)
    otherwise: Floats | None = None
    dated: bool = False

    @classmethod
    def of(
        cls,
        data: Any,
        *,
        values: Sequence[str] | None = None,
        otherwise: float | Mapping[str, float] | None = None,
    ) -> Self:
        """From a frame that narwhals knows, or a mapping of columns, one row per spell:

        customer; start and end, or day; and the values, numbers or booleans (all other columns, or
        those named). Dates count whole days, both included, and make weeks the time unit; numbers
        are (start, end] in the unit of the model. Without start, end and day the values hold for
        ever (a country, a channel in 0 and 1).
        otherwise: what holds outside the spells, as 0 for promotions; without it a gap is refused.
        Raises PerenneError for a missing or bad column, an end before its start, or two spells of a
        customer that overlap.
        """
        table = read_table(data)
        start, end, dated = _spells(table)
        names = _value_names(table, values)
        customer = np.asarray(_column(table, "customer"))
        order = np.lexsort((start, _codes(customer)))
        customer, start, end = customer[order], start[order], end[order]
        ids, first = np.unique(customer, return_index=True)
        panel = cls(
            names=names,
            customer_ids=ids,
            first=np.append(first, customer.size).astype(np.intp),
            start=start,
            end=end,
            values=np.column_stack([_numbers(table, name)[order] for name in names]),
            otherwise=_otherwise(otherwise, names),
            dated=dated,
        )
        panel._refuse_overlaps()
        return panel

    def spells_of(self, customers: Ids) -> tuple[Rows, Rows]:
        """(asked, spell): each spell of each customer asked, which may come twice.

        Raises PerenneError when it knows none of them: two ways to write ids make no panel.
        """
        same_kind = (self.customer_ids.dtype.kind in "iufb") == (customers.dtype.kind in "iufb")
        place = np.zeros(customers.size, dtype=np.intp)
        if same_kind:
            place = np.minimum(
                np.searchsorted(self.customer_ids, customers), self.customer_ids.size - 1
            ).astype(np.intp)
        known = self.customer_ids[place] == customers if same_kind else np.zeros(1, dtype=bool)
        if not np.any(known):
            raise PerenneError(
                _("The panel of {names} has none of these customers.").format(
                    names=", ".join(self.names)
                ),
                given=customers[:3].tolist(),
                allowed=self.customer_ids[:3].tolist(),
                next_step=_("Write customers in both as the same numbers or texts."),
            )
        asked = np.flatnonzero(known)
        count = np.diff(self.first)[place[asked]]
        spell = np.repeat(self.first[place[asked]] - count.cumsum() + count, count)
        return np.repeat(asked, count), np.asarray(spell + np.arange(spell.size), dtype=np.intp)

    def refuse_gap(self, customer: Any, start: float, end: float) -> None:
        """Raise PerenneError: nothing is said of this customer in (start, end]."""
        since = start + 1 / WEEK if self.dated else start
        raise PerenneError(
            _(
                "The panel says nothing of {names} for customer {customer} from {start} to {end}."
            ).format(
                names=", ".join(self.names),
                customer=customer,
                start=shown(since, dated=self.dated),
                end=shown(end, dated=self.dated),
            ),
            given={"customer": customer, "start": start, "end": end},
            next_step=_(
                "Cover each customer from the first purchase to the end of the horizon, or say "
                "what holds in between: otherwise=0."
            ),
        )

    def _refuse_overlaps(self) -> None:
        customer = np.repeat(np.arange(self.customer_ids.size), np.diff(self.first))
        twice = (customer[1:] == customer[:-1]) & (self.start[1:] < self.end[:-1])
        if not twice.any():
            return
        at = int(np.argmax(twice))
        raise PerenneError(
            _("Two spells of customer {customer} overlap at {moment}.").format(
                customer=self.customer_ids[customer[at]],
                moment=shown(self.end[at], dated=self.dated),
            ),
            given={"spells": int(twice.sum())},
            next_step=_(
                "End one before the other starts, or make a panel of each kind: panel=[one, other]."
            ),
        )


def _column(table: Mapping[str, Any], name: str) -> Any:
    if name in table:
        return table[name]
    raise PerenneError(
        _("The column {name} is missing.").format(name=name),
        given=list(table),
        next_step=_("Give one row per spell with customer, start and end (or day), and values."),
    )


def _codes(customer: Ids) -> Rows:
    return np.unique(customer, return_inverse=True)[1].ravel()


def _spells(table: Mapping[str, Any]) -> tuple[Floats, Floats, bool]:
    size = np.size(_column(table, "customer"))
    if not {"start", "end", "day"} & set(table):
        return np.full(size, -np.inf), np.full(size, np.inf), False
    if "day" in table:
        end, dated = read_moments("day", table["day"])
        if not dated:
            raise PerenneError(
                _("The column day holds no dates."),
                next_step=_("Give dates, or columns start and end in the unit of the model."),
            )
        return read_moments("day", table["day"], starts=True)[0], end, True
    start, dated = read_moments("start", _column(table, "start"), starts=True)
    end, too = read_moments("end", _column(table, "end"))
    if dated != too:
        raise PerenneError(
            _("Of start and end, one holds dates and the other numbers."),
            next_step=_("Give dates in all rows, or numbers in all rows."),
        )
    refuse_where(
        ~(start < end),
        _("A spell ends before it starts."),
        given={"start": start, "end": end},
        next_step=_("Give start before end; of dates, both days count."),
    )
    return start, end, dated


def _value_names(table: Mapping[str, Any], values: Sequence[str] | None) -> tuple[str, ...]:
    plain = {"customer", "start", "end", "day"}
    names = tuple(name for name in table if name not in plain) if values is None else tuple(values)
    if names:
        return names
    raise PerenneError(
        _("The panel has no values."),
        given=list(table),
        next_step=_("Add a column of numbers, such as promotion with 1 in each row."),
    )


def _numbers(table: Mapping[str, Any], name: str) -> Floats:
    column = np.atleast_1d(np.asarray(_column(table, name)))
    size = np.size(table["customer"])
    if column.dtype.kind not in "iufb" or column.shape != (size,):
        raise PerenneError(
            _("The covariate {name} is no column of numbers, one per row.").format(name=name),
            given=repr(column)[:80],
            next_step=_("Write each level of a text as a column of 0 and 1."),
        )
    numbers: Floats = column.astype(np.float64)
    refuse_where(
        ~np.isfinite(numbers),
        _("A value is missing or infinite."),
        given={name: numbers},
        next_step=_("Remove or repair these rows."),
    )
    return numbers


def _otherwise(
    otherwise: float | Mapping[str, float] | None, names: Sequence[str]
) -> Floats | None:
    if otherwise is None:
        return None
    if not isinstance(otherwise, Mapping):
        return np.full(len(names), float(otherwise))
    unknown = sorted(set(names) ^ set(otherwise))
    if unknown:
        raise PerenneError(
            _("otherwise does not give one value for each covariate: {names}.").format(
                names=", ".join(unknown)
            ),
            given=sorted(otherwise),
            allowed=names,
            next_step=_("Give one number for all, or a value for each name."),
        )
    return np.array([float(otherwise[name]) for name in names])
