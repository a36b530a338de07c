"""Where texts hold what is looked for, and what they read without it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pyarrow as pa

from perenne.warehouse import DuckEngine, keyed_sql, quote_name
from perenne.workspace.erasure import spelling
from perenne.workspace.erasure.columns import REPLACED

NEEDLES = "erasure_needles"
SUPPRESSED = "'suppressed'"
_AT_ONCE = 200_000
"""Texts that are searched together, whatever files they are of."""
_PLACED = pa.schema([("place", pa.string()), ("cell", pa.string())])
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Hit:
    """An identifier in a cell: of which column, and as which token it was found."""

    column: str
    cell: str
    kind: str
    token: str
    encoded: bool = False
    """Only once the escapes of a URL, of JSON or HTML, or the ending of a file are taken away."""


@dataclass
class Finder:
    """Looks for tokens in texts. `key` makes the keyed hashes."""

    engine: DuckEngine
    key: str
    hashed: str | None = None
    """SQL of keyed hashes (`kind`, `hash`) of what is looked for, where it is not known itself."""
    sizes: tuple[int, ...] = ()
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)

    def search(
        self, names: Mapping[tuple[str, str], str], ids: Mapping[str, str] | None = None
    ) -> None:
        """The tokens to look for with what takes their place; `ids` are whole cells."""
        self.names, self.ids = names, ids or {}
        rows = [
            {"kind": kind, "token": token, "size": token.count(" ") + 1} for kind, token in names
        ]
        self._keep(NEEDLES, spelling.needles_table(rows))
        self.sizes = tuple(
            sorted({token.count(" ") + 1 for kind, token in names if kind == spelling.WORDS})
        )

    def _keep(self, name: str, table: pa.Table) -> None:
        self.engine.duck.register("erasure_given", table)
        self.engine.duck.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM erasure_given"
        )
        self.engine.duck.unregister("erasure_given")

    @property
    def _found_in(self) -> str:
        """The condition under which a token `k` is one that is looked for."""
        if self.hashed is None:
            return f"SEMI JOIN {NEEDLES} s ON s.kind = k.kind AND s.token = k.token"
        own = keyed_sql(self.key, SUPPRESSED, "k.kind", "k.token")
        return f"SEMI JOIN ({self.hashed}) s ON s.kind = k.kind AND s.hash = {own}"

    @property
    def _kinds(self) -> set[str]:
        if self.hashed is not None:
            return {spelling.EMAIL, spelling.PHONE}
        return {kind for kind, _token in self.names}

    def hits(self, rows: Mapping[T, tuple[str, Sequence[str]]]) -> dict[T, list[Hit]]:
        """Where the texts hold what is looked for: of each of `rows` (SQL and columns)."""
        found: dict[T, list[Hit]] = {one: [] for one in rows}
        if not self._kinds:
            return found
        numbered = list(rows)
        waiting = self._gather(())
        for nth, (sql, columns) in enumerate(rows.values()):
            waiting += self._gather(
                f"SELECT DISTINCT '{nth}/{name}' AS place, {quote_name(name)} AS cell "
                f"FROM ({sql}) WHERE length({quote_name(name)}) > 3"
                for name in columns
            )
            if waiting >= _AT_ONCE or nth == len(rows) - 1:
                for hit in self._found("SELECT place, cell FROM erasure_gathered"):
                    number, _slash, column = hit.column.partition("/")
                    found[numbered[int(number)]].append(replace(hit, column=column))
                waiting = self._gather(())
        return found

    def _gather(self, texts: Iterable[str]) -> int:
        """Put texts (SQL of `place`, `cell`) with those gathered; without any, begin anew."""
        parts = list(texts)
        if not parts:
            self._keep("erasure_gathered", _PLACED.empty_table())
            return 0
        sql = "INSERT INTO erasure_gathered " + " UNION ALL ".join(parts)
        done = self.engine.duck.execute(sql).fetchone()
        return int(done[0]) if done else 0

    def _found(self, cells: str) -> list[Hit]:
        """What the texts of a relation (`place`, `cell`) hold, also once they are decoded."""
        kinds = self._kinds
        if not kinds:
            return []
        rows = self._tokens(cells, kinds)
        plain = [Hit(*row) for row in rows if row[2] != spelling.ENCODED]
        read = {
            (place, text): cell
            for place, cell, kind, _token in rows
            if kind == spelling.ENCODED
            for text in spelling.decoded(cell)
        }
        if not read:
            return plain
        texts = {"place": [place for place, _ in read], "cell": [cell for _, cell in read]}
        self._keep("erasure_decoded", pa.table(texts, schema=_PLACED))
        again = self._tokens("SELECT place, cell FROM erasure_decoded", kinds)
        more = [
            Hit(place, read[place, cell], kind, token, encoded=True)
            for place, cell, kind, token in again
            if kind != spelling.ENCODED
        ]
        return list(dict.fromkeys([*plain, *more]))

    def _tokens(self, cells: str, kinds: set[str]) -> list[tuple[str, str, str, str]]:
        sql = spelling.tokens_sql(cells, kinds=kinds, sizes=self.sizes)
        return self.engine.duck.execute(
            f"WITH tokens AS MATERIALIZED ({sql}) SELECT DISTINCT k.* FROM tokens k "
            f"{self._found_in} UNION SELECT * FROM tokens WHERE kind = '{spelling.ENCODED}'"
        ).fetchall()

    def texts(self, given: Iterable[str]) -> dict[str, str]:
        """Those of some texts that name the persons, and what they read without them."""
        return self.cleaned(self.texts_found(("", text) for text in given))

    def texts_found(self, given: Iterable[tuple[str, str]]) -> list[Hit]:
        """What some texts (place, text) hold; the place stands as the column."""
        rows = [{"place": place, "cell": cell} for place, cell in given]
        table = pa.Table.from_pylist(rows, schema=_PLACED)
        self._keep("erasure_texts", table)
        return self._found("SELECT DISTINCT place, cell FROM erasure_texts")

    def cleaned(self, hits: Iterable[Hit]) -> dict[str, str]:
        """Texts that hold an identifier, and what they read without. One that cannot be cut out
        takes the whole text with it."""
        names: dict[str, dict[tuple[str, str], str]] = {}
        whole = set()
        for hit in hits:
            pair = (hit.kind, hit.token)
            names.setdefault(hit.cell, {})[pair] = self.names.get(pair, REPLACED)
            if hit.encoded:
                whole.add(hit.cell)
        return self._sure(
            {
                cell: REPLACED if cell in whole else spelling.without(cell, own)
                for cell, own in names.items()
            }
        )

    def _sure(self, cells: dict[str, str]) -> dict[str, str]:
        """What still holds an identifier, because it is written in a way that cannot be cut out,
        is taken out whole."""
        if not cells:
            return cells
        self._keep("erasure_again", pa.table({"cell": pa.array(list(cells.values()), pa.string())}))
        left = {
            hit.cell for hit in self._found("SELECT DISTINCT '' AS place, cell FROM erasure_again")
        }
        return {old: REPLACED if new in left else new for old, new in cells.items()}
