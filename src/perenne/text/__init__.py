"""What a person reads: texts in French and English, figures and dates as each writes them."""

from perenne.text.calendar import (
    DateStyle,
    format_date,
    format_month,
    format_month_name,
    format_period,
)
from perenne.text.languages import (
    LANGUAGES,
    Language,
    bilingual,
    current_language,
    detect_language,
    set_language,
    use_language,
)
from perenne.text.lists import listed
from perenne.text.messages import (
    LazyText,
    gettext,
    lazy_gettext,
    ngettext,
    pgettext,
    remembered,
    spoken,
)
from perenne.text.misfits import misfit, unknown
from perenne.text.numerals import (
    MINUS,
    MISSING,
    Figure,
    currency_codes,
    format_compact,
    format_money,
    format_number,
    format_percent,
)
from perenne.text.units import UNITS, Unit, format_days, format_value, spoken_value

__all__ = [
    "LANGUAGES",
    "MINUS",
    "MISSING",
    "UNITS",
    "DateStyle",
    "Figure",
    "Language",
    "LazyText",
    "Unit",
    "bilingual",
    "currency_codes",
    "current_language",
    "detect_language",
    "format_compact",
    "format_date",
    "format_days",
    "format_money",
    "format_month",
    "format_month_name",
    "format_number",
    "format_percent",
    "format_period",
    "format_value",
    "gettext",
    "lazy_gettext",
    "listed",
    "misfit",
    "ngettext",
    "pgettext",
    "remembered",
    "set_language",
    "spoken",
    "spoken_value",
    "unknown",
    "use_language",
]
