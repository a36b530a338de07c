"""The record as one HTML page: no script, no request to any other computer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from perenne.charts import Svg, stylesheet
from perenne.reports.html.blocks import Fact
from perenne.reports.html.words import unbroken
from perenne.reports.person.record import Person
from perenne.reports.person.sections import Chapter, chapters, highlights, standing
from perenne.text import current_language, format_date
from perenne.text import gettext as _


@dataclass(frozen=True)
class PersonPage:
    language: str
    title: str
    name: str
    shop: str
    kind: str
    skip: str
    covers: Sequence[Fact]
    highlights: Sequence[Fact]
    chapters: Sequence[Chapter]
    foot: str


def render_person(person: Person) -> str:
    """Return the record in the current language as one HTML page."""
    return render_page(_page(person))


def render_page(page: PersonPage) -> str:
    template = _environment().get_template("person.html.jinja")
    return template.render(
        page=page,
        chart_css=Svg(stylesheet()),
        page_css=Svg(_own("html", "report.css")),
        person_css=Svg(_own("person", "person.css")),
        _=_,
    )


def display_name(person: Person) -> str:
    """What the page is called by: the name, masked or not, else the id."""
    told = {one.name: one.told.value for one in person.contact}
    names = [told[name] for name in ("first_name", "last_name") if name in told]
    return " ".join(names) or told.get("company") or person.customer_id


def _page(person: Person) -> PersonPage:
    name = display_name(person)
    return PersonPage(
        language=current_language(),
        title=_("{name}: customer record").format(name=name),
        name=name,
        shop=person.shop or _("Your shop"),
        kind=_("customer record"),
        skip=_("Skip to the record"),
        covers=_covers(person),
        highlights=highlights(person),
        chapters=chapters(person),
        foot=_foot(person),
    )


def _covers(person: Person) -> list[Fact]:
    return [
        *standing(person),
        Fact(_("As of"), format_date(person.as_of, "medium")),
        Fact(_("Sources"), ", ".join(person.sources)),
        Fact(_("Customer id"), person.customer_id),
    ]


def _foot(person: Person) -> str:
    personal = (
        _("This page holds personal data in clear: keep it where only those who need it can read.")
        if person.personal
        else _("Names, addresses and ids of sources are masked; it is still about one person.")
    )
    return " ".join(
        (
            _(
                "Written by Perenne from snapshot {snapshot}, from the data of this shop alone."
            ).format(snapshot=person.snapshot),
            personal,
        )
    )


def _own(folder: str, name: str) -> str:
    return (resources.files(f"perenne.reports.{folder}") / "templates" / name).read_text("utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=ChoiceLoader(
            [PackageLoader(f"perenne.reports.{one}", "templates") for one in ("person", "html")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=unbroken,
        trim_blocks=True,
        lstrip_blocks=True,
    )
