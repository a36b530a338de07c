"""The portability archive: all that a workspace knows of one person, in clear, to hand over.

The same snapshot gives the same bytes: no clock, no language of the machine, rows in order.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from perenne.cleaning import order_of_refund
from perenne.core import PerenneError
from perenne.reports.exports import write_table
from perenne.reports.files import written_whole
from perenne.reports.person.assembling import assemble
from perenne.reports.person.readme import readme
from perenne.reports.person.record import Person
from perenne.reports.person.source import PersonInput
from perenne.reports.person.tables import holding, of_orders, pairs_between, told_by
from perenne.reports.person.telling import links_of
from perenne.text import LANGUAGES, Language, use_language
from perenne.text import gettext as _

SCHEMA = "perenne/archive/1"
# Rows of imports that name the person themselves, and those that name one of their orders.
_BY_PERSON = (
    "customers",
    "orders",
    "order_lines",
    "consents",
    "events",
    "subscriptions",
    "surveys",
)
_BY_ORDER = ("orders", "order_lines")
_WORK = ("seq", "identical")
_README: Mapping[Language, str] = {"en": "README.md", "fr": "LISEZMOI.md"}
# A ZIP file knows no day before this one; the clock has no say.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Archive:
    """Files by name, in order."""

    files: Mapping[str, bytes]


def build_archive(data: PersonInput, *, quarantine: Any | None, language: Language) -> Archive:
    """All files of the archive. `quarantine` holds the rows that imports refused, as a table.

    `language` is that of the reasons in the JSON: the shop's.
    """
    with use_language(language):
        person = assemble(data, every_event=True)
    tables = {
        name: table
        for name, table in _tables(data, person, quarantine=quarantine)
        if table.num_rows
    }
    files = {_README[one]: _readme(person, tables, one) for one in LANGUAGES}
    files["person.json"] = _json(person, tables)
    files |= {f"{name}.csv": _csv(table) for name, table in tables.items()}
    return Archive(dict(sorted(files.items())))


def write_archive(archive: Archive, path: Path) -> None:
    """Write a ZIP file, or a folder when the name does not end in .zip; readable by the owner
    alone. Raises PerenneError when the place cannot be written or holds something else."""
    if path.suffix.lower() == ".zip":
        with written_whole(path, private=True) as draft:
            draft.write_bytes(_zipped(archive))
        return
    _into_folder(archive, path)


def _into_folder(archive: Archive, folder: Path) -> None:
    strangers = {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()} - set(
        archive.files
    )
    if strangers or folder.is_file():
        raise PerenneError(
            _("{folder} holds other files: the archive would be mixed with them.").format(
                folder=folder
            ),
            given=str(folder),
            next_step=_("Name a folder that does not exist yet, or a file that ends in .zip."),
        )
    for name, content in archive.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with written_whole(file, private=True) as draft:
            draft.write_bytes(content)


def _zipped(archive: Archive) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as zip_:
        for name, content in archive.files.items():
            entry = zipfile.ZipInfo(name, date_time=_NO_TIME)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            entry.create_system = 3  # the same on every system
            zip_.writestr(entry, content)
    return out.getvalue()


def _tables(
    data: PersonInput, person: Person, *, quarantine: Any | None
) -> Iterator[tuple[str, pa.Table]]:
    """Every table of the snapshot that knows the customer, then the rows of the imports."""
    for name, table in data.tables.items():
        if "customer_id" in table.columns:
            yield name, _ordered(data, data.own(name))
    if "identity_pairs" in data.tables:
        own = sorted({one.own_id for one in person.identity.records})
        yield "identity_pairs", _ordered(data, pairs_between(data.tables["identity_pairs"], own))
    for name, table in _imported(data, person):
        yield f"imports/{name}", _ordered(data, table.drop(*_WORK))
    if quarantine is not None:
        found = holding(quarantine, _traces(person), numbers=_numbers(person))
        yield "imports/quarantine", _ordered(data, found)


def _imported(data: PersonInput, person: Person) -> Iterator[tuple[str, Any]]:
    links = links_of(person.identity.records)
    orders = [(row["source"], row["source_order_id"]) for row in data.rows("orders")]
    for name, staged in data.staged.items():
        if name == "refunds":
            matched = order_of_refund(
                staged, data.tables["orders"], carry=("source", "customer_id")
            )
            mine = matched.filter(matched.order_customer_id == data.customer_id)
            yield name, mine.select(*staged.columns)
        elif name in _BY_PERSON:
            told = told_by(staged, links)
            if name in _BY_ORDER and orders:
                told = told.union(of_orders(staged, orders), distinct=True)
            yield name, told


def _ordered(data: PersonInput, table: Any) -> pa.Table:
    return data.fetch(table.order_by(list(table.columns)))


def _traces(person: Person) -> list[str]:
    """E-mails and telephones: found wherever they stand in a refused cell."""
    told = [one.told for one in person.contact if one.name in ("email", "phone")]
    told += [
        other for one in person.contact if one.name in ("email", "phone") for other in one.others
    ]
    known = (one.source_id for one in person.identity.records if one.kind in ("email", "phone"))
    return sorted({value.lower() for value in (*(one.value for one in told), *known)})


def _numbers(person: Person) -> list[str]:
    """Ids and order numbers: found where they are the whole cell."""
    ids = (one.source_id for one in person.identity.records)
    orders = (
        (one.id or "").partition("/")[2]
        for one in person.timeline.entries
        if one.kind in ("order", "order_set_aside")
    )
    return sorted({number for number in (*ids, *orders) if number})


def _csv(table: pa.Table) -> bytes:
    out = io.BytesIO()
    write_table(table, None, format="csv", dialect="international", stream=out)
    return out.getvalue()


def _rows(table: pa.Table) -> Sequence[Any]:
    out = io.BytesIO()
    write_table(table, None, format="json", stream=out)
    rows: list[Any] = json.loads(out.getvalue())
    return rows


def _json(person: Person, tables: Mapping[str, pa.Table]) -> bytes:
    content = {
        "schema": SCHEMA,
        "record": person.values(),
        "tables": {name: _rows(table) for name, table in tables.items()},
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _readme(person: Person, tables: Mapping[str, pa.Table], language: Language) -> bytes:
    with use_language(language):
        columns = {name: table.column_names for name, table in tables.items()}
        return readme(person, columns).encode()
