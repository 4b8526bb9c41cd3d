"""Secrets that have to be read again, as rows hold them: encrypted with the installation's key.

Fernet (AES-128-CBC with HMAC-SHA-256) with a key derived from SECRET_KEY; what an older key sealed is opened as long as that
is among OLD_SECRET_KEYS. Source: https://github.com/fernet/spec, read 2026-11-26.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

PURPOSE = b"sealed values"


def seal(secret_keys: Sequence[str], text: str) -> str:
    """The text, encrypted with the first of the keys."""
    return _box(secret_keys).encrypt(text.encode()).decode()


def unseal(secret_keys: Sequence[str], sealed: str) -> str | None:
    """The text; None where none of the keys has sealed it."""
    try:
        return _box(secret_keys).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def sealed_anew(secret_keys: Sequence[str], sealed: str) -> str:
    """What another of the keys has sealed, sealed with the first, so that the other can go; all else as it is."""
    text = unseal(secret_keys, sealed) if unseal(secret_keys[:1], sealed) is None else None
    return sealed if text is None else seal(secret_keys, text)


def _box(secret_keys: Sequence[str]) -> MultiFernet:
    derived = (hmac.new(key.encode(), PURPOSE, hashlib.sha256).digest() for key in secret_keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
