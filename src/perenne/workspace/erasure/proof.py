"""The proof: every file of the workspace is searched, and what still names a person is told."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from perenne.identity import phone_spellings
from perenne.text import format_number, ngettext
from perenne.text import gettext as _
from perenne.warehouse import DuckEngine, keyed_sql, quote_name, quote_text, table_of
from perenne.workspace.batches import list_imports
from perenne.workspace.erasure import blocked, spelling, suppression
from perenne.workspace.erasure.finding import SUPPRESSED, Hit
from perenne.workspace.erasure.rewriting import Parquet, Rewriter
from perenne.workspace.erasure.signing import MANIFEST
from perenne.workspace.lakes import place_of
from perenne.workspace.layout import Layout

NAME, ARCHIVE = "name", "archive"
"""Columns of what is found in the name of a file, and within an archive."""
_LINE = 100_000
"""Characters of a text that are searched at once; longer lines are cut where words end."""
_OVERLAP = 500
_MEMBER = "\x1e"
"""Marks a part that is a member of an archive."""
_AT_ONCE = 50_000
"""Lines of files that are searched together."""


@dataclass(frozen=True)
class Found:
    """An identifier that is still there: file, column (or part) and kind, never the value. What
    the members of an archive hold is told in one, with how many `hits`, and its kinds in a list."""

    file: str
    column: str
    kind: str
    hits: int = 1

    @property
    def place(self) -> str:
        """Column and kind, as people read them."""
        words = {
            "email": _("e-mail"),
            "phone": _("telephone"),
            "words": _("name or address"),
            "id": _("id"),
        }
        kind = ", ".join(words.get(one, one) for one in self.kind.split(","))
        if self.column == ARCHIVE:
            return ngettext("{n} hit in the archive: {kind}", "{n} hits in the archive: {kind}",
                            self.hits).format(n=format_number(self.hits), kind=kind)  # fmt: skip
        return kind if self.column == "text" else f"{self.column}: {kind}"


@dataclass(frozen=True)
class Proof:
    """What was searched: files, columns of Parquet files, identifiers (0: all hashes of the list);
    and what was found. `alive`: how many of the words found lead to a person of the workspace, who
    was not erased or has come back."""

    files: int
    columns: int
    identifiers: int
    found: tuple[Found, ...]
    alive: int = 0

    @property
    def holds(self) -> bool:
        return not self.found


@dataclass
class Search:
    """Searches the files of a workspace for tokens, or for all that the suppression list holds.

    `refs` are whole cells: ids too short to be looked for in texts, with their source. `blocked`:
    tokens on the blocklist of the settings, which is no place where somebody is named.
    """

    layout: Layout
    engine: DuckEngine
    key: str
    blocked: frozenset[tuple[str, str]] = frozenset()

    def prove(
        self,
        names: Iterable[tuple[str, str]],
        *,
        refs: Iterable[tuple[str, str]] = (),
        suppressed: bool = False,
    ) -> Proof:
        """Search for tokens (kind, token) and references (source or empty, reference); or for
        everyone on the suppression list."""
        hashes = suppression.hashes_sql(self.layout) if suppressed else None
        rewriter = Rewriter(self.engine, self.key, hashed=hashes)
        wanted = dict.fromkeys(names, "")
        references = list(refs)
        rewriter.fill(())
        rewriter.search(wanted)
        self._refer(references)
        found: list[Found] = []
        lines: list[tuple[str, str]] = []
        tables: dict[str, tuple[str, Sequence[str]]] = {}
        sources = {batch.id: batch.source for batch in list_imports(self.layout)}
        paths = [path for path in sorted(self.layout.root.rglob("*")) if path.is_file()]
        columns = 0
        for path in paths:
            name = str(path.relative_to(self.layout.root))
            lines.append((f"{name}\x1f{NAME}", name))
            if path.suffix == ".parquet":
                file = Parquet(path, table_of(path), self._source(path, sources))
                described = rewriter.columns(file)
                columns += len(described)
                tables[name] = _as_texts(file, described)
                held = self._references(file, described, hashes)
                found += [Found(name, column, "id") for column in held]
                parts: Iterable[tuple[str, str]] = self._metadata(file)
            else:
                parts = self._texts(path)
            lines += ((f"{name}\x1f{part}", text) for part, text in parts)
            if len(lines) > _AT_ONCE:
                found += _named(rewriter.texts_found(lines))
                lines = []
        found += _named(rewriter.texts_found(lines))
        for name, hits in rewriter.hits(tables).items():
            found += [Found(name, hit.column, hit.kind) for hit in hits]
        wanted_in_all = len(wanted) + len(references)
        return Proof(len(paths), columns, wanted_in_all, _told_once(found))

    def _texts(self, path: Path) -> Iterator[tuple[str, str]]:
        """The parts of a file that is no table; settings without their blocklist."""
        content = path.read_bytes()
        if path.name == MANIFEST and self.layout.snapshots in path.parents:
            content = blocked.searched(content)
        parts = _parts(content, "text")
        if path == self.layout.settings:
            parts = ((part, blocked.unlisted(text, self.blocked)) for part, text in parts)
        return parts

    def _source(self, path: Path, sources: Mapping[str, str]) -> str | None:
        if self.layout.raw in path.parents:
            return sources.get(path.parent.name, "")
        return "" if path.parent == self.layout.quarantine else None

    def _refer(self, refs: Iterable[tuple[str, str]]) -> None:
        columns = list(zip(*refs, strict=True)) or [(), ()]
        table = pa.table(
            {n: pa.array(v, pa.string()) for n, v in zip(("source", "ref"), columns, strict=True)}
        )
        self.engine.duck.register("erasure_given", table)
        self.engine.duck.execute(
            "CREATE OR REPLACE TEMP TABLE erasure_refs AS SELECT * FROM erasure_given"
        )
        self.engine.duck.unregister("erasure_given")

    def _references(
        self, file: Parquet, columns: Mapping[str, str], hashes: str | None
    ) -> Iterator[str]:
        """Columns of references that hold one of the persons, whole."""
        for column in ("customer_ref", "person_ref", "source_id"):
            if column not in columns:
                continue
            source = "t.source" if column == "source_id" else quote_text(file.source or "")
            kind = {
                "customer_ref": "coalesce(customer_ref_kind, 'id')",
                "person_ref": "'id'",
                "source_id": "source_id_kind",
            }[column]
            if hashes is None:
                test = (
                    f"SELECT 1 FROM {file.sql} t JOIN erasure_refs r ON t.{column} = r.ref "
                    f"AND r.source IN ('', {source}) LIMIT 1"
                )
            else:
                own = keyed_sql(self.key, SUPPRESSED, f"'{suppression.REF}'", source, kind, column)
                test = (
                    f"SELECT 1 FROM (SELECT DISTINCT {own} AS own FROM {file.sql} t) "
                    f"JOIN ({hashes}) s ON s.kind = '{suppression.REF}' AND s.hash = own LIMIT 1"
                )
            if self.engine.duck.execute(test).fetchall():
                yield column

    def _metadata(self, file: Parquet) -> Iterator[tuple[str, str]]:
        """Least and largest values of columns, and free entries, which stand beside the data."""
        path = quote_text(place_of(file.path))
        rows = self.engine.duck.execute(
            "SELECT unnest([CAST(stats_min AS VARCHAR), CAST(stats_max AS VARCHAR), "
            "CAST(stats_min_value AS VARCHAR), CAST(stats_max_value AS VARCHAR)]) "
            f"FROM parquet_metadata({path}) UNION SELECT unnest([CAST(key AS VARCHAR), "
            f"CAST(value AS VARCHAR)]) FROM parquet_kv_metadata({path})"
        ).fetchall()
        yield from (("metadata", row[0]) for row in rows if row[0])


def _named(hits: Iterable[Hit]) -> Iterator[Found]:
    for hit in hits:
        name, _unit, part = hit.column.partition("\x1f")
        yield Found(name, part, hit.kind)


def _told_once(found: Iterable[Found]) -> tuple[Found, ...]:
    """Each place once, and all the members of an archive as one."""
    places: dict[Found, set[Found]] = {}
    for one in found:
        within = one.column.startswith(_MEMBER)
        place = Found(one.file, ARCHIVE, "") if within else one
        places.setdefault(place, set()).add(one)
    return tuple(
        replace(place, kind=",".join(sorted({one.kind for one in hits})), hits=len(hits))
        for place, hits in places.items()
    )


def _as_texts(file: Parquet, columns: Mapping[str, str]) -> tuple[str, list[str]]:
    """SQL of the columns that hold texts, also within lists, and their names."""
    texts = [name for name, kind in columns.items() if "VARCHAR" in kind]
    chosen = ", ".join(f"CAST({quote_name(c)} AS VARCHAR) AS {quote_name(c)}" for c in texts)
    return f"SELECT {chosen or 'NULL'} FROM {file.sql}", texts


def _parts(content: bytes, part: str) -> Iterator[tuple[str, str]]:
    if content[:2] == b"\x1f\x8b":
        with suppress(OSError, EOFError):
            yield from _parts(gzip.decompress(content), part)
            return
    if content[:4] == b"PK\x03\x04":
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                member = part if part.startswith(_MEMBER) else f"{_MEMBER}{name}"
                yield member, name
                yield from _parts(archive.read(name), member)
            return
    utf16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = content.decode("utf-16" if utf16 else "utf-8", errors="replace")
    yield from ((part, line) for line in _cut(text))


def _cut(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for start in range(0, max(len(line), 1), _LINE):
            yield line[max(0, start - _OVERLAP) : start + _LINE]


def identifiers(
    words: Iterable[str], *, engine: DuckEngine, country: str
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What `words` may be: tokens to look for in texts, and references to look for whole."""
    spelling.prepare(engine)
    names: list[tuple[str, str]] = []
    refs: list[tuple[str, str]] = []
    for word in words:
        text = word.strip()
        if "@" in text:
            names.append((spelling.EMAIL, spelling.one_email(text)))
        digits = "".join(letter for letter in text if letter.isdecimal())
        if len(digits) >= spelling.LEAST_DIGITS and not any(map(str.isalpha, text)):
            names += [
                (spelling.PHONE, one)
                for one in sorted(phone_spellings(text, country))
                if len(one) >= spelling.LEAST_DIGITS
            ]
        row = engine.duck.execute("SELECT erasure_folded(?)", [text]).fetchone()
        folded = row[0] if row else ""
        if "@" not in text and len(folded) >= 6:
            names.append((spelling.WORDS, folded))
        refs.append(("", text))
    return names, refs
