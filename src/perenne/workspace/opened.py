"""Tables by name, each opened when it is first asked for: a question needs few of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from perenne.warehouse import Table


class Opened(Mapping[str, Table]):
    """Tables of these names, which `open_` opens."""

    def __init__(self, names: Iterable[str], open_: Callable[[str], Table]) -> None:
        self._names = dict.fromkeys(names)
        self._open = open_
        self._opened: dict[str, Table] = {}

    def __getitem__(self, name: str) -> Table:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._opened:
            self._opened[name] = self._open(name)
        return self._opened[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
