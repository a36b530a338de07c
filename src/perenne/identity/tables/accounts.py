"""Which company each customer belongs to: as a source names it, else by name or e-mail domain."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.identity.attributes import AccountSettings
from perenne.identity.tables.facts import keyed_hash, with_customer
from perenne.identity.tables.records import plain_words


def accounts(persons: ir.Table, link: ir.Table, *, key: str, settings: AccountSettings) -> ir.Table:
    """`customer_id`, `account_id`: one row per customer who belongs to an account.

    The newest account that a source names comes first. By name or domain, a customer joins the
    account that all others of that name or domain have, else one made of the name or domain.
    """
    known = with_customer(persons.filter(persons.customer_ref.notnull()), link)
    place = ibis.literal("*") if settings.shared_ids else known.source
    named = ibis.literal("id/").concat(place, "/", known.account_ref)
    name = plain_words(known.company) if settings.by_company else ibis.null("string")
    told = known.mutate(named=named, name=name)
    newest = ibis.struct({"seq": -told.seq, "row": -told.row_number, "file": told.row_file})
    found = told.group_by("customer_id").agg(
        text=told.named.argmin(newest, where=told.named.notnull()),
        name=told.name.argmin(newest, where=told.name.notnull()),
    )
    if settings.by_company:
        found = _joined(found, "name", kind="company")
    if settings.by_domain:
        domain = _domains(persons, link, settings)
        found = (
            link.select("customer_id").distinct().left_join(found, "customer_id", rname="f_{name}")
        )
        found = found.left_join(domain, "customer_id", rname="d_{name}")
        found = _joined(found, "domain", kind="domain")
    held = found.filter(found.text.notnull())
    return held.select(
        "customer_id", account_id=keyed_hash(key, ibis.literal("account"), held.text)
    )


def _joined(people: ir.Table, column: str, *, kind: str) -> ir.Table:
    """`people` where whoever has no account joins that of the same `column`, else makes one."""
    having = people.filter(people.text.notnull() & people[column].notnull())
    others = having.group_by(column).agg(n=having.text.nunique(), theirs=having.text.min())
    joined = people.left_join(others, column, rname="o_{name}")
    made = ibis.literal(f"{kind}/").concat(joined[column])
    shared = (joined.n == 1).ifelse(joined.theirs, made)
    text = ibis.coalesce(joined.text, joined[column].notnull().ifelse(shared, ibis.null("string")))
    return joined.mutate(text=text).drop(f"o_{column}", "n", "theirs")


def _domains(persons: ir.Table, link: ir.Table, settings: AccountSettings) -> ir.Table:
    """`customer_id`, `domain` of the first of a customer's e-mails that is no public mailbox."""
    known = with_customer(persons.filter(persons.customer_ref.notnull()), link)
    emails = known.select("customer_id", text="email").union(
        link.filter(link.source_id_kind == "email").select("customer_id", text="source_id")
    )
    domain = emails.text.lower().strip().re_extract(r"@([a-z0-9.-]+[.][a-z]{2,63})$", 1).nullif("")
    written = emails.mutate(domain=domain).filter(lambda t: t.domain.notnull())
    if settings.public_pattern:
        written = written.filter(~written.domain.re_search(settings.public_pattern))
    return written.group_by("customer_id").agg(domain=written.domain.min())
