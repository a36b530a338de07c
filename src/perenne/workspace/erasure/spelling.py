"""One way of writing each identifier, and where texts hold one: the engine's own functions.

A *token* is an identifier written one way. A text is cut into all tokens that it may hold, and a
join tells which of them are looked for: the work grows with the texts, not with the persons.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Mapping
from urllib.parse import unquote

import pyarrow as pa

from perenne.warehouse import DuckEngine

EMAIL, PHONE, WORDS, ENCODED = "email", "phone", "words", "encoded"
_EMAIL = r"[^\s<>\"''(),;:=&?/|\\\[\]{}]+@[^\s<>\"''(),;:=&?/|\\\[\]{}]+"
_PHONE = r"[+0-9][0-9 .()/\x{a0}\x{202f}-]{5,}[0-9]"
ENDING = r"[.](csv|tsv|txt|json|jsonl|xml|xls|xlsx|parquet|gz|zip)"
LEAST_DIGITS, MOST_DIGITS, MOST_GROUPS = 8, 15, 9
_MACROS = f"""
CREATE OR REPLACE MACRO erasure_one_email(t) AS (
  WITH bare AS (SELECT regexp_replace(lower(t), '^mailto|^[.]+|[.,;!]+$', '', 'g') AS b)
  SELECT CASE WHEN regexp_matches(b, '@(gmail|googlemail)[.]com$')
    THEN replace(regexp_replace(split_part(b, '@', 1), '[+].*$', ''), '.', '') || '@gmail.com'
    ELSE b END FROM bare);
CREATE OR REPLACE MACRO erasure_emails(x) AS
  regexp_extract_all(lower(nfc_normalize(x)), '{_EMAIL}');
CREATE OR REPLACE MACRO erasure_grams(words, least, most) AS
  flatten(list_transform(range(1, len(words) + 1), lambda i:
    list_transform(range(least, least(most, len(words) - i + 1) + 1), lambda n:
      list_slice(words, i, i + n - 1))));
CREATE OR REPLACE MACRO erasure_phones(x) AS
  list_filter(list_transform(flatten(list_transform(
    regexp_extract_all(x, '{_PHONE}'),
    lambda s: erasure_grams(regexp_extract_all(s, '[0-9]+'), 1, {MOST_GROUPS}))),
    lambda g: array_to_string(g, '')),
    lambda d: length(d) BETWEEN {LEAST_DIGITS} AND {MOST_DIGITS});
CREATE OR REPLACE MACRO erasure_folded(x) AS
  trim(regexp_replace(strip_accents(lower(nfc_normalize(x))), '[^\\p{{L}}\\p{{N}}]+', ' ', 'g'));
CREATE OR REPLACE MACRO erasure_words(x) AS string_split(erasure_folded(x), ' ');
"""


def prepare(engine: DuckEngine) -> None:
    """Let `engine` know the functions of this module."""
    engine.duck.execute(_MACROS)


def needles_table(rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """Rows of `kind`, `token`, `size` (words in it) as the engine takes them."""
    schema = pa.schema([("kind", pa.string()), ("token", pa.string()), ("size", pa.int64())])
    return pa.Table.from_pylist(list(rows), schema=schema)


def tokens_sql(cells: str, *, kinds: Container[str], sizes: Iterable[int]) -> str:
    """SQL of the tokens (`place`, `cell`, `kind`, `token`) of the texts of a relation (`place`,
    `cell`), of these kinds; words in these numbers. Texts that hold something in the writing of a
    URL, of JSON or HTML, or an e-mail in the name of a file, come as kind `encoded`."""
    parts = [
        f"SELECT place, cell, '{ENCODED}' AS kind, '' AS token FROM given "
        "WHERE regexp_matches(cell, '%[0-9A-Fa-f]{2}') OR contains(cell, '\\u') "
        f"OR contains(cell, '&#') OR regexp_matches(cell, '@[^@]*{ENDING}', 'i')"
    ]
    if EMAIL in kinds:
        parts.append(
            f"SELECT place, cell, '{EMAIL}', erasure_one_email(address) FROM "
            "(SELECT place, cell, unnest(erasure_emails(cell)) AS address FROM given "
            "WHERE contains(cell, '@'))"
        )
    if PHONE in kinds:
        parts.append(
            f"SELECT place, cell, '{PHONE}', unnest(erasure_phones(cell)) FROM given "
            f"WHERE length(regexp_replace(cell, '[^0-9]', '', 'g')) >= {LEAST_DIGITS}"
        )
    parts += [
        f"SELECT place, cell, '{WORDS}', unnest(list_transform(erasure_grams(words, {n}, {n}), "
        f"lambda g: array_to_string(g, ' '))) FROM worded WHERE len(words) >= {n}"
        for n in sorted(set(sizes))
    ]
    return (
        f"WITH given AS MATERIALIZED ({cells}), "
        "worded AS (SELECT place, cell, erasure_words(cell) AS words FROM given) "
        + " UNION ALL ".join(parts)
    )


def decoded(text: str) -> set[str]:
    """What `text` says once the escapes of URLs, JSON and HTML are taken away; names of files also
    without their ending, and with blanks for underscores."""
    from html import unescape

    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    plain = unescape(unquote(plain))
    bare = re.sub(rf"(?:{ENDING})+", " ", plain, flags=re.IGNORECASE)
    return {plain, bare, bare.replace("_", " ")}


def without(text: str, names: Mapping[tuple[str, str], str]) -> str:
    """`text` with the tokens (kind, token) of `names` replaced by what stands there; where they
    overlap, once."""
    spans = sorted(
        (start, end, name)
        for (kind, token), name in names.items()
        for start, end in _spans(text, kind, token)
    )
    done, parts = 0, []
    for start, end, name in spans:
        if start >= done:
            parts += [text[done:start], name]
        done = max(done, end)
    return "".join([*parts, text[done:]])


def _spans(text: str, kind: str, token: str) -> list[tuple[int, int]]:
    if kind == EMAIL:
        found = re.finditer(_EMAIL.replace("''", "'"), text)
        return [one.span() for one in found if one_email(one[0]) == token]
    if kind == PHONE:
        return [one.span() for one in re.finditer(rf"(?<!\d){_APART.join(token)}(?!\d)", text)]
    folded = [_folded_letter(letter) for letter in text]
    places = [place for place, letters in enumerate(folded) for _letter in letters]
    pattern = r"(?<!\w)" + r"[\W_]+".join(map(re.escape, token.split(" "))) + r"(?!\w)"
    found = re.finditer(pattern, "".join(folded))
    return [(places[one.start()], places[one.end() - 1] + 1) for one in found]


_APART = r"[ .()/\xa0\u202f-]*"


def _folded_letter(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter.lower())
    return "".join(part for part in parts if not unicodedata.combining(part)) or letter


def one_email(text: str) -> str:
    """As the engine's `erasure_one_email`."""
    bare = re.sub(r"^mailto|^[.]+|[.,;!]+$", "", unicodedata.normalize("NFC", text).lower())
    box, _at, domain = bare.partition("@")
    if domain in ("gmail.com", "googlemail.com"):
        return box.partition("+")[0].replace(".", "") + "@gmail.com"
    return bare
