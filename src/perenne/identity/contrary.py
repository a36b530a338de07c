"""When the names of two records contradict each other, as those of two members of a household do.

The text is SQL of DuckDB, as in `fields`.
"""

from __future__ import annotations

from perenne.identity.fields import ALIKE, EDITS, FIELDS, in_mailbox, level_sql, scripts_differ
from perenne.identity.nicknames import short_form_sql

OWN, RARER = 5, 100
"""Records that make a first name one of its own, and how much rarer than another it may be then:
slips of a frequent name are further below."""


def contrary_sql(left: str, right: str) -> str:
    """SQL of whether two records bear names that contradict each other, and no date of birth
    speaks for one person."""
    birth = FIELDS["birth"]
    supported = f"{level_sql(birth, left, right)} BETWEEN 0 AND {len(birth.levels) - 1}"
    names = f"{contrary_names_sql(left, right)} OR {_contrary_families_sql(left, right)}"
    return f"(({names}) AND NOT {supported})"


def _contrary_families_sql(left: str, right: str) -> str:
    """SQL of whether two family names contradict each other where a first name is not told, and no
    mailbox spells the other's family name, as that of who has married does."""
    one, other = f"{left}.last_name", f"{right}.last_name"
    spelled = " OR ".join(in_mailbox(a, b) for a in "lr" for b in "lr").format(l=left, r=right)
    crossed = " OR ".join(
        f"coalesce(jaro_winkler_similarity({a}, {b}) >= 0.75, false)"
        for a, b in ((one, f"{right}.first_name"), (other, f"{left}.first_name"))
    )
    apart = (
        f"({left}.first_name IS NULL OR {right}.first_name IS NULL) "
        f"AND {ALIKE.format('last_name')} < 0.75 AND least(length({one}), length({other})) > 2 "
        f"AND NOT contains({one}, {other}) AND NOT contains({other}, {one}) "
        f"AND NOT ({spelled}) AND NOT ({crossed}) AND NOT {scripts_differ(one, other)}"
    ).format(l=left, r=right)
    return f"coalesce({apart}, false)"


def contrary_names_sql(left: str, right: str) -> str:
    """SQL of whether two records bear first names that contradict each other.

    Names do not contradict each other when they are a letter apart (Mai, Mi), when they are alike
    and one of them is no name that others bear (Marie and Martine are two), when one is part of the
    other, its initials or a short form of it, when first and family name change places, or when
    they are written in different scripts.
    """
    one, other = f"{left}.first_name", f"{right}.first_name"
    letters = r"regexp_replace({0}, '([a-z0-9])[a-z0-9]* ?', '\1', 'g')"
    initials = " OR ".join(
        f"starts_with({letters.format(b)}, replace({a}, ' ', ''))"
        for a, b in ((one, other), (other, one))
    )
    apart = (
        f"({ALIKE.format('first_name')} < 0.75 OR {_two_names(left, right)}) "
        f"AND {EDITS.format('first_name')} > 1 "
        f"AND CASE WHEN least(length({one}), length({other})) > 1 "
        f"THEN NOT contains({one}, {other}) AND NOT contains({other}, {one}) "
        f"ELSE 'm' NOT IN ({one}, {other}) END "
        f"AND NOT ({initials}) AND NOT {short_form_sql(one, other)} "
        f"AND NOT {scripts_differ(one, other)}"
    ).format(l=left, r=right)
    ends = ((one, f"{right}.last_name"), (f"{left}.last_name", other))
    ways = [f"jaro_winkler_similarity({a}, {b}) >= 0.75" for a, b in ends]
    # A record without a family name may bear the one that the other has for a first name.
    known = f"coalesce({ways[0]}, {ways[1]}, false)"
    crossed = " AND ".join([known, *(f"coalesce({way}, true)" for way in ways)])
    return f"(coalesce({apart}, false) AND NOT coalesce({crossed}, false))"


def _two_names(left: str, right: str) -> str:
    """SQL of whether both first names are borne by so many records that neither is a slip of the
    other."""
    fewer, more = (
        f"{which}({left}.first_borne, {right}.first_borne)" for which in ("least", "greatest")
    )
    return f"({fewer} >= {OWN} AND {fewer} * {RARER} >= {more})"
