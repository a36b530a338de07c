"""Customers to look at: of high predicted value, and not heard of for long."""

from __future__ import annotations

from typing import Any

from perenne.reports.html.blocks import Block, Cell, Column, Row, Table, filled
from perenne.reports.html.prediction import Prediction, between, number
from perenne.reports.html.words import count, share
from perenne.text import format_days
from perenne.text import gettext as _


def blocks(prediction: Prediction) -> list[Block]:
    """The silent customers with most to lose; nothing when nobody is silent."""
    if not prediction.silent:
        return []
    measured = prediction.measured
    columns = [
        Column(_("Customer"), is_text=True),
        Column(_("Last order")),
        Column(_("Orders")),
        Column(_("Revenue so far")),
        Column(_("Predicted value, 12 months")),
        Column(_("90% interval")),
        Column(_("Chance of an order")),
    ]
    rows = [_row(prediction, one) for one in prediction.silent]
    notes = [
        _(
            "Among customers without an order for more than {days} days, those of the highest "
            "predicted value. Ids are opaque: perenne export customers --with-source-ids tells "
            "who they are."
        ).format(days=count(measured.context.inactivity_days))
    ]
    title = _("Customers to look at: much to lose, and silent")
    return [filled(Table(title, columns, rows, notes, css="silent"))]


def _row(prediction: Prediction, one: Any) -> Row:
    words = prediction.measured.words
    cells = [
        Cell(_("{days} ago").format(days=format_days(one["days_since_last_order"]))),
        Cell(count(one["orders"])),
        Cell(words.money(one["historical_clv"])),
        Cell(words.money(number(one, "clv_12m"))),
        Cell(between(one, words, ends=("clv_12m_lo90", "clv_12m_hi90")) or "—"),
        Cell(share(number(one, "p_order_12m"))),
    ]
    from perenne.models.why.words import reasons_text  # SciPy comes with it

    why = reasons_text(one.get("why"), currency=words.currency, beside_figures=True)
    return Row(Cell(str(one["customer_id"]), hint=why or ""), cells)
