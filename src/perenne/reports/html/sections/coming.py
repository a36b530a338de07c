"""What comes next: the value that the customers are predicted to bring, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from perenne.charts import Caption, Marker, bins, histogram
from perenne.metrics import tax_exception
from perenne.reports.html.blocks import (
    Block,
    Cell,
    Chart,
    Column,
    Fact,
    Facts,
    Fold,
    Row,
    Section,
    Table,
    Text,
    filled,
)
from perenne.reports.html.prediction import (
    Prediction,
    between,
    number,
    numbers,
    said_of,
)
from perenne.reports.html.sections import cohorts, further, margins, months, silent
from perenne.reports.html.spread import spread
from perenne.reports.html.words import Words, count, share
from perenne.segments import segment_label
from perenne.text import format_date, ngettext
from perenne.text import gettext as _

BY = ("channel", "cohort_quarter", "country")
_MOST_GROUPS = 12


def section(prediction: Prediction) -> Section:
    return Section(
        "next",
        _("What comes next"),
        _lead(prediction),
        _blocks(prediction) if prediction.is_known else [Text(why_none(prediction))],
        short=_("What comes next"),
    )


def _lead(prediction: Prediction) -> str:
    lead = _(
        "What the known customers are expected to bring after {date}, with how sure that is. "
        "Predicted value is revenue after discount and returns, without tax and shipping; "
        "customers still to be won are left out, except where the monthly forecast shows them."
    ).format(date=format_date(prediction.as_of))
    exception = tax_exception(prediction.measured.context.with_tax)
    return f"{lead} {exception}" if exception else lead


def why_none(prediction: Prediction) -> str:
    """Why there is nothing to show, in words."""
    if not prediction.measured.context.customers:
        return _("No known customer has ordered yet: there is nobody to predict anything for.")
    if prediction.is_gated:
        return _("The data are too few to predict anything yet: the next chapter says why.")
    refused = said_of(prediction.manifest, "refused")
    if refused:
        return _("Nothing could be predicted: {reason}").format(reason=refused)
    return _(
        "This snapshot holds no prediction: they are switched off under [predictions] in "
        "perenne.toml, or it was computed by an earlier version of Perenne. With them on, "
        "perenne refresh computes them."
    )


def _blocks(prediction: Prediction) -> list[Block]:
    blocks: list[Block] = [
        Text(headline(prediction)),
        Text(margins.said(prediction)),
        _facts(prediction),
    ]
    if prediction.is_gated:
        blocks.insert(0, Text(stand_in(prediction)))
    blocks += months.blocks(prediction)
    blocks += _segments(prediction)
    blocks += _groups(prediction)
    if prediction.values:
        blocks.append(_distribution(prediction))
    blocks += silent.blocks(prediction)
    blocks.append(further.table(prediction))
    return blocks


def stand_in(prediction: Prediction) -> str:
    return _(
        "The data are too few for a model that can be trusted, so the simple CLV formula stands "
        "in: one figure, without intervals. The next chapter says what is missing."
    )


def headline(prediction: Prediction) -> str:
    """The value of the next 12 months and what its interval means, in one or two sentences."""
    total, words = prediction.total(), prediction.measured.words
    said = ngettext(
        "Over the 12 months after {date}, the {n} known customer is expected to bring {value}.",
        "Over the 12 months after {date}, the {n} known customers are expected to bring {value}.",
        round(number(total, "customers") or 0),
    ).format(
        date=format_date(prediction.as_of),
        n=count(number(total, "customers")),
        value=words.money(number(total, "mean")),
    )
    low, high = number(total, "lo90"), number(total, "hi90")
    if low is None or high is None:
        return said
    meaning = _(
        "Nine times out of ten, the true figure should lie between {low} and {high}. That interval "
        "counts the chance in what customers do and the errors that the model made on past dates; "
        "it does not count what you may change."
    ).format(low=words.money(low), high=words.money(high))
    return f"{said} {meaning}"


def interval_text(row: Mapping[str, Any] | None, words: Words, level: int = 90) -> str:
    """`€1,000 to €2,000`; empty when there is no interval."""
    return between(row or {}, words, ends=(f"lo{level}", f"hi{level}"))


def _facts(prediction: Prediction) -> Facts:
    total, words = prediction.total(), prediction.measured.words
    mean, customers = number(total, "mean"), number(total, "customers")
    interval = interval_text(total, words)
    items = [
        Fact(
            _("Predicted value, next 12 months"),
            words.money(mean),
            margins.interval_note(interval) or _("no interval: a formula, not a model"),
        ),
        *margins.facts(prediction),
    ]
    if mean is not None and customers:
        items.append(
            Fact(
                _("Per customer"),
                words.money(mean / customers),
                _("mean of {n} customers; many will bring nothing").format(n=count(customers)),
            )
        )
    orders = number(total, "expected_orders")
    if orders is not None:
        note = _("days with a purchase, next 12 months")
        items.append(Fact(_("Expected orders"), count(round(orders)), note))
    if None in prediction.shares:
        items.append(
            Fact(
                _("Likelier than not to order again"),
                share(prediction.shares[None]),
                _("of known customers, within 12 months"),
            )
        )
    return Facts([*items, *margins.ratio(prediction)])


def _segments(prediction: Prediction) -> list[Block]:
    found = prediction.by("segment")
    if not found:
        return []
    settings = prediction.measured.data.segment_settings
    names = {row["value"]: segment_label(row["value"] or "", settings) for row in found}
    return [
        _table(
            prediction,
            found,
            names={name: label or _("No segment") for name, label in names.items()},
            title=_("Segments: the next 12 months"),
            first=_("Segment"),
        )
    ]


def _groups(prediction: Prediction) -> list[Block]:
    """The same by channel, cohort and country, on demand."""
    titles = {
        "channel": (_("By acquisition channel: the next 12 months"), _("Channel")),
        "cohort_quarter": (_("By quarter of the first order: the next 12 months"), _("Cohort")),
        "country": (_("By country: the next 12 months"), _("Country")),
    }
    tables: list[Block] = []
    for dimension in BY:
        found = prediction.by(dimension)
        if len(found) < 2:
            continue
        title, first = titles[dimension]
        names = {row["value"]: _group_name(dimension, row["value"]) for row in found}
        tables.append(_table(prediction, found, names=names, title=title, first=first))
    if not tables:
        return []
    return [Fold(_("By channel, cohort and country"), tables)]


def _group_name(dimension: str, value: str | None) -> str:
    if value is None:
        return _("Unknown")
    if dimension == "cohort_quarter":
        return cohorts.cohort_name(_quarter(value))
    return value


def _quarter(value: str) -> str:
    """`2025-04-01` as `2025-Q2`; what is a quarter already stays."""
    if len(value) == len("2025-04-01") and value[5:7].isdigit():
        return f"{value[:4]}-Q{(int(value[5:7]) + 2) // 3}"
    return value


def _table(
    prediction: Prediction,
    found: Sequence[Mapping[str, Any]],
    *,
    names: Mapping[object, str],
    title: str,
    first: str,
) -> Table:
    fewest = prediction.measured.context.settings.min_group
    shown = sorted(found, key=lambda row: -(number(row, "mean") or 0))[:_MOST_GROUPS]
    if found[0]["dimension"] == "cohort_quarter":
        shown.sort(key=lambda row: str(row["value"]), reverse=True)
    shares = prediction.shares if found[0]["dimension"] == "segment" else {}
    rows = [
        _group_row(
            prediction,
            row,
            names[row["value"]] + ("\u00a0*" if (number(row, "customers") or 0) < fewest else ""),
            shares=shares,
        )
        for row in shown
    ]
    total = prediction.total() or {}
    rows.append(_group_row(prediction, total, _("All"), shares=shares, css="total"))
    columns = [
        Column(first, is_text=True),
        Column(_("Customers")),
        Column(_("Predicted value per customer")),
        *map(Column, margins.titles(found)),
        Column(_("Expected orders")),
        *([Column(_("Likelier than not to order again"))] if shares else []),
    ]
    return filled(Table(title, columns, rows, _notes(found, fewest)))


def _adding_up() -> str:
    return _(
        "Each interval is that of the group’s own total: bad luck in one group is evened out by "
        "another, so the intervals do not add up to that of all."
    )


def _group_row(
    prediction: Prediction,
    row: Mapping[str, Any],
    name: str,
    *,
    shares: Mapping[str | None, float],
    css: str = "",
) -> Row:
    words = prediction.measured.words
    mean, customers = number(row, "mean"), number(row, "customers") or 0
    cells = [
        Cell(count(customers)),
        Cell(words.money(None if mean is None or not customers else mean / customers)),
        Cell(words.money(mean), hint=interval_text(row, words)),
        margins.cell(row, words),
        Cell(count(None if (n := number(row, "expected_orders")) is None else round(n))),
    ]
    cells += [Cell(share(shares.get(row.get("value"))))] if shares else []
    return Row(Cell(name), cells, css=css)


def _notes(found: Sequence[Mapping[str, Any]], fewest: int) -> list[str]:
    has_intervals = bool(numbers(found, "lo90")) and found[0]["dimension"] == "segment"
    notes = [_adding_up()] if has_intervals else []
    if len(found) > _MOST_GROUPS:
        notes.append(
            _("The {n} groups of the highest value; the others are in the line of all.").format(
                n=_MOST_GROUPS
            )
        )
    notes += margins.notes(found)
    if any((number(row, "customers") or 0) < fewest for row in found):
        notes.append(_("* Fewer than {n} customers: to be read with care.").format(n=fewest))
    return notes


def _distribution(prediction: Prediction) -> Chart:
    words, found = prediction.measured.words, spread(prediction.values)
    title = _("Distribution of predicted value")
    lead, markers = "", []
    if found:
        lead = _(
            "Half of the customers are expected to bring less than {median} in 12 months; the mean "
            "is {mean}, and one customer in ten is expected to bring more than {p90}."
        ).format(
            median=words.money(found.median),
            mean=words.money(found.mean),
            p90=words.money(found.p90),
        )
        markers = [
            Marker(found.median, _("median {value}").format(value=words.money(found.median))),
            Marker(found.mean, _("mean {value}").format(value=words.money(found.mean))),
            Marker(found.p90, _("9 in 10 below {value}").format(value=words.money(found.p90))),
        ]
    svg = histogram(
        bins(prediction.values),
        caption=Caption(title, lead, _("No known customer has ordered yet.")),
        format_value=words.axis,
        format_count=count,
        markers=markers,
        x_title=_("predicted value per customer, next 12 months"),
        y_title=_("customers"),
    )
    notes = [
        _(
            "Expected values: what customers like this one bring on average, some much and most "
            "little. One customer may bring far more or nothing."
        )
    ]
    return Chart(title, svg, lead, notes)
