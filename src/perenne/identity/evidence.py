"""What a reviewer reads of a pair: how each field compares, in words."""

from __future__ import annotations

from perenne.identity.fields import EARLIER
from perenne.text import format_number
from perenne.text import gettext as _


def evidence_words(evidence: str) -> list[str]:
    """`last_name=close:0.93|postcode=same` → sentences a reviewer can judge by."""
    cells = [cell for cell in evidence.split("|") if cell and cell != EARLIER]
    told = [_("as a source told it earlier")] if EARLIER in evidence.split("|") else []
    return [_cell(*cell.partition("=")[::2]) for cell in cells] + told


def _cell(field: str, how: str) -> str:
    code, _colon, alike = how.partition(":")
    text = _level(code).format(field=field_words(field))
    if alike and code not in ("same", "initial", "swapped", "spelled"):
        text += f" ({format_number(float(alike), decimals=2)})"
    return text


def field_words(name: str) -> str:
    """A field that records are compared by."""
    return {
        "last_name": _("family name"),
        "first_name": _("first name"),
        "birth": _("date of birth"),
        "email": _("e-mail"),
        "phone": _("telephone"),
        "address": _("street"),
        "postcode": _("postcode"),
        "city": _("city"),
        "company": _("company"),
    }[name]


def _level(code: str) -> str:
    return {
        "same": _("same {field}"),
        "initial": _("same initial of the {field}"),
        "close": _("{field} with a slip of the pen"),
        "similar": _("similar {field}"),
        "swapped": _("{field} in the other name's place"),
        "spelled": _("{field} spelled in the mailbox of the other"),
        "alias": _("same {field} but for what follows a plus"),
        "mailbox": _("same mailbox of the {field}, another domain"),
        "mailbox_similar": _("similar mailbox of the {field}"),
        "different": _("different {field}"),
    }[code]


def rule_words(rule: str) -> str:
    """What a link rests on."""
    return {
        "owner": _("accepted by hand"),
        "number": _("same customer number"),
        "email": _("same e-mail"),
        "phone": _("same telephone"),
        "model": _("likeness of names, addresses and dates"),
    }[rule]
