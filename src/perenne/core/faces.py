"""The face of a package whose modules are loaded when a name of them is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module


def found_in(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """The `__getattr__` of `package`, whose public names live in these modules of it.

    It raises AttributeError for any other name, as a module does.
    """

    def look_up(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return look_up
