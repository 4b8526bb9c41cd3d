"""Whoever is invited and has not answered is reminded once; after the last day it is a task of the staff.

Who has a visit for it in these days, however that came about, has answered.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.events import InvitationChange, announce_invitation
from booking.invitations.invitation_rules import FAMILIES_OF_NONE, InvitationState
from booking.invitations.tables import Invitation
from booking.use_cases.answer_invitation import answer_invitations, visit_in_window
from core.audit import Actor, record
from core.runtime import Runtime
from core.transactions import run_with_retries
from locations.tables import Authority
from people.residents.tables import Resident

AT_ONCE = 200


def chase_invitations(runtime: Runtime) -> int:
    """How many invitations were reminded of, are over now, or turn out to be answered."""
    done = 0
    with runtime.database.reading() as db:
        now = runtime.clock.database_now(db)
        zones = {row.id: row.zone for row in db.execute(select(Authority.id, Authority.zone))}
        due = _due(db, now, zones)
    for invitation_id in due:
        done += run_with_retries(runtime.database, partial(_chase, runtime, invitation_id, zones))
    return done


def _due(db: Session, now: datetime, zones: dict[int, str]) -> list[int]:
    found: list[int] = []
    is_open = Invitation.state == InvitationState.OPEN.value
    for authority_id, zone in zones.items():
        today = now.astimezone(ZoneInfo(zone)).date()
        is_due = or_(Invitation.remind_at <= now, Invitation.last_date < today)
        ids = select(Invitation.id).where(Invitation.authority_id == authority_id, is_open, is_due)
        found += db.scalars(ids.order_by(Invitation.id).limit(AT_ONCE))
    return found


def _chase(runtime: Runtime, invitation_id: int, zones: dict[int, str], db: Session) -> int:
    now = runtime.clock.database_now(db)
    row = db.scalars(select(Invitation).where(Invitation.id == invitation_id).with_for_update(skip_locked=True)).first()
    if row is None or row.state != InvitationState.OPEN:
        return 0
    zone = zones[row.authority_id]
    if visit := visit_in_window(db, row, zone):
        answer_invitations(db, [row], visit, Actor.system(), now)
        return 1
    if row.last_date < now.astimezone(ZoneInfo(zone)).date():
        row.state, row.closed_at, row.remind_at = InvitationState.OVER.value, now, None
        about = ("invitation", row.id)
        record(
            db, Actor.system(), "invitation_over", about, authority_id=row.authority_id, now=now, service=row.service_id
        )
        return 1
    if row.remind_at is None or row.remind_at > now:
        return 0
    row.remind_at = None
    if db.get_one(Resident, row.resident_id).contact_preference == FAMILIES_OF_NONE:
        return 0  # it is a task after the last day
    row.reminded_at = now
    announce_invitation(db, InvitationChange(row.authority_id, row.id, "reminder", now))
    return 1
