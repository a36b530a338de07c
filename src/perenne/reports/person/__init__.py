"""Customer 360: one customer as one record, as text, JSON and a page, and as an archive to take."""

from perenne.reports.person.archive import Archive, build_archive, write_archive
from perenne.reports.person.assembling import assemble
from perenne.reports.person.face import PersonRecord, shown
from perenne.reports.person.masking import masked_person
from perenne.reports.person.record import Person, json_schema
from perenne.reports.person.source import PersonInput

__all__ = [
    "Archive",
    "Person",
    "PersonInput",
    "PersonRecord",
    "assemble",
    "build_archive",
    "json_schema",
    "masked_person",
    "shown",
    "write_archive",
]
