"""What is wrong with a setting, in the person's language: pydantic knows English only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from perenne.core import closest
from perenne.text.messages import LazyText
from perenne.text.messages import gettext as _
from perenne.text.messages import lazy_gettext as _l

_EXPECTED: Mapping[str, LazyText] = {
    "int": _l("a whole number is expected"),
    "float": _l("a number is expected"),
    "decimal": _l("a number is expected"),
    "finite": _l("a number is expected"),
    "bool": _l("true or false is expected"),
    "string": _l("a text between quotes is expected"),
    "date": _l("a date such as 2025-01-31 is expected"),
    "datetime": _l("a date such as 2025-01-31 is expected"),
    "list": _l("a list is expected"),
    "tuple": _l("a list is expected"),
    "set": _l("a list is expected"),
    "frozen": _l("a list is expected"),
    "dict": _l("a table of settings is expected"),
    "mapping": _l("a table of settings is expected"),
    "model": _l("a table of settings is expected"),
    "dataclass": _l("a table of settings is expected"),
}
"""By the first word of the kind of problem."""
_BOUNDS: Mapping[str, LazyText] = {
    "ge": _l("{bound} or more is allowed"),
    "le": _l("{bound} or less is allowed"),
    "gt": _l("more than {bound} is allowed"),
    "lt": _l("less than {bound} is allowed"),
    "min_length": _l("{bound} or more are needed"),
    "max_length": _l("no more than {bound} may stand there"),
    "pattern": _l("the form {bound} is expected"),
    "expected": _l("one of these is expected: {bound}"),
}
"""By what tells the bound."""


def misfit(problem: Mapping[str, Any], *, example: str | None = None) -> str:
    """What is wrong with a value, of one entry of pydantic's `errors()`; an `example` of what is
    allowed is shown in the place of a regular expression."""
    kind, told = str(problem["type"]), problem.get("ctx", {})
    if "pattern" in told and example:
        return _("a value such as {example} is expected").format(example=example)
    if kind in ("value_error", "assertion_error"):
        return str(told["error"])
    if kind == "extra_forbidden":
        return _("there is no such setting")
    if kind == "missing":
        return _("it is missing")
    for name, text in _BOUNDS.items():
        if name in told:
            bound = str(told[name])
            listed = bound.replace(" or ", ", ") if name == "expected" else bound
            return str(text).format(bound=listed)
    expected = _EXPECTED.get(kind.partition("_")[0])
    return str(expected) if expected else str(problem["msg"])


def unknown(name: str, allowed: Collection[str]) -> str:
    """What is wrong with a name that is none of those allowed: the nearest, or all of them."""
    if near := closest(name, allowed):
        return _("“{name}” is unknown; did you mean {near}?").format(name=name, near=near)
    return _("“{name}” is unknown; one of these is expected: {names}").format(
        name=name, names=", ".join(allowed)
    )
