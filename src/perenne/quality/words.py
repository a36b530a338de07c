"""The checks in words: what is asked, what was found, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from perenne.quality.checks import Check
from perenne.quality.results import Level, Outcome
from perenne.text import LazyText, format_date, format_number, format_percent, gettext
from perenne.text import gettext as _
from perenne.text import lazy_gettext as _l

TABLES: Mapping[str, LazyText] = {
    "orders": _l("Orders"),
    "order_lines": _l("Order lines"),
    "refunds": _l("Refunds"),
    "customers": _l("Customers and contacts"),
    "products": _l("Products"),
    "costs": _l("Marketing costs"),
    "consents": _l("Consents"),
    "events": _l("Events"),
    "subscriptions": _l("Subscriptions"),
    "surveys": _l("Survey answers"),
}
LEVEL_WORDS: Mapping[Level, LazyText] = {
    "passed": _l("passed"),
    "warning": _l("warning"),
    "error": _l("error"),
    "critical": _l("critical"),
}
_ASKED: Mapping[str, LazyText] = {
    "refused": _l("Rows read could be kept"),
    "key": _l("Each {column} stands once, or twice alike"),
    "repeated": _l("No row stands twice, word for word"),
    "filled": _l("“{column}” is filled in"),
    "dates": _l("“{column}” lies between {low} and {high}"),
    "signs": _l("“{column}” is not negative"),
    "outliers": _l("“{column}” is of a usual size, up to {high}"),
    "currency": _l("The currency is a known one"),
    "email": _l("E-mail addresses are well formed"),
    "phone": _l("Telephone numbers are well formed"),
    "country": _l("Countries are recognised"),
    "links": _l("The order that is named is known"),
    "gaps": _l("No more than {high} days in a row are empty"),
    "guests": _l("The customer is known"),
    "opt_in": _l("On each channel somebody said no"),
    "overlap": _l("The period was not in an earlier import"),
}
_PAIRS: Mapping[str, LazyText] = {
    "tax_plausible": _l("The tax is not above the total"),
    "refunded_plausible": _l("What was refunded is not above the total"),
    "discount_plausible": _l("The discount is not above the price"),
    "cost_plausible": _l("The cost is not above the price"),
    "to_on_plausible": _l("The spend ends after it begins"),
    "ended_on_plausible": _l("The subscription ends after it begins"),
    "score_plausible": _l("The score lies on its scale"),
}
_ADVICE: Mapping[str, LazyText] = {
    "refused": _l("See the reasons below, correct the cells and import the file again."),
    "key": _l("Export the list again without a join that repeats its rows; repeats are merged."),
    "repeated": _l("Check that the export was not pasted twice; the repeats count once."),
    "filled": _l("Add the column to the export, or fill it in where the data are entered."),
    "dates": _l("Check the order of day and month, and the clock of the tool that exports."),
    "signs": _l("Find out what the negative amounts are: refunds belong into their own table."),
    "outliers": _l("Look at the largest ones: a misplaced decimal mark, or a true large sale?"),
    "currency": _l("Correct the code: three letters as in EUR."),
    "email": _l("These addresses link nobody and cannot be written to; correct the entry form."),
    "phone": _l("A spreadsheet may have made numbers of them: export again, without opening it."),
    "country": _l("Write countries by their name or their two-letter code."),
    "links": _l("Import the orders of the same period too, or a longer period of them."),
    "gaps": _l("Ask whether the export left days out, or whether the shop was closed."),
    "guests": _l("Ask for an e-mail at the till: guests count in revenue, not in customer value."),
    "opt_in": _l("It has probably been edited: import the list that the tool itself exports."),
    "overlap": _l("Nothing to do where both are the same shop: what stands twice is merged."),
    "order": _l("Compare these rows with the tool they come from; one of both columns is wrong."),
}
_COLUMNS: Mapping[str, LazyText] = {
    "amount": _l("amount"),
    "answered_on": _l("day of the answer"),
    "birth_on": _l("date of birth"),
    "campaign": _l("campaign"),
    "category": _l("category"),
    "cost": _l("unit cost"),
    "country": _l("country"),
    "created_on": _l("day of creation"),
    "customer_ref": _l("customer"),
    "discount": _l("discount"),
    "email": _l("e-mail"),
    "from_on": _l("first day"),
    "line_number": _l("line number"),
    "occurred_on": _l("day of the event"),
    "ordered_on": _l("day of the order"),
    "origin": _l("where it was said"),
    "price": _l("price"),
    "product_id": _l("product"),
    "product_name": _l("product name"),
    "quantity": _l("quantity"),
    "refunded": _l("amount refunded"),
    "refunded_on": _l("day of the refund"),
    "said_on": _l("day of the consent"),
    "score": _l("score"),
    "shipping": _l("shipping"),
    "source_order_id": _l("order number"),
    "started_on": _l("first day"),
    "status": _l("status"),
    "stock": _l("stock"),
    "tax": _l("tax"),
    "total": _l("total"),
    "unit_price": _l("unit price"),
}


def asked(check: Check) -> str:
    """What a check asks, in one line."""
    if check.name == "order":
        return str(_PAIRS[check.column])
    text = str(_ASKED[check.name])
    columns = check.columns or (check.column,)
    named = " + ".join(column_words(column) for column in columns)
    return text.format(column=named, low=_bound(check.low), high=_bound(check.high))


def found(outcome: Outcome) -> str:
    """How many failed, of how many."""
    if not outcome.failed:
        return _("{n} looked at, none fails").format(n=format_number(outcome.units))
    return _("{failed} of {n} fail ({share})").format(
        failed=format_number(outcome.failed),
        n=format_number(outcome.units),
        share=_share(outcome.share),
    )


def advice(outcome: Outcome) -> str:
    """What to do about it."""
    return str(_ADVICE[outcome.check.name])


def column_words(column: str) -> str:
    """A column in the person's words where it has some, else its name."""
    return str(_COLUMNS.get(column, column))


def verdict(worst: Level) -> str:
    """What the worst check means for whoever reads figures made of this import."""
    return {
        "passed": gettext("Nothing stands out. These data can be counted with."),
        "warning": gettext("These data can be counted with; read what stands out."),
        "error": gettext("Some figures will be wrong. Correct what is listed first."),
        "critical": gettext("Do not count with this import before it has been corrected."),
    }[worst]


def _share(share: float) -> str:
    return "< " + format_percent(0.001) if 0 < share < 0.001 else format_percent(share)


def _bound(value: object) -> str:
    from datetime import date

    if isinstance(value, date):
        return format_date(value)
    return format_number(value) if isinstance(value, int | float) else ""
