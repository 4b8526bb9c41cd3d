"""Passwords of staff: argon2id, with the parameters of RFC 9106's second choice (64 MiB, 3 passes, 4 lanes).

That is above the least that the OWASP Password Storage Cheat Sheet asks for (19 MiB, 2 passes). Read 2026-11-23.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def hash_password(password: str) -> str:
    """The argon2id hash of `password`, with its own salt and parameters inside."""
    return _hasher.hash(_prepared(password))


def is_password(kept: str, password: str) -> bool:
    """Whether `password` is the one behind the hash `kept`. An empty or broken hash takes as long, and says no."""
    stand_in = _dummy_hash()  # made by the first attempt of a process, whoever it is for
    try:
        return _hasher.verify(kept or stand_in, _prepared(password)) and bool(kept)
    except InvalidHashError:
        return is_password("", password)
    except VerificationError:
        return False


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with other parameters than today's, and should be made again."""
    return _hasher.check_needs_rehash(kept)


def _prepared(password: str) -> str:
    # The same password typed on two keyboards may differ in its bytes: NFKC makes them one (RFC 8265).
    return unicodedata.normalize("NFKC", password)


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    return _hasher.hash("no account has this password")
