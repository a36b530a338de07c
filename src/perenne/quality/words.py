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
    "account_ref": _l("company or account"),
    "address": _l("address"),
    "amount": _l("amount"),
    "answered_at": _l("time of the answer"),
    "answered_on": _l("day of the answer"),
    "availability": _l("availability"),
    "birth_on": _l("date of birth"),
    "campaign": _l("campaign"),
    "cancel_reason": _l("reason for leaving"),
    "cancelled_on": _l("day of the cancellation"),
    "category": _l("category"),
    "channel": _l("channel"),
    "city": _l("city"),
    "comment": _l("comment"),
    "company": _l("company"),
    "cost": _l("unit cost"),
    "country": _l("country"),
    "coupon": _l("discount code"),
    "created_on": _l("day of creation"),
    "currency": _l("currency"),
    "customer_ref": _l("customer"),
    "customer_ref_kind": _l("kind of customer id"),
    "discount": _l("discount"),
    "document": _l("sort of document"),
    "email": _l("e-mail"),
    "ended_on": _l("last day"),
    "event": _l("event"),
    "event_text": _l("event as written"),
    "first_name": _l("first name"),
    "from_on": _l("first day"),
    "gtin": _l("GTIN"),
    "historic_clv": _l("value so far, as told"),
    "hours": _l("hours"),
    "interval_count": _l("length of the interval"),
    "interval_unit": _l("unit of the interval"),
    "is_gift_card": _l("gift card"),
    "is_test": _l("test order"),
    "kind": _l("kind"),
    "klaviyo_predicted_on": _l("day of Klaviyo’s prediction"),
    "klaviyo_predicted_orders": _l("orders that Klaviyo predicts"),
    "klaviyo_predicted_value": _l("value that Klaviyo predicts"),
    "last_name": _l("last name"),
    "line_number": _l("line number"),
    "next_charge_on": _l("day of the next charge"),
    "occurred_at": _l("time of the event"),
    "occurred_on": _l("day of the event"),
    "ordered_at": _l("time of the order"),
    "ordered_on": _l("day of the order"),
    "origin": _l("where it was said"),
    "other_id": _l("other number of the product"),
    "pays_order": _l("order that is paid"),
    "person_ref": _l("person"),
    "phone": _l("telephone"),
    "plan": _l("plan"),
    "postcode": _l("postcode"),
    "price": _l("price"),
    "product_id": _l("product"),
    "product_name": _l("product name"),
    "proof": _l("proof of consent"),
    "purpose": _l("purpose"),
    "quantity": _l("quantity"),
    "reason": _l("reason"),
    "refunded": _l("amount refunded"),
    "refunded_at": _l("time of the refund"),
    "refunded_on": _l("day of the refund"),
    "refunds_told_on": _l("day on which all refunds were told"),
    "region": _l("region"),
    "row_file": _l("file"),
    "row_hash": _l("fingerprint of the row"),
    "row_number": _l("row"),
    "said_at": _l("time of the consent"),
    "said_on": _l("day of the consent"),
    "sale_price": _l("sale price"),
    "scale_max": _l("highest score"),
    "scale_min": _l("lowest score"),
    "score": _l("score"),
    "session_id": _l("visit"),
    "shipping": _l("shipping"),
    "sku": _l("SKU"),
    "source_event_id": _l("event number"),
    "source_order_id": _l("order number"),
    "source_refund_id": _l("refund number"),
    "source_response_id": _l("answer number"),
    "source_subscription_id": _l("subscription number"),
    "started_at": _l("time of the start"),
    "started_on": _l("first day"),
    "status": _l("status"),
    "status_text": _l("status as written"),
    "stock": _l("stock"),
    "subtotal": _l("subtotal"),
    "suppressed": _l("on a suppression list"),
    "survey": _l("survey"),
    "tags": _l("tags"),
    "tax": _l("tax"),
    "tax_included": _l("tax included"),
    "time_known": _l("time known"),
    "to_on": _l("last day"),
    "told_on": _l("day on which it was told"),
    "first_told_on": _l("day since which it is told"),
    "topic": _l("topic"),
    "total": _l("total"),
    "total_orders": _l("orders so far, as told"),
    "total_spent": _l("spend so far, as told"),
    "trial_until_on": _l("end of the trial"),
    "unit_cost": _l("unit cost"),
    "unit_price": _l("unit price"),
    "until_on": _l("last day"),
    "value": _l("value"),
    "vendor": _l("brand"),
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
