"""What people read for the codes of a record, in the current language."""

from __future__ import annotations

from perenne.identity import rule_words
from perenne.reports.html.words import whole_share
from perenne.text import gettext as _

# Chances from which rounding would say 100%.
_MOST_SURE = 0.995


def field_label(name: str) -> str:
    """A field of the contact."""
    return {
        "first_name": _("First name"),
        "last_name": _("Family name"),
        "company": _("Company"),
        "email": _("E-mail"),
        "phone": _("Telephone"),
        "address": _("Street"),
        "postcode": _("Postcode"),
        "city": _("City"),
        "region": _("Region"),
        "country": _("Country"),
        "birth_on": _("Date of birth"),
    }[name]


def link_label(rule: str) -> str:
    """What makes a record part of the customer."""
    own = {
        "source_id": _("the source’s own id"),
        "source_email": _("the e-mail of the orders"),
        "source_phone": _("the telephone of the orders"),
        "source_name": _("the name on the orders"),
        "source_person": _("the source says that they are one person"),
        "source_erased": _("erased; a pseudonym is left"),
    }
    return own.get(rule) or rule_words(rule)


SPANS = ("", "_12m", "_24m", "_36m")
"""Ends of the columns of historical CLV."""


def span_labels() -> list[str]:
    return [_("since the start"), *(_("last {n} months").format(n=n) for n in (12, 24, 36))]


def value_labels() -> dict[str, str]:
    """What a historical CLV counts, by the start of its column."""
    return {
        "historical_clv": _("Revenue"),
        "historical_clv_margin": _("Margin"),
        "historical_clv_net": _("Margin less costs"),
    }


def figure_source(source: str) -> str:
    """Where a figure is computed: a metric of the catalogue, or a column of a table."""
    kind, _space, metric = source.partition(" ")
    return _("metric {name}").format(name=metric) if kind == "metric" else source


def figure_label(name: str) -> str:
    """A figure that is no metric of the catalogue; the name itself where it is unknown."""
    return {
        "first_order_on": _("First order"),
        "last_order_on": _("Last order"),
        "days_since_last_order": _("Since the last order"),
        "tenure_days": _("Since the first order"),
        "channel": _("Acquisition channel"),
        "country": _("Country of the first order"),
        "first_category": _("First category bought"),
        "acquisition_cost": _("Acquisition spend"),
        "retention_cost": _("Retention spend"),
    }.get(name, name)


def channel_label(channel: str | None) -> str:
    """A channel of consent or of an event; as written where it is the shop's own."""
    return {
        "email": _("E-mail"),
        "sms": _("SMS"),
        "phone": _("Telephone"),
        "post": _("Post"),
        "whatsapp": _("WhatsApp"),
        "push": _("Push notification"),
        "ads": _("Advertising"),
    }.get(channel or "", channel or "")


def purpose_label(purpose: str) -> str:
    return {
        "marketing": _("Marketing"),
        "partners": _("Partners’ offers"),
        "ads_matching": _("Advertising audiences"),
        "surveys": _("Surveys"),
        "service": _("Service messages"),
        "profiling": _("Profiling"),
        "cookies": _("Cookies and audience measurement"),
    }.get(purpose, purpose)


def consent_label(status: str, *, suppressed: bool = False) -> str:
    """What a consent allows. A suppression wins over everything; unknown stays unknown."""
    if suppressed or status == "suppressed":
        return _("Suppressed: nothing may be sent")
    return {
        "subscribed": _("Given"),
        "unsubscribed": _("Refused or withdrawn"),
        "unknown": _("Unknown"),
        "unread": _("Neither yes nor no"),
    }.get(status, status)


def event_label(event: str) -> str:
    return {
        "page_view": _("Page view"),
        "product_view": _("Product view"),
        "search": _("Search"),
        "cart": _("Added to basket"),
        "checkout": _("Checkout begun"),
        "purchase": _("Purchase seen by the tracker"),
        "session": _("Visit"),
        "login": _("Login"),
        "usage": _("Use of the service"),
        "email_sent": _("E-mail sent"),
        "email_open": _("E-mail opened"),
        "email_click": _("Click in an e-mail"),
        "email_bounce": _("E-mail bounced"),
        "sms_sent": _("SMS sent"),
        "sms_click": _("Click in an SMS"),
        "subscribe": _("Subscribed to a list"),
        "unsubscribe": _("Unsubscribed from a list"),
        "ticket": _("Support ticket"),
        "call": _("Call"),
        "training": _("Training"),
        "other": _("Other event"),
    }.get(event, event)


def survey_label(kind: str) -> str:
    return {"nps": "NPS", "csat": "CSAT", "ces": "CES"}.get(kind, _("Other score"))


