"""The record as a notebook or a program holds it: values that print and become a page."""

from __future__ import annotations

from dataclasses import dataclass, fields
from html import escape

from perenne.reports.person.page import display_name, render_person
from perenne.reports.person.record import Person
from perenne.text import Language, current_language, use_language

_FRAME_HEIGHT = 720


@dataclass(frozen=True, repr=False)
class PersonRecord(Person):
    """One customer as one record; see `Person` for its fields."""

    def html(self, *, language: Language | None = None) -> str:
        """The record as one HTML page that needs nothing else; in the current language unless
        another is named."""
        with use_language(language or current_language()):
            return render_person(self)

    def _repr_html_(self) -> str:
        """The page inside a frame, so that its style and the notebook's stay apart."""
        return (
            f'<iframe sandbox title="{escape(display_name(self))}" srcdoc="{escape(self.html())}" '
            f'width="100%" height="{_FRAME_HEIGHT}" style="border:0;border-radius:12px"></iframe>'
        )


def shown(person: Person) -> PersonRecord:
    """The same record, that can show itself."""
    return PersonRecord(**{one.name: getattr(person, one.name) for one in fields(Person)})
