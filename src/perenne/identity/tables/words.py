"""What records said of their persons over time: every word of a record, the newest first.

A source may tell one record several times, as each order tells the name, the home and the telephone
of its day. Personal data: for the refresh alone.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from perenne.identity.tables import mailboxes
from perenne.identity.tables.records import (
    country_code,
    named,
    plainly,
    postcode,
    spelled,
    street,
    tidy_email,
    tidy_phone,
)

MOST = 10
"""Words of one record that are looked at, the newest first."""
SAID = (
    "first_name", "last_name", "birth", "email", "phone", "address", "postcode", "city", "company",
)  # fmt: skip
AGAIN = {"road": "address", "town": "city", "locality": "city"}
"""Fields that ask the same again, where another field leaves it open."""
FIELDS = (*SAID, *AGAIN)


def spoken(told: ir.Table) -> ir.Table:
    """Each thing that a record said of its person, written so as to be compared: of which `source`,
    in which row, its `SAID` and `country`; e-mail and telephone as texts still.

    Each step is a table of its own: an expression that holds another twice is computed twice.
    """
    bare = told.select(
        "own_id",
        "source",
        "seq",
        "row_number",
        "row_file",
        first_name=told.first_name.strip(),
        last_name=told.last_name,
        birth=told.birth_on.strftime("%Y%m%d"),
        email=told.email,
        phone=tidy_phone(told.phone),
        address=told.address,
        postcode=postcode(told.postcode),
        city=told.city,
        company=told.company,
        country=told.country,
    )
    bare = named(plainly(bare, "last_name", "address", "city", "company"))
    bare = bare.mutate(
        email=tidy_email(bare.email),
        address=street(bare.address),
        country=country_code(bare.country),
    )
    return bare.mutate(first_name=bare.first_name.fill_null(spelled(bare.email, bare.last_name)))


def words(said: ir.Table) -> ir.Table:
    """Each thing that a record said (`spoken`) once: `own_id`, `place` (0: the one that is heard
    first, as a rule the newest), `FIELDS` and `country`."""
    said = said.filter(ibis.or_(*(said[name].notnull() for name in SAID)))
    said = mailboxes.ranked(said)
    newest = ["rank", ibis.desc("seq"), ibis.desc("row_number"), "row_file"]
    same = ibis.window(group_by=["own_id", *SAID, "country"], order_by=newest)
    once = said.mutate(_again=ibis.row_number().over(same)).filter(lambda t: t._again == 0)
    place = ibis.row_number().over(ibis.window(group_by="own_id", order_by=newest))
    ranked = once.mutate(place=place.cast("int64")).filter(lambda t: t.place < MOST)
    again = {name: ranked[told] for name, told in AGAIN.items()}
    return ranked.mutate(**again).select("own_id", "place", *FIELDS, "country")


def bearers(word: ir.Table, identifier: ir.Table) -> ir.Table:
    """How many records bear each first name: `first_name`, `first_borne`. Records of an identifier
    that more than the cap share teach nothing of names."""
    crowd = identifier.filter(identifier.state == "shared").select("own_id").distinct()
    named = word.filter(word.first_name.notnull()).anti_join(crowd, "own_id")
    return named.group_by("first_name").agg(first_borne=named.own_id.nunique())


def borne_by(word: ir.Table, bearer: ir.Table) -> ir.Table:
    """`word` with `first_borne`, how many records bear its first name (`bearers`)."""
    joined = word.left_join(bearer, "first_name", rname="b_{name}")
    return joined.drop("b_first_name")


def without(word: ir.Table, astray: ir.Table, identifier: ir.Table) -> ir.Table:
    """`word` without those of somebody else (`astray`: own_id, place), and of a record that carries
    too many identifiers to be a person (`identifier`, judged) the newest alone."""
    crowd = identifier.filter(identifier.state == "crowd").select("own_id").distinct()
    kept = word.anti_join(astray, ["own_id", "place"])
    return kept.filter(kept.place == 0).union(
        kept.filter(kept.place > 0).anti_join(crowd, "own_id")
    )


def borne(word: ir.Table, value: ir.Table, identifier: ir.Table) -> ir.Table:
    """E-mails and telephones of each word that may be one person's: `own_id`, `place`, `kind`,
    `value`. `value` says how each text of a record is written, `identifier` what is thought of it.
    """
    nowhere = ibis.null("string")
    parts = (
        word.filter(word[kind].notnull()).select(
            "own_id", "place", kind=ibis.literal(kind), text=kind, at=country.fill_null("")
        )
        for kind, country in (("email", nowhere), ("phone", word.country))
    )
    spelt = value.select("own_id", "kind", "text", "value", at=value.country.fill_null(""))
    found = ibis.union(*parts).inner_join(spelt, ["own_id", "kind", "text", "at"])
    personal = identifier.filter(identifier.state.isin(["used", "desk"]))
    return found.semi_join(personal, ["own_id", "kind", "value"]).select(
        "own_id", "place", "kind", "value"
    )


def linking(identifier: ir.Table, bears: ir.Table) -> ir.Table:
    """Identifiers that may link: those that records are known by, and those that their words
    (`bears`) tell."""
    used = identifier.filter(identifier.state == "used")
    known = used.names | (used.kind == "number")
    told = used.filter(~known).semi_join(bears, ["own_id", "kind", "value"])
    return used.filter(known).union(told)


def people(
    word: ir.Table, node: ir.Table, *, used: ir.Table, bears: ir.Table, shared: ir.Table
) -> ir.Table:
    """A row per word of each record that tells of a person: `idx`, `word` (its number), `place` (0:
    the newest), `words` (how many the record has), `own_id`, `source`, `usual`, `first_borne` and
    `FIELDS`. What a word does not say of e-mail and telephone is what the record says otherwise.

    Not `usual` are records of the identifiers `shared` by more than the cap: a thousand rows typed
    under one address may be compared, but say nothing of how rare a name is.
    """
    reached = used.group_by("own_id").agg(
        email=used.value.min(where=used.kind == "email"),
        phone=used.value.min(where=used.kind == "phone"),
    )
    own = bears.group_by("own_id", "place").agg(
        own_email=bears.value.min(where=bears.kind == "email"),
        own_phone=bears.value.min(where=bears.kind == "phone"),
    )
    said = word.drop("email", "phone", "country").left_join(
        own, ["own_id", "place"], rname="b_{name}"
    )
    said = said.drop("b_own_id", "b_place")
    joined = node.left_join(said, "own_id", rname="s_{name}").drop("s_own_id")
    joined = joined.left_join(reached, "own_id", rname="r_{name}").drop("r_own_id")
    crowded = shared.group_by("own_id").agg(crowded=shared.value.count())
    joined = joined.left_join(crowded, "own_id", rname="c_{name}")
    joined = joined.mutate(
        usual=joined.crowded.isnull(),
        email=ibis.coalesce(joined.own_email, joined.email),
        phone=ibis.coalesce(joined.own_phone, joined.phone),
        place=joined.place.fill_null(0),
    )
    told = ibis.or_(*(joined[name].notnull() for name in FIELDS))
    mine = ibis.window(group_by="idx")
    row = joined.mutate(_told=told.any().over(mine), words=joined.idx.count().over(mine))
    return row.filter(row._told).select(
        *("idx", "own_id", "source", "place", "words", "usual", "first_borne"),
        *FIELDS,
        word=row.idx * MOST + row.place,
    )