def subscription_label(status: str) -> str:
    return {
        "active": _("Active"),
        "trialing": _("On trial"),
        "past_due": _("Payment overdue"),
        "paused": _("Paused"),
        "cancelled": _("Cancelled"),
        "expired": _("Expired"),
        "other": _("Other"),
    }.get(status, status)


def interval_label(unit: str | None, count: int | None) -> str:
    """How often a subscription is charged."""
    if unit is None:
        return ""
    many = count or 1
    if many == 1:
        one = {
            "day": _("every day"),
            "week": _("every week"),
            "month": _("every month"),
            "year": _("every year"),
        }
        return one.get(unit, unit)
    several = {
        "day": _("every {n} days"),
        "week": _("every {n} weeks"),
        "month": _("every {n} months"),
        "year": _("every {n} years"),
    }
    return several.get(unit, unit).format(n=many)


def nearly(chance: float) -> str:
    """A chance without decimals; no model is so sure that it would say 0% or 100%."""
    if chance >= _MOST_SURE:
        return _("over {share}").format(share=whole_share(0.99))
    if chance <= 1 - _MOST_SURE:
        return _("under {share}").format(share=whole_share(0.01))
    return whole_share(chance)


def no_day_label(note: str | None, *, months: int) -> str:
    """Why there is no day by which a further order is as likely as not, within so many months."""
    if note == "after_horizons":
        return _("Not within {months} months.").format(months=months)
    return _("It never becomes likelier than not.")


def no_path_label(note: str) -> str:
    """Why the chance of still being a customer is not drawn through time."""
    none = _("The chance of still being a customer is not drawn through time: {reason}")
    reasons = {
        "older_snapshot": _("this snapshot does not hold what it takes. perenne refresh does."),
        "no_purchase_model": _("the data of the shop are too few for a purchase model."),
        "by_occasion": _(
            "this shop sells on occasions, and between two of them nobody shows whether they left."
        ),
        "nobody_leaves": _(
            "the purchase model that came closest on past dates is one in which nobody leaves."
        ),
        "no_formula": _("the purchase model of this shop has no quick formula for it."),
        "one_purchase": _(
            "after one purchase the model of this shop cannot but say 100%, which says nothing."
        ),
        "too_soon": _("the first order is of the day of this record."),
    }
    return none.format(reason=reasons.get(note, note))


def order_label(kind: str) -> str:
    """A kind of entry of the timeline."""
    return {
        "order": _("Order"),
        "order_set_aside": _("Order set aside"),
        "refund": _("Refund"),
        "event": _("Event"),
        "survey": _("Survey answer"),
        "consent": _("Consent"),
        "subscription_started": _("Subscription begun"),
        "subscription_cancelled": _("Subscription cancelled"),
        "subscription_ended": _("Subscription ended"),
    }[kind]


def missing_label(part: str, code: str) -> str:
    """Why a part of the record is empty, and what would fill it."""
    if code == "not_imported":
        return _not_imported()[part]
    if code == "not_told":
        return _not_told().get(part) or _("No source tells any of this customer.")
    if code == "later":
        return _later()[part]
    if code == "not_ordered":
        return _("This customer has not ordered yet.")
    if code == "not_computed":
        return _(
            "The snapshot holds no prediction: perenne refresh makes them, unless [predictions] "
            "in perenne.toml says otherwise."
        )
    return _("The snapshot was computed by an earlier version of Perenne: run perenne refresh.")


def _not_told() -> dict[str, str]:
    """Parts that stand in one chapter with others."""
    return {
        "subscriptions": _("No source tells of a subscription of this customer."),
        "surveys": _("No source tells of an answer of this customer."),
        "costs": _(
            "Spend is imported, but none of it is this customer’s: acquisition spend is shared "
            "among those whom the channel won in the month, retention spend among those who "
            "bought in it."
        ),
    }


def _later() -> dict[str, str]:
    return {
        "consents": _("What sources tell of this customer’s consents is later than this record."),
        "subscriptions": _("The subscriptions that sources tell of began after this record."),
        "surveys": _("The answers that sources tell of were given after this record."),
        "costs": _("The spend that is imported is later than this record."),
        "events": _("The events that sources tell of are later than this record."),
    }


def _not_imported() -> dict[str, str]:
    return {
        "contact": _("No contacts are imported: import a customer file, or one of e-mails."),
        "consents": _(
            "No consents are imported: import those of your e-mail tool, or a file of consents. "
            "Until then nothing is known, and nothing is inferred."
        ),
        "subscriptions": _("No subscriptions are imported: import a file of subscriptions."),
        "surveys": _("No survey answers are imported: import a file of NPS or CSAT scores."),
        "costs": _("No spend is imported: import the costs of your channels."),
        "events": _("No events are imported: import visits, e-mail clicks or support tickets."),
    }
