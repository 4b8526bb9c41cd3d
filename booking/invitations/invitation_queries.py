"""Invitations as people see them: for what, until when, and what has become of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from booking.invitations.invitation_rules import InvitationState, InvitedTimes, is_task
from booking.invitations.tables import Invitation
from booking.tables import Appointment
from core.errors import NotFound
from core.tokens import digest, is_short_invitation_token, number_of_short_token
from locations.model import Catalogue, ServiceFacts, SiteFacts
from people.residents.tables import Resident
from people.staff.tables import StaffMember

IS_OPEN = Invitation.state == InvitationState.OPEN.value
# What nobody answered in time, or could not be told, or has a number of two people; and nobody has seen to.
IS_TASK: ColumnElement[bool] = and_(
    Invitation.done_at.is_(None),
    or_(
        Invitation.state == InvitationState.OVER.value,
        and_(IS_OPEN, Invitation.untold != ""),
        Invitation.same_number != "",
    ),
)


@dataclass(frozen=True)
class InvitationView:
    """An invitation. `reference` is that of what was booked by it, as long as that is the resident's own.

    What it names and the council has removed since is left out of `sites`.
    """

    id: int
    resident_id: int
    name: str
    service: ServiceFacts
    sites: tuple[SiteFacts, ...]
    times: InvitedTimes
    words: str
    told_by: str
    state: InvitationState
    untold: str
    link_nonce: str
    link_digest: str
    invited_at: datetime
    invited_by: str
    remind_at: datetime | None
    reminded_at: datetime | None
    closed_at: datetime | None
    appointment_id: int | None
    reference: str
    staff_id: int | None
    seen_by: str
    done_at: datetime | None
    done: str
    cohort_id: int | None
    case_number: str
    same_number: str

    def is_open(self, today: date) -> bool:
        """Whether a time can be picked by it."""
        return self.state is InvitationState.OPEN and self.times.last_date >= today

    @property
    def is_task(self) -> bool:
        """Whether a colleague has to see to it."""
        return is_task(self.state, self.untold, self.done_at, self.same_number)


def invitation_by_token(db: Session, token: str) -> Invitation:
    """The invitation whose link has this token. Raises: NotFound."""
    row = db.scalar(select(Invitation).where(Invitation.link_digest == digest(token)))
    if row is None:
        raise NotFound.because("link_unknown")
    return row


def invitation_by_short_token(db: Session, secret_keys: Sequence[str], token: str) -> Invitation:
    """The invitation whose short link has this token. Raises: NotFound."""
    number = number_of_short_token(token)
    row = None if number is None else db.get(Invitation, number)
    if row is None or not is_short_invitation_token(secret_keys, row.id, row.link_nonce, token):
        raise NotFound.because("link_unknown")
    return row


def invitation_by_mark(db: Session, catalogue: Catalogue, number: int, mark: str) -> InvitationView | None:
    """The invitation of this number, for whoever opened its link; None when that is another one."""
    is_it = (Invitation.id == number, Invitation.link_digest.startswith(mark))
    found = _views(db, catalogue, _rows(catalogue).where(*is_it)) if mark else []
    return found[0] if found else None


def invitation_of(
    db: Session, catalogue: Catalogue, number: int, site_ids: Collection[int] | None = None
) -> InvitationView:
    """The council's invitation of this number, to these sites or to any. Raises: NotFound."""
    found = _views(db, catalogue, _rows(catalogue).where(Invitation.id == number), site_ids)
    if not found:
        raise NotFound.because("invitation_unknown")
    return found[0]


def invitations_of_resident(db: Session, catalogue: Catalogue, resident_id: int) -> list[InvitationView]:
    """The open invitations of the resident, the oldest first."""
    rows = _rows(catalogue).where(Invitation.resident_id == resident_id, IS_OPEN)
    return _views(db, catalogue, rows.order_by(Invitation.id))


def invitation_list(
    db: Session, catalogue: Catalogue, site_ids: Collection[int] | None, since: datetime, most: int
) -> list[InvitationView]:
    """What somebody has to see to first, then what is open, then what was closed since then; of these sites, or all.

    Of lists only what has to be seen to: each has a page of its own.
    """
    is_alone = and_(Invitation.cohort_id.is_(None), or_(IS_OPEN, Invitation.closed_at >= since))
    rows = _rows(catalogue).where(or_(is_alone, IS_TASK))
    order = (case((IS_TASK, 0), (IS_OPEN, 1), else_=2), Invitation.last_date, Invitation.id)
    rows = rows.order_by(*order)
    return _views(db, catalogue, rows.limit(most) if site_ids is None else rows, site_ids)[:most]


def invitation_task_count(db: Session, authority_id: int, site_ids: Collection[int] | None) -> int:
    """How many invitations a colleague has to see to; of these sites, or all."""
    mine = (Invitation.authority_id == authority_id, IS_TASK)
    if site_ids is None:
        return db.scalar(select(func.count()).select_from(Invitation).where(*mine)) or 0
    return sum(_is_served(ids, site_ids) for ids in db.scalars(select(Invitation.site_ids).where(*mine)))


def _is_served(invited_to: Collection[int], site_ids: Collection[int] | None) -> bool:
    return site_ids is None or not invited_to or bool(set(invited_to) & set(site_ids))


def _rows(catalogue: Catalogue) -> Any:
    is_theirs = and_(Appointment.id == Invitation.appointment_id, Appointment.resident_id == Invitation.resident_id)
    rows: Any = (
        select(Invitation, Resident.name.label("name"), Appointment.reference, StaffMember.name.label("seen_by"))
        .join(Resident, Resident.id == Invitation.resident_id)
        .outerjoin(Appointment, is_theirs)
        .outerjoin(StaffMember, StaffMember.id == Invitation.staff_id)
        .where(Invitation.authority_id == catalogue.authority.id)
    )
    return rows


def _views(
    db: Session, catalogue: Catalogue, rows: Any, site_ids: Collection[int] | None = None
) -> list[InvitationView]:
    found = [row for row in db.execute(rows).all() if _is_served(row.Invitation.site_ids, site_ids)]
    by = {row.Invitation.invited_by for row in found} - {None}
    known = db.scalars(select(StaffMember).where(StaffMember.id.in_(by))) if by else ()
    names = {one.id: one.name for one in known}
    services = {one.id: one for one in catalogue.services}
    sites = {one.id: one for one in catalogue.sites}
    return [
        _view(row, services[row.Invitation.service_id], sites, names)
        for row in found
        if row.Invitation.service_id in services
    ]


def _view(row: Any, service: ServiceFacts, sites: dict[int, SiteFacts], names: dict[int, str]) -> InvitationView:
    one: Invitation = row.Invitation
    same = ("id", "resident_id", "words", "told_by", "untold", "link_nonce", "link_digest", "invited_at", "remind_at")
    more = ("reminded_at", "closed_at", "appointment_id", "staff_id", "done_at", "done", "cohort_id", "case_number")
    return InvitationView(
        **{name: getattr(one, name) for name in (*same, *more, "same_number")},
        name=row.name,
        service=service,
        sites=tuple(sites[id_] for id_ in one.site_ids if id_ in sites),
        times=InvitedTimes(one.service_id, one.first_date, one.last_date, frozenset(one.site_ids), one.mode),
        state=InvitationState(one.state),
        invited_by=names.get(one.invited_by or 0, ""),
        reference=row.reference or "",
        seen_by=row.seen_by or "",
    )
