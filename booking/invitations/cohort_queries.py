"""Lists of people who are invited wave by wave, as staff see them: and how it stands with each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, false, func, or_, select
from sqlalchemy.orm import Session

from booking.invitations.cohort_rules import (
    TASKS,
    CohortState,
    ListRow,
    MatchedRow,
    PersonKnown,
    Standing,
    Wish,
)
from booking.invitations.invitation_rules import BY_VOICE, FAMILIES_OF_NONE, InvitationState
from booking.invitations.tables import Cohort, Invitation
from booking.tables import Appointment
from core.errors import NotFound
from locations.model import Catalogue, ServiceFacts, SiteFacts
from people.residents.details import email_key, name_key, phone_key, postcode_key
from people.residents.tables import Resident
from people.staff.tables import StaffMember

MOST_KNOWN = 5  # records that are shown for one line
_OPEN = Invitation.state == InvitationState.OPEN.value
STANDING: ColumnElement[str] = case(
    (Invitation.state == InvitationState.WAITING.value, Standing.WAITING.value),
    (Invitation.state == InvitationState.BOOKED.value, Standing.BOOKED.value),
    (Invitation.state == InvitationState.WITHDRAWN.value, Standing.WITHDRAWN.value),
    (Invitation.done_at.is_not(None), Standing.SEEN_TO.value),
    (Invitation.state == InvitationState.OVER.value, Standing.UNANSWERED.value),
    (Invitation.untold == "", case((Invitation.reminded_at.is_not(None), "reminded"), else_="invited")),
    (Invitation.told_by == BY_VOICE, Standing.TO_RING.value),
    else_=Standing.FAILED.value,
)


@dataclass(frozen=True)
class CohortView:
    """A list, with how many stand in which way; `counts` has every standing."""

    row: Cohort
    service: ServiceFacts
    sites: tuple[SiteFacts, ...]
    state: CohortState
    made_by: str
    counts: Mapping[Standing, int]

    @property
    def people(self) -> int:
        """How many are on the list."""
        return sum(self.counts.values())

    @property
    def to_do(self) -> int:
        """How many of them a colleague has to see to."""
        return sum(self.counts[one] for one in TASKS)


@dataclass(frozen=True)
class CohortMember:
    """Somebody on the list: `id` is that of their invitation."""

    id: int
    resident_id: int
    name: str
    case_number: str
    wave: int | None
    standing: Standing
    reference: str
    told_by: str
    untold: str
    invited_at: datetime
    reminded_at: datetime | None


def cohort_views(db: Session, catalogue: Catalogue, served: Collection[int] | None) -> list[CohortView]:
    """The lists of the council, to these sites or to all, the newest first."""
    rows = _rows(catalogue).order_by(Cohort.id.desc())
    found = [row for row in db.execute(rows).all() if _is_served(row.Cohort, served)]
    return _views(db, catalogue, found)


def cohort_view(db: Session, catalogue: Catalogue, number: int, served: Collection[int] | None) -> CohortView:
    """The list of this number. Raises: NotFound, also where it is to places of others."""
    found = [row for row in db.execute(_rows(catalogue).where(Cohort.id == number)) if _is_served(row.Cohort, served)]
    views = _views(db, catalogue, found)
    if not views:
        raise NotFound.because("cohort_unknown")
    return views[0]


def _rows(catalogue: Catalogue) -> Any:
    by = select(Cohort, StaffMember.name.label("by")).outerjoin(StaffMember, StaffMember.id == Cohort.made_by)
    return by.where(Cohort.authority_id == catalogue.authority.id)


def _is_served(row: Cohort, served: Collection[int] | None) -> bool:
    return served is None or bool(set(row.site_ids) & set(served))


def _views(db: Session, catalogue: Catalogue, found: list[Any]) -> list[CohortView]:
    ids = [row.Cohort.id for row in found]
    counted = select(Invitation.cohort_id, STANDING.label("standing"), func.count().label("number"))
    counted = counted.where(Invitation.cohort_id.in_(ids)).group_by(Invitation.cohort_id, STANDING)
    counts: dict[int, dict[Standing, int]] = {id_: dict.fromkeys(Standing, 0) for id_ in ids}
    for row in db.execute(counted) if ids else ():
        counts[row.cohort_id][Standing(row.standing)] = row.number
    services = {one.id: one for one in catalogue.services}
    sites = {one.id: one for one in catalogue.sites}
    return [
        CohortView(
            row.Cohort,
            services[row.Cohort.service_id],
            tuple(sites[id_] for id_ in row.Cohort.site_ids if id_ in sites),
            CohortState(row.Cohort.state),
            row.by or "",
            counts[row.Cohort.id],
        )
        for row in found
        if row.Cohort.service_id in services
    ]


def cohort_members(
    db: Session, cohort_id: int, standing: Standing | None = None, *, offset: int = 0, most: int | None = None
) -> list[CohortMember]:
    """The people of the list who stand so, or all, in the order of the file."""
    is_theirs = (Appointment.id == Invitation.appointment_id) & (Appointment.resident_id == Invitation.resident_id)
    rows = (
        select(Invitation, Resident.name.label("name"), Appointment.reference, STANDING.label("standing"))
        .join(Resident, Resident.id == Invitation.resident_id)
        .outerjoin(Appointment, is_theirs)
        .where(Invitation.cohort_id == cohort_id)
        .order_by(Invitation.id)
        .offset(offset)
        .limit(most)
    )
    if standing is not None:
        rows = rows.where(STANDING.in_([standing.value]))
    same = ("id", "resident_id", "case_number", "wave", "told_by", "untold", "invited_at", "reminded_at")
    return [
        CohortMember(
            **{name: getattr(row.Invitation, name) for name in same},
            name=row.name,
            standing=Standing(row.standing),
            reference=row.reference or "",
        )
        for row in db.execute(rows)
    ]


def matched_rows(db: Session, authority_id: int, service_id: int, rows: list[ListRow]) -> list[MatchedRow]:
    """Each line with the records that may be the same person: by contact or postcode, and the name."""
    values = {
        Resident.email: {email_key(row.email) for row in rows} - {""},
        Resident.phone_key: {phone_key(row.phone) for row in rows} - {""},
        Resident.postcode_key: {postcode_key(row.postcode) for row in rows} - {""},
    }
    any_of = or_(false(), *(column.in_(some) for column, some in values.items() if some))
    here = (Resident.authority_id == authority_id, Resident.anonymised_at.is_(None))
    found = db.scalars(select(Resident).where(*here, any_of).order_by(Resident.id)).all()
    by_key: dict[tuple[str, str], list[Resident]] = {}
    for one in found:
        for name in ("email", "phone_key", "postcode_key"):
            if key := getattr(one, name):
                by_key.setdefault((name, key), []).append(one)
    invited = invited_for(db, authority_id, service_id)
    return [MatchedRow(row, _known(row, by_key, invited)) for row in rows]


def invited_for(db: Session, authority_id: int, service_id: int) -> set[int]:
    """Who is invited for the service, or waits to be, and has not answered."""
    is_open = Invitation.state.in_((InvitationState.OPEN.value, InvitationState.WAITING.value))
    of_service = (Invitation.authority_id == authority_id, Invitation.service_id == service_id)
    return set(db.scalars(select(Invitation.resident_id).where(*of_service, is_open)))


def _known(
    row: ListRow, by_key: Mapping[tuple[str, str], list[Resident]], invited: Collection[int]
) -> tuple[PersonKnown, ...]:
    email, phone, postcode, name = email_key(row.email), phone_key(row.phone), postcode_key(row.postcode), row.name
    by_contact = [*by_key.get(("email", email), ()), *by_key.get(("phone_key", phone), ())]
    by_place = [one for one in by_key.get(("postcode_key", postcode), ()) if one.name_key == name_key(name)]
    known = dict[int, PersonKnown]()
    for one in (*by_contact, *by_place):
        has_contact = bool(email and email == one.email) or bool(phone and phone == one.phone_key)
        differs = (email and one.email and email != one.email) or (phone and one.phone_key and phone != one.phone_key)
        is_namesake = one.name_key == name_key(name)
        is_same = is_namesake and has_contact and not differs
        facts = (one.id, one.name, one.email, one.phone, one.postcode, is_same, one.id in invited)
        known[one.id] = PersonKnown(*facts, is_namesake, _wishes(one))
    likeliest = sorted(known.values(), key=lambda one: (not one.is_same, not one.is_namesake, not one.wants, one.id))
    return tuple(likeliest[:MOST_KNOWN])


def _wishes(one: Resident) -> tuple[Wish, ...]:
    asked = {
        Wish.NO_MESSAGES: one.contact_preference == FAMILIES_OF_NONE,
        Wish.NO_TEXTS: one.do_not_text,
        Wish.SAFE_HOURS: bool(one.safe_hours),
    }
    return tuple(wish for wish, is_asked in asked.items() if is_asked)
