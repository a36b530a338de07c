"""Where the numbers come from: every row and every amount, from the files to the figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from perenne.charts import Caption, Change, waterfall
from perenne.cleaning import Account, RowLine, ValueLine, rule_label
from perenne.core import Period
from perenne.metrics import Request, files_named
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
)
from perenne.reports.html.measured import Measured
from perenne.reports.html.rules import meaning
from perenne.reports.html.sections import linking
from perenne.reports.html.words import Words, count, signed
from perenne.text import format_month
from perenne.text import gettext as _

COUNTED = "counted"


def section(measured: Measured) -> Section:
    account = measured.data.account
    blocks: list[Block] = [
        Text(_verdict(account)),
        _rows_by_table(account),
        Fold(_("File by file"), [_rows_by_file(account)]),
    ]
    for currency, part in account.by_currency().items():
        lines = list(part.values)
        words = Words(currency or measured.context.currency)
        blocks += [_waterfall(lines, words, key=currency), _rules(lines, words)]
        blocks.append(
            Fold(_("By source and month"), [_months(lines, words, currency=words.currency)])
        )
    blocks.append(_revenue(measured))
    blocks += linking.blocks(measured.data.identity)
    return Section(
        "sources",
        _("Where the numbers come from"),
        _(
            "Every row of every file is kept, merged as a duplicate, or refused with its reason; "
            "every amount is either counted or set aside by a named rule. Nothing disappears."
        ),
        blocks,
        short=_("Sources"),
    )


def _verdict(account: Account) -> str:
    read = sum(line.read for line in account.rows)
    if account.balanced:
        return _(
            "{rows} rows were read. Rows and amounts add up: what came in is what was counted, "
            "merged, refused or set aside, to the cent."
        ).format(rows=count(read))
    return _(
        "{rows} rows were read, and rows or amounts do not add up: see the column “Difference”."
    ).format(rows=count(read))


def _table_name(table: str) -> str:
    return {
        "orders": _("Orders"),
        "order_lines": _("Order lines"),
        "refunds": _("Refunds"),
        "customers": _("Customers"),
        "products": _("Products"),
        "costs": _("Costs"),
    }.get(table, table)


def _rows_by_table(account: Account) -> Table:
    tables = dict.fromkeys(line.table for line in account.rows)
    rows = [
        Row(Cell(_table_name(table)), _counts(line for line in account.rows if line.table == table))
        for table in tables
    ]
    if len(rows) > 1:
        rows.append(Row(Cell(_("Total")), _counts(account.rows), css="total"))
    return Table(_("Rows read, and what became of them"), _row_columns(_("Table")), rows)


def _rows_by_file(account: Account) -> Table:
    rows = [
        Row(Cell(line.file, hint=f"{_table_name(line.table)} · {line.source}"), _counts([line]))
        for line in account.rows
    ]
    return Table(_("Rows, file by file"), _row_columns(_("File")), rows, css="files")


def _row_columns(first: str) -> list[Column]:
    return [
        Column(first, is_text=True),
        Column(_("Rows read")),
        Column(_("Kept")),
        Column(_("Duplicates merged")),
        Column(_("Refused")),
        Column(_("Difference")),
    ]


def _counts(lines: Iterable[RowLine]) -> list[Cell]:
    found = list(lines)
    sums = (
        sum(line.read for line in found),
        sum(line.kept for line in found),
        sum(line.merged for line in found),
        sum(line.quarantined for line in found),
        sum(line.difference for line in found),
    )
    return [Cell(count(number)) for number in sums]


def _totals(lines: Iterable[ValueLine]) -> dict[str, tuple[int, Decimal]]:
    return Account(rows=(), values=tuple(lines)).by_rule()


def _waterfall(lines: list[ValueLine], words: Words, *, key: str) -> Chart:
    title = _("From the files to the sales counted")
    totals = _totals(lines)
    value_in = sum((line.value_in for line in lines), Decimal(0))
    aside = sorted(
        (
            (rule, amount)
            for rule, (_number, amount) in totals.items()
            if rule != COUNTED and amount
        ),
        key=lambda one: (-abs(one[1]), one[0]),
    )
    counted = totals.get(COUNTED, (0, Decimal(0)))[1]
    lead = _("The files add up to {value}; {counted} of sales are counted, before returns.").format(
        value=words.money(value_in), counted=words.money(counted)
    )
    svg = waterfall(
        Change(_("Value in the files"), value_in),
        [Change(rule_label(rule), -amount) for rule, amount in aside],
        end_label=rule_label(COUNTED),
        caption=Caption(title, lead, _("The files hold no amount."), key),
        format_value=words.axis,
        format_change=lambda value: signed(words.axis(value), value),
    )
    notes = [_("Amounts as the files write them, tax included where they include it.")]
    if "return" in totals:
        notes.append(
            _("Setting aside a return adds value here; it is taken off on the day of the return.")
        )
    return Chart(title, svg, lead, notes)


def _rules(lines: list[ValueLine], words: Words) -> Table:
    totals = sorted(_totals(lines).items(), key=lambda one: (one[0] != COUNTED, -one[1][0], one[0]))
    rows = [
        Row(
            Cell(rule_label(rule), hint=meaning(rule)),
            [Cell(count(number)), Cell(words.cents(amount))],
            css="total" if rule == COUNTED else "",
        )
        for rule, (number, amount) in totals
    ]
    columns = [Column(_("Rule"), is_text=True), Column(_("Rows")), Column(_("Amount"))]
    return Table(_("What each rule did"), columns, rows, css="rules")


def _months(lines: Iterable[ValueLine], words: Words, *, currency: str) -> Table:
    rows = [
        Row(
            Cell(_month(line.month), hint=line.source),
            [Cell(words.cents(amount)) for amount in _amounts(line.value_in, line.out)],
        )
        for line in sorted(lines, key=lambda line: (line.source, line.month or ""))
    ]
    columns = [
        Column(_("Month and source"), is_text=True),
        Column(_("In the files")),
        Column(_("Counted")),
        Column(_("Set aside")),
        Column(_("Difference")),
    ]
    caption = _("Amounts by source and month, {currency}").format(currency=currency)
    return Table(caption, columns, rows)


def _revenue(measured: Measured) -> Facts:
    """From the sales counted to net revenue, over all history: where the account ends."""
    context = measured.context
    whole = Period(min(context.history_from, context.as_of), context.as_of)
    metrics = ("product_revenue", "net_revenue")
    found = {
        figure.metric: Decimal(str(figure.value or 0))
        for figure in measured.data.figures(Request(metrics, period=whole))
    }
    sales, net = (found.get(metric, Decimal(0)) for metric in metrics)
    write = measured.words.cents
    without = (
        _("without shipping; with the tax of {files}").format(files=files_named(context.with_tax))
        if context.with_tax
        else _("without tax and shipping")
    )
    return Facts(
        [
            Fact(_("Product sales, all history"), write(sales), without),
            Fact(_("Returns, all history"), write(sales - net), _("on the day of the return")),
            Fact(_("Net revenue, all history"), write(net), _("sales less returns")),
        ]
    )


def _month(month: str | None) -> str:
    return _("no date") if month is None else format_month(month)


def _amounts(value_in: Decimal, out: Mapping[str, Decimal]) -> tuple[Decimal, ...]:
    counted = out.get(COUNTED, Decimal(0))
    aside = sum((amount for rule, amount in out.items() if rule != COUNTED), Decimal(0))
    return value_in, counted, aside, value_in - counted - aside
