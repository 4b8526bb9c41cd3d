"""What became of a message to somebody who is invited after it was sent: it arrived, or it failed after all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.invitations.invitation_rules import InvitationState
from booking.invitations.tables import Invitation
from people.residents.tables import Resident
from reminders.bounce_marks import is_of_invitation
from reminders.delivery_decisions import FAILED, SENT
from reminders.invitation_tables import InvitationMail


@dataclass(frozen=True)
class MessageFate:
    """What became of a message: `kind` is that of the mail, `state` and `reason` as the row says."""

    kind: str
    channel: str
    state: str
    reason: str
    closed_at: datetime | None
    delivered_at: datetime | None


def invitation_mail_in(reference: str) -> int:
    """The id of the message that went out under this reference; 0 for that of another one."""
    return int(reference.split("-")[1]) if is_of_invitation(reference) else 0


def fail_invitation_mail(
    db: Session, mail_id: int, reason: str, now: datetime, is_about: Callable[[InvitationMail, Resident], bool]
) -> Resident | None:
    """Whose message had failed, as it turns out after it was sent; None where it has not, or is not there.

    Every copy has the same reference, so `is_about` says whether it was the last one, to the address of today. Whoever has
    not answered yet is a colleague's task from now on.
    """
    mail = _locked(db, mail_id)
    if mail is None or mail.state != SENT:
        return None
    row = db.scalars(select(Invitation).where(Invitation.id == mail.invitation_id).with_for_update()).one()
    resident = db.get_one(Resident, row.resident_id)
    if not is_about(mail, resident):
        return None
    mail.state, mail.reason, mail.closed_at = FAILED, reason, now
    mail.delivered_at = mail.ask_at = None
    if row.state == InvitationState.OPEN:
        row.untold = row.untold or reason
    return resident


def write_invitation_arrival(db: Session, mail_id: int, at: datetime) -> bool:
    """Whether it is news that this message has arrived; what has failed stays so."""
    mail = _locked(db, mail_id)
    if mail is None or mail.state != SENT or mail.delivered_at is not None:
        return False
    mail.delivered_at, mail.ask_at = at, None
    return True


def fates_of_invitation(db: Session, invitation_id: int) -> list[MessageFate]:
    """What became of the messages about the invitation, the first one first."""
    rows = select(InvitationMail).where(InvitationMail.invitation_id == invitation_id).order_by(InvitationMail.id)
    names = MessageFate.__dataclass_fields__
    return [MessageFate(**{name: getattr(row, name) for name in names}) for row in db.scalars(rows)]


def _locked(db: Session, mail_id: int) -> InvitationMail | None:
    return db.scalars(select(InvitationMail).where(InvitationMail.id == mail_id).with_for_update()).first()
