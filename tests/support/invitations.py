"""People who are invited, for tests of pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from booking.invitations.cohort_rules import ListRow, NewCohort
from booking.invitations.invitation_rules import BY_VOICE
from booking.invitations.tables import Invitation
from booking.use_cases.invite import NewInvitation, invite, take_invitation
from booking.use_cases.invite_list import invite_list
from core.audit import Actor
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id
from reminders.invitation_mails import link_of_invitation


def invitation_to(runtime: Runtime, authority_id: int, resident_id: int, service: str = "certify") -> int:
    """The number of an open invitation."""
    today = runtime.clock.now().date()
    new = NewInvitation(service, today, today + timedelta(days=14), BY_VOICE, words="Bring the letter.")
    return invite(runtime, authority_id, resident_id, new, actor=Actor.system())


def link_to_invited(runtime: Runtime, authority_id: int, resident_id: int) -> str:
    """The path of the link of a new invitation."""
    id_ = invitation_to(runtime, authority_id, resident_id)
    with runtime.database.reading() as db:
        row = db.get_one(Invitation, id_)
        url = link_of_invitation(runtime, catalogue_by_id(db, authority_id), row)
    return url.removeprefix(runtime.settings.public_url)


def cohort_of(runtime: Runtime, authority_id: int, name: str = "Cora Listed", service: str = "certify") -> int:
    """The number of a list with one person on it."""
    today = runtime.clock.now().date()
    new = NewCohort("Rent reviews", service, today, today + timedelta(days=14), per_wave=1)
    rows = [ListRow(2, name, email="cora@example.org", reference="HB 12")]
    return invite_list(runtime, authority_id, new, rows, {}, actor=Actor.system())


def leave_invitations(runtime: Runtime, authority_id: int, residents: Sequence[int], colleague: Actor) -> None:
    """One that is open, one that nobody has answered, and one of these that the colleague sees to."""
    invitation_to(runtime, authority_id, residents[0])
    for number, resident_id in enumerate(residents[1:]):
        id_ = invitation_to(runtime, authority_id, resident_id)
        with runtime.database.writing() as db:
            row = db.get_one(Invitation, id_)
            row.state, row.closed_at, row.remind_at = "over", runtime.clock.now(), None
        if number:
            take_invitation(runtime, authority_id, id_, None, actor=colleague)
