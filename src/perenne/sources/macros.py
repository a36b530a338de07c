"""SQL macros that read numbers and dates out of text. Created once per connection."""

from __future__ import annotations

from typing import Final
from weakref import WeakSet

from perenne.sources.billing import BILLING
from perenne.sources.currencies import PATTERN
from perenne.warehouse import DuckEngine

_MONTHS: Final = "jan|fev|feb|mar|avr|apr|mai|may|juin|jun|juil|jul|aou|aug|sep|oct|nov|dec"

# Months in full or shortened: "marketing 2024" is no March.
_MONTH_IN_FULL: Final = (
    "(jan(v|vier|uary)?|fev(r|rier)?|feb(ruary)?|mar(s|ch)?|avr(il)?|apr(il)?|mai|may|juin|june?|"
    "juil(let)?|july?|aout?|aug(ust)?|sept?(embre|ember)?|oct(obre|ober)?|nov(embre|ember)?|"
    "dec(embre|ember)?)"
)
# Text of a cell with one kind of blank, without the currency at its start or end.
_NUMBER_BASE = rf"""
trim(regexp_replace(regexp_replace(
  regexp_replace(replace(c, '−', '-'), '[\s\x{{A0}}\x{{202F}}\x{{2007}}\x{{2009}}''’]', ' ', 'g'),
  '^ *([-+(]?) *{PATTERN}? *([-+]?) *', '\1\2'), ' *{PATTERN}? *([-)]?) *$', '\1'))
"""
_NUMBER_TEXT = """
CASE WHEN number_base(c) LIKE '(%)' THEN '-' || number_base(c)[2:-2]
     WHEN number_base(c) LIKE '%_-' THEN '-' || number_base(c)[1:-2]
     ELSE number_base(c) END
"""
# Groups of thousands must be groups of three, so that 1,50 never becomes 150; in India those before
# the last are of two (12,34,567.00).
_NUMBER_SLOW = r"""
CASE WHEN regexp_full_match(number_text(c),
       '[+-]?(\d{1,3}([ <group>]\d{3})+|<lakhs>\d*)(<mark>\d*)?([eE][+-]?\d+)?')
     THEN try_cast(replace(translate(number_text(c), ' ' || <thousands>, ''), <decimal>, '.')
                   AS DECIMAL(18, 4)) END
"""
_CLOCK = r"""
replace(replace(replace(regexp_extract(c,
  '(?:[^\d:]|^)(\d{1,2}[:hH]\d{2}(?::\d{2}(?:[.,]\d+)?)?)', 1), 'h', ':'), 'H', ':'), ',', '.')
"""
_ZONE = r"""
CASE WHEN zone_text(c) IN ('Z', 'z', 'UTC', 'GMT') THEN '+00:00'
     WHEN length(zone_text(c)) = 3 THEN zone_text(c) || ':00'
     WHEN length(zone_text(c)) = 5 THEN zone_text(c)[1:3] || ':' || zone_text(c)[4:5]
     ELSE zone_text(c) END
"""
_MONTH = r"""
CASE WHEN m = 'jan' THEN 1 WHEN m IN ('fev', 'feb') THEN 2 WHEN m = 'mar' THEN 3
     WHEN m IN ('avr', 'apr') THEN 4 WHEN m IN ('mai', 'may') THEN 5
     WHEN m IN ('juin', 'jun') THEN 6 WHEN m IN ('juil', 'jul') THEN 7
     WHEN m IN ('aou', 'aug') THEN 8 WHEN m = 'sep' THEN 9
     WHEN m = 'oct' THEN 10 WHEN m = 'nov' THEN 11 WHEN m = 'dec' THEN 12 END
"""
_SHAPE = r"""
CASE WHEN regexp_matches(c, '^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ,]|$)') THEN 'iso'
     WHEN regexp_matches(c, '^\d{8}$') THEN 'compact'
     WHEN regexp_matches(c, '^\d{1,2}[-/. ]\d{1,2}[-/. ](\d{4}|\d{2})([T ,]|$)') THEN 'numeric'
     WHEN regexp_matches(c, '^[2-7]\d{4}(\.\d+)?$') THEN 'serial'
     WHEN period_shape(c) IS NOT NULL THEN period_shape(c)
     WHEN month_word(c) <> '' AND regexp_matches(c, '\d{2}')
       AND regexp_matches(c, '\d\D+\d') THEN 'named' END
"""
# A month, quarter or year without a day. Two figures are a year beside a mark only (janv.-24): Jan
# 24 is a day as well.
_PERIOD = rf"""
CASE WHEN regexp_matches(c, '^(\d{{1,2}}[-/.]\d{{4}}|\d{{4}}[-/.]\d{{1,2}}|(19|20)\d{{4}})$')
       OR regexp_matches(bare_words(c),
            '^{_MONTH_IN_FULL}\.?([-/ .,]*\d{{4}}|[-/.''’]+\d{{2}})$')
       OR regexp_matches(bare_words(c), '^\d{{4}}[-/ .,]*{_MONTH_IN_FULL}\.?$') THEN 'month'
     WHEN regexp_matches(bare_words(c), '^([tq][1-4][-/ .]*\d{{4}}|\d{{4}}[-/ .]*[tq][1-4])$')
       OR regexp_matches(bare_words(c),
            '^[1-4] ?(er|eme|e|st|nd|rd|th)? ?(trimestre|quarter),? \d{{4}}$') THEN 'quarter'
     WHEN regexp_matches(c, '^(19|20)\d{{2}}$') THEN 'year' END
"""
_DAY_MONTH = r"""
CASE WHEN regexp_matches(c, '^\d{1,2}[-/.]\d{4}$') THEN c[-4:] || '-' || c[1:-6] || '-1'
     WHEN regexp_matches(c, '^\d{4}[-/.]\d{1,2}$') THEN c[1:4] || '-' || c[6:] || '-1'
     WHEN regexp_matches(c, '^\d{6}$') THEN c[1:4] || '-' || c[5:6] || '-1'
     ELSE full_year(regexp_extract(c, '(\d{4}|\d{2})', 1), top) || '-'
       || month_number(month_word(c)) || '-1' END
"""
_DAY_QUARTER = r"""
regexp_extract(c, '(\d{4})', 1) || '-' || cast(3 * cast(
  regexp_extract(regexp_replace(c, '\d{4}', ''), '([1-4])', 1) AS INTEGER) - 2 AS VARCHAR) || '-1'
"""
# 01..12 -> this century unless that lies beyond `top`, the last year that makes sense.
_YEAR = """
CASE WHEN length(y) = 4 THEN y
     WHEN 2000 + try_cast(y AS INTEGER) <= top THEN cast(2000 + try_cast(y AS INTEGER) AS VARCHAR)
     ELSE cast(1900 + try_cast(y AS INTEGER) AS VARCHAR) END
"""
# The three parts of a numeric date, whatever stands between them.
_PART = "split_part(translate(c, '/. T,', '-----'), '-', "


