"""What identity did and proposes, as lines for a person and as values for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from perenne.identity import evidence_words, field_words, masked, rule_words
from perenne.text import format_number, format_percent, ngettext
from perenne.text import gettext as _

if TYPE_CHECKING:
    from perenne.identity import IdentityAccount, Missed, Threshold
    from perenne.workspace.identities import ReviewPair, Side


def account_words(account: IdentityAccount, *, whole: bool) -> Iterator[str]:
    """The account of a refresh; not `whole`: nothing about a shop in which nothing was linked."""
    if account.linked or whole:
        yield ngettext(
            "{n} record of the sources = {customers} customers",
            "{n} records of the sources = {customers} customers",
            account.records,
        ).format(n=format_number(account.records), customers=format_number(account.customers))
    for rule, records in account.links.items():
        yield "  " + ngettext(
            "{n} record linked: {rule}", "{n} records linked: {rule}", records
        ).format(n=format_number(records), rule=rule_words(rule))
    if account.review:
        yield "→ " + ngettext(
            "{n} pair waits for you: perenne identity review",
            "{n} pairs wait for you: perenne identity review",
            account.review,
        ).format(n=format_number(account.review))
    yield from missed_words(account.missed)
    yield from _unused_words(account, whole=whole)
    yield from _alarm_words(account)
    if whole:
        yield _("Largest customer: {n} records").format(n=format_number(account.largest))
        yield _("Decisions that hold: {accepted}, {refused}").format(
            accepted=ngettext("{n} accepted", "{n} accepted", account.accepted).format(
                n=format_number(account.accepted)
            ),
            refused=ngettext("{n} refused", "{n} refused", account.refused).format(
                n=format_number(account.refused)
            ),
        )
        yield _model_words(account)
        for sources, threshold in account.thresholds.items():
            yield "  " + _("{label}: {value}").format(
                label=sources, value=_threshold_words(threshold)
            )


def since_words(decided: Mapping[Any, int]) -> Iterator[str]:
    """Decisions that the published snapshot does not know."""
    if not decided:
        return
    accepted, refused, undone = (decided.get(word, 0) for word in ("accept", "refuse", "undo"))
    said = (
        ngettext("{n} accepted", "{n} accepted", accepted).format(n=format_number(accepted)),
        ngettext("{n} refused", "{n} refused", refused).format(n=format_number(refused)),
        ngettext("{n} undone", "{n} undone", undone).format(n=format_number(undone)),
    )
    shown = [text for text, n in zip(said, (accepted, refused, undone), strict=True) if n]
    yield "→ " + _("Decisions that wait for the next refresh: {decisions}").format(
        decisions=", ".join(shown)
    )


def missed_words(missed: Missed | None) -> Iterator[str]:
    """What the pairs left apart likely do to the figures; nothing where they hardly do anything."""
    if missed is None or max(missed.links, missed.wrong) < 0.5:
        return
    customers, rate = missed.customers, missed.repeat_rate
    yield "≈ " + ngettext(
        "Some {n} link between customers is likely missed, {wrong} made in error: {low} to {high} "
        "customers instead of {stated},",
        "Some {n} links between customers are likely missed, {wrong} made in error: {low} to "
        "{high} customers instead of {stated},",
        round(missed.links),
    ).format(
        n=format_number(round(missed.links)),
        wrong=format_number(round(missed.wrong)),
        low=format_number(round(customers.low)),
        high=format_number(round(customers.high)),
        stated=format_number(round(customers.stated)),
    )
    yield "  " + _("repeat purchase rate {low} to {high} instead of {stated}.").format(
        low=format_percent(rate.low),
        high=format_percent(rate.high),
        stated=format_percent(rate.stated),
    )


def _unused_words(account: IdentityAccount, *, whole: bool) -> Iterator[str]:
    if account.shared:
        yield "! " + ngettext(
            "{n} e-mail or number is shared by more records than the cap: it links nobody.",
            "{n} e-mails or numbers are shared by more records than the cap: they link nobody.",
            account.shared,
        ).format(n=format_number(account.shared))
    if account.blocked and whole:
        yield ngettext(
            "{n} e-mail or number of several records stands on the blocklist.",
            "{n} e-mails or numbers of several records stand on the blocklist.",
            account.blocked,
        ).format(n=format_number(account.blocked))
    for one in account.unused if whole else account.unused[:3]:
        if whole or one.state == "shared":
            yield "  " + ngettext("{what}: {n} record", "{what}: {n} records", one.records).format(
                what=one.masked, n=format_number(one.records)
            )
    if account.invalid and whole:
        yield ngettext(
            "{n} text is no e-mail or telephone number.",
            "{n} texts are no e-mails or telephone numbers.",
            account.invalid,
        ).format(n=format_number(account.invalid))


def _alarm_words(account: IdentityAccount) -> Iterator[str]:
    if not account.alarm:
        return
    size = format_number(account.largest)
    if account.alarm == "too_large":
        text = _("! Customer {id} has {n} records: more than [identity] largest allows.")
    else:
        text = _("! Customer {id} has {n} records, {before} in the refresh before.")
    yield text.format(id=account.largest_id, n=size, before=account.largest_before)
    yield "→ " + _(
        "See what links them: perenne identity review --status linked --customer {id}"
    ).format(id=account.largest_id)


def _model_words(account: IdentityAccount) -> str:
    return {
        "done": _("Likeness: {n} pairs of records compared by {fields}."),
        "off": _("Likeness: switched off (probabilistic in [identity])."),
        "sources": _("Likeness: not compared, fewer than two sources tell of persons."),
        "fields": _("Likeness: not compared, the sources tell too little of persons."),
        "few": _("Likeness: not compared, too few persons to learn from."),
        "nothing": _("Likeness: no two records left to compare."),
    }[account.model].format(
        n=format_number(account.compared), fields=", ".join(map(field_words, account.fields))
    )


def _threshold_words(threshold: Threshold) -> str:
    value = format_number(threshold.value, decimals=3)
    if not threshold.measured and not threshold.missing and threshold.judged:
        return _(
            "links from probability {value} on, unmeasured: of the {judged} pairs decided too many "
            "likely ones were refused"
        ).format(value=value, judged=format_number(threshold.judged))
    if not threshold.measured and not threshold.judged:
        return _(
            "links from probability {value} on, unmeasured: no pair decided, some {missing} are "
            "needed"
        ).format(value=value, missing=format_number(threshold.missing))
    if not threshold.measured or threshold.at_least is None:
        return _(
            "links from probability {value} on, unmeasured: {judged} pairs decided, some {missing} "
            "more are needed"
        ).format(
            value=value,
            judged=format_number(threshold.judged),
            missing=format_number(threshold.missing),
        )
    return _(
        "links from probability {value} on, measured: at least {bound} right (pairs decided: "
        "{judged} of these sources, {others} of others)"
    ).format(
        value=value,
        bound=format_percent(threshold.at_least),
        judged=format_number(threshold.judged),
        others=format_number(threshold.others),
    )


def pair_lines(pair: ReviewPair, *, personal: bool) -> Iterator[str]:
    """One pair: what it rests on, both records, and how they compare."""
    head = f"{pair.pair_id}  {_status_words(pair)}"
    if pair.probability is not None and pair.rule == "model":
        head += ", " + _("probability {p}").format(p=format_number(pair.probability, decimals=3))
    yield head
    yield from (f"    {side_words(side, personal=personal)}" for side in pair.sides)
    evidence = evidence_words(pair.evidence)
    yield "    " + (", ".join(evidence) if evidence else _("nothing else to compare"))


def _status_words(pair: ReviewPair) -> str:
    if pair.decided_since != pair.decision:
        return {
            "accept": _("accepted; the next refresh links them"),
            "refuse": _("refused; the next refresh takes them apart"),
            None: _("undone; the next refresh judges them anew"),
        }[pair.decided_since]
    rule = rule_words(pair.rule)
    return {
        "review": _("waits: {rule}"),
        "linked": _("linked: {rule}"),
        "refused": _("refused: {rule}"),
    }[pair.status].format(rule=rule)


def side_words(side: Side, *, personal: bool) -> str:
    """A record: its source, and its contact, masked unless asked for in full."""
    contact = {name: str(value) for name, value in side.contact.items()}
    ids = side.ids if personal else ()
    if not personal:
        contact = {name: _hidden(name, value) for name, value in contact.items()}
        if not contact and side.kind != "id":
            ids = tuple(_hidden(side.kind, one) for one in side.ids)
    name = " ".join(contact[part] for part in ("first_name", "last_name") if part in contact)
    parts = ("email", "phone", "company", "address", "postcode", "city", "birth_on")
    told = [", ".join(ids), name, *(contact[part] for part in parts if part in contact)]
    return _("{label}: {value}").format(
        label=side.source, value=" · ".join(filter(None, told)) or "…"
    )


def _hidden(name: str, value: str) -> str:
    if name in ("email", "phone"):
        return masked(name, value)
    if name in ("postcode", "city", "country", "company"):
        return value
    return f"{value[:4]}…" if name == "birth_on" else f"{value[:1]}…"


def pair_values(pair: ReviewPair, *, personal: bool) -> dict[str, Any]:
    return {
        "pair": pair.pair_id,
        "status": pair.status,
        "rule": pair.rule,
        "probability": pair.probability,
        "decision": pair.decision,
        "decided_since": pair.decided_since,
        "evidence": dict(cell.split("=", 1) for cell in pair.evidence.split("|") if cell),
        "records": [
            {
                "source": side.source,
                "customer_id": side.customer_id,
                **({"ids": list(side.ids), "contact": dict(side.contact)} if personal else {}),
            }
            for side in pair.sides
        ],
    }
