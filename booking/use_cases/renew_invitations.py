"""Whoever reads the old address of somebody, or has the old number, keeps no invitation by which it can be booked."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.invitations.invitation_rules import BY_EMAIL, BY_LETTER, BY_TEXT, BY_VOICE, LINK_RENEWED, InvitationState
from booking.invitations.tables import Invitation
from core.contact_values import postal_of
from core.runtime import Runtime
from core.tokens import digest, invitation_token, new_nonce
from people.residents.tables import Resident


@dataclass(frozen=True)
class InvitedAt:
    """Where somebody is told of invitations."""

    email: str
    phone: str
    postal: str

    def has_moved(self, now: InvitedAt, told_by: str) -> bool:
        """Whether what was sent there in this way is with somebody else, as things are `now`."""
        before = {BY_EMAIL: self.email, BY_TEXT: self.phone, BY_LETTER: self.postal, BY_VOICE: self.phone}
        after = {BY_EMAIL: now.email, BY_TEXT: now.phone, BY_LETTER: now.postal, BY_VOICE: now.phone}
        return bool(before[told_by]) and before[told_by] != after[told_by]


def invited_at(resident: Resident) -> InvitedAt:
    """Where the resident is told of invitations, as the record is now."""
    return InvitedAt(resident.email, resident.phone, postal_of(resident.address, resident.postcode))


def renew_invitations(db: Session, runtime: Runtime, resident: Resident, before: InvitedAt) -> None:
    """Give open invitations that went to where they are not reached any more another link, which a colleague has to tell.

    What a colleague has seen to stays so, with what was done: its page says that the link is another one now.

    Call it in the transaction that changes the record, after the change; `before` is where they were told until then.
    """
    now, is_open = invited_at(resident), Invitation.state == InvitationState.OPEN.value
    rows = select(Invitation).where(Invitation.resident_id == resident.id, is_open)
    for row in db.scalars(rows.order_by(Invitation.id).with_for_update()):
        if before.has_moved(now, row.told_by):
            row.link_nonce = new_nonce()
            row.link_digest = digest(invitation_token(runtime.settings.secret_key, row.link_nonce))
            row.untold = LINK_RENEWED