def _number_slow(*, thousands: str, decimal: str) -> str:
    """The body of a macro for numbers with these marks."""
    lakhs = r"\d{1,2}(,\d{2})+,\d{3}|" if thousands == "," else ""
    body = _NUMBER_SLOW.replace("<group>", rf"\{thousands}").replace("<mark>", rf"\{decimal}")
    body = body.replace("<lakhs>", lakhs)
    return body.replace("<thousands>", f"'{thousands}'").replace("<decimal>", f"'{decimal}'")


def _number(mark: str) -> str:
    """The body of a macro that reads numbers: the quick way, the other where that one fails."""
    return (
        f"coalesce(number_{mark}_quick(c), CASE WHEN NOT contains(c, '_') AND NOT is_blank(c) "
        f"THEN number_{mark}_slow(c) END)"
    )


MACROS: Final[dict[str, str]] = {
    "number_base(c)": _NUMBER_BASE,
    "number_text(c)": _NUMBER_TEXT,
    "number_dot_slow(c)": _number_slow(thousands=",", decimal="."),
    "number_comma_slow(c)": _number_slow(thousands=".", decimal=","),
    # DuckDB reads 1_000 as a number; a person does not.
    "number_dot_quick(c)": "CASE WHEN NOT contains(c, '_') THEN try_cast(c AS DECIMAL(18, 4)) END",
    "number_comma_quick(c)": "CASE WHEN NOT contains(c, '_') AND NOT contains(c, '.') "
    "THEN try_cast(replace(c, ',', '.') AS DECIMAL(18, 4)) END",
    "number_dot(c)": _number("dot"),
    "number_comma(c)": _number("comma"),
    # No IN (…): a long one becomes a join over every row of the query, needed or not.
    "is_blank(c)": "c IS NULL OR (length(trim(c)) <= 4 AND "
    "regexp_full_match(trim(c), '(?i)(--?|n/?a|null|none)?')) "
    "OR starts_with(c, '0000-00-00')",  # MySQL's day that is none
    # A spreadsheet's apostrophe says "this is text"; it is no part of it.
    "bare_text(c)": "nullif(CASE WHEN starts_with(trim(c), '''') THEN "
    r"regexp_replace(trim(c), '^''([0-9+=@-])', '\1') ELSE trim(c) END, '')",
    # 13085.0 is an id that passed through a float; nan is a missing one.
    "bare_id(c)": "nullif(CASE WHEN ends_with(c, '.0') THEN "
    r"regexp_replace(c, '^(\d+)\.0$', '\1') ELSE c END, 'nan')",
    "digits(c)": "nullif(regexp_replace(c, '[^0-9]', '', 'g'), '')",
    "clock_text(c)": _CLOCK,
    "zone_text(c)": r"regexp_extract(c, ':\d{2}(?:\.\d+)?\s*"
    r"(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})\s*$', 1)",
    "clock_zone(c)": _ZONE,
    "is_evening(c)": r"regexp_matches(c, '(?i)\d\s*p\.?m')",
    "is_morning(c)": r"regexp_matches(c, '(?i)\d\s*a\.?m')",
    "month_word(c)": f"regexp_extract(lower(strip_accents(c)), '.*({_MONTHS})', 1)",
    "month_number(m)": _MONTH,
    "has_clock(c)": r"CASE WHEN contains(c, ':') THEN true "
    r"ELSE regexp_matches(c, '\d[hH]\d') END",
    "date_part_text(c, part)": "CASE WHEN contains(c, '/') THEN split_part(c, '/', part) "
    f"ELSE {_PART}part) END",
    # The same for a date whose year comes last; two digits are the usual case.
    "numeric_part(c, part)": "try_cast(CASE WHEN c[3:3] IN ('/', '-', '.') "
    "AND (part = 1 OR c[6:6] IN ('/', '-', '.')) THEN substr(c, 3 * part - 2, 2) "
    "ELSE date_part_text(c, part) END AS INTEGER)",
    "bare_words(c)": "lower(strip_accents(c))",
    # One kind of apostrophe and of blank beside: "N’accepte  pas" is "n'accepte pas".
    "said_words(c)": "CASE WHEN NOT is_blank(c) THEN trim(regexp_replace(regexp_replace("
    r"bare_words(c), '[’ʼ`´]', '''', 'g'), '[\s\x{A0}\x{202F}]+', ' ', 'g')) END",
    "period_shape(c)": _PERIOD,
    "date_shape(c)": _SHAPE,
    "full_year(y, top)": _YEAR,
    "day_iso(c)": r"regexp_replace(c, '^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2}).*$', '\1-\2-\3')",
    "day_compact(c)": "c[1:4] || '-' || c[5:6] || '-' || c[7:8]",
    "day_dmy(c, top)": f"full_year({_PART}3), top) || '-' || {_PART}2) || '-' || {_PART}1)",
    "day_mdy(c, top)": f"full_year({_PART}3), top) || '-' || {_PART}1) || '-' || {_PART}2)",
    "day_ymd(c, top)": f"full_year({_PART}1), top) || '-' || {_PART}2) || '-' || {_PART}3)",
    "day_serial(c)": "cast(DATE '1899-12-30' + cast(floor(try_cast(c AS DOUBLE)) AS INTEGER) "
    "AS VARCHAR)",
    "clock_serial(c)": "cast(TIME '00:00:00' + to_seconds(cast(round("
    "(try_cast(c AS DOUBLE) - floor(try_cast(c AS DOUBLE))) * 86400) AS BIGINT)) AS VARCHAR)",
    "named_year(c)": r"coalesce(nullif(regexp_extract(c, '(\d{4})', 1), ''), "
    r"regexp_extract(lower(strip_accents(c)), '[a-z]{3,}\.?[-/ .,]*(\d{2})([^\d:h]|$)', 1))",
    "day_named(c, top)": "full_year(named_year(c), top) || '-' || "
    r"month_number(month_word(c)) || '-' || "
    r"regexp_extract(c, '(?:^|[^\d])(\d{1,2})(?:[^\d:h]|$)', 1)",
    "day_month(c, top)": _DAY_MONTH,
    "day_quarter(c)": _DAY_QUARTER,
    "day_year(c)": "c || '-1-1'",
    **BILLING,
}


_READY: WeakSet[DuckEngine] = WeakSet()


def create_macros(engine: DuckEngine) -> None:
    """Create every macro on this connection, once."""
    if engine in _READY:
        return
    _READY.add(engine)
    for signature, body in MACROS.items():
        engine.duck.execute(f"CREATE OR REPLACE TEMP MACRO {signature} AS ({body})")
