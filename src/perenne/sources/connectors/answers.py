"""Reads the JSON of a platform field by field; what is not as promised becomes the record's fault.

A field that the platform promises and does not send is never taken for an empty one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from perenne.sources.connectors.model import Fault, Record, Row
from perenne.text import gettext as _

Found = TypeVar("Found")
_ABSENT = object()
_NO_DATE = "0000-00-00"


class Answer:
    """One object of an answer. `fault` is the first thing in it that was not as promised; what the
    record can do without stands in `unread` instead."""

    def __init__(self, value: Any, *, path: str = "", top: Answer | None = None) -> None:
        self._top = top or self
        self._path = path
        self.fault: Fault | None = None
        self.unread: list[Fault] = []
        self._value: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        if not isinstance(value, Mapping):
            self._refuse("", value, _("not an object"))

    def text(self, name: str, *, optional: bool = False) -> str | None:
        """Text, or a number as text. `optional` fields may be absent. False, which PHP answers
        where it found none, is none."""
        value = self._get(name, optional)
        if value is False:
            return None
        if isinstance(value, str):
            return value or None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if value is not None:
            self._refuse(name, value, _("not text"))
        return None

    def known(self, name: str) -> str:
        """Text that must be there, such as an id."""
        value = self.text(name)
        if value is None and self._top.fault is None:
            self._refuse(name, None, _("missing"))
        return value or ""

    def number(self, name: str, *, optional: bool = False) -> str | None:
        """A decimal number as exact text."""
        value = self._get(name, optional)
        if value is None or value == "":
            return None
        try:
            if isinstance(value, bool) or not Decimal(str(value)).is_finite():
                raise InvalidOperation
        except InvalidOperation:
            self._refuse(name, value, _("not a number"))
            return None
        return format(Decimal(str(value)), "f")

    def decimal(self, name: str, *, optional: bool = False) -> Decimal:
        """A number to reckon with; nothing counts as 0."""
        return Decimal(self.number(name, optional=optional) or 0)

    def moment(self, name: str, *, zone: str = "", optional: bool = False) -> str | None:
        """An ISO date and time as text; `zone` is put after one that says none (`Z` for UTC)."""
        value = self._get(name, optional)
        if not value or str(value).startswith(_NO_DATE):
            return None
        try:
            read = datetime.fromisoformat(str(value))
        except ValueError:
            self._refuse(name, value, _("not a date"))
            return None
        return str(value) + (zone if read.tzinfo is None else "")

    def unix(self, name: str, *, optional: bool = False) -> str | None:
        """Seconds since 1970 as an instant."""
        value = self._get(name, optional)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self._refuse(name, value, _("not a date"))
            return None
        return datetime.fromtimestamp(value, UTC).isoformat()

    def flag(self, name: str, *, optional: bool = False) -> bool | None:
        """True or false, also as platforms write them in text."""
        value = self._get(name, optional)
        if value is None or isinstance(value, bool):
            return value
        if str(value) in ("0", "1"):
            return str(value) == "1"
        self._refuse(name, value, _("neither yes nor no"))
        return None

    def inner(self, name: str, *, optional: bool = False) -> Answer | None:
        """The object in a field; None where it is null."""
        value = self._get(name, optional)
        return None if value is None else self._below(name, value)

    def many(self, name: str, *, optional: bool = False) -> Iterator[Answer]:
        """The objects of a list."""
        for place, value in enumerate(self.values(name, optional=optional)):
            yield self._below(f"{name}[{place}]", value)

    def values(self, name: str, *, optional: bool = False) -> list[Any]:
        """The items of a list as they are; also of one with gaps, which PHP writes as an object of
        numbered items."""
        value = self._get(name, optional)
        if isinstance(value, dict) and all(key.isdecimal() for key in value):
            return list(value.values())
        if value is None or isinstance(value, list):
            return value or []
        self._refuse(name, value, _("not a list"))
        return []

    @property
    def top(self) -> Answer:
        """The whole answer, which bears the fault."""
        return self._top

    def is_text(self, name: str) -> bool:
        """Does text stand there, such as the id of what could be an object?"""
        return isinstance(self._value.get(name), str)

    def spare(self, name: str, read: Callable[..., Found | None]) -> Found | None:
        """What a method of this answer reads in a field that the record can do without: one that
        cannot be read is left empty and told."""
        top, before = self._top, self._top.fault
        found = read(name, optional=True)
        if top.fault is before:
            return found
        if top.fault:
            top.unread.append(top.fault)
        top.fault = before
        return None

    def raw(self, name: str, *, optional: bool = False) -> Any:
        """The value as it is, where its form varies."""
        return self._get(name, optional)

    def refuse(self, name: str, value: object, reason: str) -> None:
        """Say what is wrong with a field that could be read."""
        self._refuse(name, value, reason)

    def _get(self, name: str, optional: bool) -> Any:
        value = self._value.get(name, _ABSENT)
        if value is not _ABSENT:
            return value
        return (
            None
            if optional
            else self._refuse(name, None, _("the platform did not send this field"))
        )

    def _below(self, name: str, value: Any) -> Answer:
        return Answer(value, path=f"{self._path}{name}.", top=self._top)

    def _refuse(self, name: str, value: object, reason: str) -> None:
        """Note the first fault; nothing stands in for the value."""
        if self._top.fault is None:
            shown = "" if value is None else json.dumps(value, ensure_ascii=False, default=str)
            self._top.fault = Fault(f"{self._path}{name}", shown.strip('"')[:200], reason)


def read_records(
    values: Iterable[Any], make: Callable[[Answer], tuple[str, list[Row]]]
) -> tuple[Record, ...]:
    """The records of raw objects; `make` gives the id of an object and its staged rows."""
    return tuple(_record(value, make) for value in values)


def _record(value: Any, make: Callable[[Answer], tuple[str, list[Row]]]) -> Record:
    answer = Answer(value)
    key, rows = make(answer)
    return Record(key, tuple(rows), answer.fault, tuple(answer.unread))
