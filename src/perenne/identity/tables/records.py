"""The records that sources keep of persons: each on its own, how old it is, and what it tells."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

PERSONAL = ("first_name", "last_name", "company", "address", "postcode", "city", "country")
# What people write for a name when they want to say nothing.
_STREET_KINDS = (
    r"\b(rue|r|avenue|ave|av|boulevard|boul|bld|blvd|bd|place|pl|allee|all|chemin|chem|che|ch|impasse"
    r"|imp|route|rte|square|sq|quai|cours|passage|pass|faubourg|fbg|fg|sentier|sente|residence|res|lieu"
    r"|dit|ld|general|gal|gl|marechal|mal|docteur|dr|saint|sainte|st|ste|street|road|rd|lane|ln|drive"
    r"|court|ct|crescent|cres|close|strasse|str|bis|ter)\b"
)
_LETTERS = {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"}
"""Latin letters that are no letter with an accent, as people write them without."""
_NO_NAME = ("", "na", "n a", "nc", "none", "null", "test", "inconnu", "unknown", "client", "x")
_NO_FIRST_NAME = (
    "contact", "info", "mail", "email", "famille", "family", "pro", "perso", "cabinet", "docteur",
    "maitre", "madame", "monsieur", "mme", "mlle",
)  # fmt: skip


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator] # ibis ships no types
def strip_accents(text: str) -> str:
    """The engine's own."""
    raise NotImplementedError


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator] # ibis ships no types
def jaro_winkler_similarity(one: str, other: str) -> float:
    """The engine's own."""
    raise NotImplementedError


def references(links: ir.Table) -> ir.Table:
    """Links of each source on its own (schema `customer_links`) as records."""
    return links.select("source", "source_id", "source_id_kind", "own_id", own_rule="rule")


def aged(reference: ir.Table, known: ir.Table | None, *, run: int) -> ir.Table:
    """One row per record: `idx` counts them from the one seen first by a refresh.

    `known` are the ids (schema `customer_ids`) of earlier refreshes. Records first seen together
    stand in the order of their ids, which chance has drawn, so that the order never changes.
    """
    own = reference.group_by("own_id").agg(source=reference.source.min())
    if known is None:
        since = own.mutate(since=ibis.literal(run, "int32").cast("int64"))
    else:
        joined = own.left_join(known.select("own_id", "since"), "own_id", rname="k_{name}")
        since = joined.select("own_id", "source", since=joined.since.fill_null(run))
    order = ibis.window(order_by=["since", "own_id"])
    return since.mutate(idx=ibis.row_number().over(order).cast("int64"))


def anything_told(staged: ir.Table, reference: ir.Table) -> ir.BooleanScalar:
    """Does any record tell more than an id of its source?"""
    speaks = reference.source_id_kind.isin(["email", "phone"]).sum().fill_null(0).as_scalar()
    return (staged.count().as_scalar() + speaks) > 0


def told_of(staged: ir.Table, reference: ir.Table) -> ir.Table:
    """Staged customers with the record that each row is about."""
    ref = reference.select(
        "source", "own_id", customer_ref="source_id", customer_ref_kind="source_id_kind"
    )
    filled = staged.mutate(customer_ref_kind=staged.customer_ref_kind.fill_null("id"))
    return filled.inner_join(ref, ["source", "customer_ref", "customer_ref_kind"])


def identifiers(
    reference: ir.Table, told: ir.Table, *, numbers: Sequence[Sequence[str]]
) -> ir.Table:
    """E-mails, telephones and shared customer numbers of each record, as nearly as SQL can write
    them alike: `own_id`, `kind`, `text`, `country`, `names` (the record is known by it)."""
    nowhere = ibis.null("string")
    parts = [
        reference.filter(reference.source_id_kind.isin(["email", "phone"])).select(
            "own_id", kind="source_id_kind", text="source_id", country=nowhere, names=True
        )
    ]
    parts += [
        told.filter(told[kind].notnull()).select(
            "own_id", kind=ibis.literal(kind), text=kind, country=country, names=False
        )
        for kind, country in (("email", nowhere), ("phone", told.country))
    ]
    for place, sources in enumerate(numbers):
        numbered = reference.filter(
            (reference.source_id_kind == "id") & reference.source.isin(list(sources))
        )
        parts.append(
            numbered.select(
                "own_id",
                kind=ibis.literal("number"),
                text=ibis.literal(f"{place}/").concat(numbered.source_id),
                country=nowhere,
                names=False,
            )
        )
    every = ibis.union(*parts)
    return (
        every.mutate(text=tidy(every), country=country_code(every.country))
        .filter(lambda t: t.text != "")
        .group_by("own_id", "kind", "text", "country")
        .agg(names=lambda t: t.names.any())
    )


def tidy(given: ir.Table) -> ir.StringValue:
    """`text` of each `kind`, as nearly as SQL can write it alike."""
    return ibis.cases(
        (given.kind == "email", tidy_email(given.text)),
        (given.kind == "phone", tidy_phone(given.text)),
        else_=given.text,
    )


