"""Settings hold no secret: neither by a name of their own nor within an address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from perenne.text import gettext as _


def require_no_secret(names: Iterable[str], *, place: str) -> None:
    """Refuse settings that are called as secrets are."""
    words = ("secret", "token", "password", "key")
    for name in names:
        if any(word in name.lower() for word in words):
            raise ValueError(
                _("{name} is a secret: it belongs into {place}").format(name=name, place=place)
            )


def require_bare_addresses(values: Mapping[str, Any], *, place: str) -> None:
    """Refuse `https://user:password@shop` and `https://shop?key=…`; what stands there is not
    quoted."""
    for name, value in values.items():
        if not isinstance(value, str):
            continue
        try:
            parts = urlsplit(value if "://" in value else f"//{value}")
        except ValueError:
            continue  # its kind refuses what is no address
        if "@" in parts.netloc or parts.query:
            raise ValueError(
                _(
                    "{name} holds more than an address (a user, a password or a query): secrets "
                    "belong into {place}"
                ).format(name=name, place=place)
            )


def carries_secret(address: str) -> bool:
    """Does an address carry a user with a password, or a query, which signs it? Azure names the
    container before an @."""
    found = re.match(r"[a-z][a-z0-9+.-]*://([^/?#\s]*)([^?\s]*)(\?.*)?$", address)
    if not found:
        return False
    user, at, _host = found[1].rpartition("@")
    azure = address.startswith(("abfs://", "abfss://", "az://"))
    return bool(found[3] or "@" in found[2] or (at and (not azure or ":" in user)))
