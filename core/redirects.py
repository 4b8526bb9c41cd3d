"""Where to go after signing in. Pure."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

LONGEST = 500


def safe_next(url: str) -> str:
    """`url` when it is a path of the staff's pages on this host; empty otherwise.

    Refused: another host ("//evil.example", "https:..."), a backslash (some browsers read it as a slash), a path out of
    /staff ("/staff/../"), control characters (which could split a header), and anything long. Source: OWASP Unvalidated
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
        not parts.scheme
        and not parts.netloc
        and url.startswith("/staff/")
        and path.startswith("/staff/")
        and "//" not in path
    )
    return url if is_ours and ".." not in path.split("/") else ""
