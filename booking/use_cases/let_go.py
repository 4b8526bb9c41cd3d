"""A colleague leaves: their account ends, nobody can book them any more, and who is booked with them is listed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.use_cases.make_closure import LONGEST_DAYS, MadeClosure, NewClosure, affected_by, shut
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id
from locations.model import PERSON_KINDS, Catalogue, ResourceFacts, SiteFacts
from people.staff import accounts
from people.staff.colleague_queries import adviser_of_staff
from people.staff.colleagues import changing_accounts
from people.staff.sign_in_sessions import SignedInStaff

PersonOfPlan = tuple[SiteFacts | None, ResourceFacts]
"""An adviser or interpreter with their site; None for one who belongs to the council."""


def deactivate_colleague(
    runtime: Runtime, staff: SignedInStaff, staff_id: int, *, reason: str = ""
) -> MadeClosure | None:
    """End the account; with it the adviser whom they are in the plan is shut, and this is the closure.

    `reason` is what colleagues read of it. Raises: Invalid (the last administrator), NotFound.
    """
    with changing_accounts(runtime, staff) as change:
        email = change.colleague(staff_id).email
        accounts.deactivate_staff(change.db, email, actor=change.actor, now=change.now)
        away = absence_of(change.db, catalogue_by_id(change.db, staff.authority_id), staff_id, change.now, reason)
        if away is None:
            return None
        return shut(change.db, staff.authority_id, away, change.actor, change.now, only_once=True)


def people_of_plan(catalogue: Catalogue) -> list[PersonOfPlan]:
    """Every adviser and interpreter: those of the council, and then those of each site."""
    wide: list[PersonOfPlan] = [(None, person) for person in catalogue.people]
    own = ((site, one) for site in catalogue.sites for one in site.resources if not one.is_council_wide)
    return [*wide, *((site, one) for site, one in own if one.kind in PERSON_KINDS)]


def absence_of(db: Session, catalogue: Catalogue, staff_id: int, now: datetime, reason: str = "") -> NewClosure | None:
    """What is shut when somebody leaves now; None for who is nobody in the plan."""
    resource_id = adviser_of_staff(db, staff_id)
    found = next((one for one in people_of_plan(catalogue) if one[1].id == resource_id), None)
    if found is None:
        return None
    site, person = found
    ends_at = now + timedelta(days=LONGEST_DAYS - 1)
    return NewClosure(now, ends_at, reason, site=site.slug if site else None, resource=person.slug)


def visits_to_come(db: Session, catalogue: Catalogue, staff_id: int, now: datetime) -> int:
    """How many people are booked with whom the member of staff is in the plan."""
    away = absence_of(db, catalogue, staff_id, now)
    return len(affected_by(db, catalogue, away, now)) if away else 0
