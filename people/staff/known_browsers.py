"""Browsers in which somebody has signed in before, as the OWASP "device cookie" says it. Pure.

Failed tries of strangers must not shut out a colleague at their own desk: a browser that proves that this email was
signed in with it is counted by itself. The cookie holds a random name of the browser and one short HMAC for each email
that signed in there; it opens nothing.
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies, read 2026-11-25.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

from people.residents.details import email_key

COOKIE = "front_door_browser"
KEPT_SECONDS = 180 * 24 * 60 * 60
MOST_EMAILS = 12  # of one browser: a shared desk; whoever signed in longest ago is forgotten first
_SEPARATOR = "."
_NAME = re.compile(r"[0-9a-f]{32}")


def browser_of(cookie: str, secret_key: str, email: str) -> str | None:
    """The name of the browser, when `cookie` proves that `email` was signed in with it; else None."""
    name, proofs = _read(cookie)
    wanted = _proof(secret_key, name, email)
    return name if any(hmac.compare_digest(proof, wanted) for proof in proofs) else None


def with_email(cookie: str, secret_key: str, email: str) -> str:
    """`cookie` with the proof for `email` first. A browser without a usable cookie gets a new name."""
    name, proofs = _read(cookie)
    name = name or secrets.token_hex(16)
    own = _proof(secret_key, name, email)
    others = [proof for proof in proofs if proof != own]
    return _SEPARATOR.join([name, own, *others][: MOST_EMAILS + 1])


def _read(cookie: str) -> tuple[str, list[str]]:
    name, *proofs = cookie.split(_SEPARATOR)
    if not cookie.isascii() or not _NAME.fullmatch(name):
        return "", []
    return name, proofs[:MOST_EMAILS]


def _proof(secret_key: str, name: str, email: str) -> str:
    message = f"browser:{name}:{email_key(email)}".encode()
    return base64.urlsafe_b64encode(hmac.new(secret_key.encode(), message, hashlib.sha256).digest()[:16]).decode()[:22]
