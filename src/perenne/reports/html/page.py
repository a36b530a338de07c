"""The page: figures first, then blocks, then one self-contained HTML text."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from perenne.charts import Svg, stylesheet
from perenne.reports.files import written_whole
from perenne.reports.html.blocks import Fact, Page, Section
from perenne.reports.html.findings import Evidence, findings
from perenne.reports.html.head import facts, foot
from perenne.reports.html.measured import Measured, measure
from perenne.reports.html.prediction import Prediction
from perenne.reports.html.sections import (
    account,
    acquisition,
    cohorts,
    coming,
    kpis,
    limits,
    loyalty,
    offer,
    relation,
    segments,
    trust,
    value,
)
from perenne.reports.html.source import ReportInput
from perenne.reports.html.spread import spread
from perenne.reports.html.tables import customer_values
from perenne.reports.html.words import unbroken
from perenne.text import current_language
from perenne.text import gettext as _


def write_html_report(data: ReportInput, path: Path) -> None:
    """Write the report in the current language to one HTML file that needs nothing else.

    The file appears whole or not at all. Raises `PerenneError` when it cannot be written.
    """
    text = render_html(data)
    with written_whole(path) as place:
        place.write_text(text, encoding="utf-8")


def render_html(data: ReportInput) -> str:
    """Return the report in the current language as one HTML page."""
    return written(build(data))


def written(page: Page) -> str:
    """Return a page as HTML."""
    template = environment().get_template("report.html.jinja")
    return template.render(
        page=page,
        chart_css=Svg(stylesheet()),
        page_css=Svg(own("report.css")),
        script=Svg(own("report.js")),
        _=_,
    )


def build(data: ReportInput) -> Page:
    """Ask for every figure and put the chapters together."""
    measured = measure(data)
    values = _values(data)
    found = Evidence(
        measured=measured,
        spread=spread(values),
        ranks=loyalty.ranks(measured),
        segments=segments.rows(measured),
        channels=acquisition.channels(measured),
        prediction=Prediction(measured),
    )
    name = data.shop_name or _("Your shop")
    return Page(
        language=current_language(),
        title=_("{shop}: customers and their value").format(shop=name),
        shop_name=name,
        facts=facts(measured),
        findings=findings(found),
        sections=_sections(measured, values, found),
        foot=foot(measured),
    )


def _sections(measured: Measured, values: list[float], found: Evidence) -> list[Section]:
    offered = offer.by_dimension(measured)
    optional = {
        "segments": segments.section(measured, found.segments),
        "acquisition": acquisition.section(measured, found.channels),
        "offer": offer.section(measured, offered),
    }
    chapters = [
        kpis.section(measured),
        value.section(measured, values, found.spread),
        coming.section(found.prediction),
        *_trust(found.prediction),
        cohorts.section(measured),
        loyalty.section(measured, found.ranks),
        *(one for one in optional.values() if one is not None),
        *relation.sections(measured),
        account.section(measured),
    ]
    absent = [_ABSENT[name]() for name, one in optional.items() if one is None and name in _ABSENT]
    return [*chapters, limits.section(measured, absent=[*absent, *offer.absent(offered)])]


def _trust(prediction: Prediction) -> list[Section]:
    found = trust.section(prediction)
    return [found] if found else []


def _no_segments() -> Fact:
    return Fact(_("No known customer has ordered yet."), "", _("Segments."))


def _no_acquisition() -> Fact:
    why = _("Neither a channel nor a spend is known: import channel costs.")
    return Fact(why, "", _("Acquisition by channel."))


_ABSENT = {"segments": _no_segments, "acquisition": _no_acquisition}
"""Why a chapter is left out."""


def _values(data: ReportInput) -> list[float]:
    if "customer_facts" not in data.tables:
        return []
    column = data.fetch(customer_values(data.tables)).column("value")
    return [one for one in column.to_pylist() if one is not None]


def own(name: str) -> str:
    """A style sheet or script of the page."""
    return (resources.files("perenne.reports.html") / "templates" / name).read_text("utf-8")


@cache
def environment() -> Environment:
    """The templates of the pages."""
    return Environment(
        loader=PackageLoader("perenne.reports.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=unbroken,
        trim_blocks=True,
        lstrip_blocks=True,
    )
