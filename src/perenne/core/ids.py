"""Opaque stable ids: a keyed hash, so that nobody without the key can walk back to a person."""

from __future__ import annotations

import hashlib
import secrets


def new_key() -> str:
    """A fresh 256-bit key as hex; kept with the workspace, never in a snapshot."""
    return secrets.token_hex(32)


def opaque_id(key: str, *parts: str) -> str:
    """32 hex digits for `parts` under `key`: nested keyed SHA-256, as the warehouse computes it.

    The same nesting as HMAC (an inner and an outer keyed pass), written on hex text so that every
    SQL engine can compute it with its own `sha256`.
    """
    message = "\x1f".join(parts)
    inner = hashlib.sha256(f"{key}i{message}".encode()).hexdigest()
    return hashlib.sha256(f"{key}o{inner}".encode()).hexdigest()[:32]
