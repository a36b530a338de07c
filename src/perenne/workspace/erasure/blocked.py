"""What stands on the blocklist of the settings is nobody's identifier: where settings tell it, it
is neither looked for nor taken out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from perenne.identity import phone_spellings
from perenne.workspace.erasure import spelling

_UNSAID = "…"


def tokens(blocklist: Iterable[str], *, country: str) -> frozenset[tuple[str, str]]:
    """The e-mails and telephone numbers of a blocklist, in every way of writing them."""
    found = set()
    for entry in blocklist:
        if "@" in entry:
            found.add((spelling.EMAIL, spelling.one_email(entry.strip())))
        else:
            found |= {(spelling.PHONE, one) for one in phone_spellings(entry, country) if one}
    return frozenset(found)


def unlisted(text: str, blocked: Iterable[tuple[str, str]]) -> str:
    """`text` of the settings without what stands on their blocklist."""
    return spelling.without(text, dict.fromkeys(blocked, _UNSAID))


def without_blocklist(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of a snapshot without the blocklist of its settings."""
    return with_blocklist(manifest, {})


def with_blocklist(manifest: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of a snapshot with the blocklist that another, `given`, has; none: without."""
    settings = manifest.get("settings")
    identity = settings.get("identity") if isinstance(settings, Mapping) else None
    if not isinstance(settings, Mapping) or not isinstance(identity, Mapping):
        return dict(manifest)
    if "blocklist" not in identity:
        return dict(manifest)
    listed = given["settings"]["identity"]["blocklist"] if given else []
    return {
        **manifest,
        "settings": {**settings, "identity": {**identity, "blocklist": listed}},
    }


def searched(content: bytes) -> bytes:
    """The manifest of a snapshot as it is searched; as it stands where it cannot be read."""
    try:
        value = json.loads(content)
    except ValueError:
        return content
    if not isinstance(value, dict) or without_blocklist(value) == value:
        return content
    return json.dumps(without_blocklist(value), ensure_ascii=False, indent=2).encode()
