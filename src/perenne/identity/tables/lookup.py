"""Where an identifier may stand: the e-mails, telephones and ids of a snapshot."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from perenne.identity.tables import records
from perenne.identity.tables.facts import with_customer


def written(links: ir.Table, contacts: ir.Table, staged: ir.Table | None) -> ir.Table:
    """`customer_id`, `kind`, `text`, `country` of every e-mail and telephone that links, contacts
    and staged customers hold."""
    nowhere = ibis.null("string")
    named = links.filter(links.source_id_kind.isin(["email", "phone"]))
    parts = [named.select("customer_id", kind="source_id_kind", text="source_id", country=nowhere)]
    persons = [contacts]
    if staged is not None:
        known = with_customer(staged.filter(staged.customer_ref.notnull()), links)
        persons.append(known.filter(known.customer_id.notnull()))
    parts += [
        table.filter(table[kind].notnull()).select(
            "customer_id", kind=ibis.literal(kind), text=kind, country="country"
        )
        for table in persons
        for kind in ("email", "phone")
    ]
    return ibis.union(*parts)


def asked(kind: str, text: str) -> ir.Table:
    """What was asked for, written as identity writes it: `kind`, `text`, `plain`."""
    row = ibis.memtable(pa.table({"kind": [kind], "text": [text]}))
    tidied = row.mutate(text=records.tidy(row))
    return tidied.mutate(plain=records.is_plain(tidied))


def candidates(every: ir.Table, kind: str, *, text: str, digits: str) -> ir.Table:
    """Those that may be the identifier: e-mails that read alike or that only a library can read,
    telephones that hold the same last digits."""
    own = every.filter(every.kind == kind)
    tidied = own.mutate(text=records.tidy(own))
    if kind == "email":
        near = (tidied.text == text) | ~records.is_plain(tidied)
    else:
        near = tidied.text.re_replace("[^0-9]", "").contains(digits)
    code = tidied.country.re_search("^[A-Z]{2}$")
    country = code.ifelse(tidied.country, ibis.null("string"))
    chosen = tidied.mutate(country=country, plain=records.is_plain(tidied)).filter(near)
    return chosen.select("customer_id", "text", "country", "plain").distinct()


def of_source(links: ir.Table, text: str) -> ir.Table:
    """Customers of a source's own id: bare, or after the name of the source or of its system."""
    whole = links.source.concat(":", links.source_id) == text
    system, _colon, rest = text.partition(":")
    here = (links.source == system) | links.source.startswith(f"{system}:")
    found = links.filter((links.source_id == text) | whole | (here & (links.source_id == rest)))
    return found.select("customer_id").distinct()
