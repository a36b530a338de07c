"""What an answer of no use says, in words that one may repeat: short, and without what looks like a
key."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from perenne.sources.connectors.vault import HIDDEN
from perenne.text import gettext as _

SAID = 300
"""Characters of an answer that are repeated at most."""
_LOOK = 2000
_PHP = re.compile(r"\b(warning|notice|deprecated|(fatal|parse) error)\b(</b>)?:", re.IGNORECASE)
_RECORDS = re.compile(r"[\[{]\s*[\[{\"]")
_TAG = re.compile(r"<[^>]*>")
_KEY = re.compile(r"(?=[\w+=-]*\d)[\w+=-]{20,}")


def said_by(response: Any) -> str:
    """The beginning of its body."""
    text = _KEY.sub(HIDDEN, " ".join(response.text.split()))
    return text[:SAID] or _("no reason given")


def reason(response: Any) -> str:
    """Why the platform refuses, in its own words: `message`, `detail` or `code` of its JSON."""
    try:
        body = response.json()
    except ValueError:
        return ""
    for field in ("errors", "error"):
        if isinstance(body, dict) and body.get(field):
            body = body[field]
    body = body[0] if isinstance(body, list) and body else body
    if isinstance(body, str):
        said = [body]
    else:
        given = body if isinstance(body, dict) else {}
        said = [str(given[name]) for name in ("message", "detail", "code") if given.get(name)]
    return _KEY.sub(HIDDEN, " ".join(" – ".join(said).split()))[:SAID]


def before_json(response: Any) -> str:
    """What PHP wrote before the answer proper, of which nothing is repeated."""
    start = response.text[:_LOOK]
    if not _PHP.search(start):
        return ""
    noise = unescape(_TAG.sub(" ", _RECORDS.split(start)[0]))
    return _KEY.sub(HIDDEN, " ".join(noise.split()))[:SAID]
