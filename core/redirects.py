"""Where to go after signing in, or on from another form. Pure."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

LONGEST = 500


def safe_next(url: str, start: str = "/staff/") -> str:
    """`url` when it is a path on this host that begins with `start`, the staff's pages; empty otherwise.

    Refused: another host ("//evil.example", "https:..."), a backslash (some browsers read it as a slash), a path out of
    `start` ("/staff/../"), control characters (which could split a header), and anything long. Source: OWASP Unvalidated
    Redirects and Forwards Cheat Sheet, read 2026-11-23.
    """
    plain = unquote(url)
    if len(url) > LONGEST or "\\" in plain or any(not character.isprintable() for character in plain):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    path = unquote(parts.path)
    is_ours = (
        not parts.scheme and not parts.netloc and url.startswith(start) and path.startswith(start) and "//" not in path
    )
    return url if is_ours and ".." not in path.split("/") else ""
