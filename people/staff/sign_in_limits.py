"""The brake on guessing passwords: failed sign-ins by email and by address, in the database that all hosts share.

Limits: 10 failures of one email, 30 of one address, in 15 minutes. NCSC advises throttling over locking out, with
about 10 tries (https://www.ncsc.gov.uk/collection/passwords/updating-your-approach, read 2026-11-23); an address gets
three times that, since all of a council's desks may share one. A try that the brake refuses is not written down, so
waiting always helps, and nobody can be kept out for longer by further tries.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import RateLimited
from people.tables import SignInAttempt

PERIOD = timedelta(minutes=15)
EMAIL_LIMIT = 10
ADDRESS_LIMIT = 30


class TooManyTries(RateLimited):
    """The brake is on until the instant `until` (UTC)."""

    def __init__(self, until: datetime) -> None:
        super().__init__("You have tried to sign in too many times.")
        self.until = until


@dataclass(frozen=True)
class Subject:
    """What tries are counted for, as a keyed digest: the table tells nobody which emails were tried, or from where."""

    digest: str
    limit: int


def subjects(secret_key: str, email: str, address: str) -> tuple[Subject, Subject]:
    """What a try to sign in as `email` from `address` counts for."""
    return (
        Subject(_digest(secret_key, f"email:{email}"), EMAIL_LIMIT),
        Subject(_digest(secret_key, f"address:{address}"), ADDRESS_LIMIT),
    )


def _digest(secret_key: str, text: str) -> str:
    return hmac.new(secret_key.encode(), f"sign-in:{text}".encode(), hashlib.sha256).hexdigest()


def count_try(database: Database, who: Sequence[Subject], now: datetime) -> None:
    """Count one try, before the password is looked at. Raises: TooManyTries.

    Written and committed first, counted afterwards: of any number of simultaneous tries none can overlook another, so
    never more than the limit get to guess.
    """
    with database.reading() as db:
        _check(db, who, now, spare=1)
    with database.writing() as db:
        rows = [SignInAttempt(subject=subject.digest, at=now) for subject in who]
        db.add_all(rows)
    with database.reading() as db:
        _check(db, who, now, spare=0)


def _check(db: Session, who: Sequence[Subject], now: datetime, *, spare: int) -> None:
    waits = [_brake_until(db, subject, now, spare) for subject in who]
    until = max((wait for wait in waits if wait), default=None)
    if until:
        raise TooManyTries(until)


def _brake_until(db: Session, subject: Subject, now: datetime, spare: int) -> datetime | None:
    """When there is room for `spare` more tries; None when there is now."""
    latest = db.scalars(
        select(SignInAttempt.at)
        .where(SignInAttempt.subject == subject.digest, SignInAttempt.at > now - PERIOD)
        .order_by(SignInAttempt.at.desc())
        .limit(subject.limit + 1 - spare)
    ).all()
    return latest[-1] + PERIOD if len(latest) > subject.limit - spare else None


def forgive(db: Session, email: Subject, address: Subject, now: datetime) -> None:
    """Forget what the right password makes good: all tries of the email, and of the address this one try only.

    Otherwise somebody with one working account could clear the address between two rounds of guessing at others.
    """
    db.execute(delete(SignInAttempt).where(SignInAttempt.subject == email.digest))
    mine = select(SignInAttempt.id).where(SignInAttempt.subject == address.digest, SignInAttempt.at == now).limit(1)
    db.execute(delete(SignInAttempt).where(SignInAttempt.id.in_(mine)))


def forget_old(db: Session, now: datetime) -> None:
    """Remove tries that no longer count."""
    db.execute(delete(SignInAttempt).where(SignInAttempt.at <= now - PERIOD))
