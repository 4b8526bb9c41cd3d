"""Which errors of the database say that it does not work at the moment, and not that the program is wrong."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.errors import Unavailable

# A standby that takes no writes, and a transaction that was idle for too long. PostgreSQL gives both to the class
# "invalid transaction state", which is not an OperationalError.
UNAVAILABLE_SQLSTATES = frozenset({"25006", "25P03"})


def outage_of(error: BaseException) -> Unavailable | None:
    """What the outage is called that `error` stands for; None when it is an error of another kind."""
    if isinstance(error, Unavailable):
        return error
    if isinstance(error, OperationalError | InterfaceError | PoolTimeoutError):
        return Unavailable()
    if isinstance(error, DBAPIError):
        is_outage = error.connection_invalidated or _sqlstate_of(error) in UNAVAILABLE_SQLSTATES
        return Unavailable() if is_outage else None
    return None


def summary_of(error: BaseException) -> str:
    """What an outage was, for a log: the kind of error, its code, and the driver's first line; no values."""
    cause = getattr(error, "orig", None) or error.__cause__ or error
    text = (str(cause).splitlines() or [""])[0][:200]
    return " ".join(filter(None, [type(cause).__name__, getattr(cause, "sqlstate", None) or "", text]))


def _sqlstate_of(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
