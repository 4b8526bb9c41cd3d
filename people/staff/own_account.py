"""One's own account: another password, and the end of one's other sessions."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from core.audit import Actor, record
from core.errors import NotAuthenticated, NotFound
from core.runtime import Runtime
from people.staff import sign_in_sessions
from people.staff.password_links import end_links
from people.staff.password_rules import check_password
from people.staff.passwords import hash_password
from people.staff.sign_in import SignInAttempt, authenticate
from people.staff.sign_in_sessions import SignedInStaff
from people.staff.tables import StaffMember


@dataclass(frozen=True)
class OwnPassword:
    """The password that somebody has, as they would sign in with it, and the one that they want."""

    current: SignInAttempt
    new: str


def change_own_password(runtime: Runtime, staff: SignedInStaff, change: OwnPassword) -> int:
    """Give `staff` the new password and end their other sessions; the number of these.

    Whoever sits at an unlocked screen guesses the current password no faster than at the sign-in page.
    Raises: Invalid, in the field "password"; RateLimited; WrongPassword; NotAuthenticated (the session ended meanwhile).
    """
    check_password(change.new, facts=(staff.email, staff.name))
    authenticate(runtime, change.current)
    new_hash = hash_password(change.new)  # outside the transaction: it takes tens of milliseconds on purpose
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        member = db.scalars(select(StaffMember).where(StaffMember.id == staff.staff_id).with_for_update()).one()
        still_open = {one.session_id for one in sign_in_sessions.open_sessions(db, member.id, now)}
        # Somebody who was let go, or whose password an administrator has just replaced, does not come back by this.
        if staff.session_id not in still_open or not member.is_active:
            raise NotAuthenticated
        member.password_hash = new_hash
        end_links(db, member.id)  # whoever else asked for one reads their mail
        ended = sign_in_sessions.end_others(db, member.id, staff.session_id, now)
        actor, subject = Actor("staff", member.id, member.name), ("staff", member.id)
        record(db, actor, "own_password_changed", subject, authority_id=member.authority_id, now=now, ended=ended)
    return ended


def end_own_session(runtime: Runtime, staff: SignedInStaff, session_id: int) -> None:
    """Sign `staff` out in one other browser; nothing more where they are signed out there already.

    Raises: NotFound for a session that is not theirs, and for that of this browser, which is ended by signing out.
    """
    if session_id == staff.session_id:
        raise NotFound
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        if sign_in_sessions.end_one(db, staff.staff_id, session_id, now):
            actor, subject = Actor("staff", staff.staff_id, staff.name), ("staff", staff.staff_id)
            record(db, actor, "own_session_ended", subject, authority_id=staff.authority_id, now=now)


def end_other_sessions(runtime: Runtime, staff: SignedInStaff) -> int:
    """Sign `staff` out everywhere but in this browser; the number of sessions ended."""
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        ended = sign_in_sessions.end_others(db, staff.staff_id, staff.session_id, now)
        actor, subject = Actor("staff", staff.staff_id, staff.name), ("staff", staff.staff_id)
        record(db, actor, "own_sessions_ended", subject, authority_id=staff.authority_id, now=now, ended=ended)
    return ended
