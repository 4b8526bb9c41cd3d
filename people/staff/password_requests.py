"""Has a link to set a new password sent to somebody who forgot theirs.

Whoever asks writes a row, whether there is such an account or not, so that neither the answer nor its time tells anything.
The scheduler looks for the account a few seconds later. Limits: OWASP Forgot Password Cheat Sheet, read 2026-11-26.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.audit import Actor, record
from core.connections import CLEANUP
from core.errors import RateLimited
from core.outages import outage_of
from core.rate_limits import SlowingLimit, check_rate_limit, check_slowing_limit
from core.runtime import Runtime
from people.residents.details import email_key
from people.staff.password_links import mail_link, make_link
from people.staff.tables import FORGOTTEN, PasswordRequest, StaffMember

ADDRESS_LIMIT = "3/hour"
ORIGIN_LIMIT = SlowingLimit("10/hour", beyond="1/minute")  # all desks of a council may share one origin
# They wait for seconds, so that so many are there only when no scheduler runs.
MOST_WAITING = 1000
TRY_AGAIN_AFTER = timedelta(minutes=5)
REQUEST_LIVES = timedelta(hours=1)

log = logging.getLogger(__name__)


def request_password_link(runtime: Runtime, email: str, origin: str) -> None:
    """Have a link sent to `email` if an account has it; nothing is returned, and nothing is looked for yet.

    Beyond the limit of one address nothing more is sent, and whoever asks is not told: it may be somebody else who asked.
    Raises: RateLimited when the origin has asked too often, or too many requests wait.
    """
    check_slowing_limit(runtime, ORIGIN_LIMIT, "forgotten", "origin", origin)
    try:
        check_rate_limit(runtime, ADDRESS_LIMIT, "forgotten", "email", email_key(email))
    except RateLimited:
        return
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        if db.scalars(select(func.count()).select_from(PasswordRequest)).one() >= MOST_WAITING:
            raise RateLimited(now + TRY_AGAIN_AFTER)
        db.add(PasswordRequest(email=email_key(email), requested_at=now))


def answer_password_requests(runtime: Runtime) -> int:
    """How many waiting requests were answered and deleted. One that fails is logged, and stops no other."""
    with runtime.database.reading() as db:
        waiting = db.scalars(select(PasswordRequest.id).order_by(PasswordRequest.id).limit(MOST_WAITING)).all()
    return sum(_is_answered(runtime, request_id) for request_id in waiting)


def _is_answered(runtime: Runtime, request_id: int) -> bool:
    """Whether the request was answered here, and not by another process, in a transaction of its own."""
    try:
        with runtime.database.writing() as db:
            found = select(PasswordRequest).where(PasswordRequest.id == request_id).with_for_update(skip_locked=True)
            request = db.scalars(found).first()
            if request is None:
                return False
            db.delete(request)
            _answer(runtime, db, request)
    except Exception as error:
        if outage_of(error) is not None:
            raise
        log.exception("a request for a new password could not be answered")
        with runtime.database.writing(CLEANUP) as db:
            db.execute(delete(PasswordRequest).where(PasswordRequest.id == request_id))
    return True


def _answer(runtime: Runtime, db: Session, request: PasswordRequest) -> None:
    """Make the link and have it sent, when the account is there and has not ended."""
    now = runtime.clock.now()
    working = select(StaffMember).where(StaffMember.email == request.email, StaffMember.is_active)
    member = db.scalars(working.with_for_update()).first()
    if member is None or request.requested_at <= now - REQUEST_LIVES:
        return
    make_link(db, member.id, now, FORGOTTEN)
    mail_link(db, member, FORGOTTEN, now)
    subject, authority_id = ("staff", member.id), member.authority_id
    record(db, Actor.system(), "staff_password_link_requested", subject, authority_id=authority_id, now=now)
