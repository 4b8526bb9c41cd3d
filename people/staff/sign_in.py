"""Signing in with email and password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import Actor, record
from core.errors import NotAllowed
from core.runtime import Runtime
from people.residents.names import email_key
from people.staff import sign_in_limits, sign_in_sessions
from people.staff.passwords import hash_password, is_outdated, is_password
from people.tables import StaffMember


class WrongPassword(NotAllowed):
    """Email and password do not belong together; nobody learns which of them is wrong."""


def sign_in(runtime: Runtime, email: str, password: str, *, address: str, old_token: str = "") -> str:
    """The token of a new session. The session of `old_token`, which the browser brought along, ends.

    The same work is done whether or not the email exists. Raises: TooManyTries, WrongPassword.
    """
    now = runtime.clock.now()
    who = sign_in_limits.subjects(runtime.settings.secret_key, email_key(email), address)
    sign_in_limits.count_try(runtime.database, who, now)
    member = _member(runtime, email)
    # Outside any transaction: the hash takes tens of milliseconds on purpose.
    is_right = is_password(member.password_hash if member else "", password)
    if member is None or not is_right or not member.is_active:
        raise WrongPassword("Enter the email address and password that belong together.")
    new_hash = hash_password(password) if is_outdated(member.password_hash) else ""
    with runtime.database.writing() as db:
        sign_in_limits.forgive(db, *who, now)
        sign_in_limits.forget_old(db, now)
        return _begin(db, member.id, new_hash, old_token, now)


def _member(runtime: Runtime, email: str) -> StaffMember | None:
    with runtime.database.reading() as db:
        return db.scalar(select(StaffMember).where(StaffMember.email == email_key(email)))


def _begin(db: Session, staff_id: int, new_hash: str, old_token: str, now: datetime) -> str:
    member = db.get_one(StaffMember, staff_id)
    if new_hash:
        member.password_hash = new_hash
    if old_token:
        sign_in_sessions.end(db, old_token, now)
    sign_in_sessions.forget_old(db, now)
    actor = Actor("staff", member.id, member.name)
    record(db, actor, "signed_in", ("staff", member.id), authority_id=member.authority_id, now=now)
    return sign_in_sessions.start(db, member.id, now)