def country_code(text: ir.StringValue) -> ir.StringValue:
    """An ISO code of two letters; null for whatever else stands there."""
    return text.re_search("^[A-Z]{2}$").ifelse(text, ibis.null("string"))


def tidy_phone(text: ir.StringValue) -> ir.StringValue:
    """A number without what is written between its figures."""
    return text.re_replace(r"[\s.()'/-]+", "")


def tidy_email(text: ir.StringValue) -> ir.StringValue:
    """Lower case without spaces; Gmail reads no dots and nothing after a plus."""
    bare = text.lower().re_replace(r"^mailto:|[\s<>\"']+|[.,;]+$", "")
    google = bare.re_search("@(gmail|googlemail)[.]com$")
    box = bare.re_replace("@.*$", "").re_replace("[+].*$", "").replace(".", "")
    return google.ifelse(box.concat("@gmail.com"), bare)


PLAIN_EMAIL = (
    r"^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}$"
)


def is_plain(given: ir.Table) -> ir.BooleanValue:
    """Identifiers that are written one way already; the others are for the libraries."""
    return (given.kind == "number") | (
        (given.kind == "email") & given.text.re_search(PLAIN_EMAIL) & (given.text.length() <= 254)
    )


def to_look_up(given: ir.Table) -> ir.Table:
    """Distinct texts that are not plain."""
    return given.filter(~is_plain(given)).select("kind", "text", "country").distinct()


def values(given: ir.Table, looked_up: ir.Table | None) -> ir.Table:
    """`given` with `value`, the one way of writing each; what is no identifier is left out."""
    plain = given.filter(is_plain(given)).mutate(value=lambda t: t.text)
    if looked_up is None:
        return plain
    keyed = given.mutate(place=given.country.fill_null(""))
    found = keyed.inner_join(looked_up, ["kind", "text", "place"])
    return plain.union(found.select(*plain.columns))


def normal(value: ir.Table) -> ir.Table:
    """`own_id`, `kind`, `value`, `names`: each identifier of a record once."""
    return value.group_by("own_id", "kind", "value").agg(names=value.names.any())


def named(table: ir.Table) -> ir.Table:
    """`table` with `first_name` in plain words, where `last_name` is already; a whole name in one
    cell is cut at its first space, not within Anne-Sophie."""
    cell = table.first_name
    whole = table.last_name.isnull() & cell.re_search(r"\s")
    start, rest = (cell.re_extract(r"^(\S+)\s+(.+)$", n) for n in (1, 2))
    cut = table.mutate(first_name=whole.ifelse(start, cell), _rest=whole.ifelse(rest, None))
    cut = plainly(cut, "first_name", "_rest")
    return cut.mutate(last_name=cut.last_name.fill_null(cut._rest)).drop("_rest")


def spelled(email: ir.StringValue, family: ir.StringValue) -> ir.StringValue:
    """The first name that a mailbox (of a tidy e-mail) spells beside the family name of its record:
    zoe.martin, martin-zoe, zoe.martin.12."""
    box = email.re_replace("@.*$", "").re_replace("[+].*$", "")
    name = family.replace(" ", "")
    # Patterns that hold the name would be compiled anew for each row.
    before = r"^([a-z]{3,})[._-](.+?)[._-]?[0-9]*$"
    after = r"^(.+?)[._-]([a-z]{3,})[._-]?[0-9]*$"
    found = ibis.cases(
        (box.re_extract(before, 2) == name, box.re_extract(before, 1)),
        (box.re_extract(after, 1) == name, box.re_extract(after, 2)),
    )
    return found.isin(_NO_FIRST_NAME).ifelse(ibis.null("string"), found)


def plainly(table: ir.Table, *columns: str) -> ir.Table:
    """`table` with `columns` as `plain_words` writes them, each computed once."""
    bare = table.mutate(**{name: _bare_words(table[name]) for name in columns})
    return bare.mutate(**{name: _unless_empty(bare[name]) for name in columns})


def plain_words(text: ir.StringValue) -> ir.StringValue:
    """Lower case without accents or punctuation, in whatever script; null for what says nothing."""
    return _unless_empty(_bare_words(text))


def _bare_words(text: ir.StringValue) -> ir.StringValue:
    small = text.lower()
    for letter, plain in _LETTERS.items():
        small = small.replace(letter, plain)
    return strip_accents(small).re_replace(r"[^\p{L}\p{N}]+", " ").strip()


def _unless_empty(plain: ir.StringValue) -> ir.StringValue:
    return plain.isin(_NO_NAME).ifelse(ibis.null("string"), plain)


def street(plain: ir.StringValue) -> ir.StringValue:
    """Plain words without the kind of street, which everybody shortens in a way of their own."""
    bare = plain.re_replace(_STREET_KINDS, "").re_replace(" +", " ").strip()
    return (bare == "").ifelse(plain, bare)


def postcode(text: ir.StringValue) -> ir.StringValue:
    """Letters and digits without zeros in front: spreadsheets take them away, and put them before
    foreign ones."""
    return text.upper().re_replace("[^A-Z0-9]+", "").re_replace("^0+", "").nullif("")
