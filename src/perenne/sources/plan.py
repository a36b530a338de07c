"""Says in sentences what importing a file will do, before doing it."""

from __future__ import annotations

from perenne.sources.context import ReadContext
from perenne.sources.recognition import Recognition
from perenne.text import gettext as _
from perenne.text import listed

_KEYS = {"customer_id", "email", "phone"}


def describe(recognition: Recognition, *, context: ReadContext) -> tuple[str, ...]:
    """Return the plan of a recognition: what it writes, how it reads dates and numbers."""
    said = [
        _("Read {file} as {preset}.").format(
            file=recognition.path.name, preset=_(recognition.preset.title)
        ),
        _("Write the staged tables {tables}.").format(tables=", ".join(recognition.tables)),
        *_place(recognition),
        *_dates(recognition, context),
        _decimal(recognition),
        _identical(recognition),
    ]
    if "customer_name" in recognition.columns and not _KEYS & recognition.columns.keys():
        said.append(
            _(
                "Customers are told apart by their name: namesakes become one. Name a column with "
                "--map customer_id=COLUMN if the file has one."
            )
        )
    if recognition.layout.encoding == "mixed":
        said.append(_("Read the lines that are not UTF-8 as cp1252."))
    if recognition.ignored:
        names = listed(recognition.ignored)
        said.append(_("Ignore the columns {names}.").format(names=names))
    return (*said, *(_(note) for note in recognition.preset.notes))


def _place(recognition: Recognition) -> list[str]:
    """Which table of the file is read, and what the lines above it tell."""
    said = [
        _("Take “{text}” from the lines above the header as {field} of every row.").format(
            text=text, field=field
        )
        for field, text in recognition.constants.items()
    ]
    if recognition.layout.kind != "sections":
        return said
    line = recognition.layout.header_line
    only = _("Read the table whose header stands on line {line}, and no other of the file.")
    return [only.format(line=line), *said]


def _dates(recognition: Recognition, context: ReadContext) -> list[str]:
    said = []
    for field, layout in recognition.dates.items():
        if not layout.shapes:
            continue
        text = _("Read dates in “{column}” as {layout}.").format(
            column=recognition.columns[field], layout=layout.label
        )
        if layout.timed and not layout.zoned:
            zone = _("Its times carry no zone and are taken as {zone}.").format(
                zone=recognition.preset.fields[field].zone or context.time_zone
            )
            text = f"{text} {zone}"
        said.append(text)
    return said


def _decimal(recognition: Recognition) -> str:
    if recognition.decimal_mark == ",":
        return _("Read numbers with a decimal comma.")
    return _("Read numbers with a decimal point.")


def _identical(recognition: Recognition) -> str:
    if recognition.identical_lines == "keep":
        return _("Keep identical rows.")
    return _("Collapse identical rows to one and count them.")
