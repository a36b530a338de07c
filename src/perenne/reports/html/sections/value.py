"""What a customer is worth: how value is spread, what it was over time, and the simple CLV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from perenne.charts import (
    Caption,
    Marker,
    bins,
    concentration,
    concentration_curve,
    histogram,
)
from perenne.core import add_months
from perenne.reports.html.blocks import Cell, Chart, Column, Row, Section, Table
from perenne.reports.html.measured import Measured
from perenne.reports.html.spread import MAJORITY, TOP, Spread
from perenne.reports.html.words import count, listed, share, whole_share
from perenne.text import format_value, ngettext
from perenne.text import gettext as _

# Some returns lift the curve a hair above the whole; an axis up to 125% would not be worth it.
_ALMOST_ALL = 1.02
WINDOWS = ("_12m", "_24m", "_36m", "")


def section(measured: Measured, values: Sequence[float], spread: Spread | None) -> Section:
    blocks = [_distribution(measured, values, spread), _concentration(values, spread)]
    return Section(
        "value",
        _("What a customer is worth"),
        _(
            "Value is net revenue after returns, per known customer, since the first order. It is "
            "what has been observed; nothing here is a forecast except the simple CLV."
        ),
        [*blocks, _history(measured), *_simple_clv(measured)],
        short=_("Value"),
    )


def _distribution(measured: Measured, values: Sequence[float], spread: Spread | None) -> Chart:
    words = measured.words
    lead = ""
    markers: list[Marker] = []
    if spread:
        lead = _(
            "Half of the customers have brought less than {median}; the mean is {mean}, and one "
            "customer in ten has brought more than {p90}."
        ).format(
            median=words.money(spread.median),
            mean=words.money(spread.mean),
            p90=words.money(spread.p90),
        )
        markers = [
            Marker(spread.median, _("median {value}").format(value=words.money(spread.median))),
            Marker(spread.mean, _("mean {value}").format(value=words.money(spread.mean))),
            Marker(spread.p90, _("9 in 10 below {value}").format(value=words.money(spread.p90))),
        ]
    title = _("Distribution of historical CLV")
    svg = histogram(
        bins(values),
        caption=Caption(title, lead, _no_customer()),
        format_value=words.axis,
        format_count=count,
        markers=markers,
        x_title=_("net revenue per customer, since the first order"),
        y_title=_("customers"),
    )
    return Chart(title, svg, lead)


def _no_customer() -> str:
    return _("No known customer has ordered yet.")


def _concentration(values: Sequence[float], spread: Spread | None) -> Chart:
    title = _("Concentration of revenue")
    lead = concentration_sentence(spread)
    svg = concentration_curve(
        [(x, min(y, 1.0)) if y < _ALMOST_ALL else (x, y) for x, y in concentration(values)],
        caption=Caption(title, lead, _no_customer()),
        format_share=whole_share,
        highlights=(0.05, TOP, 0.5),
        equality_label=_("if all were worth the same"),
        x_title=_("share of customers, best first"),
        y_title=_("share of net revenue"),
    )
    table = _tenths(spread) if spread and spread.tenths else None
    return Chart(title, svg, lead, table=table)


def concentration_sentence(spread: Spread | None) -> str:
    """Say who makes most of the revenue, in one sentence."""
    if not spread or spread.top_share is None or spread.majority_customers is None:
        return ""
    return ngettext(
        "The best {top} of customers ({n} customer) brought {share} of revenue; {majority} of it "
        "came from {few} of customers.",
        "The best {top} of customers ({n} customers) brought {share} of revenue; {majority} of it "
        "came from {few} of customers.",
        spread.top_customers,
    ).format(
        top=whole_share(TOP),
        n=count(spread.top_customers),
        share=share(spread.top_share),
        majority=whole_share(MAJORITY),
        few=share(spread.majority_share),
    )


def _tenths(spread: Spread) -> Table:
    rows = [
        Row(
            Cell(_("Decile {n}").format(n=n)),
            [
                Cell(count(one.customers)),
                Cell(share(one.share)),
                Cell(share(one.share_so_far)),
            ],
        )
        for n, one in enumerate(spread.tenths, start=1)
    ]
    columns = [
        Column(_("Customers, best first"), is_text=True),
        Column(_("Customers")),
        Column(_("Share of revenue")),
        Column(_("Share so far")),
    ]
    return Table(_("Revenue by decile of customers"), columns, rows)


def _history(measured: Measured) -> Table:
    kinds = {
        "historical_clv": _("Net revenue"),
        "historical_clv_margin": _("Margin"),
        "historical_clv_net": _("Margin after acquisition and retention costs"),
    }
    rows = [
        Row(
            Cell(name),
            [Cell(measured.words.money(measured.value(f"{kind}{window}"))) for window in WINDOWS],
        )
        for kind, name in kinds.items()
        if measured.value(kind) is not None
    ]
    columns = [
        Column(_("Value"), is_text=True),
        Column(_("Last 12 months")),
        Column(_("Last 24 months")),
        Column(_("Last 36 months")),
        Column(_("Since the first order")),
    ]
    notes = [
        _("Over all known customers; those who did not buy in that time count as zero."),
        *_short_history(measured),
        *_left_out(measured, kinds),
    ]
    return Table(_("Historical CLV, mean per customer"), columns, rows, notes)


def _short_history(measured: Measured) -> list[str]:
    """Longer windows than the data hold show the same figure."""
    first, end = measured.context.customers_from, measured.context.as_of + timedelta(days=1)
    months = (end.year - first.year) * 12 + end.month - first.month - (end.day < first.day)
    if add_months(end, -36) < first:
        return [
            _("The data go back {months}: longer windows hold no more.").format(
                months=format_value(max(months, 1), "months")
            )
        ]
    return []


def _left_out(measured: Measured, names: Iterable[str]) -> list[str]:
    lost = [measured.label(one.metric) for one in measured.missing(names)]
    if not lost:
        return []
    return [_("Not computed, see the limits: {names}.").format(names=listed(lost))]


def clv_steps(measured: Measured) -> tuple[tuple[str, str], ...]:
    """Metrics of the simple CLV, each with what is done with it to the figure before."""
    observed = measured.context.settings.lifespan == "observed"
    return (
        ("average_purchase_value", ""),
        ("purchase_frequency", "×"),
        ("customer_value", "="),
        ("average_lifespan_years" if observed else "implied_lifespan_years", "×"),
        ("clv_simple", "="),
        ("margin_rate", "×"),
        ("clv_margin", "="),
        ("cac_year", "−"),
        ("retention_cost_per_year", "−"),
        ("clv_net", "="),
    )


def _simple_clv(measured: Measured) -> list[Table]:
    """The terms of the simple CLV, multiplied out, then what margin and costs leave of it."""
    steps = clv_steps(measured)
    rows = [
        Row(
            Cell(
                f"{sign} {measured.label(name)}".strip(),
                hint=str(measured.data.catalogue[name].formula),
            ),
            [Cell(measured.written(name))],
            css="total" if sign == "=" else "",
        )
        for name, sign in steps
        if measured.value(name) is not None
    ]
    columns = [
        Column(_("Term"), is_text=True),
        Column(_("Figure")),
    ]
    notes = measured.own_notes(measured.figures["clv_simple"])
    if measured.value("retention_cost_per_year") is not None:
        notes.append(_("The retention cost counts for each year of the lifespan."))
    notes += _left_out(measured, [name for name, _sign in steps])
    if not rows:
        return []
    return [Table(_("Simple CLV, term by term"), columns, rows, notes, css="terms")]
