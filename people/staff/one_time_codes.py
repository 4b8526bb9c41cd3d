"""Codes of six figures that an app on a telephone makes from a shared key, a new one every 30 seconds (TOTP). Pure.

Source: RFC 6238 with the parameters that every app knows: HMAC-SHA-1, 30 seconds, six figures; read 2026-11-26.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

SECONDS = 30
FIGURES = 6
DRIFT = 1  # intervals by which a telephone's clock may be wrong, either way (RFC 6238 5.2 advises one)


def code_of(key: bytes, interval: int) -> str:
    """The code of an interval (RFC 4226 5.3)."""
    mac = hmac.digest(key, interval.to_bytes(8, "big"), "sha1")
    start = mac[-1] & 0x0F
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**FIGURES:0{FIGURES}}"


def interval_at(now: datetime) -> int:
    """The number of the interval in which `now` lies."""
    return int(now.timestamp()) // SECONDS


def matching_interval(key: bytes, code: str, now: datetime, *, after: int) -> int | None:
    """The interval whose code this is, near `now` and later than `after`: a code that was used is of no more use."""
    current = interval_at(now)
    near = range(max(current - DRIFT, after + 1), current + DRIFT + 1)
    return next((one for one in near if hmac.compare_digest(code_of(key, one).encode(), code.encode())), None)


def clean_code(text: str) -> str:
    """What was typed, without spaces and hyphens."""
    return "".join(character for character in text.upper() if character.isalnum())


def key_text(key: bytes) -> str:
    """The key as apps want it typed: base32, in groups of four."""
    text = base64.b32encode(key).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def app_link(key: bytes, issuer: str, account: str) -> str:
    """The address that opens an app on the same telephone.

    Source: https://github.com/google/google-authenticator/wiki/Key-Uri-Format, read 2026-11-26.
    """
    label = quote(f"{issuer}:{account}")
    secret = base64.b32encode(key).decode().rstrip("=")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"
