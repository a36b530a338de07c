"""E-mails and telephone numbers: one way of writing each, which of them link nobody, and masks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def normal_phones(
    written: Iterable[tuple[str, str | None]], *, default_country: str
) -> list[str | None]:
    """Each (number as written, country or None) in E.164; None for what no telephone can have."""
    import phonenumbers

    def normal(text: str, country: str | None) -> str | None:
        try:
            number = phonenumbers.parse(text, country or default_country)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_valid_number(number):
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    return [normal(text, country) for text, country in written]


def phone_spellings(text: str, country: str | None) -> frozenset[str]:
    """The digits of a number in the ways people write it: at home, and from abroad with 00 or +."""
    import phonenumbers

    written = "".join(letter for letter in text if letter.isdecimal())
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return frozenset({written})
    at_home = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    home = "".join(letter for letter in at_home if letter.isdecimal())
    code, rest = str(number.country_code), phonenumbers.national_significant_number(number)
    return frozenset({written, home, code + rest, f"00{code}{rest}", f"{code}0{rest}"})


def normal_emails(written: Iterable[str]) -> list[str | None]:
    """Addresses that are not plain ASCII, as their domain and mailbox are written; None: no
    address. Nothing is asked of any server."""
    from email_validator import EmailNotValidError, validate_email

    def normal(text: str) -> str | None:
        try:
            return validate_email(text, check_deliverability=False).normalized.lower()
        except EmailNotValidError:
            return None

    return [normal(text) for text in written]


def blocked_pattern(blocklist: Sequence[str], *, default_country: str) -> str | None:
    """One regular expression for all entries of a blocklist; None for an empty one."""
    parts = [_pattern(entry, default_country) for entry in blocklist if entry.strip()]
    return f"^({'|'.join(sorted(set(parts)))})$" if parts else None


def _pattern(entry: str, country: str) -> str:
    text = entry.strip().lower()
    if "@" not in text and "*" not in text:
        text = normal_phones([(text, None)], default_country=country)[0] or text
    return ".*".join(re.escape(piece) for piece in text.split("*"))


def masked(kind: str, value: str) -> str:
    """An identifier that its owner recognises and a stranger does not."""
    if kind == "email":
        box, _at, domain = value.partition("@")
        return f"{box[:2]}…@{domain}" if len(box) > 3 else f"{box[:1]}…@{domain}"
    return f"{value[:3]}…{value[-2:]}" if len(value) > 6 else "…"
