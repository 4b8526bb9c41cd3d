"""Which sessions and keys have worked in this process: whoever comes with one of them shares no turns with strangers.

A request gets its turn before anybody looks into the database, so what it carries is believed at first. Once something
from its origin has turned out not to work, what is new from there is a stranger's for a minute: an invented cookie or key
gains nothing. What has worked stays known, whatever others at the same origin send.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from time import monotonic
from typing import Any

from werkzeug.http import parse_cookie

from people.staff.sign_in_sessions import COOKIE

REFUSED_SECONDS = 60.0
MOST_REMEMBERED = 10_000
# What needs a key or tells at least whether one works. The document of the API is for everybody.
_FOR_PROGRAMS = re.compile(r"/(?:api/v1/(?!openapi\.json$)|webhooks/).+")


def credential_of(path: str, headers: Mapping[str, str]) -> str:
    """The digest of the session or key with which a page of staff or programs is asked for; empty for none."""
    if path.startswith("/staff/"):
        cookies = parse_cookie(headers.get("HTTP_COOKIE", ""))
        carried = cookies.get(f"__Host-{COOKIE}") or cookies.get(COOKIE) or ""
    elif _FOR_PROGRAMS.fullmatch(path):
        carried = headers.get("HTTP_AUTHORIZATION", "")
    else:
        carried = ""
    return hashlib.sha256(carried.encode("utf-8", "surrogatepass")).hexdigest() if carried else ""


class CredentialsSeen:
    """The credentials that worked lately, and the origins of those that did not."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._worked: OrderedDict[str, None] = OrderedDict()
        self._refused: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def is_believed(self, credential: str, origin: str) -> bool:
        """Whether a request with `credential` counts as one of staff or of a program."""
        if not credential:
            return False
        with self._lock:
            until = self._refused.get(origin, 0.0)
            return credential in self._worked or until <= monotonic()

    def record(self, credential: str, origin: str, *, works: bool) -> None:
        """Remember whether `credential` from `origin` worked."""
        if not credential:
            return
        with self._lock:
            if works:
                _remember(self._worked, credential, None, self._most)
            elif credential in self._worked:  # ended, or asked for what is nowhere: it has to work again
                del self._worked[credential]
            else:
                _remember(self._refused, origin, monotonic() + REFUSED_SECONDS, self._most)


def _remember(kept: OrderedDict[str, Any], key: str, value: Any, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
