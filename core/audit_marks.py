"""The keyed marks (HMAC-SHA-256) by which a change of the audit shows. Pure.

Each entry has a number in its lane, and a mark over that and all it says. Each lane has a head: how many entries it has, and
a mark over that. Whoever has not the key can neither write an entry nor say that there were fewer. What stands in `reason`
may have to be emptied, so the entry's mark covers a digest of it, and an emptied reason has a mark of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from functools import lru_cache
from typing import Any

# Of an entry, what its mark covers besides `at` and `facts`, in this order.
_PLAIN = (
    "id",
    "authority_id",
    "lane",
    "number",
    "actor_kind",
    "actor_id",
    "actor_name",
    "action",
    "subject_kind",
    "subject_id",
    "reason_digest",
)
_PLACE = ("authority_id", "lane", "number")
Values = Mapping[str, Any]


def entry_mark(secret_key: str, entry: Values) -> str:
    """The mark of an entry with these column values, the digest of its reason among them."""
    facts = json.loads(json.dumps(entry["facts"]))  # as the database gives them back: keys are text, tuples are lists
    return _mark(
        secret_key, "entry", [*(entry[name] for name in _PLAIN), entry["at"].astimezone(UTC).isoformat(), facts]
    )


def reason_digest(secret_key: str, entry: Values) -> str:
    """The keyed digest of an entry's reason, from which nobody can guess the reason; equal reasons have different ones."""
    return _mark(secret_key, "reason", [*(entry[name] for name in _PLACE), entry["reason"]])


def removal_mark(secret_key: str, entry: Values) -> str:
    """The mark which says that the service itself has emptied the reason of an entry."""
    return _mark(secret_key, "reason removed", [entry[name] for name in _PLACE])


def head_mark(secret_key: str, authority_id: int, lane: int, count: int) -> str:
    """The mark of a lane that has `count` entries."""
    return _mark(secret_key, "head", [authority_id, lane, count])


def key_that_made(mark: str, make: Callable[[str], str], secret_keys: Sequence[str]) -> str | None:
    """The first of the keys with which `make` gives `mark`, or None."""
    return next((key for key in secret_keys if hmac.compare_digest(make(key).encode(), mark.encode())), None)


@lru_cache(maxsize=16)
def _audit_key(secret_key: str) -> bytes:
    return hmac.digest(secret_key.encode(), b"audit", "sha256")


def _mark(secret_key: str, kind: str, values: list[Any]) -> str:
    message = json.dumps([kind, *values], sort_keys=True, separators=(",", ":"))
    return hmac.new(_audit_key(secret_key), message.encode(), hashlib.sha256).hexdigest()
