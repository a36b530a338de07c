"""How many records are one customer, and what links that are likely missed do to the figures."""

from __future__ import annotations

from perenne.identity import IdentityAccount, Likely
from perenne.reports.html.blocks import Block, Cell, Column, Row, Table, Text
from perenne.reports.html.words import count
from perenne.text import format_number, format_percent
from perenne.text import gettext as _


def blocks(account: IdentityAccount | None) -> list[Block]:
    """Nothing for a shop in which no two records were linked."""
    if account is None or not account.linked:
        return []
    told: list[Block] = [
        Text(
            _(
                "{records} records of the sources make {customers} customers; {review} pairs wait "
                "for a decision."
            ).format(
                records=count(account.records),
                customers=count(account.customers),
                review=count(account.review),
            )
        )
    ]
    missed = account.missed
    if missed is None or max(missed.links, missed.wrong) < 0.5:
        return told
    return [
        *told,
        Text(
            _(
                "Two records that are probably one person, but not surely enough to be linked, "
                "count as two customers; two persons who look alike may count as one. Links that "
                "are likely missed: some {links}; made in error: some {wrong}."
            ).format(
                links=format_number(round(missed.links)), wrong=format_number(round(missed.wrong))
            )
        ),
        Table(
            _("What missed links do to the figures"),
            [
                Column(_("Figure"), is_text=True),
                Column(_("Stated")),
                Column(_("Likely")),
                Column(_("Nine chances in ten")),
            ],
            [
                _row(_("Customers who have ordered"), missed.customers, share=False),
                _row(_("Repeat purchase rate"), missed.repeat_rate, share=True),
            ],
        ),
    ]


def _row(label: str, figure: Likely, *, share: bool) -> Row:
    def shown(value: float) -> str:
        return format_percent(value) if share else format_number(round(value))

    likely = _("{low} to {high}").format(low=shown(figure.low), high=shown(figure.high))
    return Row(
        Cell(label), [Cell(text) for text in (shown(figure.stated), shown(figure.likely), likely)]
    )
