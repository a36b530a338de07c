"""SQL macros that read how often a subscription is billed: `3 mois`, `every-4-weeks`, `P1Y`.

A cell is read as a whole or not at all: what says a part of it only (`annual, paid monthly`) may be
wrong by 12 times, so the interval stays unknown.
"""

from __future__ import annotations

from typing import Final

_NUMBERS: Final = {
    **dict.fromkeys(("un", "une", "one", "a"), 1),
    **dict.fromkeys(("deux", "two"), 2),
    **dict.fromkeys(("trois", "three"), 3),
    **dict.fromkeys(("quatre", "four"), 4),
    **dict.fromkeys(("six",), 6),
    **dict.fromkeys(("douze", "twelve"), 12),
}
_NUMBER = rf"(\d{{1,3}}|{'|'.join(_NUMBERS)})"
# Nouns, with the unit and how many of it they are; letters alone mean one only beside a number.
_NOUNS: Final = (
    ("days?|jours?", "day", 1),
    ("weeks?|semaines?|wks?", "week", 1),
    ("fortnights?|quinzaines?", "week", 2),
    ("months?|mois|mths?|mos?", "month", 1),
    ("quarters?|trimestres?", "month", 3),
    ("semestres?|half years?", "month", 6),
    ("years?|ans?|annees?|yrs?|annum", "year", 1),
)
_LETTERS: Final = (("d|j", "day", 1), ("w", "week", 1), ("m", "month", 1), ("y|a", "year", 1))
# Not twice-a words that people use for both (bimonthly, biannual, bimensuel): those stay unknown.
_ADJECTIVES: Final = (
    ("daily|quotidien(ne|nement)?|journalier|journaliere", "day", 1),
    ("weekly|hebdo|hebdomadaire(ment)?", "week", 1),
    ("biweekly|bi weekly|fortnightly", "week", 2),
    ("monthly|mensuel(le|lement)?|mensualite", "month", 1),
    ("bimestriel(le|lement)?", "month", 2),
    ("quarterly|trimestriel(le|lement)?", "month", 3),
    ("quadrimestriel(le|lement)?", "month", 4),
    ("semestriel(le|lement)?|half ?yearly|semi ?annual(ly)?|semi ?yearly", "month", 6),
    ("yearly|annual|annually|annuel(le|lement)?", "year", 1),
    ("biennial(ly)?|biennal(e)?", "year", 2),
    ("triennal(e)?", "year", 3),
)
_EACH = (
    "((tous|toutes) les|chaque|every|each|per|par|/|once (a|per|every)|"
    "(1|une) ?(fois|x) ?(par|/|(tous|toutes) les|chaque))"
)
_ABOUT = (
    "(abonnement|facturation|facturee?|paiement|payee?|prelevement|prelevee?|reglement|formule|"
    "renouvellement|renouvelee?|billed|billing|paid|payment|charged|renews|renewal|subscription|plan)"
)
# How long somebody is bound is not how often they pay. A commitment stands behind the interval, and
# behind a mark or a word: whether "12 months contract" is paid monthly cannot be told.
_BOUND = (
    "([^0-9,;:(/+–—]+?) *("
    r"([,;:(/+–—]| - ).*(engag|commit|contrat|contract).*|"
    "([,;:(/+–—]| - ) *"
    r"((annual|yearly) (plan|subscription)|(plan|abonnement|formule) annuel(le)?)\)?|"
    " (sans|avec|with|without|no|engagement|commitment) .*)"
)
_PAID = "(pay|paid|bill|factur|prelev|regl|charg|fois|times|instal|echel)"


def _cases() -> str:
    """The branches that read the words `k`: how many of which unit."""
    cases = []
    for words, unit, size in _NOUNS:
        lone = f"{_EACH}? ?({words})"
        several = f"{_EACH}? ?{_NUMBER} ?({words})"
        half = rf"every (other|second|2nd) ({words})|une? ({words}) sur (deux|2)"
        cases.append(f"WHEN regexp_full_match(k, '{lone}') THEN '{size} {unit}'")
        cases.append(_counted(several, unit, size))
        cases.append(f"WHEN regexp_full_match(k, '{half}') THEN '{2 * size} {unit}'")
    cases += [_counted(rf"(p)?(\d{{1,3}}) ?({words})", unit, 1) for words, unit, _n in _LETTERS]
    cases += [
        f"WHEN regexp_full_match(k, '({words})( {_ABOUT})?') THEN '{size} {unit}'"
        for words, unit, size in _ADJECTIVES
    ]
    return " ".join(cases)


def _counted(pattern: str, unit: str, size: int) -> str:
    number = rf"regexp_extract(k, '(^|[^a-z0-9])(p)?(\d{{1,3}}|{'|'.join(_NUMBERS)}) ?[a-z]+$', 3)"
    return (
        f"WHEN regexp_full_match(k, '{pattern}') "
        f"THEN nullif(billing_number({number}) * {size}, 0) || ' {unit}'"
    )


_HEAD = (
    f"CASE WHEN NOT regexp_full_match(w, '{_BOUND}') THEN w "
    f"WHEN NOT regexp_matches(regexp_extract(w, '{_BOUND}', 2), '{_PAID}') "
    f"THEN regexp_extract(w, '{_BOUND}', 1) END"
)
_BARE = (
    "trim(regexp_replace(regexp_replace(translate(h, '-_', '  '), ' +', ' ', 'g'), "
    f"'^ ?{_ABOUT}( :)? ', ''))"
)
_WORDS = " ".join(f"WHEN '{word}' THEN {number}" for word, number in _NUMBERS.items())

BILLING: Final[dict[str, str]] = {
    "billing_number(n)": f"CASE n {_WORDS} ELSE try_cast(n AS BIGINT) END",
    # A lambda reads its argument once; a macro would repeat it wherever it stands.
    "billing_read(c)": f"""
        list_transform(list_transform(list_transform([said_words(c)], lambda w: {_HEAD}),
            lambda h: {_BARE}), lambda k: CASE {_cases()} END)[1]""",
    # What a column of its own counts goes with a unit; beside a count of the cell it must say the
    # same, or nothing is sure.
    "billing_cell(c, many)": """
        list_transform([billing_read(c)], lambda r: CASE WHEN many IS NULL OR many = 1 THEN r
            WHEN many <> floor(many) OR many < 1 THEN NULL
            WHEN r LIKE '1 %' THEN CAST(many AS BIGINT) || r[2:]
            WHEN split_part(r, ' ', 1) = CAST(CAST(many AS BIGINT) AS VARCHAR) THEN r END)[1]""",
    "billing_unit(c, many)": "nullif(split_part(billing_cell(c, many), ' ', 2), '')",
    "billing_count(c, many)": "try_cast(split_part(billing_cell(c, many), ' ', 1) AS BIGINT)",
}
