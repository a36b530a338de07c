"""One way of writing each identifier, and where texts hold one: the engine's own functions.

A *token* is an identifier written one way. A text is cut into all tokens that it may hold, and a
join tells which of them are looked for: the work grows with the texts, not with the persons.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

import pyarrow as pa

from perenne.warehouse import DuckEngine

EMAIL, PHONE, WORDS = "email", "phone", "words"
_EMAIL = r"[^\s<>\"''(),;:=&?/|\\\[\]{}]+@[^\s<>\"''(),;:=&?/|\\\[\]{}]+"
_PHONE = r"[+0-9][0-9 .()/\x{a0}\x{202f}-]{5,}[0-9]"
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


def tokens_sql(cells: str, *, sizes: Iterable[int]) -> str:
    """SQL of the tokens (`cell`, `kind`, `token`) of the texts `cell` of a relation.

    `sizes` are the numbers of words that tokens of words have.
    """
    grams = [
        f"SELECT cell, '{WORDS}', unnest(list_transform(erasure_grams(words, {n}, {n}), "
        f"lambda g: array_to_string(g, ' '))) FROM worded WHERE len(words) >= {n}"
        for n in sorted(set(sizes))
    ]
    parts = [
        f"SELECT cell, '{EMAIL}' AS kind, erasure_one_email(address) AS token FROM "
        "(SELECT cell, unnest(erasure_emails(cell)) AS address FROM given "
        "WHERE contains(cell, '@'))",
        f"SELECT cell, '{PHONE}', unnest(erasure_phones(cell)) FROM given "
        f"WHERE length(regexp_replace(cell, '[^0-9]', '', 'g')) >= {LEAST_DIGITS}",
        *grams,
    ]
    return (
        f"WITH given AS ({cells}), "
        "worded AS (SELECT cell, erasure_words(cell) AS words FROM given) "
        + " UNION ALL ".join(parts)
    )


def encoded_sql(cells: str) -> str:
    """SQL of the texts that may hold something in the writing of a URL or of JSON."""
    return (
        f"SELECT cell FROM ({cells}) WHERE regexp_matches(cell, '%[0-9A-Fa-f]{{2}}') "
        r"OR contains(cell, '\u') OR contains(cell, '&#')"
    )


def decoded(text: str) -> str:
    """`text` as it reads once the escapes of URLs, JSON and HTML are taken away."""
    from html import unescape

    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return unescape(unquote(plain))


def without(text: str, names: Mapping[tuple[str, str], str]) -> str:
    """`text` with the tokens (kind, token) of `names` replaced by what stands there."""
    text = re.sub(
        _EMAIL.replace("''", "'"),
        lambda found: names.get((EMAIL, one_email(found[0])), found[0]),
        text,
    )
    for (kind, token), name in names.items():
        if kind == PHONE:
            text = re.sub(rf"(?<!\d){_SEPARATED.join(token)}(?!\d)", name, text)
        elif kind == WORDS:
            text = _without_words(text, token, name)
    return text


_SEPARATED = r"[ .()/\xa0\u202f-]*"


def _without_words(text: str, token: str, name: str) -> str:
    """Words are found without regard to case, accents and what stands between them."""
    folded = [_folded_letter(letter) for letter in text]
    places = [place for place, letters in enumerate(folded) for _letter in letters]
    pattern = r"(?<!\w)" + r"[\W_]+".join(map(re.escape, token.split(" "))) + r"(?!\w)"
    for found in reversed(list(re.finditer(pattern, "".join(folded)))):
        start, end = places[found.start()], places[found.end() - 1] + 1
        text = text[:start] + name + text[end:]
    return text


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
