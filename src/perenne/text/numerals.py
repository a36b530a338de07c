"""Figures through Babel, rounded half up as an accountant does, in the current language.

Babel is imported when the first figure is written: a door that prints its help needs none of it.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import TYPE_CHECKING, Final

from perenne.text.languages import Language, current_language

if TYPE_CHECKING:
    from babel.numbers import NumberPattern

Figure = Decimal | float | int

MISSING: Final = "—"
"""Stands where a figure is missing; `spoken_value` says it in words for a screen reader."""

MINUS: Final = "\N{MINUS SIGN}"
"""The sign of every figure written for a reader. What machines read (CSV, JSON, Excel cells) is
never written here and keeps the hyphen."""

# Past this, digits say nothing to a reader and the number is written with an exponent.
_LARGEST_WRITTEN_OUT: Final = Decimal(10) ** 18
_LARGEST_COMPACT: Final = Decimal(10) ** 15
# Wide enough for every figure written out, whatever context the caller works in.
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_UP, traps=[])

_COMPACT_STEPS: Final = (
    (Decimal(10) ** 9, {"fr": "Md", "en": "B"}),
    (Decimal(10) ** 6, {"fr": "M", "en": "M"}),
    (Decimal(10) ** 3, {"fr": "k", "en": "K"}),
)


def as_decimal(value: Figure | None) -> Decimal | None:
    """Return the figure as it would be typed, or None when it is missing or not a number."""
    if value is None:
        return None
    decimal = value if isinstance(value, Decimal) else Decimal(str(value))
    return None if decimal.is_nan() else decimal


def format_number(value: Figure | None, *, decimals: int = 0) -> str:
    """Write `1 234,50` or `1,234.50`; a missing figure is a dash."""
    decimal = as_decimal(value)
    if decimal is None:
        return MISSING
    return _write(decimal, pattern=_decimal_pattern(decimals), decimals=decimals)


def format_percent(value: Figure | None, *, decimals: int = 1) -> str:
    """Write the share 0.125 as `12,5 %` or `12.5%`."""
    decimal = as_decimal(value)
    if decimal is None:
        return MISSING
    percent = _WIDE.scaleb(decimal, 2)
    sign = {"fr": "\u00a0%", "en": "%"}[current_language()]
    return _write(percent, pattern=_decimal_pattern(decimals), decimals=decimals) + sign


def format_money(value: Figure | None, currency: str, *, decimals: int | None = None) -> str:
    """Write `1 234,50 €` or `€1,234.50`.

    `currency` is an ISO 4217 code; without one the amount is written bare. `decimals` None means
    what the currency uses (2 for EUR, 0 for JPY).
    """
    decimal = as_decimal(value)
    if decimal is None:
        return MISSING
    places = _currency_decimals(currency) if decimals is None else decimals
    if not currency:
        return format_number(decimal, decimals=places)
    pattern = _money_pattern(places)
    return _write(decimal, pattern=pattern, decimals=places, currency=currency)


def format_compact(value: Figure | None, *, currency: str | None = None) -> str:
    """Write a figure for a chart's axis: `1,2 M€`, `350 k`, `€1.2M`; at most three digits."""
    decimal = as_decimal(value)
    if decimal is None:
        return MISSING
    scaled, suffix = _compact(decimal)
    places = _places(scaled)
    figure = _write(scaled, pattern=_decimal_pattern(places), decimals=places)
    return _with_unit(figure, suffix=suffix, symbol=_symbol(currency))


def _compact(decimal: Decimal) -> tuple[Decimal, str]:
    if decimal.is_finite() and abs(decimal) < _LARGEST_COMPACT:
        for step, names in _COMPACT_STEPS:
            # Half a unit under the step already rounds up to it: 999 950 is written 1 M.
            if abs(decimal) >= step * Decimal("0.9995"):
                return _WIDE.divide(decimal, step), names[current_language()]
    return decimal, ""


def _places(scaled: Decimal) -> int:
    """Decimals that keep three digits, without zeros at the end: 12.3 but 1, not 1.00."""
    if not scaled.is_finite() or abs(scaled) >= _LARGEST_COMPACT:
        return 0
    most = 0 if abs(scaled) >= 100 else 1 if abs(scaled) >= 10 else 2
    kept = _rounded(scaled, most).normalize(_WIDE).as_tuple().exponent
    return max(0, -int(kept))


def _with_unit(figure: str, *, suffix: str, symbol: str) -> str:
    if current_language() == "fr":
        # The euro sign joins its multiple (k€); a longer symbol stands apart (k $US).
        unit = suffix + ("\u00a0" if suffix and len(symbol) > 1 else "") + symbol
        return f"{figure}\u00a0{unit}" if unit else figure
    sign, digits = (MINUS, figure[1:]) if figure.startswith(MINUS) else ("", figure)
    return f"{sign}{symbol}{digits}{suffix}"


def _write(decimal: Decimal, *, pattern: NumberPattern, decimals: int, currency: str = "") -> str:
    if decimal.is_finite() and abs(decimal) >= _LARGEST_WRITTEN_OUT:
        return _write_exponent(decimal, currency)
    rounded = _rounded(decimal, decimals)
    written: str = pattern.apply(
        rounded, current_language(), currency=currency or None, currency_digits=False
    )
    return written.replace("-", MINUS, 1) if rounded < 0 else written


def _rounded(decimal: Decimal, decimals: int) -> Decimal:
    if not decimal.is_finite():
        return decimal
    rounded = decimal.quantize(Decimal(1).scaleb(-decimals), context=_WIDE)
    return abs(rounded) if rounded == 0 else rounded  # a reader takes "-0" for a mistake


def _write_exponent(decimal: Decimal, currency: str) -> str:
    exponent = decimal.adjusted()
    digits = _WIDE.scaleb(decimal, -exponent)
    # 9.996 × 10^20 rounds to 10.00: one step up instead.
    if abs(_rounded(digits, 2)) >= 10:
        exponent, digits = exponent + 1, _WIDE.scaleb(decimal, -exponent - 1)
    power = f"{format_number(digits, decimals=2)}E{exponent}"
    return f"{power}\u00a0{currency}" if currency else power


@cache
def _pattern(language: Language, kind: str, decimals: int) -> NumberPattern:
    from babel import Locale
    from babel.numbers import parse_pattern

    locale = Locale.parse(language)
    source = locale.currency_formats["standard"] if kind == "money" else None
    pattern = source or parse_pattern(locale.decimal_formats[None].pattern)
    return parse_pattern(_with_decimals(pattern.pattern, decimals))


def _with_decimals(pattern: str, decimals: int) -> str:
    """Replace the fraction of a CLDR pattern such as `#,##0.00 ¤`."""
    whole, _, rest = pattern.partition(".")
    return whole + ("." + "0" * decimals if decimals else "") + rest.lstrip("0#")


def _decimal_pattern(decimals: int) -> NumberPattern:
    return _pattern(current_language(), "number", decimals)


def _money_pattern(decimals: int) -> NumberPattern:
    return _pattern(current_language(), "money", decimals)


def _currency_decimals(currency: str) -> int:
    if not currency:
        return 2
    from babel.numbers import get_currency_precision

    return get_currency_precision(currency)


def _symbol(currency: str | None) -> str:
    if not currency:
        return ""
    from babel.numbers import get_currency_symbol

    return get_currency_symbol(currency, locale=current_language())


def currency_codes() -> frozenset[str]:
    """The ISO 4217 codes that there are or were."""
    from babel.numbers import list_currencies

    return frozenset(list_currencies())
