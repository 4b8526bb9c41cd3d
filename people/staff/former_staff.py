"""The end of what is kept about staff who left: their account is emptied a year after it was deactivated.

The row stays, because notes and calls name it by number, and so does the name that the audit wrote down when they acted.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.orm import Session

from core.audit import Actor, record
from people.staff.second_step import remove_second_step
from people.staff.tables import PasswordLink, StaffMail, StaffMember, StaffRole, StaffSession

KEPT_AFTER_DEACTIVATION = timedelta(days=365)
EMPTY = ""  # the name of who was emptied: no other account is without one


def count_former_staff(db: Session, authority_id: int, now: datetime) -> int:
    """How many accounts of the council are to be emptied."""
    return db.scalar(select(func.count()).select_from(StaffMember).where(_is_over(authority_id, now))) or 0


def empty_former_staff(db: Session, authority_id: int, now: datetime) -> int:
    """Empty the accounts that were deactivated long ago, with all that belongs to them; how many there were."""
    former = db.scalars(select(StaffMember).where(_is_over(authority_id, now)).with_for_update()).all()
    for member in former:
        remove_second_step(db, member.id)
        for table in (StaffRole, StaffSession, PasswordLink, StaffMail):
            db.execute(delete(table).where(table.staff_id == member.id))
        member.name, member.password_hash = EMPTY, ""
        member.email = (
            f"former-{member.id}"  # no address, so that nobody signs in with it and anybody may have the old one
        )
        member.last_signed_in_at = None
        record(db, Actor.system(), "staff_emptied", ("staff", member.id), authority_id=authority_id, now=now)
    return len(former)


def _is_over(authority_id: int, now: datetime) -> ColumnElement[bool]:
    return and_(
        StaffMember.authority_id == authority_id,
        ~StaffMember.is_active,
        StaffMember.deactivated_at < now - KEPT_AFTER_DEACTIVATION,
        StaffMember.name != EMPTY,
    )
