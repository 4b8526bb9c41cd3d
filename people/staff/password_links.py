"""Links with which somebody sets a password: for a new colleague, and for one who forgot theirs.

A link is shown once to whoever made it. It lasts 72 hours, over a weekend, and works once; the database keeps its digest.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.audit import Actor, record
from core.errors import NotFound
from core.runtime import Runtime
from core.tokens import digest, new_token
from people.staff import sign_in_sessions
from people.staff.password_rules import check_password
from people.staff.passwords import hash_password
from people.staff.tables import PasswordLink, StaffMember

LIFETIME = timedelta(hours=72)


def make_link(db: Session, staff_id: int, now: datetime) -> str:
    """The token of a new link; one that was made before does not work any more."""
    end_link(db, staff_id)
    token = new_token()
    db.add(PasswordLink(staff_id=staff_id, token_digest=digest(token), created_at=now, expires_at=now + LIFETIME))
    db.flush()
    return token


def end_link(db: Session, staff_id: int) -> None:
    """Let the link of a member of staff, if there is one, work no more."""
    db.execute(delete(PasswordLink).where(PasswordLink.staff_id == staff_id))


def owner_of_link(db: Session, token: str, now: datetime) -> StaffMember:
    """Whose link it is. Raises: NotFound for one that was used, replaced, or is too old, and when the account has ended."""
    member = db.scalar(
        select(StaffMember)
        .join(PasswordLink, PasswordLink.staff_id == StaffMember.id)
        .where(PasswordLink.token_digest == digest(token), PasswordLink.expires_at > now, StaffMember.is_active)
    )
    if member is None:
        raise NotFound
    return member


def set_password_by_link(runtime: Runtime, token: str, password: str) -> None:
    """Give the link's owner the password, and end the link and their sessions.

    Raises: NotFound, as `owner_of_link`; Invalid, in the field "password".
    """
    now = runtime.clock.now()
    with runtime.database.reading() as db:
        owner = owner_of_link(db, token, now)
    check_password(password, facts=(owner.email, owner.name))
    new_hash = hash_password(password)  # outside the transaction: it takes tens of milliseconds on purpose
    with runtime.database.writing() as db:
        # The member first, as whoever makes a new link does: two who lock in one order never wait for each other.
        member = db.scalars(select(StaffMember).where(StaffMember.id == owner.id).with_for_update()).one()
        owner_of_link(db, token, now)
        end_link(db, member.id)
        member.password_hash = new_hash
        sign_in_sessions.end_all(db, member.id, now)
        actor, subject = Actor("staff", member.id, member.name), ("staff", member.id)
        record(db, actor, "staff_password_set_by_link", subject, authority_id=member.authority_id, now=now)
